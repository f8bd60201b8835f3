"""The home page of an ASN, the competency profile, the JP account and awards."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.roles import Role
from asn.models import Employee
from asn.permissions import visible_corrections
from asn.selectors import GapLine, gap_profile
from asn.states import EmployeeKind, GapStatus
from asn.superiors import led_by
from core.policy import policy
from incentives.models import Award
from matching.selectors import recommendations_for_employee
from placements.agenda import waits_for_participant
from placements.models import Application, Attendance, LearningObjective, LogbookEntry, MentoringSession, Placement
from placements.selectors import jp_account
from placements.states import ApplicationStatus, AttendanceStatus, EvaluatorRole, LogbookStatus, PlacementStatus
from web.components import Column
from web.pages import page, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.employee.common import open_gaps, own_employee, suggestions

SHOWN_GAPS = 5
SHOWN_SLOTS = 4
RUNNING = (PlacementStatus.ACTIVE, PlacementStatus.FINISHING)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that waits for the reader."""

    title: str
    url: str
    detail: str = ""
    deadline: dt.datetime | dt.date | None = None


def home(request: HttpRequest) -> HttpResponse:
    """What waits for me, my competencies, my JP, the best slots. Reached through the address ``/``."""
    employee = own_employee(request)
    profile = gap_profile(employee)
    best = recommendations_for_employee(employee, limit=SHOWN_SLOTS, profile=profile)
    return page(
        request,
        "employee/home.html",
        {
            "employee": employee,
            "greeting": greeting(employee),
            "tasks": waiting_for(employee),
            "profile": profile,
            "met": sum(1 for line in profile if line.status == GapStatus.MET),
            "gaps": open_gaps(profile)[:SHOWN_GAPS],
            "account": jp_account(employee),
            "is_pppk": employee.kind == EmployeeKind.PPPK,
            "suggestions": suggestions(best, profile, employee.agency),
        },
    )


def greeting(employee: Employee) -> str:
    """Good morning, by the clock of the agency."""
    hour = timezone.now().astimezone(employee.agency.zone).hour
    if hour < 11:
        words = _("Good morning, %(name)s")
    elif hour < 15:
        words = _("Good day, %(name)s")
    elif hour < 18:
        words = _("Good afternoon, %(name)s")
    else:
        words = _("Good evening, %(name)s")
    return words % {"name": employee.name.split(" ")[0]}


def waiting_for(employee: Employee) -> list[Task]:
    """Everything that does not go on without this person, the nearest deadline first."""
    tasks = [*_applications_waiting(employee), *_placements_waiting(employee)]
    return sorted(tasks, key=lambda task: _day(task.deadline, employee))


def _day(deadline: dt.datetime | dt.date | None, employee: Employee) -> dt.date:
    if isinstance(deadline, dt.datetime):
        return deadline.astimezone(employee.agency.zone).date()
    return deadline or dt.date.max


def _applications_waiting(employee: Employee) -> list[Task]:
    """Those of the team to clear, and own ones to confirm, revise or finish."""
    led = led_by(employee.user) if employee.user is not None else Employee.objects.none()
    rows = list(
        Application.objects.filter(
            Q(employee__in=led, status=ApplicationStatus.AWAITING_CLEARANCE)
            | Q(
                employee=employee,
                status__in=[ApplicationStatus.OFFERED, ApplicationStatus.RETURNED, ApplicationStatus.DRAFT],
            )
        ).select_related("slot")
    )
    to_clear = [row.due_at for row in rows if row.status == ApplicationStatus.AWAITING_CLEARANCE]
    tasks = []
    if to_clear:
        count = len(to_clear)
        title = ngettext(
            "%(count)s application waits for your clearance", "%(count)s applications wait for your clearance", count
        )
        first = min((due for due in to_clear if due), default=None)
        tasks.append(Task(title % {"count": count}, reverse("supervisor_queue"), deadline=first))
    for row in rows:
        slot = row.slot
        if row.status == ApplicationStatus.OFFERED:
            address = reverse("employee_application", args=[row.pk])
            tasks.append(Task(_("Confirm your seat"), address, slot.title, row.due_at))
        elif row.status == ApplicationStatus.RETURNED:
            address = reverse("employee_application", args=[row.pk])
            tasks.append(Task(_("Revise your application"), address, slot.title, slot.apply_by))
        elif row.status == ApplicationStatus.DRAFT:
            address = reverse("employee_apply", args=[slot.pk])
            tasks.append(Task(_("Finish your draft"), address, slot.title, slot.apply_by))
    return tasks


