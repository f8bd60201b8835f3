"""Living a placement: plan, logbook, sessions, evaluation, certificate."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from asn.models import Employee
from asn.selectors import gap_profile
from core.errors import NotFound
from core.policy import policy
from placements import services
from placements.agenda import seen_sessions, with_actions
from placements.models import LogbookEntry, Placement
from placements.permissions import visible_placements
from placements.selectors import (
    completion_evidence,
    meetings_of,
    milestones_of,
    open_placement_actions,
    start_checklist,
    team_of,
)
from placements.states import EvaluatorRole, LogbookStatus, PlacementStatus
from web.components import Fact
from web.forms.placements import EvaluationForm, LogbookForm, PlanFormSet, SessionForm, StopForm
from web.pages import Attempt, attempt, done, is_uuid, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.employee.common import get_own_placement, own_employee
from web.views.papers import papers_of

OVER = (PlacementStatus.COMPLETED, PlacementStatus.ENDED_EARLY)
RUNNING = (PlacementStatus.ACTIVE, PlacementStatus.FINISHING)
USUAL_DAY = 8
RECENT_DAYS = 5


@policy(Role.EMPLOYEE)
@require_safe
def placements(request: HttpRequest) -> HttpResponseBase:
    """My placements, the running ones first."""
    user = user_of(request)
    mine = visible_placements(user).filter(employee__user=user).select_related("slot__partner", "mentor", "agency")
    if wants_sheet(request):
        fields = [
            Field(_("Slot"), lambda row: row.slot.title, 40),
            Field(_("Partner"), lambda row: row.slot.partner.name, 30),
            Field(_("Mentor"), lambda row: row.mentor.name if row.mentor else "", 30),
            Field(_("Begins"), lambda row: row.starts_on, 12),
            Field(_("Ends"), lambda row: row.ends_on, 12),
            Field(_("Status"), lambda row: row.get_status_display()),
        ]
        return sheet(request, _("My placements"), mine.order_by("-starts_on", "pk"), fields)
    present = [PlacementStatus.PREPARING, *RUNNING, PlacementStatus.ON_HOLD]
    return page(
        request,
        "employee/placements.html",
        {
            "present": mine.filter(status__in=present).order_by("starts_on", "pk"),
            "past": paginate(request, mine.exclude(status__in=present).order_by("-ends_on", "pk")),
        },
    )


@policy(Role.EMPLOYEE)
@require_safe
def placement(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Everything about one placement, what comes next at the top."""
    user = user_of(request)
    return page(request, "employee/placement.html", _placement_page(request, get_own_placement(user, placement_id)))


def _placement_page(request: HttpRequest, row: Placement, **more: Any) -> dict[str, Any]:
    user = user_of(request)
    prefetch_related_objects([row], "evaluations")
    is_running = row.status in RUNNING
    return {
        "placement": row,
        "milestones": milestones_of(row) if row.policy.uses_milestones else (),
        "team": team_of(row),
        "slot": row.slot,
        "agency": row.agency,
        "is_running": is_running,
        "period_over": row.agency.today() >= row.ends_on,
        "facts": _facts(row),
        "checklist": start_checklist(row) if row.status == PlacementStatus.PREPARING else [],
        "evidence": completion_evidence(row) if is_running else [],
        "objectives": row.objectives.select_related("competency"),
        "actions": open_placement_actions(user, row),
        "entries": row.logbook.all()[:RECENT_DAYS],
        "sessions": with_actions(user, seen_sessions(user).filter(placement=row)) if row.policy.uses_sessions else [],
        "evaluations": row.evaluations.all(),
        "certificate": getattr(row, "certificate", None) if row.status in OVER else None,
        "hours": row.learning_hours.select_related("rule"),
        "meetings": meetings_of(row),
        **papers_of(user, row),
        "problem": None,
        **more,
    }


def _facts(row: Placement) -> list[Fact]:
    slot = row.slot
    return [
        Fact(_("Mentor"), row.mentor.name if row.mentor else _("not named yet")),
        Fact(_("Place"), slot.place or slot.get_mode_display()),
        Fact(_("Hours a week"), slot.hours_per_week),
        Fact(_("Assignment letter"), row.letter_number or _("not issued yet")),
        Fact(_("Agreement"), slot.agreement.number_agency),
    ]


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """The learning plan: how each objective of the slot is reached and shown."""
    user = user_of(request)
    row = get_own_placement(user, placement_id)
    lines = plan_lines(row, own_employee(request))
    outcome, status = Attempt(), 200
    if request.method == "POST":
        formset = PlanFormSet(request.POST, initial=[line["initial"] for line in lines])
        status = 422
        if formset.is_valid():
            answers = {form.cleaned_data["competency"]: form.cleaned_data for form in formset}
            objectives = [
                (line["code"], line["from"], line["to"], answer["activity"], answer["evidence"])
                for line in lines
                if (answer := answers.get(line["code"])) is not None
            ]
            with attempt() as outcome:
                services.set_learning_plan(actor=user, placement_id=row.pk, objectives=objectives)
                return done(
                    request, _("Your plan has been handed to the mentor to agree."), "employee_placement", row.pk
                )
            status = outcome.status
    else:
        formset = PlanFormSet(initial=[line["initial"] for line in lines])
    return page(
        request,
        "employee/plan.html",
        {
            "placement": row,
            "slot": row.slot,
            "formset": formset,
            "lines": list(zip(lines, formset, strict=False)),
            "problem": outcome.problem,
        },
        status=status,
    )


