"""Pages of a direct supervisor: clearances and the gaps of the team."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Role
from asn import services as asn
from asn.models import ActingPeriod, Employee
from asn.permissions import (
    get_visible_acting_period,
    get_visible_employee,
    visible_acting_periods,
    visible_employees,
)
from asn.selectors import GapLine, gap_profile, gap_profiles
from asn.states import Capacity, GapStatus
from asn.superiors import is_superior, led_by
from core.errors import NotFound
from core.policy import policy
from matching.selectors import calibration_of, look_at_pair
from partners.states import EvaluatorRole
from placements import services
from placements.agenda import seen_sessions, with_actions
from placements.models import Application
from placements.permissions import can_clear, get_visible_application, get_visible_placement, is_applicant
from placements.selectors import (
    applications_with_road,
    open_application_actions,
    open_placement_actions,
    placements_with_road,
    timeline,
    to_evaluate,
)
from placements.states import RESERVING_PLACEMENT, RUNNING_PLACEMENT, ApplicationStatus
from web.chances import chance
from web.components import Column, Fact
from web.forms.acting import DelegationForm
from web.forms.applications import REASONS_OF_SUPERVISOR, ConflictForm, DecisionForm
from web.forms.placements import EvaluationForm
from web.lives import application_steps
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.phrases import headline, reason_lines
from web.sheets import Field, sheet, wants_sheet
from web.views.employee.common import competency_names, contested_names, open_gaps, own_employee
from web.views.employee.home import profile_groups

TOP_GAPS = 3
# Live applications that would keep the person's time if they went through.
PLANNED = (
    ApplicationStatus.SUBMITTED,
    ApplicationStatus.SHORTLISTED,
    ApplicationStatus.APPROVED,
)


@policy(Role.SUPERVISOR)
@require_safe
def queue(request: HttpRequest) -> HttpResponseBase:
    """Applications that wait for clearance, the nearest deadline first; below it what is decided."""
    user = user_of(request)
    led = led_by(user)
    rows = applications_with_road(user).filter(Q(employee__supervisor__user=user) | Q(employee__in=led))
    rows = rows.exclude(employee__user=user)
    if wants_sheet(request):
        fields = [
            Field(_("Applicant"), lambda row: row.employee.full_name, 34),
            Field(_("Slot"), lambda row: row.slot.title, 40),
            Field(_("Begins"), lambda row: row.slot.starts_on, 12),
            Field(_("Ends"), lambda row: row.slot.ends_on, 12),
            Field(_("Status"), lambda row: row.get_status_display()),
            Field(_("Until"), lambda row: row.due_at),
        ]
        zone = own_employee(request).agency.zone
        return sheet(request, _("Clearances"), rows.order_by("due_at", "pk"), fields, zone=zone)
    return page(
        request,
        "supervisor/queue.html",
        {
            "agency": own_employee(request).agency,
            "away": _on_duty(user).filter(holder__user=user).first(),
            "acting_for": _on_duty(user).filter(acting__user=user),
            "columns": [Column(_("Applicant")), Column(_("Slot")), Column(_("Period")), Column(_("Until"))],
            "to_evaluate": to_evaluate(user),
            "waiting": rows.filter(status=ApplicationStatus.AWAITING_CLEARANCE, employee__in=led).order_by(
                "due_at", "pk"
            ),
            "decided": paginate(
                request,
                rows.exclude(status=ApplicationStatus.AWAITING_CLEARANCE, employee__in=led).order_by(
                    "-submitted_at", "pk"
                ),
            ),
        },
    )


def _on_duty(user: User) -> QuerySet[ActingPeriod]:
    rows: QuerySet[ActingPeriod] = visible_acting_periods(user).on_duty()  # type: ignore[attr-defined]
    return rows.select_related("acting", "holder", "unit")


@policy(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def delegation(request: HttpRequest) -> HttpResponse:
    """Let somebody decide in one's place; the periods of the last year, on either side."""
    user, holder = user_of(request), own_employee(request)
    form = DelegationForm(request.POST or None, holder=holder, initial={"starts_on": holder.agency.today()})
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                asn.delegate_decisions(actor=user, **form.cleaned_data)
                return done(request, _("Delegated: both of you have been told."), "supervisor_delegation")
            status = outcome.status
    since = holder.agency.today() - dt.timedelta(days=365)
    rows = list(
        visible_acting_periods(user)
        .filter(Q(acting=holder) | Q(holder=holder), ends_on__gte=since)
        .select_related("agency", "acting", "holder", "unit")
    )
    today = holder.agency.today()
    endable = {row.pk for row in rows if _may_end(holder, row, today)}
    context = {"agency": holder.agency, "form": form, "rows": rows, "endable": endable, "problem": outcome.problem}
    return page(request, "supervisor/delegation.html", context, status=status)


