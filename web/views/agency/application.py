"""One application before HR: facts, consequences, the decision."""

from __future__ import annotations

import uuid
from datetime import date

from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_fsm import can_proceed

from accounts.models import User
from accounts.roles import Role
from asn.models import Employee
from asn.selectors import gap_profile
from core.errors import NotFound
from core.policy import policy
from matching.models import EmployeeAvailability
from matching.selectors import calibration_of, look_at_pair
from partners.models import SlotOutcome, SlotPrerequisite
from placements import services
from placements.hours import ceiling
from placements.models import Application
from placements.permissions import can_decide_for_hr, get_visible_application
from placements.selectors import conflict_judge, place_of, timeline
from placements.states import ApplicationStatus, ChangeStatus
from web.chances import chance
from web.components import Fact
from web.forms.agency import REASONS_OF_HR, UNDECIDED
from web.forms.applications import DecisionForm
from web.lives import application_steps
from web.pages import Attempt, attempt, done, page, user_of
from web.phrases import reason_lines
from web.templatetags.padan import date_range
from web.views.agency.common import open_codes, require_own
from web.views.employee.common import contested_names

# What a button sends -> the transition it needs.
DECISIONS = {
    "approve": "approve",
    "shortlist": "shortlist",
    "waitlist": "waitlist",
    "return": "send_back",
    "reject": "reject",
}
OPEN = (*UNDECIDED, ApplicationStatus.WAITLISTED, ApplicationStatus.OFFERED)
# Having applied already hinders a recommendation, not a decision; the rest has its own place on the page.
SAID_ELSEWHERE = ("excluded", "period_overlaps", "nothing_in_common")
WITHOUT_REASON = ("approve", "shortlist", "waitlist")


@policy(Role.HR, Role.AUDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def application(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Facts, consequences, and the decision."""
    user = user_of(request)
    row = get_visible_application(user, application_id)
    steps = application_steps(timeline(row))
    may = can_decide_for_hr(user, row)
    if not may:
        require_own(request, row.agency)
    request.agency = row.agency  # type: ignore[attr-defined]  # the frame of the page need not ask again
    row.employee.agency = row.slot.agency = row.agency  # one and the same: spares look-ups
    form, outcome, status = DecisionForm(reasons=REASONS_OF_HR), Attempt(), 200
    if request.method == "POST":
        decision = request.POST.get("decision", "")
        if decision not in DECISIONS:
            raise NotFound()
        needs_none = decision in WITHOUT_REASON
        form = DecisionForm(
            request.POST, reasons=REASONS_OF_HR, decision=DecisionForm.APPROVE if needs_none else decision
        )
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                return _decide(request, user, row.pk, decision, **form.cleaned_data)
            status = outcome.status
    context = {
        **_application_page(row),
        "steps": steps,
        "verbs": _open_verbs(row) if may else [],
        "form": form,
        "problem": outcome.problem,
    }
    return page(request, "agency/application.html", context, status=status)


def _decide(
    request: HttpRequest, user: User, application_id: uuid.UUID, decision: str, *, reason: str, note: str
) -> HttpResponse:
    if decision == "approve":
        services.approve_application(actor=user, application_id=application_id, note=note)
        return done(request, _("Approved: the partner has the offer now."), "agency_queue")
    if decision == "shortlist":
        services.shortlist_application(actor=user, application_id=application_id)
        message = _("Shortlisted: the partner sees a profile without a name.")
        return done(request, message, "agency_application", application_id)
    if decision == "waitlist":
        services.waitlist_application(actor=user, application_id=application_id, note=note)
        return done(request, _("On the waitlist: the applicant is told."), "agency_queue")
    if decision == "return":
        services.return_application(actor=user, application_id=application_id, reason=reason, note=note)
        return done(request, _("The application is back with the applicant for revision."), "agency_queue")
    services.reject_application(actor=user, application_id=application_id, reason=reason, note=note)
    return done(request, _("Turned down: the applicant reads the reason."), "agency_queue")


def _application_page(row: Application) -> dict[str, object]:
    person = row.employee
    profile = gap_profile(person)
    # With their names at hand: reasons speak of these competencies only.
    prefetch_related_objects(
        [row.slot],
        Prefetch("outcomes", SlotOutcome.objects.select_related("competency")),
        Prefetch("prerequisites", SlotPrerequisite.objects.select_related("competency")),
    )
    pair = look_at_pair(person, row.slot, profile=profile)
    reasons, wanted = pair.match.reasons, open_codes(profile)
    hindrances = [reason for reason in pair.hindrances if reason.code not in SAID_ELSEWHERE]
    taught_or_asked: list[SlotOutcome | SlotPrerequisite] = [*row.slot.outcomes.all(), *row.slot.prerequisites.all()]
    names = {line.competency_id: line.competency.name for line in taught_or_asked}
    return {
        "application": row,
        "place": place_of(row),
        "employee": person,
        "slot": row.slot,
        "agency": row.agency,
        "facts": _facts(row),
        "reasons": reason_lines(reasons, names),
        "chance": chance(pair.match.points, calibration_of(row.agency)),
        "contested": contested_names(profile),
        "judge": conflict_judge(row),
        "change": row.change_tasks.filter(status=ChangeStatus.OPEN).first(),
        "hindrances": reason_lines(hindrances, names) if row.status in OPEN else [],
        "taught": len(set(wanted) & {r.competency for r in reasons if r.code == "competency_gap_closed"}),
        "open_gaps": len(wanted),
        "ceiling": _under_ceiling(person),
        "planned": row.slot.jp_planned,
        "overlaps": [
            (date.fromisoformat(str(r.params["busy_from"])), date.fromisoformat(str(r.params["busy_to"])))
            for r in pair.hindrances
            if r.code == "period_overlaps"
        ],
    }


def _under_ceiling(person: Employee) -> tuple[int, int] | None:
    """(JP taken or planned, ceiling) of a PPPK; the hours of PNS have no ceiling, so they bear on no decision."""
    limit = ceiling(person)
    if limit is None:
        return None
    kept = EmployeeAvailability.objects.filter(employee=person).values_list("hours_left", flat=True).first()
    return (0 if kept is None else limit - kept, limit)


def _open_verbs(row: Application) -> list[str]:
    """What HR may decide now. Before clearance sending back is the supervisor's."""
    if row.status == ApplicationStatus.AWAITING_CLEARANCE:
        return []
    return [verb for verb, transition in DECISIONS.items() if can_proceed(getattr(row, transition))]


def _facts(row: Application) -> list[Fact]:
    slot, person = row.slot, row.employee
    seats = _("%(left)s of %(seats)s left") % {"left": slot.seats_left, "seats": slot.seats}
    return [
        Fact(_("Unit"), person.unit.name),
        Fact(_("Position"), person.position.title),
        Fact(_("Employment"), person.get_kind_display()),
        Fact(_("Kind"), slot.policy.label),
        Fact(_("Period"), date_range(slot.starts_on, slot.ends_on)),
        Fact(_("Hours a week"), slot.hours_per_week),
        Fact(_("Place"), slot.place or slot.get_mode_display()),
        Fact(_("Seats"), seats),
        Fact(_("Cost"), slot.cost or _("None")),
    ]
