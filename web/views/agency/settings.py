"""How long each side has, and how long an offer counts as confirmed."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.roles import Role
from asn import services
from asn.services import DEADLINES
from asn.states import AgencyRole
from core.policy import policy
from web.forms.agency import DeadlinesForm
from web.pages import Attempt, attempt, done, page, user_of
from web.views.agency.common import own_agency


@policy(Role.HR)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """The deadlines of the city."""
    agency = own_agency(request, AgencyRole.HR)
    form = DeadlinesForm(request.POST or None, initial={name: getattr(agency, name) for name in DEADLINES})
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.set_deadlines(actor=user_of(request), agency_id=agency.pk, **form.cleaned_data)
                return done(request, _("Kept: they hold from now on."), "agency_settings")
            status = outcome.status
    context = {"agency": agency, "form": form, "problem": outcome.problem}
    return page(request, "agency/settings.html", context, status=status)
