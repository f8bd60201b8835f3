"""How a visitor registers an organisation, confirms the address, or joins a partner by invitation."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.roles import Role
from core.policy import policy
from partners import services
from partners.models import PartnerMembership, Registration
from web.forms.onboarding import JoinForm, OwnOrganisationForm, PasswordForm, RegisterForm
from web.pace import paced
from web.pages import Attempt, attempt, done, page, user_of
from web.services import answer_for_slot, asked_slot

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def _language() -> str:
    return "en" if (get_language() or "").startswith("en") else "id"


def _visitor(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


@policy(Role.PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@paced("register", "REGISTER_RATE", "POST")
def register(request: HttpRequest) -> HttpResponse:
    """One page for organisation and contact person; nothing comes of it before the address is confirmed."""
    if _visitor(request):
        return redirect("partner_register")
    form, outcome, status = RegisterForm(request.POST or None), Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.begin_registration(
                    data=form.data_of_partner(),
                    agency_ids=[agency.pk for agency in form.cleaned_data["cities"]],
                    name=form.cleaned_data["contact"],
                    email=form.cleaned_data["email"],
                    language=_language(),
                )
                return redirect("register_sent")
            status = outcome.status
    return page(request, "register/register.html", {"form": form, "problem": outcome.problem}, status=status)


@policy(Role.PUBLIC)
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """The same words whether the address has an account or not."""
    return page(request, "register/sent.html")


@policy(Role.PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@paced("link", "LINK_RATE")
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the mail: look once more, choose a password, and the cities are asked."""
    row: Registration = services.opened_registration(token=token, user=_visitor(request))
    form, outcome, status = PasswordForm(request.POST or None), Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                partner = services.confirm_registration(token=token, password=form.cleaned_data["password"])
                login(request, partner.memberships.get().user, backend=BACKEND)
                return done(request, _("Welcome. The cities you named have been asked."), "partner_home")
            status = outcome.status
    context = {"row": row, "cities": row.agencies.order_by("name"), "form": form, "problem": outcome.problem}
    return page(request, "register/confirm.html", context, status=status)


@policy(Role.SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """Register an organisation from the account one has."""
    user = user_of(request)
    form, outcome, status = OwnOrganisationForm(request.POST or None), Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                partner = services.register_partner(
                    actor=user,
                    data=form.data_of_partner(email=user.email),
                    agency_ids=[agency.pk for agency in form.cleaned_data["cities"]],
                )
                message = _("%(name)s is registered. The cities you named have been asked.") % {"name": partner.name}
                return done(request, message, "partner_home")
            status = outcome.status
    return page(request, "register/own.html", {"form": form, "problem": outcome.problem}, status=status)


@policy(Role.PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@paced("link", "LINK_RATE")
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The link of an invitation: accept it with the account one has, or with a new one."""
    user = _visitor(request)
    row = services.opened_invitation(token=token, user=user)
    has_account = user is None and User.objects.filter(email__iexact=row.email).exists()
    form = JoinForm(request.POST or None) if user is None and not has_account else None
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form is None or form.is_valid():
            answers = form.cleaned_data if form is not None else {}
            with attempt(form) as outcome:
                joined: PartnerMembership = services.accept_invitation(
                    actor=user, token=token, language=_language(), **answers
                )
                if user is None:
                    login(request, joined.user, backend=BACKEND)
                message = _("You now act for %(name)s.") % {"name": row.partner.name}
                return done(request, message, "partner_home")
            status = outcome.status
    context = {"row": row, "form": form, "has_account": has_account, "problem": outcome.problem}
    return page(request, "register/join.html", context, status=status)


@policy(Role.PUBLIC)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@paced("link", "LINK_RATE")
def answer_slot(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a reminder: the offer still stands, or is paused; without signing in."""
    user = _visitor(request)
    slot, member = asked_slot(token=token, user=user)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        with attempt() as outcome:
            slot = answer_for_slot(actor=user, token=token, stands=request.POST.get("decision") != "pause")
            return page(request, "partner/slot_answered.html", {"slot": slot})
        status = outcome.status
    context = {"slot": slot, "member": member, "problem": outcome.problem}
    return page(request, "partner/slot_answer.html", context, status=status)
