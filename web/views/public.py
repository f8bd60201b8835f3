"""Pages for everyone: what Padan is, and what becomes of personal data."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from accounts.roles import Role, roles_of
from core.policy import policy
from web.consent import PARTNER_SEES
from web.pages import page
from web.views.employee.home import home as employee_home

# Where a person without an employee's home starts, by the first role held.
HOMES: tuple[tuple[Role, str], ...] = (
    (Role.HR, "agency_home"),
    (Role.LEADERSHIP, "agency_home"),
    (Role.AUDITOR, "agency_home"),
    (Role.PARTNER, "partner_home"),
    (Role.MENTOR, "mentor_home"),
)


@policy(Role.PUBLIC)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Padan is for visitors; the own start page for everyone signed in."""
    roles = roles_of(request.user)
    for role, route in HOMES:
        if role in roles:
            return redirect(route)
    if Role.EMPLOYEE in roles:
        return employee_home(request)
    return page(request, "public/landing.html")


@policy(Role.PUBLIC)
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Which data Padan keeps, who sees them, and what a partner gets to see when."""
    return page(request, "public/privacy.html", {"sees": PARTNER_SEES})
