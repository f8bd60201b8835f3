"""Finding a slot: recommended, searched, looked at."""

from __future__ import annotations

import uuid

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.roles import Role
from asn.models import Employee
from asn.selectors import GapLine, gap_profile
from asn.states import GapStatus
from core.policy import policy
from core.rows import find
from matching.selectors import calibration_of, cheapest_path, look_at_pair, recommendations_for_employee
from partners.models import Slot, SlotOutcome, SlotPrerequisite
from partners.permissions import visible_slots
from partners.selectors import similar_open_slots
from placements.models import Application
from placements.permissions import visible_applications
from web.chances import chance
from web.components import Fact, ReasonLine
from web.forms.slots import SlotFilter
from web.pages import page, paginate, user_of
from web.phrases import change_line, headline, level_word, reason_lines, strongest_lines
from web.sheets import Field, sheet, wants_sheet
from web.templatetags.padan import date_range, reserve_words, short_date
from web.views.employee.common import open_gaps, own_employee, suggestions

SHOWN_RECOMMENDATIONS = 20
NOT_TAUGHT_SHOWN = 3


@policy(Role.EMPLOYEE)
@require_safe
def recommended(request: HttpRequest) -> HttpResponse:
    """Slots in the order the model suggests, each with why."""
    employee = own_employee(request)
    profile = gap_profile(employee)
    rows = recommendations_for_employee(employee, limit=SHOWN_RECOMMENDATIONS, profile=profile)
    return page(
        request,
        "employee/recommended.html",
        {
            "agency": employee.agency,
            "suggestions": suggestions(rows, profile, employee.agency),
            "gaps": open_gaps(profile),
        },
    )


@policy(Role.EMPLOYEE)
@require_safe
def search(request: HttpRequest) -> HttpResponseBase:
    """Every open slot of the agency, filtered by what stands in the address."""
    employee = own_employee(request)
    user = user_of(request)
    open_slots = (
        visible_slots(user)
        .filter(agency=employee.agency)
        .open(  # type: ignore[attr-defined]
            employee.agency.today(), employee.unit_id
        )
    )
    found = SlotFilter(request.GET, open_slots)
    slots = found.qs.select_related("partner", "reserve_unit").distinct().order_by("apply_by", "title", "pk")
    if wants_sheet(request):
        fields = [
            Field(_("Slot"), lambda row: row.title, 40),
            Field(_("Kind"), lambda row: row.policy.label),
            Field(_("Partner"), lambda row: row.partner.name, 30),
            Field(_("Place"), lambda row: row.place or row.get_mode_display()),
            Field(_("Begins"), lambda row: row.starts_on, 12),
            Field(_("Ends"), lambda row: row.ends_on, 12),
            Field(_("Hours a week"), lambda row: row.hours_per_week, 12),
            Field(_("Apply until"), lambda row: row.apply_by, 14),
        ]
        return sheet(request, _("Slots"), slots, fields)
    return page(
        request,
        "employee/slots.html",
        {"agency": employee.agency, "filter": found, "slots": paginate(request, slots, 12)},
        partial="results",
    )