def plan_lines(row: Placement, employee: Employee) -> list[dict[str, Any]]:
    """One line for each outcome of the slot, beginning at the level the person has."""
    levels = {line.competency.pk: line.assessed for line in gap_profile(employee)}
    written = {objective.competency_id: objective for objective in row.objectives.all()}
    lines = []
    for outcome in row.slot.outcomes.select_related("competency"):
        own = levels.get(outcome.competency_id)
        start = outcome.from_level if own is None else min(max(own, outcome.from_level), outcome.to_level - 1)
        objective = written.get(outcome.competency_id)
        lines.append(
            {
                "code": outcome.competency_id,
                "competency": outcome.competency,
                "from": start,
                "to": outcome.to_level,
                "initial": {
                    "competency": outcome.competency_id,
                    "activity": objective.activity if objective else "",
                    "evidence": objective.evidence if objective else "",
                },
            }
        )
    return lines


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def logbook(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Write a day in under a minute; below it the days written so far."""
    user = user_of(request)
    row = get_own_placement(user, placement_id)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        form = LogbookForm(request.POST)
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.record_logbook_entry(actor=user, placement_id=row.pk, **form.cleaned_data)
                return done(request, _("The day is written; your mentor can read it now."), "employee_logbook", row.pk)
            status = outcome.status
    else:
        form = LogbookForm(initial=_day_to_write(row, request.GET.get("day", "")))
    return page(
        request,
        "employee/logbook.html",
        {
            "placement": row,
            "slot": row.slot,
            "form": form,
            "problem": outcome.problem,
            "is_running": row.status in RUNNING,
            "entries": paginate(request, row.logbook.all()),
        },
        partial="entries",
        status=status,
    )


def _day_to_write(row: Placement, day: str) -> dict[str, object]:
    """A returned day with its words, or today with the hours of the last one."""
    entries = row.logbook.all()
    chosen = entries.filter(pk=day).first() if is_uuid(day) else None
    if chosen is not None and chosen.status != LogbookStatus.VERIFIED:
        return {
            "entry_date": chosen.entry_date,
            "hours": chosen.hours,
            "activity": chosen.activity,
            "output": chosen.output,
            "lesson": chosen.lesson,
        }
    last: LogbookEntry | None = entries.first()
    return {"entry_date": _today_within(row), "hours": last.hours if last else USUAL_DAY}


def _today_within(row: Placement) -> dt.date:
    """Today, or the nearest day of the period."""
    return min(max(row.agency.today(), row.starts_on), row.ends_on)


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Enter a mentoring session; it counts once the mentor confirms it too."""
    user = user_of(request)
    row = get_own_placement(user, placement_id)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        form = SessionForm(request.POST)
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.record_session(actor=user, placement_id=row.pk, **form.cleaned_data)
                return done(
                    request,
                    _("The session is entered. It counts when your mentor confirms it."),
                    "employee_placement",
                    row.pk,
                )
            status = outcome.status
    else:
        form = SessionForm(initial={"held_on": _today_within(row)})
    return page(
        request,
        "employee/session.html",
        {"placement": row, "slot": row.slot, "form": form, "problem": outcome.problem},
        status=status,
    )


@policy(Role.EMPLOYEE)
@require_POST
def answer_attendance(request: HttpRequest, placement_id: uuid.UUID, attendance_id: uuid.UUID) -> HttpResponse:
    """Say that the host's mark is right, or that it is not and what happened."""
    user = user_of(request)
    row = get_own_placement(user, placement_id)
    mark = get_object_or_404(row.attendance, pk=attendance_id)
    with attempt() as outcome:
        if request.POST.get("decision") == "contest":
            services.contest_attendance(actor=user, attendance_id=mark.pk, note=request.POST.get("note", ""))
            message = _("The host looks at it again.")
        else:
            services.confirm_attendance(actor=user, attendance_id=mark.pk)
            message = _("Thank you: the day is confirmed by both sides.")
        return done(request, message, "employee_placement", row.pk)
    context = _placement_page(request, row, problem=outcome.problem, refused=mark.pk)
    return page(request, "employee/placement.html", context, status=outcome.status)


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def evaluate(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """The participant's own word at the end."""
    user = user_of(request)
    row = get_own_placement(user, placement_id)
    asked = row.policy.evaluation(EvaluatorRole.PARTICIPANT)
    if asked is None:
        raise NotFound()
    form = EvaluationForm(request.POST or None, asked=asked, placement=row)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.evaluate_placement(actor=user, placement_id=row.pk, ratings=form.ratings, **form.answers)
                return done(request, _("Thank you: your evaluation is kept."), "employee_placement", row.pk)
            status = outcome.status
    return page(
        request,
        "employee/evaluate.html",
        {"placement": row, "slot": row.slot, "form": form, "problem": outcome.problem},
        status=status,
    )


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Ask once more, then give the seat back before the start."""
    user = user_of(request)
    row = get_own_placement(user, placement_id)
    form = StopForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.end_placement_early(actor=user, placement_id=row.pk, **form.cleaned_data)
                return done(request, _("You have given the seat back."), "employee_placement", row.pk)
            status = outcome.status
    return page(
        request,
        "employee/stop.html",
        {"placement": row, "slot": row.slot, "form": form, "problem": outcome.problem},
        status=status,
    )
