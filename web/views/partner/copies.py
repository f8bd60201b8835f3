"""Copying a slot, for another season or another city."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Role
from core.errors import Invalid
from core.policy import policy
from partners import services
from partners.models import Slot
from web.forms.copies import CopyForm
from web.forms.fields import DateField
from web.pages import Attempt, attempt, done, page, user_of
from web.phrases import Explanation, explain
from web.views.partner.common import get_own_slot


@dataclass(frozen=True, slots=True)
class ClosedCity:
    """A city that the slot cannot be copied to now: why, what to do, and where."""

    name: str
    told: Explanation
    url: str


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def clone(request: HttpRequest, slot_id: uuid.UUID) -> HttpResponse:
    """Choose city and dates of a copy; it is a draft, to be checked and handed in."""
    row, user = get_own_slot(request, slot_id), user_of(request)
    grounds = services.copy_grounds(user, row)
    dates = services.copy_dates(row, today=row.agency.today())
    is_question = request.method == "POST" and "ask" in request.POST
    outcome, status = Attempt(), 200
    if is_question or request.method != "POST":
        typed = request.POST if is_question else {}
        if is_question:
            dates = _from_first_day(row, request.POST.get("starts_on", ""), dates)
        form = CopyForm(initial=_initial(row, dates, grounds, str(typed.get("agreement_id", ""))), grounds=grounds)
    else:
        form, status = CopyForm(request.POST, grounds=grounds), 422
        if form.is_valid():
            with attempt(form) as outcome:
                copy = services.clone_slot(actor=user, slot_id=row.pk, **form.cleaned_data)
                message = _("The copy is kept as a draft of %(city)s. Check it, then hand it in.")
                return done(request, message % {"city": copy.agency.city}, "partner_slot", copy.pk)
            status = outcome.status
        dates = _from_first_day(row, request.POST.get("starts_on", ""), dates)
    context = {
        "slot": row,
        "form": form,
        "dates": dates,
        "has_passed": row.apply_by < row.agency.today(),
        "closed": [_closed(ground, ground.obstacle, row) for ground in grounds if ground.obstacle],
        "is_open": any(ground.agreements for ground in grounds),
        "problem": outcome.problem,
    }
    return page(request, "partner/copy.html", context, partial="dates" if is_question else "", status=status)


def _from_first_day(row: Slot, typed: str, otherwise: services.CopyDates) -> services.CopyDates:
    """The other dates as they follow from the first day that was typed."""
    try:
        return services.copy_dates(row, today=row.agency.today(), starts_on=DateField().clean(typed))
    except (ValidationError, Invalid):
        return otherwise


def _initial(row: Slot, dates: services.CopyDates, grounds: list[services.CopyGround], chosen: str) -> dict[str, Any]:
    usable = [str(agreement.pk) for ground in grounds for agreement in ground.agreements]
    preferred = [chosen, str(row.agreement_id)] + usable[:1] * (len(usable) == 1)
    return {
        "agreement_id": next((pk for pk in preferred if pk in usable), None),
        "starts_on": dates.starts_on,
        "ends_on": dates.ends_on,
        "apply_by": dates.apply_by,
    }


def _closed(ground: services.CopyGround, obstacle: Invalid, row: Slot) -> ClosedCity:
    told = explain(obstacle)
    if ground.about is not None:
        url = reverse("partner_agreement", args=[ground.about.pk])
    elif obstacle.code == "city_refused":
        url = reverse("partner_ask_again", args=[ground.agency.pk])
    elif obstacle.code == "agreement_missing":
        url = reverse("partner_agreements")
    else:
        url = reverse("partner_standing")
    return ClosedCity(ground.agency.name, told, f"{url}?partner={row.partner_id}")
