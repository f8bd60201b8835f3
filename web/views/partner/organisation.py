"""The organisation itself: its standing with each city, its profile, its members and its agreements."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.roles import Role
from core.errors import NotFound
from core.policy import policy
from core.rows import find
from partners import services
from partners.models import Agreement, Partner, PartnerMembership
from partners.permissions import (
    can_manage_members,
    get_visible_membership,
    partners_of,
    visible_agreements,
    visible_invitations,
)
from web.components import Column
from web.forms.onboarding import AskAgainForm, AskForm, HeirForm, InviteForm, ProfileForm
from web.onboarding import agreement_facts, flagged, standings
from web.pages import Attempt, attempt, done, page, user_of
from web.sheets import Field, sheet, wants_sheet
from web.views.partner.common import own_partner

AGREEMENT_SHEET = (
    Field(gettext_lazy("Number"), lambda row: row.number_agency),
    Field(gettext_lazy("Kind"), lambda row: row.get_kind_display(), 30),
    Field(gettext_lazy("City"), lambda row: row.agency.name, 34),
    Field(gettext_lazy("Subject"), lambda row: row.subject, 40),
    Field(gettext_lazy("In force from"), lambda row: row.starts_on, 14),
    Field(gettext_lazy("Until"), lambda row: row.ends_on, 14),
    Field(gettext_lazy("Status"), lambda row: row.get_status_display()),
)


# Standing and profile


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def standing(request: HttpRequest) -> HttpResponse:
    """Where the organisation stands with each city and what comes next; ask a further one."""
    partner = own_partner(request)
    form, outcome, status = AskForm(request.POST or None, partner=partner), Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            agency = form.cleaned_data["agency_id"]
            with attempt(form) as outcome:
                services.ask_verification(actor=user_of(request), partner_id=partner.pk, agency_id=agency.pk)
                return done(request, _("%(city)s has been asked.") % {"city": agency.name}, "partner_standing")
            status = outcome.status
    context = {
        "partner": partner,
        "standings": standings(partner),
        "form": form if form.fields["agency_id"].queryset.exists() else None,  # type: ignore[attr-defined]
        "again": AskAgainForm(),
        "problem": outcome.problem,
    }
    return page(request, "partner/standing.html", context, status=status)


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def ask_again(request: HttpRequest, agency_id: uuid.UUID) -> HttpResponse:
    """After a refusal: say what was corrected, and ask the city to look again."""
    partner = own_partner(request)
    verification = partner.verifications.filter(agency=agency_id).select_related("agency").first()
    if verification is None:
        raise NotFound()
    form, outcome, status = AskAgainForm(request.POST or None), Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.ask_verification_again(
                    actor=user_of(request), partner_id=partner.pk, agency_id=agency_id, **form.cleaned_data
                )
                message = _("%(city)s looks at your organisation again.") % {"city": verification.agency.name}
                return done(request, message, "partner_standing")
            status = outcome.status
    context = {"verification": verification, "form": form, "problem": outcome.problem}
    return page(request, "partner/ask_again.html", context, status=status)


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """What the organisation says about itself."""
    partner = own_partner(request)
    form, outcome, status = ProfileForm(request.POST or None, partner=partner), Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                data = form.data_of_partner(email=form.cleaned_data["email"])
                services.update_partner(actor=user_of(request), partner_id=partner.pk, data=data)
                return done(request, _("The profile is kept."), "partner_standing")
            status = outcome.status
    context = {"partner": partner, "form": form, "problem": outcome.problem}
    return page(request, "partner/profile.html", context, status=status)


# Members


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def members(request: HttpRequest) -> HttpResponse:
    """Who acts for the organisation; owners invite, change roles and end memberships."""
    partner = own_partner(request)
    form, outcome, status = InviteForm(request.POST or None), Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.invite_member(actor=user_of(request), partner_id=partner.pk, **form.cleaned_data)
                return done(request, _("The invitation is on its way."), "partner_members")
            status = outcome.status
    return page(request, "partner/members.html", _members_page(request, partner, form, outcome), status=status)


def _members_page(request: HttpRequest, partner: Partner, form: InviteForm, outcome: Attempt) -> dict[str, object]:
    user = user_of(request)
    invitations = visible_invitations(user).filter(partner=partner, accepted_at=None, revoked_at=None)
    return {
        "partner": partner,
        "may": can_manage_members(user, partner.pk),
        "rows": partner.memberships.filter(is_active=True).select_related("user").order_by("-role", "user__name"),
        "invitations": invitations.select_related("invited_by"),
        "form": form,
        "problem": outcome.problem,
    }


def _own_membership(request: HttpRequest, membership_id: uuid.UUID) -> PartnerMembership:
    row = get_visible_membership(user_of(request), membership_id)
    if not row.is_active:
        raise NotFound()
    return row


@policy(Role.PARTNER)
@require_POST
def member_role(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """Change what a member may do."""
    row = _own_membership(request, membership_id)
    with attempt() as outcome:
        services.add_partner_member(
            actor=user_of(request),
            partner_id=row.partner_id,
            user_id=row.user_id,
            role=request.POST.get("role", ""),
        )
        return done(request, _("The role is changed."), "partner_members")
    context = _members_page(request, row.partner, InviteForm(), outcome)
    return page(request, "partner/members.html", context, status=outcome.status)


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def member_end(request: HttpRequest, membership_id: uuid.UUID) -> HttpResponse:
    """Ask once more, then end a membership."""
    row = _own_membership(request, membership_id)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        with attempt() as outcome:
            services.remove_partner_member(actor=user_of(request), partner_id=row.partner_id, user_id=row.user_id)
            message = _("%(name)s no longer acts for the organisation.") % {"name": row.user.name}
            still = partners_of(user_of(request)).exists()
            return done(request, message, "partner_members" if still else "home")
        status = outcome.status
    return page(request, "partner/member_end.html", {"row": row, "problem": outcome.problem}, status=status)


@policy(Role.PARTNER)
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: HttpRequest) -> HttpResponse:
    """Make another member owner and step back."""
    user, partner = user_of(request), own_partner(request)
    others = partner.memberships.filter(is_active=True).exclude(user=user).select_related("user").order_by("user__name")
    form, outcome, status = HeirForm(request.POST or None, others=others), Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                heir = form.cleaned_data["heir"]
                services.hand_over_partner(actor=user, partner_id=partner.pk, user_id=heir.user_id)
                message = _("%(name)s is owner now; you are a member.") % {"name": heir.user.name}
                return done(request, message, "partner_members")
            status = outcome.status
    context = {"partner": partner, "form": form, "others": others.exists(), "problem": outcome.problem}
    return page(request, "partner/hand_over.html", context, status=status)


@policy(Role.PARTNER)
@require_POST
def invitation(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """Send an invitation again, or take it back."""
    user = user_of(request)
    row = find(visible_invitations(user).select_related("partner"), invitation_id)
    with attempt() as outcome:
        if request.POST.get("decision") == "revoke":
            services.revoke_invitation(actor=user, invitation_id=row.pk)
            return done(request, _("The invitation is taken back; its link opens no more."), "partner_members")
        services.resend_invitation(actor=user, invitation_id=row.pk)
        return done(request, _("A new link is on its way; the one before opens no more."), "partner_members")
    context = _members_page(request, row.partner, InviteForm(), outcome)
    return page(request, "partner/members.html", context, status=outcome.status)


# Agreements


@policy(Role.PARTNER)
@require_safe
def agreements(request: HttpRequest) -> HttpResponseBase:
    """Our agreements with each city, those that end first at the top."""
    partner = own_partner(request)
    rows = visible_agreements(user_of(request)).filter(partner=partner).select_related("agency")
    ordered = rows.order_by("ends_on", "pk")
    if wants_sheet(request):
        return sheet(request, _("Agreements"), ordered, AGREEMENT_SHEET)
    columns = [Column(_("Number")), Column(_("City")), Column(_("In force")), Column(_("Status"))]
    context = {"partner": partner, "rows": flagged(list(ordered)), "columns": columns}
    return page(request, "partner/agreements.html", context)


@policy(Role.PARTNER)
@require_safe
def agreement(request: HttpRequest, agreement_id: uuid.UUID) -> HttpResponse:
    """What an agreement of ours says, and its document."""
    user = user_of(request)
    mine: list[Agreement] = list(
        visible_agreements(user)
        .filter(pk=agreement_id, partner__in=partners_of(user))
        .select_related("agency", "partner", "parent", "predecessor", "file")
    )
    if not mine:
        raise NotFound()
    row = flagged(mine)[0]
    slots = row.slots.order_by("-starts_on")[:10]
    context = {"agreement": row, "facts": agreement_facts(row), "slots": slots, "partner": row.partner}
    return page(request, "partner/agreement.html", context)
