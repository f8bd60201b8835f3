"""Who decides while a post is vacant or its holder away: Plt. and Plh., delegations, and people without a superior."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from asn import services
from asn.permissions import get_visible_acting_period, visible_acting_periods
from asn.states import AgencyRole
from asn.superiors import superior_of, without_superior
from core.policy import policy
from placements.selectors import superior_name
from web.components import Column
from web.forms.acting import ActingFilter, ActingForm, SuperiorForm
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.agency.common import is_officer, own_agency, require_own
from web.views.agency.people import get_own_person


@policy(Role.HR, Role.AUDITOR)
@require_safe
def periods(request: HttpRequest) -> HttpResponseBase:
    """Who acts for whom, the latest first; above it the people for whom nobody can decide."""
    agency = own_agency(request)
    rows = visible_acting_periods(user_of(request)).filter(agency=agency)
    found = ActingFilter(request.GET, rows.select_related("agency", "acting__unit", "holder", "unit"), agency)
    if wants_sheet(request):
        fields = [
            Field(_("Acts"), lambda row: row.acting.full_name, 34),
            Field(_("As"), lambda row: row.get_capacity_display(), 34),
            Field(_("In the place of"), lambda row: row.holder or row.unit, 40),
            Field(_("Begins"), lambda row: row.starts_on, 12),
            Field(_("Ends"), lambda row: row.ends_on, 12),
            Field(_("Reason"), lambda row: row.get_reason_display()),
            Field(_("Order"), lambda row: row.order_number),
        ]
        return sheet(request, _("Who stands in"), found.qs, fields, agency_id=agency.pk, zone=agency.zone)
    return page(
        request,
        "agency/acting.html",
        {
            "agency": agency,
            "filter": found,
            "rows": paginate(request, found.qs),
            "today": agency.today(),
            "may": is_officer(request, agency),
            "missing": without_superior(agency.pk),
            "columns": [Column(_("Acts")), Column(_("In the place of")), Column(_("Period")), Column(_("Order"))],
        },
        partial="results",
    )


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def name(request: HttpRequest) -> HttpResponse:
    """Enter a Plt. or a Plh. by its order."""
    agency = own_agency(request, AgencyRole.HR)
    initial = {"starts_on": agency.today(), "unit_id": request.GET.get("unit", "")}
    form = ActingForm(request.POST or None, initial=initial, agency=agency)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.name_acting(actor=user_of(request), agency_id=agency.pk, **form.cleaned_data)
                return done(request, _("Entered: both sides have been told."), "agency_acting")
            status = outcome.status
    context = {"agency": agency, "form": form, "problem": outcome.problem}
    return page(request, "agency/acting_form.html", context, status=status)


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, period_id: uuid.UUID) -> HttpResponse:
    """End a period before its last day, after a question."""
    row = get_visible_acting_period(user_of(request), period_id)
    require_own(request, row.agency)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        with attempt() as outcome:
            services.end_acting(actor=user_of(request), period_id=row.pk)
            return done(request, _("Ended: what is undecided is with the holder again."), "agency_acting")
        status = outcome.status
    return page(request, "agency/acting_end.html", {"period": row, "problem": outcome.problem}, status=status)


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def superior(request: HttpRequest, employee_id: uuid.UUID) -> HttpResponse:
    """Name the supervisor of one person: one step."""
    row = get_own_person(request, employee_id)
    form = SuperiorForm(request.POST or None, employee=row, initial={"supervisor_id": row.supervisor_id})
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.set_supervisor(actor=user_of(request), employee_id=row.pk, **form.cleaned_data)
                return done(
                    request, _("Entered: the new supervisor has been told what waits."), "agency_person", row.pk
                )
            status = outcome.status
    context = {
        "employee": row,
        "agency": row.agency,
        "form": form,
        "present": superior_name(superior_of(row)),
        "problem": outcome.problem,
    }
    return page(request, "agency/superior.html", context, status=status)
