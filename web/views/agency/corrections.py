"""Requests to correct a measured level: the queue by deadline, and the answer."""

from __future__ import annotations

import uuid

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from asn import services
from asn.models import Correction
from asn.permissions import can_decide_correction, visible_corrections
from core.policy import policy
from core.rows import find
from web.components import Column, Fact
from web.forms.corrections import AcceptForm, CorrectionFilter, RefuseForm
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.phrases import level_word
from web.sheets import Field, sheet, wants_sheet
from web.templatetags.padan import short_date
from web.views.agency.common import is_officer, own_agency, require_own

ACCEPT, REFUSE, REVIEW = "accept", "refuse", "review"


@policy(Role.HR, Role.AUDITOR)
@require_safe
def queue(request: HttpRequest) -> HttpResponseBase:
    """What waits for an answer, the nearest end of the 3 × 24 hours first."""
    agency = own_agency(request)
    rows = visible_corrections(user_of(request)).filter(agency=agency)
    found = CorrectionFilter(
        request.GET, rows.select_related("employee__unit", "assessment__competency", "result"), agency
    )
    ordered = found.qs.order_by("due_at", "pk")
    if wants_sheet(request):
        fields = [
            Field(_("Person"), lambda row: row.employee.full_name, 34),
            Field(_("Unit"), lambda row: row.employee.unit.name, 40),
            Field(_("Competency"), lambda row: row.assessment.competency.name, 40),
            Field(_("Measured"), lambda row: row.assessment.level, 12),
            Field(_("Claimed"), lambda row: row.claimed_level, 12),
            Field(_("Submitted on"), lambda row: row.submitted_at),
            Field(_("Until"), lambda row: row.due_at),
            Field(_("Status"), lambda row: row.get_status_display()),
            Field(_("Reason"), lambda row: row.get_refusal_display(), 40),
        ]
        return sheet(request, _("Corrections"), ordered, fields, agency_id=agency.pk, zone=agency.zone)
    return page(
        request,
        "agency/corrections.html",
        {
            "agency": agency,
            "filter": found,
            "rows": paginate(request, ordered),
            "columns": [
                Column(_("Person")),
                Column(_("Competency")),
                Column(_("Measured → claimed")),
                Column(_("Status")),
                Column(_("Until")),
            ],
        },
        partial="results",
    )


@policy(Role.HR, Role.AUDITOR)
@require_http_methods(["GET", "HEAD", "POST"])
def correction(request: HttpRequest, correction_id: uuid.UUID) -> HttpResponse:
    """Facts and evidence, and the decision: take up, correct or leave as it is."""
    user = user_of(request)
    rows = visible_corrections(user).select_related(
        "agency", "employee__unit", "employee__position", "assessment__competency", "evidence", "result"
    )
    row = find(rows, correction_id)
    require_own(request, row.agency)
    decision = request.POST.get("decision", "")
    initial = {"level": row.claimed_level, "source": row.assessment.source, "assessed_on": row.agency.today()}
    accept = AcceptForm(request.POST if decision == ACCEPT else None, initial=initial, auto_id="accept_%s")
    refuse = RefuseForm(request.POST if decision == REFUSE else None, auto_id="refuse_%s")
    shown: Form | None = {ACCEPT: accept, REFUSE: refuse}.get(decision)  # type: ignore[assignment]
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if shown is None or shown.is_valid():
            with attempt(shown) as outcome:
                return done(request, _decide(request, row, decision, shown), "agency_correction", row.pk)
            status = outcome.status
    return page(
        request,
        "agency/correction.html",
        {
            "agency": row.agency,
            "correction": row,
            "employee": row.employee,
            "facts": _facts(row),
            "may": row.is_open and is_officer(request, row.agency) and can_decide_correction(user, row),
            "accept_form": accept,
            "refuse_form": refuse,
            "shown": shown,
            "problem": outcome.problem,
        },
        status=status,
    )


def _decide(request: HttpRequest, row: Correction, decision: str, form: Form | None) -> str:
    user = user_of(request)
    if decision == ACCEPT and form is not None:
        services.accept_correction(actor=user, correction_id=row.pk, **form.cleaned_data)
        return _("Corrected: the new level is on record, and the person has been told.")
    if decision == REFUSE and form is not None:
        services.refuse_correction(actor=user, correction_id=row.pk, **form.cleaned_data)
        return _("The level stays; the person reads the reason.")
    services.review_correction(actor=user, correction_id=row.pk)
    return _("The person sees now that somebody looks at it. The clock runs on.")


def _facts(row: Correction) -> list[Fact]:
    measured = row.assessment
    return [
        Fact(_("Competency"), measured.competency.name),
        Fact(_("Measured"), f"{level_word(measured.level)} ({measured.level})"),
        Fact(_("Measured by"), f"{measured.get_source_display()}, {short_date(measured.assessed_on)}"),
        Fact(_("Claimed"), f"{level_word(row.claimed_level)} ({row.claimed_level})"),
        Fact(_("Position"), row.employee.position.title),
        Fact(_("Unit"), row.employee.unit.name),
    ]