def _placements_waiting(employee: Employee) -> list[Task]:
    today = employee.agency.today()
    monday = today - dt.timedelta(days=today.weekday())
    own = {"placement": OuterRef("pk")}
    rows = (
        employee.placements.filter(status__in=[PlacementStatus.PREPARING, *RUNNING])
        .select_related("slot")
        .annotate(
            has_plan=Exists(LearningObjective.objects.filter(**own)),
            wrote_this_week=Exists(LogbookEntry.objects.filter(**own, entry_date__gte=monday)),
            to_correct=Count("logbook", filter=Q(logbook__status=LogbookStatus.RETURNED), distinct=True),
            to_attest=Exists(Attendance.objects.filter(**own, status=AttendanceStatus.RECORDED)),
            to_confirm=Exists(MentoringSession.objects.filter(waits_for_participant(), **own)),
            has_evaluated=Exists(
                Placement.objects.filter(pk=OuterRef("pk"), evaluations__role=EvaluatorRole.PARTICIPANT)
            ),
        )
    )
    return [task for placement in rows for task in _tasks_of(placement, today, monday)]


def _tasks_of(placement: Placement, today: dt.date, monday: dt.date) -> list[Task]:
    slot = placement.slot.title
    tasks = []
    if placement.status == PlacementStatus.PREPARING:
        if placement.policy.uses_plan and not placement.has_plan:  # type: ignore[attr-defined]
            tasks.append(
                Task(
                    _("Write your learning plan"),
                    reverse("employee_plan", args=[placement.pk]),
                    slot,
                    placement.starts_on,
                )
            )
        return tasks
    logbook = reverse("employee_logbook", args=[placement.pk])
    if placement.to_correct:  # type: ignore[attr-defined]
        count = placement.to_correct  # type: ignore[attr-defined]
        words = ngettext("Correct %(count)s logbook day", "Correct %(count)s logbook days", count)
        tasks.append(Task(words % {"count": count}, logbook, slot))
    running = placement.starts_on <= today <= placement.ends_on
    if running and placement.policy.asks_logbook and not placement.wrote_this_week:  # type: ignore[attr-defined]
        tasks.append(Task(_("Logbook of this week"), logbook, slot, monday + dt.timedelta(days=4)))
    if placement.to_attest:  # type: ignore[attr-defined]
        tasks.append(
            Task(_("Confirm your attendance"), reverse("employee_placement", args=[placement.pk]) + "#attendance", slot)
        )
    if placement.to_confirm:  # type: ignore[attr-defined]
        tasks.append(
            Task(
                _("Say whether a mentoring session was held"),
                reverse("employee_placement", args=[placement.pk]) + "#sesi",
                slot,
            )
        )
    if today >= placement.ends_on and not placement.has_evaluated:  # type: ignore[attr-defined]
        tasks.append(Task(_("Evaluate your placement"), reverse("employee_evaluate", args=[placement.pk]), slot))
    return tasks


@policy(Role.EMPLOYEE)
@require_safe
def profile(request: HttpRequest) -> HttpResponse:
    """Required and assessed level of each competency, with source and date."""
    employee = own_employee(request)
    lines = gap_profile(employee)
    return page(
        request,
        "employee/profile.html",
        {
            "employee": employee,
            "own_profile": True,
            "corrections": visible_corrections(user_of(request))
            .filter(employee=employee)
            .select_related("assessment__competency"),
            **profile_groups(lines),
        },
    )


def profile_groups(lines: list[GapLine]) -> dict[str, object]:
    """The lines of a profile in the order people ask for them."""
    unknown = [line for line in lines if line.status == GapStatus.UNKNOWN]
    met = [line for line in lines if line.status != GapStatus.UNKNOWN and line.gap <= 0]
    gaps = [line for line in lines if line.status != GapStatus.UNKNOWN and line.gap > 0]
    return {"lines": lines, "gaps": gaps, "unknown": unknown, "met": met}


@policy(Role.EMPLOYEE)
@require_safe
def hours(request: HttpRequest) -> HttpResponseBase:
    """The JP account of a year against its duty (PNS) or ceiling (PPPK)."""
    employee = own_employee(request)
    account = jp_account(employee)
    if wants_sheet(request):
        fields = [
            Field(_("Activity"), lambda row: row.placement.slot.title if row.placement else row.rule.name_id, 40),
            Field(_("Day"), lambda row: row.occurs_on, 12),
            Field(_("Form"), lambda row: row.rule.name_id, 30),
            Field(_("JP"), lambda row: row.hours, 10),
            Field(_("Counted"), lambda row: row.counted_hours, 10),
        ]
        return sheet(request, _("JP account"), list(account.entries), fields)
    return page(
        request,
        "employee/hours.html",
        {
            "employee": employee,
            "account": account,
            "is_pppk": employee.kind == EmployeeKind.PPPK,
            "columns": [
                Column(_("Activity")),
                Column(_("Day")),
                Column(_("Form")),
                Column(_("JP"), numeric=True),
                Column(_("Counted"), numeric=True),
            ],
        },
    )


@policy(Role.EMPLOYEE)
@require_safe
def awards(request: HttpRequest) -> HttpResponse:
    """Awards granted, and those being looked at."""
    employee = own_employee(request)
    return page(
        request,
        "employee/awards.html",
        {
            "awards": Award.objects.filter(employee=employee).select_related(
                "proposal__rule", "proposal__placement__slot"
            ),
            "proposals": employee.award_proposals.filter(award=None).select_related("rule", "placement__slot"),
            "points": sum(employee.points.values_list("points", flat=True)),
        },
    )
