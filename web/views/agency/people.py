"""People of the agency: profile, assessments, JP account, placements."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from asn.models import Agency, Employee
from asn.permissions import can_assess, visible_employees
from asn.selectors import gap_profile, gap_profiles
from asn.services import record_assessment
from asn.states import AgencyRole, EmployeeKind, GapStatus
from asn.superiors import superior_of
from core.policy import policy
from core.rows import find
from placements.selectors import applications_with_road, jp_account, placements_with_road, superior_name
from placements.states import ApplicationStatus
from web.components import Column, Fact
from web.forms.agency_people import AssessmentForm, EmployeeFilter, PurposeForm
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.templatetags.padan import date_range
from web.views.agency.common import is_officer, own_agency, require_own
from web.views.employee.home import profile_groups


@policy(Role.HR, Role.AUDITOR)
@require_safe
def people(request: HttpRequest) -> HttpResponseBase:
    """Everybody in service, with how much of their profile is met and how much nobody has measured."""
    agency = own_agency(request)
    rows = visible_employees(user_of(request)).filter(agency=agency).active().select_related("unit", "position")  # type: ignore[attr-defined]
    found = EmployeeFilter(request.GET, rows, agency)
    ordered = found.qs.order_by("name", "pk")
    if wants_sheet(request):
        return _people_sheet(request, agency, ordered)
    return _people_page(request, agency, found, ordered, PurposeForm(auto_id="purpose_%s"))


@policy(Role.HR)
@require_POST
def export_people(request: HttpRequest) -> HttpResponseBase:
    """People by the filters of the address, with their whole NIP, for a stated purpose that is kept in the audit trail."""
    agency = own_agency(request, AgencyRole.HR)
    rows = visible_employees(user_of(request)).filter(agency=agency).active().select_related("unit", "position")  # type: ignore[attr-defined]
    found = EmployeeFilter(request.GET, rows, agency)
    ordered = found.qs.order_by("name", "pk")
    form = PurposeForm(request.POST, auto_id="purpose_%s")
    if form.is_valid():
        return _people_sheet(request, agency, ordered, purpose=form.cleaned_data["purpose"])
    return _people_page(request, agency, found, ordered, form, status=422)


def _people_sheet(
    request: HttpRequest, agency: Agency, rows: QuerySet[Employee], *, purpose: str = ""
) -> HttpResponseBase:
    fields = [
        Field(_("Person"), lambda row: row.full_name, 34),
        Field(_("NIP"), lambda row: row.nip if purpose else row.masked_nip),
        Field(_("Position"), lambda row: row.position.title, 34),
        Field(_("Unit"), lambda row: row.unit.name, 40),
        Field(_("Required"), lambda row: row.required, 12),
        Field(_("Met"), lambda row: row.met, 12),
        Field(_("Not yet assessed"), lambda row: row.unknown, 16),
        Field(_("Expired"), lambda row: row.expired, 12),
    ]
    return sheet(
        request,
        _("People"),
        rows,
        fields,
        agency_id=agency.pk,
        prepare=lambda people: _with_profiles(people, agency),
        purpose=purpose,
    )


def _with_profiles(people: Sequence[Employee], agency: Agency) -> None:
    for row in people:  # one and the same agency: spares a look-up
        row.agency = agency
    profiles = gap_profiles(list(people))
    for row in people:
        lines = profiles[row.pk]
        row.required = len(lines)  # type: ignore[attr-defined]
        row.met = sum(line.status == GapStatus.MET for line in lines)  # type: ignore[attr-defined]
        row.unknown = sum(line.status == GapStatus.UNKNOWN for line in lines)  # type: ignore[attr-defined]
        row.expired = sum(line.status == GapStatus.EXPIRED for line in lines)  # type: ignore[attr-defined]


def _people_page(
    request: HttpRequest,
    agency: Agency,
    found: EmployeeFilter,
    rows: QuerySet[Employee],
    purpose: PurposeForm,
    *,
    status: int = 200,
) -> HttpResponse:
    listed = paginate(request, rows)
    _with_profiles(list(listed), agency)
    return page(
        request,
        "agency/people.html",
        {
            "agency": agency,
            "filter": found,
            "rows": listed,
            "purpose_form": purpose if is_officer(request, agency) else None,
            "columns": [
                Column(_("Person")),
                Column(_("Unit")),
                Column(_("Met"), numeric=True),
                Column(_("Not yet assessed"), numeric=True),
                Column(_("Expired"), numeric=True),
            ],
        },
        partial="results",
        status=status,
    )


def get_own_person(request: HttpRequest, employee_id: uuid.UUID) -> Employee:
    """A person of the agency the reader serves."""
    rows = visible_employees(user_of(request)).select_related(
        "agency", "unit", "position__position_class", "supervisor"
    )
    row = find(rows, employee_id)
    require_own(request, row.agency)
    return row


@policy(Role.HR, Role.AUDITOR)
@require_safe
def person(request: HttpRequest, employee_id: uuid.UUID) -> HttpResponse:
    """Profile with sources and dates, JP account, applications and placements."""
    user = user_of(request)
    row = get_own_person(request, employee_id)
    applications = applications_with_road(user).filter(employee=row).exclude(status=ApplicationStatus.DRAFT)
    return page(
        request,
        "agency/person.html",
        {
            "employee": row,
            "agency": row.agency,
            "facts": _facts(row),
            "account": jp_account(row),
            "is_pppk": row.kind == EmployeeKind.PPPK,
            "placements": placements_with_road(user).filter(employee=row).order_by("-starts_on"),
            "applications": applications.order_by("-submitted_at", "pk")[:10],
            "can_assess": is_officer(request, row.agency) and can_assess(user, row),
            **profile_groups(gap_profile(row)),
        },
    )


def _facts(row: Employee) -> list[Fact]:
    facts = [
        Fact(_("Position"), row.position.title),
        Fact(_("Unit"), row.unit.name),
        Fact(_("Employment"), row.get_kind_display()),
        Fact(_("Grade"), row.grade or "–"),
        Fact(_("Supervisor"), row.supervisor.full_name if row.supervisor else _("not entered yet")),
        Fact(_("Decides today"), superior_name(superior_of(row)) or _("nobody: name somebody")),
        Fact(_("Interests"), row.interests or "–"),
    ]
    if row.contract_starts_on and row.contract_ends_on:
        facts.append(Fact(_("Contract"), date_range(row.contract_starts_on, row.contract_ends_on)))
    return facts


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def assess(request: HttpRequest, employee_id: uuid.UUID) -> HttpResponse:
    """Enter one measured level."""
    row = get_own_person(request, employee_id)
    required = {line.competency.pk for line in gap_profile(row)}
    outcome, status = Attempt(), 200
    if request.method == "POST":
        form, status = AssessmentForm(request.POST, required=required), 422
        if form.is_valid():
            with attempt(form) as outcome:
                record_assessment(actor=user_of(request), employee_id=row.pk, **form.cleaned_data)
                message = _("The level is on record; recommendations follow within a minute.")
                return done(request, message, "agency_person", row.pk)
            status = outcome.status
    else:
        asked = request.GET.get("competency", "")
        initial = {"assessed_on": row.agency.today(), "competency_code": asked}
        form = AssessmentForm(initial=initial, required=required)
    context = {"employee": row, "agency": row.agency, "form": form, "problem": outcome.problem}
    return page(request, "agency/assessment.html", context, status=status)
