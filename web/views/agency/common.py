"""What the pages of the HR office share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest

from asn.models import Agency
from asn.permissions import agencies_of, serves
from asn.selectors import GapLine
from asn.states import AgencyRole, GapStatus
from core.errors import NotFound
from web.pages import user_of

# Who reads single people and decisions; leadership reads figures only.
READERS = (AgencyRole.HR, AgencyRole.AUDITOR)


def own_agency(request: HttpRequest, *roles: AgencyRole) -> Agency:
    """The agency the reader serves; the first by name when there are several."""
    served = agencies_of(user_of(request), *(roles or READERS))
    agency = Agency.objects.filter(pk__in=served).order_by("name", "pk").first()
    if agency is None:
        raise NotFound()
    request.agency = agency  # type: ignore[attr-defined]  # the frame of the page need not ask again
    return agency


def require_own(request: HttpRequest, agency: Agency) -> None:
    """Only what belongs to an agency one serves: what is seen in another role has its own page."""
    if not serves(user_of(request), agency.pk, *READERS):
        raise NotFound()
    request.agency = agency  # type: ignore[attr-defined]  # the frame of the page need not ask again


def is_officer(request: HttpRequest, agency: Agency) -> bool:
    """Whether the reader decides here; an auditor only looks."""
    return serves(user_of(request), agency.pk, AgencyRole.HR)


def open_codes(profile: Iterable[GapLine]) -> list[str]:
    """Codes of the competencies where something is missing or not known, the most important first."""
    return [line.competency.pk for line in profile if line.gap > 0 or line.status == GapStatus.UNKNOWN]


def filters_set(data: Mapping[str, Any], names: Iterable[str]) -> int:
    """How many filters of a list are set."""
    return sum(1 for name in names if data.get(name))
