"""Slots of the agency: review before publication, and who is recommended afterwards."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.roles import Role
from asn.models import Competency
from core.errors import NotFound
from core.policy import policy
from core.rows import find
from matching.selectors import calibration_of, recommendations_for_slot
from partners import services
from partners.models import PartnerVerification, Slot
from partners.permissions import can_review_slot, visible_slots
from partners.states import SlotStatus
from placements.models import Application
from placements.permissions import get_slot_of_office
from placements.selectors import waitlist_of
from placements.states import LIVE_APPLICATION, ApplicationStatus
from web.chances import chance
from web.components import Column, Fact
from web.forms.agency import ReserveForm, ReturnSlotForm, SlotReviewFilter
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.phrases import explain, strongest_lines
from web.sheets import Field, sheet, wants_sheet
from web.templatetags.padan import date_range, short_date
from web.views.agency.common import own_agency, require_own
from web.views.employee.slots import cohort_fact, reserve_fact

HANDED_IN = [status for status in LIVE_APPLICATION if status != ApplicationStatus.DRAFT]
INTEREST = Count("applications", filter=Q(applications__status__in=HANDED_IN), distinct=True)
CANDIDATES = 10
SHEET = (
    Field(gettext_lazy("Slot"), lambda row: row.title, 40),
    Field(gettext_lazy("Kind"), lambda row: row.policy.label),
    Field(gettext_lazy("Partner"), lambda row: row.partner.name, 30),
    Field(gettext_lazy("Begins"), lambda row: row.starts_on, 12),
    Field(gettext_lazy("Ends"), lambda row: row.ends_on, 12),
    Field(gettext_lazy("Seats"), lambda row: row.seats, 10),
    Field(gettext_lazy("Seats taken"), lambda row: row.filled_seats, 12),
    Field(gettext_lazy("Applications"), lambda row: row.interest, 12),
    Field(gettext_lazy("Status"), lambda row: row.get_status_display()),
    Field(gettext_lazy("Apply until"), lambda row: row.apply_by, 14),
)
SORTS = {
    "deadline": ("apply_by", "pk"),
    "-deadline": ("-apply_by", "pk"),
    "submitted": (F("submitted_at").asc(nulls_last=True), "pk"),
    "-submitted": (F("submitted_at").desc(nulls_last=True), "pk"),
}


@policy(Role.HR, Role.AUDITOR)
@require_safe
def slots(request: HttpRequest) -> HttpResponseBase:
    """Slots handed in to the agency, those to review first."""
    agency = own_agency(request)
    rows = visible_slots(user_of(request)).filter(agency=agency).exclude(status=SlotStatus.DRAFT)
    found = SlotReviewFilter(request.GET, rows, agency)
    sort = request.GET.get("sort", "")
    listed = found.qs.select_related("agency", "partner", "agreement").annotate(interest=INTEREST)
    if wants_sheet(request):
        ordered = listed.order_by(*SORTS.get(sort, SORTS["deadline"]))
        return sheet(request, _("Slots"), ordered, SHEET, agency_id=agency.pk, zone=agency.zone)
    return page(
        request,
        "agency/slots.html",
        {
            "agency": agency,
            "filter": found,
            "sort": sort,
            "rows": paginate(request, listed.order_by(*SORTS.get(sort, SORTS["deadline"]))),
            "columns": [
                Column(_("Slot")),
                Column(_("Period")),
                Column(_("Seats"), numeric=True),
                Column(_("Applications"), numeric=True),
                Column(_("Status")),
                Column(_("Apply until"), sort="deadline"),
            ],
        },
        partial="results",
    )


@policy(Role.HR, Role.AUDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def slot(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """What is offered under which agreement, and the decision: publish or send back."""
    user = user_of(request)
    row = find(visible_slots(user).select_related("agency", "partner", "agreement"), slot_id)
    require_own(request, row.agency)
    if row.status == SlotStatus.DRAFT:
        raise NotFound()  # seen as a member of the partner, or once handed in and taken back
    form, outcome, status = ReturnSlotForm(), Attempt(), 200
    if request.method == "POST":
        decision = request.POST.get("decision", "")
        if decision not in ("approve", "return"):
            raise NotFound()
        form, status = ReturnSlotForm(request.POST, is_return=decision == "return"), 422
        if form.is_valid():
            with attempt(form) as outcome:
                if decision == "approve":
                    services.publish_slot(actor=user, slot_id=row.pk)
                    return done(request, _("Published: people of your city can apply now."), "agency_slots")
                services.return_slot(actor=user, slot_id=row.pk, **form.cleaned_data)
                return done(request, _("The slot is back with the partner for revision."), "agency_slots")
            status = outcome.status
    return page(request, "agency/slot.html", _slot_page(user, row, form, outcome), status=status)


# Names of the service's refusals -> fields of the form.
_RESERVE_FIELDS = {"reserved_seats": "seats", "reserve_unit_id": "unit_id", "reserve_until": "until"}


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def reserve(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """Keep seats of a slot under review for people of one unit."""
    user = user_of(request)
    row = get_slot_of_office(user, slot_id)
    require_own(request, row.agency)
    shown = {"seats": row.reserved_seats, "unit_id": row.reserve_unit_id, "until": row.reserve_until}
    form = ReserveForm(request.POST or None, agency=row.agency, initial=shown)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.set_reserve(actor=user, slot_id=row.pk, **form.cleaned_data)
                return done(request, _("The reserve is kept."), "agency_slot", row.pk)
            status = outcome.status
            if outcome.problem and outcome.problem.field in _RESERVE_FIELDS:
                form.add_error(
                    _RESERVE_FIELDS[outcome.problem.field], f"{outcome.problem.message} {outcome.problem.remedy}"
                )
                outcome.problem = None
    return page(
        request,
        "agency/reserve.html",
        {"slot": row, "agency": row.agency, "form": form, "problem": outcome.problem},
        status=status,
    )


@policy(Role.HR, Role.AUDITOR)
@require_safe
def waitlist(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponseBase:
    """Who is offered a seat until when, and who waits in which order."""
    row = get_slot_of_office(user_of(request), slot_id)
    require_own(request, row.agency)
    rows = [
        WaitingRow(item.application, item.place, explain(item.obstacle).message if item.obstacle else "")
        for item in waitlist_of(row)
    ]
    if wants_sheet(request):
        return sheet(request, _("Waitlist"), rows, WAITLIST_SHEET, agency_id=row.agency_id, zone=row.agency.zone)
    columns = [Column(_("Place"), numeric=True), Column(_("Person")), Column(_("Status")), Column(_("Deadline"))]
    return page(request, "agency/waitlist.html", {"slot": row, "agency": row.agency, "rows": rows, "columns": columns})


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A line of the waitlist: no place while a seat is held; why the person would be passed over now."""

    application: Application
    place: int | None
    obstacle: str