@policy(Role.EMPLOYEE)
@require_safe
def detail(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """One slot: why it fits, why not, and what it takes."""
    user = user_of(request)
    employee = own_employee(request)
    slot = find(visible_slots(user).select_related("partner", "agreement", "agency"), slot_id)
    return page(
        request,
        "employee/slot.html",
        {"slot": slot, "application": own_application(user, slot), **slot_words(slot, employee)},
    )


def own_application(user: User, slot: Slot) -> Application | None:
    """The reader's latest application for a slot."""
    found: Application | None = (
        visible_applications(user).filter(employee__user=user, slot=slot).order_by("-created_at").first()
    )
    return found


def slot_words(slot: Slot, employee: Employee) -> dict[str, object]:
    """What a page says about a slot to one person."""
    profile = gap_profile(employee)
    prefetch_related_objects(
        [slot],
        Prefetch("outcomes", SlotOutcome.objects.select_related("competency")),
        Prefetch("prerequisites", SlotPrerequisite.objects.select_related("competency")),
    )
    outcomes, prerequisites = slot.outcomes.all(), slot.prerequisites.all()
    pair = look_at_pair(employee, slot, profile=profile)
    # That one has applied already is said by the status; and who finds nothing for the own gaps may apply all the same.
    hindrances = [reason for reason in pair.hindrances if reason.code not in ("excluded", "nothing_in_common")]
    change = cheapest_path(employee, slot, pair=pair)
    names = {row.competency_id: row.competency.name for row in outcomes}
    names |= {row.competency_id: row.competency.name for row in prerequisites}
    names |= {line.competency.pk: line.competency.name for line in profile}
    levels = {line.competency.pk: line for line in profile}
    return {
        "agency": employee.agency,
        "facts": slot_facts(slot),
        "can_apply": not hindrances,
        "outcomes": outcomes,
        "prerequisites": [prerequisite_line(row, levels.get(row.competency_id)) for row in prerequisites],
        "headline": headline(pair.match.reasons, [line.competency.pk for line in open_gaps(profile)]),
        "strongest": strongest_lines(pair.match.reasons, names),
        "reasons": reason_lines(pair.match.reasons, names),
        "points": pair.match.points,
        "chance": chance(pair.match.points, calibration_of(employee.agency)),
        "hindrances": reason_lines(hindrances, names),
        "change": change_line(change, names) if change else "",
        "not_taught": not_taught(profile, {row.competency_id for row in outcomes}),
        "similar": similar_open_slots(slot, limit=3) if hindrances else [],
    }


def cohort_fact(slot: Slot) -> list[Fact]:
    """How many must take part for it to begin, where that matters."""
    if slot.minimum_cohort < 2:
        return []
    count = {"filled": slot.filled_seats, "needed": slot.minimum_cohort}
    return [Fact(_("Smallest group"), _("%(filled)s of %(needed)s so far") % count)]


def reserve_fact(slot: Slot) -> list[Fact]:
    """The reserve, where there is one now."""
    words = reserve_words(slot, slot.agency)
    return [Fact(_("Reserved"), words)] if words else []


def slot_facts(slot: Slot) -> list[Fact]:
    """Period, hours, seats, cost: what everyone wants to know of a slot."""
    left = _("%(left)s of %(seats)s left") % {"left": slot.seats_left, "seats": slot.seats}
    return [
        Fact(_("Period"), date_range(slot.starts_on, slot.ends_on)),
        Fact(_("Hours a week"), slot.hours_per_week),
        Fact(_("Mode"), slot.get_mode_display()),
        Fact(_("Place"), slot.place or "–"),
        Fact(_("Seats"), left),
        *reserve_fact(slot),
        *cohort_fact(slot),
        Fact(_("JP expected"), slot.jp_planned),
        Fact(_("Benefits"), slot.benefits or _("None promised")),
        Fact(_("Cost"), slot.cost or _("None")),
        Fact(_("Agreement"), slot.agreement.number_agency),
        Fact(_("Confirmed by the partner"), short_date(slot.confirmed_at, slot.agency)),
    ]


def prerequisite_line(prerequisite: SlotPrerequisite, line: GapLine | None) -> ReasonLine:
    """Whether the reader meets what a slot asks for."""
    wanted = prerequisite.level
    text = f"{prerequisite.competency.name}: {level_word(wanted)}"
    if line is None or line.assessed is None or line.status == GapStatus.UNKNOWN:
        return ReasonLine(_("%(what)s – your level has not been assessed yet") % {"what": text}, "neutral")
    if line.assessed >= wanted:
        return ReasonLine(_("%(what)s – you have it") % {"what": text}, "good")
    return ReasonLine(_("%(what)s – yours is %(own)s") % {"what": text, "own": level_word(line.assessed)}, "warn")


def not_taught(profile: list[GapLine], taught: set[str]) -> list[str]:
    """The most important gaps this slot leaves as they are."""
    left = [line.competency.name for line in open_gaps(profile) if line.competency.pk not in taught]
    return left[:NOT_TAUGHT_SHOWN]
