"""Applying, following an application, revising it, taking it back."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from core.policy import policy
from partners.models import Slot
from partners.permissions import get_visible_slot
from partners.selectors import similar_open_slots
from placements import services
from placements.permissions import visible_applications
from placements.selectors import open_application_actions, place_of, timeline
from placements.states import LIVE_APPLICATION, ApplicationStatus, DecisionOutcome
from web.consent import PARTNER_SEES
from web.forms.applications import ApplicationForm, DeclineSeatForm, WithdrawForm
from web.lives import application_steps
from web.pages import Attempt, attempt, done, page, paginate, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.employee.common import get_own_application, own_employee
from web.views.employee.slots import own_application

# Refusals after which another slot is the best way on.
LOOK_ELSEWHERE = {"slot_full", "slot_closed", "deadline_past", "agreement_not_in_force", "overlapping_placement"}

TURNED_DOWN = {
    ApplicationStatus.REJECTED,
    ApplicationStatus.DECLINED,
    ApplicationStatus.EXPIRED,
    ApplicationStatus.INELIGIBLE,
}


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """Fill in, keep as a draft, or hand in after seeing what the partner will see."""
    user = user_of(request)
    slot = get_visible_slot(user, slot_id)
    employee = own_employee(request)
    present = own_application(user, slot)
    if present is not None and present.is_live and present.status != ApplicationStatus.DRAFT:
        return redirect("employee_application", present.pk)
    outcome = Attempt()
    status = 200
    if request.method == "POST":
        as_draft = request.POST.get("action") == "draft"
        form = ApplicationForm(request.POST, as_draft=as_draft)
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            words = {
                "motivation": data["motivation"],
                "has_conflict": bool(data["has_conflict"]),
                "conflict_note": data["conflict_note"],
            }
            with attempt(form) as outcome:
                if as_draft:
                    services.save_draft(actor=user, slot_id=slot.pk, **words)
                    return done(request, _("Your draft is kept. You can go on at any time."), "employee_apply", slot.pk)
                application = services.apply_to_slot(actor=user, slot_id=slot.pk, consent=data["consent"], **words)
                return done(
                    request,
                    _("Your application has been handed in. Your supervisor has it now."),
                    "employee_application",
                    application.pk,
                )
            status = outcome.status
    else:
        form = ApplicationForm(initial=_initial(present))
    return page(
        request,
        "employee/apply.html",
        {
            "slot": slot,
            "employee": employee,
            "agency": employee.agency,
            "form": form,
            "problem": outcome.problem,
            "similar": _elsewhere(slot, outcome),
            "sees": PARTNER_SEES,
            "draft": present if present is not None and present.is_live else None,
        },
        status=status,
    )


def _initial(present: object) -> dict[str, object]:
    if present is None:
        return {}
    return {
        "motivation": present.motivation,  # type: ignore[attr-defined]
        "has_conflict": "yes" if present.has_conflict else "no",  # type: ignore[attr-defined]
        "conflict_note": present.conflict_note,  # type: ignore[attr-defined]
    }


def _elsewhere(slot: Slot, outcome: Attempt) -> list[Slot]:
    if outcome.error is None or outcome.error.code not in LOOK_ELSEWHERE:
        return []
    return list(similar_open_slots(slot, limit=3))


@policy(Role.EMPLOYEE)
@require_safe
def applications(request: HttpRequest) -> HttpResponseBase:
    """My applications, those under way first."""
    user = user_of(request)
    mine = visible_applications(user).filter(employee__user=user).select_related("slot__partner", "agency")
    if wants_sheet(request):
        fields = [
            Field(_("Slot"), lambda row: row.slot.title, 40),
            Field(_("Partner"), lambda row: row.slot.partner.name, 30),
            Field(_("Handed in"), lambda row: row.submitted_at),
            Field(_("Status"), lambda row: row.get_status_display()),
            Field(_("Deadline"), lambda row: row.due_at),
        ]
        zone = own_employee(request).agency.zone
        return sheet(request, _("My applications"), mine.order_by("-created_at", "pk"), fields, zone=zone)
    under_way = [s for s in LIVE_APPLICATION if s != ApplicationStatus.ACCEPTED]
    return page(
        request,
        "employee/applications.html",
        {
            "under_way": mine.filter(status__in=under_way).order_by("due_at", "-created_at"),
            "past": paginate(request, mine.exclude(status__in=under_way).order_by("-created_at", "pk")),
        },
    )


@policy(Role.EMPLOYEE)
@require_safe
def application(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Who holds it and until when, what was decided, what I can do."""
    user = user_of(request)
    row = get_own_application(user, application_id)
    return page(
        request,
        "employee/application.html",
        {
            "application": row,
            "slot": row.slot,
            "agency": row.agency,
            "steps": application_steps(timeline(row)),
            "actions": open_application_actions(user, row),
            "sees": PARTNER_SEES,
            "place": place_of(row),
            "placement": getattr(row, "placement", None),
            "last_return": row.decisions.filter(outcome=DecisionOutcome.RETURNED).last()
            if row.status == ApplicationStatus.RETURNED
            else None,
            "over": row.status in TURNED_DOWN,
            "similar": list(similar_open_slots(row.slot, limit=3)) if row.status in TURNED_DOWN else [],
        },
    )


@policy(Role.EMPLOYEE)
@require_POST
def revise(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Take a returned application up again."""
    user = user_of(request)
    row = services.revise_application(actor=user, application_id=get_own_application(user, application_id).pk)
    return done(request, _("It is a draft again: change it and hand it in."), "employee_apply", row.slot_id)


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Ask once more, then take the application back."""
    user = user_of(request)
    row = get_own_application(user, application_id)
    form = WithdrawForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.withdraw_application(actor=user, application_id=row.pk, **form.cleaned_data)
                return done(request, _("Your application has been withdrawn."), "employee_application", row.pk)
            status = outcome.status
    return page(
        request,
        "employee/withdraw.html",
        {"application": row, "slot": row.slot, "form": form, "problem": outcome.problem},
        status=status,
    )


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_seat(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Say what confirming causes, then take the seat that is held."""
    user = user_of(request)
    row = get_own_application(user, application_id)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        with attempt() as outcome:
            services.confirm_offer(actor=user, application_id=row.pk)
            return done(request, _("Confirmed: the partner answers next."), "employee_application", row.pk)
        status = outcome.status
    return page(
        request,
        "employee/confirm_seat.html",
        {"application": row, "slot": row.slot, "agency": row.agency, "problem": outcome.problem},
        status=status,
    )


@policy(Role.EMPLOYEE)
@require_http_methods(["GET", "HEAD", "POST"])
def decline_seat(request: HttpRequest, application_id: uuid.UUID) -> HttpResponse:
    """Ask for the reason, then let the next who waits have the seat."""
    user = user_of(request)
    row = get_own_application(user, application_id)
    form = DeclineSeatForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.decline_offer(actor=user, application_id=row.pk, **form.cleaned_data)
                return done(request, _("The seat goes to the next who waits."), "employee_application", row.pk)
            status = outcome.status
    return page(
        request,
        "employee/decline_seat.html",
        {"application": row, "slot": row.slot, "form": form, "problem": outcome.problem},
        status=status,
    )
