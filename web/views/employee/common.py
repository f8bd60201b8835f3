"""What the pages of an ASN share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from accounts.models import User
from asn.models import Agency, Competency, Employee
from asn.permissions import visible_employees
from asn.selectors import GapLine
from asn.states import GapStatus
from core.errors import NotFound
from matching.selectors import Suggestion as Recommended
from matching.selectors import calibration_of
from partners.models import Slot
from placements.models import Application, Placement
from placements.permissions import get_visible_application, get_visible_placement, is_applicant, is_participant
from web.chances import chance
from web.components import Chance, ReasonLine
from web.pages import user_of
from web.phrases import headline, reason_lines


def own_employee(request: HttpRequest) -> Employee:
    """The row of the signed-in ASN, with what pages say about it."""
    user = user_of(request)
    employee = (
        visible_employees(user)
        .filter(user=user)
        .select_related("agency", "unit", "position__position_class", "supervisor")
        .first()
    )
    if employee is None:
        raise NotFound()
    request.agency = employee.agency  # type: ignore[attr-defined]  # the frame of the page need not ask again
    return employee


def get_own_application(user: User, application_id: UUID) -> Application:
    """The reader's own application; one seen in another role has its own page."""
    application = get_visible_application(user, application_id)
    if not is_applicant(user, application):
        raise NotFound()
    return application


def get_own_placement(user: User, placement_id: UUID) -> Placement:
    """The reader's own placement; one seen in another role has its own page."""
    placement = get_visible_placement(user, placement_id)
    if not is_participant(user, placement):
        raise NotFound()
    return placement


def open_gaps(profile: Iterable[GapLine]) -> list[GapLine]:
    """Lines of a profile where something is missing or not known."""
    return [line for line in profile if line.gap > 0 or line.status == GapStatus.UNKNOWN]


def contested_names(profile: Iterable[GapLine]) -> list[str]:
    """Competencies whose measured level the person contests."""
    return [line.competency.name for line in profile if line.contested]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A slot with why it fits, as a card shows it. The raw points only order cards and stay out."""

    slot: Slot
    rank: int
    headline: str
    reasons: list[ReasonLine]
    chance: Chance

    @property
    def best_reason(self) -> str:
        """The sentence that says most."""
        return self.headline or (self.reasons[0].text if self.reasons else "")


def suggestions(recommendations: Iterable[Recommended], profile: list[GapLine], agency: Agency) -> list[Suggestion]:
    """Cards for recommendations, best first."""
    rows = list(recommendations)
    calibration = calibration_of(agency) if rows else None
    gaps = [line.competency.pk for line in open_gaps(profile)]
    names = competency_names((reason.competency for row in rows for reason in row.reasons), profile)
    return [
        Suggestion(
            slot=row.slot,
            rank=rank,
            headline=headline(row.reasons, gaps),
            reasons=reason_lines(row.reasons, names),
            chance=chance(row.points, calibration),
        )
        for rank, row in enumerate(rows, start=1)
    ]


def competency_names(codes: Iterable[str], profile: Iterable[GapLine]) -> Mapping[str, str]:
    """Name of each competency code in the reader's language; asks for those only that the profile does not know."""
    names = {line.competency.pk: line.competency.name for line in profile}
    missing = {code for code in codes if code} - set(names)
    if missing:
        names |= {row.pk: row.name for row in Competency.objects.filter(pk__in=missing)}
    return names
