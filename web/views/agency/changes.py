"""Changes of somebody's employment, and HR's tasks that come of them."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from asn.services import change_employment
from core.policy import policy
from core.rows import find
from placements import services
from placements.models import ChangeTask
from placements.permissions import can_decide_change, visible_change_tasks
from placements.states import ChangeStatus
from web.components import Column, Fact
from web.forms.changes import ChangeFilter, ChangeForm, EmploymentForm
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.templatetags.padan import date_range, long_date
from web.views.agency.common import own_agency, require_own
from web.views.agency.people import get_own_person


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def employment(request: HttpRequest, employee_id: uuid.UUID) -> HttpResponse:
    """Enter another unit or position, leave, retirement, the end of a contract, or that somebody has left."""
    row = get_own_person(request, employee_id)
    form = EmploymentForm(request.POST or None, employee=row)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                change_employment(actor=user_of(request), employee_id=row.pk, **form.cleaned_data)
                message = _("Entered. Applications and placements under way are on the page “Changes”.")
                return done(request, message, "agency_person", row.pk)
            status = outcome.status
    context = {"employee": row, "agency": row.agency, "form": form, "problem": outcome.problem}
    return page(request, "agency/employment.html", context, status=status)


@policy(Role.HR, Role.AUDITOR)
@require_safe
def changes(request: HttpRequest) -> HttpResponseBase:
    """People whose employment has changed while something is under way, the nearest deadline first."""
    agency = own_agency(request)
    rows = visible_change_tasks(user_of(request)).filter(agency=agency)
    found = ChangeFilter(
        request.GET, rows.select_related("employee__unit", "application__slot", "application__placement"), agency
    )
    ordered = found.qs.order_by("due_at", "pk")
    if wants_sheet(request):
        fields = [
            Field(_("Person"), lambda row: row.employee.full_name, 34),
            Field(_("Unit"), lambda row: row.employee.unit.name, 40),
            Field(_("What has changed"), lambda row: ", ".join(row.kind_labels), 34),
            Field(_("Slot"), lambda row: row.application.slot.title, 40),
            Field(_("Stands at"), lambda row: standing(row), 30),
            Field(_("Until"), lambda row: row.due_at),
            Field(_("Status"), lambda row: row.get_status_display()),
            Field(_("Decision"), lambda row: row.get_choice_display(), 40),
        ]
        return sheet(request, _("Changes"), ordered, fields, agency_id=agency.pk, zone=agency.zone)
    listed = paginate(request, ordered)
    for row in listed:
        row.standing = standing(row)
    return page(
        request,
        "agency/changes.html",
        {
            "agency": agency,
            "filter": found,
            "rows": listed,
            "columns": [
                Column(_("Person")),
                Column(_("What has changed")),
                Column(_("Application or placement")),
                Column(_("Status")),
                Column(_("Until")),
            ],
        },
        partial="results",
    )


def standing(row: ChangeTask) -> str:
    """Where the application, or the placement that came of it, stands."""
    return str((row.placement or row.application).get_status_display())


@policy(Role.HR, Role.AUDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """What has changed, what it touches, and what becomes of it."""
    user = user_of(request)
    rows = visible_change_tasks(user).select_related(
        "agency",
        "employee__agency",
        "employee__unit",
        "employee__position",
        "application__slot__partner",
        "application__placement",
        "unit_before",
        "position_before",
        "decided_by",
    )
    row = find(rows, task_id)
    require_own(request, row.agency)
    form = ChangeForm(request.POST or None, task=row)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.decide_change(actor=user, task_id=row.pk, **form.cleaned_data)
                return done(request, _("Decided, and done: those concerned have been told."), "agency_change", row.pk)
            status = outcome.status
    context = {
        "task": row,
        "employee": row.employee,
        "agency": row.agency,
        "slot": row.application.slot,
        "standing": standing(row),
        "facts": _facts(row),
        "is_gone": row.employee.is_gone(row.agency.today()),
        "form": form if row.status == ChangeStatus.OPEN and can_decide_change(user, row) else None,
        "problem": outcome.problem,
    }
    return page(request, "agency/change.html", context, status=status)


def _facts(row: ChangeTask) -> list[Fact]:
    person, slot = row.employee, row.application.slot
    facts = [
        Fact(_("What has changed"), ", ".join(row.kind_labels)),
        Fact(_("Period"), date_range(slot.starts_on, slot.ends_on)),
        Fact(_("Unit now"), person.unit.name),
        Fact(_("Position now"), person.position.title),
    ]
    if row.unit_before is not None and row.unit_before != person.unit:
        facts.append(Fact(_("Unit before"), row.unit_before.name))
    if row.position_before is not None and row.position_before != person.position:
        facts.append(Fact(_("Position before"), row.position_before.title))
    if person.last_day is not None:
        facts.append(Fact(_("Last day in service"), long_date(person.last_day)))
    return facts
