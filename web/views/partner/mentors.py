"""A partner's mentors."""

from __future__ import annotations

import uuid

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.roles import Role
from core.errors import NotFound
from core.policy import policy
from mentors import services
from mentors.models import Mentor
from mentors.permissions import can_edit_mentor, get_visible_mentor
from placements.states import RESERVING_PLACEMENT
from web.forms.availability import AvailabilityForm
from web.forms.partner import MentorProfileForm
from web.pages import Attempt, attempt, done, page, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.partner.common import own_partner


@policy(Role.PARTNER)
@require_safe
def mentors(request: HttpRequest) -> HttpResponseBase:
    """Our mentors and how many participants each guides now."""
    partner = own_partner(request)
    rows = (
        Mentor.objects.filter(partner=partner)
        .annotate(
            load=Count("placements", filter=Q(placements__status__in=RESERVING_PLACEMENT), distinct=True),
            slots=Count("slot_mentors", distinct=True),
        )
        .order_by("name", "pk")
    )
    if wants_sheet(request):
        fields = [
            Field(_("Mentor"), lambda row: row.name, 34),
            Field(_("Participants now"), lambda row: row.load, 16),
            Field(_("Slots"), lambda row: row.slots, 12),
        ]
        return sheet(request, _("Our mentors"), rows, fields)
    return page(request, "partner/mentors.html", {"partner": partner, "mentors": rows})


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Add a mentor."""
    partner = own_partner(request)
    form = MentorProfileForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.create_mentor(actor=user_of(request), partner_id=partner.pk, **form.cleaned_data)
                return done(request, _("The mentor is added. Tie the mentor to a slot next."), "partner_mentors")
            status = outcome.status
    return page(
        request,
        "partner/mentor_form.html",
        {"partner": partner, "form": form, "problem": outcome.problem},
        status=status,
    )


@policy(Role.PARTNER, Role.MENTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, mentor_id: uuid.UUID) -> HttpResponse:
    """Change a mentor's profile."""
    user = user_of(request)
    row = get_visible_mentor(user, mentor_id)
    if not can_edit_mentor(user, row):
        raise NotFound()
    names = tuple(MentorProfileForm.base_fields)
    form = MentorProfileForm(request.POST or None, initial={name: getattr(row, name) for name in names})
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.update_mentor(actor=user, mentor_id=row.pk, **form.cleaned_data)
                return done(request, _("The profile is kept."), "home")
            status = outcome.status
    return page(
        request, "partner/mentor_form.html", {"mentor": row, "form": form, "problem": outcome.problem}, status=status
    )


@policy(Role.PARTNER, Role.MENTOR)
@require_http_methods(["GET", "HEAD", "POST"])
def availability(request: HttpRequest, mentor_id: uuid.UUID) -> HttpResponse:
    """When a mentor has time each week, and on which days not: sessions are booked into it."""
    user = user_of(request)
    row = get_visible_mentor(user, mentor_id)
    if not can_edit_mentor(user, row):
        raise NotFound()
    form = AvailabilityForm(request.POST or None, mentor=row)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.set_availability(actor=user, mentor_id=row.pk, **form.answers)
                return done(request, _("The weekly availability is kept."), "mentor_availability", row.pk)
            status = outcome.status
    context = {"mentor": row, "form": form, "problem": outcome.problem}
    return page(request, "partner/availability.html", context, status=status)