WAITLIST_SHEET = [
    Field(gettext_lazy("Place"), lambda row: row.place, 8),
    Field(gettext_lazy("Name"), lambda row: row.application.employee.full_name, 34),
    Field(gettext_lazy("Unit"), lambda row: row.application.employee.unit.name, 34),
    Field(gettext_lazy("Status"), lambda row: row.application.get_status_display()),
    Field(gettext_lazy("Deadline"), lambda row: row.application.due_at),
    Field(gettext_lazy("Passed over for now"), lambda row: row.obstacle, 60),
]


def _slot_page(user: User, row: Slot, form: ReturnSlotForm, outcome: Attempt) -> dict[str, object]:
    candidates = recommendations_for_slot(row, limit=CANDIDATES) if row.status == SlotStatus.PUBLISHED else []
    codes = {reason.competency for candidate in candidates for reason in candidate.reasons if reason.competency}
    names = {c.pk: c.name for c in Competency.objects.filter(pk__in=codes)} if codes else {}
    calibration = calibration_of(row.agency) if candidates else None
    counts = row.applications.aggregate(
        handed_in=Count("pk", filter=Q(status__in=HANDED_IN)),
        waiting=Count("pk", filter=Q(status=ApplicationStatus.WAITLISTED) | Q(holds_seat=True)),
    )
    verification = PartnerVerification.objects.filter(agency=row.agency_id, partner=row.partner_id).first()
    return {
        "slot": row,
        "agency": row.agency,
        "facts": _facts(row),
        "outcomes": row.outcomes.select_related("competency"),
        "prerequisites": row.prerequisites.select_related("competency"),
        "mentors": [tie.mentor for tie in row.slot_mentors.select_related("mentor").order_by("created_at", "pk")],
        "is_covered": row.agreement.covers(row.starts_on, row.ends_on),
        "verification": verification,
        "applications": counts["handed_in"],
        "waiting": counts["waiting"],
        "can_review": row.status == SlotStatus.SUBMITTED and can_review_slot(user, row),
        "candidates": [
            {
                "employee": candidate.employee,
                "reasons": strongest_lines(candidate.reasons, names),
                "chance": chance(candidate.points, calibration),
            }
            for candidate in candidates
        ],
        "form": form,
        "problem": outcome.problem,
    }


def _facts(row: Slot) -> list[Fact]:
    return [
        Fact(_("Kind"), row.policy.label),
        Fact(_("Period"), date_range(row.starts_on, row.ends_on)),
        Fact(_("Hours a week"), row.hours_per_week),
        Fact(_("Mode"), row.get_mode_display()),
        Fact(_("Place"), row.place or "–"),
        Fact(_("Seats"), _("%(left)s of %(seats)s left") % {"left": row.seats_left, "seats": row.seats}),
        *reserve_fact(row),
        Fact(_("Apply until"), short_date(row.apply_by)),
        *cohort_fact(row),
        Fact(_("JP expected"), row.jp_planned),
        Fact(_("Benefits"), row.benefits or _("None promised")),
        Fact(_("Cost"), row.cost or _("None")),
    ]