def _may_end(holder: Employee, row: ActingPeriod, today: dt.date) -> bool:
    own = row.holder_id == holder.pk and row.capacity == Capacity.DELEGATE
    return own and row.ended_at is None and row.ends_on >= today


@policy(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def end_delegation(request: HttpRequest, period_id: uuid.UUID) -> HttpResponse:
    """Take the decisions back before the last day, after a question."""
    user = user_of(request)
    row = get_visible_acting_period(user, period_id)
    if row.holder_id != own_employee(request).pk or row.capacity != Capacity.DELEGATE:
        raise NotFound()
    outcome, status = Attempt(), 200
    if request.method == "POST":
        with attempt() as outcome:
            asn.end_acting(actor=user, period_id=row.pk)
            return done(request, _("Ended: you decide again."), "supervisor_delegation")
        status = outcome.status
    return page(request, "supervisor/delegation_end.html", {"period": row, "problem": outcome.problem}, status=status)


@policy(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def application(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Facts, consequences, and the decision: clear, send back or refuse."""
    user = user_of(request)
    row = _of_team(request, application_id)
    form = DecisionForm(reasons=REASONS_OF_SUPERVISOR)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        decision = request.POST.get("decision", "")
        form = DecisionForm(request.POST, reasons=REASONS_OF_SUPERVISOR, decision=decision)
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                return _decide(request, user, row, decision, **form.cleaned_data)
            status = outcome.status
    return page(request, "supervisor/application.html", _application_page(user, row, form, outcome), status=status)


def _decide(
    request: HttpRequest, user: User, row: Application, decision: str, *, reason: str, note: str
) -> HttpResponse:
    if decision == DecisionForm.RETURN:
        services.return_application(actor=user, application_id=row.pk, reason=reason, note=note)
        return done(request, _("The application is back with the applicant for revision."), "supervisor_queue")
    if decision == DecisionForm.REJECT:
        services.refuse_application(actor=user, application_id=row.pk, reason=reason, note=note)
        return done(request, _("You have refused; the applicant reads the reason."), "supervisor_queue")
    services.clear_application(actor=user, application_id=row.pk, note=note)
    return done(request, _("Cleared: HR has the application now."), "supervisor_queue")


@policy(Role.SUPERVISOR)
@require_POST
def conflict(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Say whether a declared interest is a conflict."""
    user = user_of(request)
    row = _of_team(request, application_id)
    form = ConflictForm(request.POST)
    outcome = Attempt()
    if form.is_valid():
        with attempt(form) as outcome:
            services.decide_conflict(actor=user, application_id=row.pk, outcome=form.cleaned_data["outcome"])
            return done(request, _("Your assessment of the interest is kept."), "supervisor_application", row.pk)
    context = _application_page(user, row, DecisionForm(reasons=REASONS_OF_SUPERVISOR), outcome)
    return page(request, "supervisor/application.html", {**context, "conflict_form": form}, status=outcome.status)


def _of_team(request: HttpRequest, application_id: uuid.UUID) -> Application:
    """An application of somebody one supervises; one seen in another role has its own page."""
    user = user_of(request)
    row = get_visible_application(user, application_id)
    boss = row.employee.supervisor
    leads = boss is not None and boss.user_id == user.pk
    if is_applicant(user, row) or not (leads or can_clear(user, row)):
        raise NotFound()
    # One and the same: spares three look-ups.
    row.employee.agency = row.slot.agency = request.agency = row.agency  # type: ignore[attr-defined]
    return row


def _application_page(user: User, row: Application, form: DecisionForm, outcome: Attempt) -> dict[str, object]:
    profile = gap_profile(row.employee)
    match = look_at_pair(row.employee, row.slot, profile=profile).match
    reasons = match.reasons
    actions = open_application_actions(user, row)
    placed = row.status == ApplicationStatus.ACCEPTED and row.slot.policy.uses_sessions
    return {
        "sessions": with_actions(user, seen_sessions(user).filter(placement__application=row)) if placed else [],
        "application": row,
        "employee": row.employee,
        "slot": row.slot,
        "agency": row.agency,
        "facts": _facts(row),
        "contested": contested_names(profile),
        "headline": headline(reasons, [line.competency.pk for line in open_gaps(profile)]),
        "reasons": reason_lines(reasons, competency_names((r.competency for r in reasons), profile)),
        "chance": chance(match.points, calibration_of(row.agency)),
        "staffing": staffing(row.employee, row.slot.starts_on, row.slot.ends_on),
        "steps": application_steps(timeline(row)),
        "actions": actions,
        "form": form,
        "conflict_form": ConflictForm() if "decide_conflict" in actions else None,
        "problem": outcome.problem,
    }


def _facts(row: Application) -> list[Fact]:
    slot = row.slot
    return [
        Fact(_("Kind"), slot.policy.label),
        Fact(_("Hours a week"), slot.hours_per_week),
        Fact(
            _("Keeps the whole period"),
            _("Yes, no second placement at the same time") if slot.policy.blocks_time else _("No, beside daily work"),
        ),
        Fact(_("Place"), slot.place or slot.get_mode_display()),
        Fact(_("Cost"), slot.cost or _("None")),
    ]


@dataclass(frozen=True, slots=True)
class Away:
    """A colleague who is, or may be, elsewhere in the period."""

    name: str
    slot: str
    starts_on: dt.date
    ends_on: dt.date
    is_certain: bool


@dataclass(frozen=True, slots=True)
class Staffing:
    """A unit during a period: how many work there, who is away."""

    unit: str
    size: int
    away: list[Away]

    @property
    def certain(self) -> int:
        """How many are away for certain."""
        return len({row.name for row in self.away if row.is_certain})

    @property
    def present(self) -> int:
        """How many stay if this application is cleared as well."""
        return max(self.size - self.certain - 1, 0)


def staffing(employee: Employee, starts_on: dt.date, ends_on: dt.date) -> Staffing:
    """Who else of the unit is away in a period: placements that keep time, and applications on their way."""
    rows = (
        Application.objects.filter(
            Q(status__in=PLANNED) | Q(placement__status__in=RESERVING_PLACEMENT),
            employee__unit=employee.unit_id,
            slot__starts_on__lte=ends_on,
            slot__ends_on__gte=starts_on,
        )
        .exclude(employee=employee)
        .select_related("employee", "slot", "placement")
        .order_by("slot__starts_on", "employee__name")
    )
    return Staffing(
        unit=employee.unit.name,
        size=Employee.objects.active().filter(unit=employee.unit_id).count(),
        away=[
            Away(
                name=row.employee.full_name,
                slot=row.slot.title,
                starts_on=row.slot.starts_on,
                ends_on=row.slot.ends_on,
                is_certain=hasattr(row, "placement"),
            )
            for row in rows
            if row.slot.policy.blocks_time
        ],
    )


@policy(Role.SUPERVISOR)
@require_safe
def team(request: HttpRequest) -> HttpResponseBase:
    """The people one supervises, each with the largest gaps, and what the team lacks together."""
    leader = own_employee(request)
    team_rows = _team(user_of(request), leader)
    if wants_sheet(request):
        return _team_sheet(request, team_rows)
    members = paginate(request, team_rows)
    profiles = gap_profiles(list(members))
    rows = [
        {
            "employee": member,
            "top": open_gaps(profiles[member.pk])[:TOP_GAPS],
            "met": sum(1 for line in profiles[member.pk] if line.status == GapStatus.MET),
            "total": len(profiles[member.pk]),
            "unknown": sum(1 for line in profiles[member.pk] if line.status == GapStatus.UNKNOWN),
        }
        for member in members
    ]
    return page(
        request,
        "supervisor/team.html",
        {
            "agency": leader.agency,
            "columns": [
                Column(_("Person")),
                Column(_("Largest gaps")),
                Column(_("Met"), numeric=True),
                Column(_("Not yet assessed"), numeric=True),
            ],
            "members": members,
            "rows": rows,
            "shared": shared_gaps(profiles.values()),
        },
    )


def _team_sheet(request: HttpRequest, rows: QuerySet[Employee]) -> HttpResponseBase:
    def measure(people: list[Employee]) -> None:
        profiles = gap_profiles(people)
        for person in people:
            person.lines = profiles[person.pk]  # type: ignore[attr-defined]

    def count(row: Any, status: GapStatus) -> int:
        return sum(line.status == status for line in row.lines)

    fields = [
        Field(_("Person"), lambda row: row.full_name, 34),
        Field(_("Position"), lambda row: row.position.title, 34),
        Field(_("Required"), lambda row: len(row.lines), 12),
        Field(_("Met"), lambda row: count(row, GapStatus.MET), 12),
        Field(_("Not yet assessed"), lambda row: count(row, GapStatus.UNKNOWN), 16),
    ]
    return sheet(request, _("My team"), rows, fields, prepare=measure)


def _team(user: User, leader: Employee) -> QuerySet[Employee]:
    return (
        visible_employees(user)
        .filter(Q(supervisor=leader) | Q(pk__in=led_by(user)))
        .active()  # type: ignore[attr-defined]
        .select_related("agency", "unit", "position")
        .order_by("name", "pk")
    )


def shared_gaps(profiles: Iterable[list[GapLine]]) -> list[tuple[str, int]]:
    """Competencies that most people of a team lack: (name, how many), measured gaps only."""
    counted: dict[str, int] = {}
    for lines in profiles:
        for line in lines:
            if line.gap > 0 and line.status != GapStatus.UNKNOWN:
                counted[line.competency.name] = counted.get(line.competency.name, 0) + 1
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:TOP_GAPS]


@policy(Role.SUPERVISOR)
@require_http_methods(["GET", "HEAD", "POST"])
def evaluate(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """The supervisor's word: what the placement has brought to the unit."""
    user = user_of(request)
    row = get_visible_placement(user, placement_id)
    asked = row.policy.evaluation(EvaluatorRole.SUPERVISOR)
    if asked is None or not is_superior(user, row.employee):
        raise NotFound()
    form = EvaluationForm(request.POST or None, asked=asked, placement=row)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.evaluate_placement(actor=user, placement_id=row.pk, ratings=form.ratings, **form.answers)
                return done(request, _("Thank you: your evaluation is kept."), "supervisor_member", row.employee_id)
            status = outcome.status
    context = {"placement": row, "slot": row.slot, "form": form, "problem": outcome.problem}
    return page(request, "supervisor/evaluate.html", context, status=status)


@policy(Role.SUPERVISOR)
@require_safe
def member(request: HttpRequest, employee_id: uuid.UUID) -> HttpResponse:
    """The competency profile of one person of the team."""
    user = user_of(request)
    person = get_visible_employee(user, employee_id)
    leads = person.supervisor_id is not None and person.supervisor_id == own_employee(request).pk
    if not (leads or is_superior(user, person)):
        raise NotFound()
    running = placements_with_road(user).filter(employee=person, status__in=RUNNING_PLACEMENT).order_by("ends_on", "pk")
    context = {
        "employee": person,
        "running": [(row, "evaluate" in open_placement_actions(user, row)) for row in running],
        **profile_groups(gap_profile(person)),
    }
    return page(request, "supervisor/member.html", context)
