"""A measured level is wrong: asking for its correction, following and taking back the request."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from asn import services
from asn.models import Correction
from asn.permissions import can_request_correction, visible_assessments, visible_corrections
from core.errors import NotFound
from core.policy import policy
from core.rows import find
from web.forms.corrections import CorrectionForm
from web.pages import Attempt, attempt, done, page, user_of
from web.views.employee.common import own_employee


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, assessment_id: uuid.UUID) -> HttpResponse:
    """Say which level is wrong, which one is right, and why."""
    user, employee = user_of(request), own_employee(request)
    row = find(visible_assessments(user).select_related("competency", "employee"), assessment_id)
    if not can_request_correction(user, row):
        raise NotFound()
    if request.method != "POST" and (asked := row.corrections.open().first()):  # type: ignore[attr-defined]
        return redirect("employee_correction", asked.pk)
    form = CorrectionForm(request.POST or None, request.FILES or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                made = services.request_correction(actor=user, assessment_id=row.pk, **form.cleaned_data)
                return done(
                    request, _("Sent: the HR office answers within 3 × 24 hours."), "employee_correction", made.pk
                )
            status = outcome.status
    context = {"assessment": row, "agency": employee.agency, "form": form, "problem": outcome.problem}
    return page(request, "employee/correction_ask.html", context, status=status)


def _own(request: HttpRequest, correction_id: uuid.UUID) -> Correction:
    rows = visible_corrections(user_of(request)).filter(employee=own_employee(request))
    return find(rows.select_related("agency", "assessment__competency", "result", "evidence"), correction_id)


@policy(Role.EMPLOYEE)
@require_safe
def show(request: HttpRequest, correction_id: uuid.UUID) -> HttpResponse:
    """Where the request stands, until when HR answers, and the answer."""
    row = _own(request, correction_id)
    return page(request, "employee/correction.html", {"correction": row, "agency": row.agency})


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, correction_id: uuid.UUID) -> HttpResponse:
    """Take the request back, after a question."""
    row = _own(request, correction_id)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        with attempt() as outcome:
            services.withdraw_correction(actor=user_of(request), correction_id=row.pk)
            return done(request, _("Withdrawn: the level stays as it was measured."), "employee_profile")
        status = outcome.status
    return page(
        request, "employee/correction_withdraw.html", {"correction": row, "problem": outcome.problem}, status=status
    )
