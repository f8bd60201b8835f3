"""The units of the agency and who leads each: the post above decides where a supervisor is missing."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from asn import services
from asn.models import ActingPeriod, Unit
from asn.permissions import get_visible_unit, visible_units
from asn.states import AT_WORK
from core.policy import policy
from web.components import Column
from web.forms.acting import HeadForm, UnitFilter
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.agency.common import is_officer, own_agency, require_own


def _with_stand_ins(units: Sequence[Unit]) -> None:
    """Give each unit ``acting``: the period in which somebody else holds its post today, or None."""
    holders = {unit.head_id for unit in units if unit.head_id}
    periods = ActingPeriod.objects.on_duty().filter(Q(unit__in=units) | Q(holder__in=holders))
    of_unit, of_holder = {}, {}
    for period in periods.select_related("acting"):
        if period.holder_id is not None:
            of_holder[period.holder_id] = period
        else:
            of_unit[period.unit_id] = period
    for unit in units:
        unit.acting = of_holder.get(unit.head_id) or of_unit.get(unit.pk)  # type: ignore[attr-defined, arg-type]
        unit.is_led = unit.head is not None and unit.head.status in AT_WORK  # type: ignore[attr-defined]


@policy(Role.HR, Role.AUDITOR)
@require_safe
def units(request: HttpRequest) -> HttpResponseBase:
    """Every unit with its head, its vacancy and who stands in."""
    agency = own_agency(request)
    rows = visible_units(user_of(request)).filter(agency=agency).select_related("head__position", "parent")
    found = UnitFilter(request.GET, rows, agency)
    ordered = found.qs.annotate(
        people=Count("employees", filter=Q(employees__status__in=AT_WORK), distinct=True)
    ).order_by("name", "pk")
    if wants_sheet(request):
        fields = [
            Field(_("Unit"), lambda row: row.name, 44),
            Field(_("Code"), lambda row: row.code),
            Field(_("Part of"), lambda row: row.parent, 44),
            Field(_("Head"), lambda row: row.head.full_name if row.head else "", 34),
            Field(_("Stands in"), lambda row: row.acting.acting.full_name if row.acting else "", 34),
            Field(_("As"), lambda row: row.acting.get_capacity_display() if row.acting else ""),
            Field(_("Until"), lambda row: row.acting.ends_on if row.acting else None, 12),
            Field(_("People"), lambda row: row.people, 10),
        ]
        return sheet(
            request, _("Units"), ordered, fields, agency_id=agency.pk, zone=agency.zone, prepare=_with_stand_ins
        )
    listed = paginate(request, ordered)
    _with_stand_ins(list(listed))
    return page(
        request,
        "agency/units.html",
        {
            "agency": agency,
            "filter": found,
            "rows": listed,
            "may": is_officer(request, agency),
            "columns": [Column(_("Unit")), Column(_("Head")), Column(_("People"), numeric=True)],
        },
        partial="results",
    )


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def head(request: HttpRequest, unit_id: uuid.UUID) -> HttpResponse:
    """Say who holds the leading post, or that it is vacant."""
    row = get_visible_unit(user_of(request), unit_id)
    require_own(request, row.agency)
    form = HeadForm(request.POST or None, unit=row, initial={"employee_id": row.head_id})
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.set_unit_head(actor=user_of(request), unit_id=row.pk, **form.cleaned_data)
                return done(request, _("Entered: it counts from now on."), "agency_units")
            status = outcome.status
    context = {"unit": row, "agency": row.agency, "form": form, "problem": outcome.problem}
    return page(request, "agency/unit_head.html", context, status=status)
