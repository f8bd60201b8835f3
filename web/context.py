"""What every page knows: where one may go, for which agency, and whether the data is a sample."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role, roles_of
from asn.models import Agency, AgencyMembership, Employee
from placements.selectors import waiting_applications, waiting_counts
from web.models import Notification
from web.nav import NavItem, nav_items


def page(request: HttpRequest) -> dict[str, Callable[[], Any]]:
    """Context of base.html. A template that never reads a value never pays for it: each is looked up once, when read."""

    @cache
    def agency() -> Agency | None:
        known: Agency | None = getattr(request, "agency", None)
        return known or (agency_of(request.user) if request.user.is_authenticated else None)

    @cache
    def is_demo() -> bool:
        own = agency()
        return own.is_demo if own else Agency.objects.filter(is_demo=True).exists()

    @cache
    def places() -> list[NavItem]:
        roles = roles_of(request.user)
        return nav_items(request, roles, waiting(request.user, roles, getattr(request, "waiting_counts", None)))

    @cache
    def unread() -> int:
        user = request.user
        return Notification.objects.filter(user=user, read_at__isnull=True).count() if user.is_authenticated else 0

    return {
        "site_agency": agency,
        "is_demo": is_demo,
        "nav_items": places,
        "notifications_url": lambda: reverse("notifications"),
        "unread_count": unread,
    }


# What placements counts, and the place of the navigation that shows it.
_COUNTED = {
    "clearance": "supervisor_queue",
    "returned": "employee_applications",
    "approval": "agency_queue",
    "acceptance": "partner_applications",
    "preparing": "agency_placements",
}
_READS_LOGBOOKS = {Role.PARTNER, Role.MENTOR}


def waiting(user: Any, roles: Collection[Role], counts: dict[str, int] | None = None) -> dict[str, int]:
    """How much waits at each place of the navigation; one query for those who read no logbook.

    ``counts`` spares them all, where the page has counted already.
    """
    if not user.is_authenticated:
        return {}
    if counts is None:
        counts = waiting_counts(user) if _READS_LOGBOOKS & set(roles) else waiting_applications(user)
    found = {route: counts[name] for name, route in _COUNTED.items() if counts.get(name)}
    logbook = "mentor_placements" if Role.MENTOR in roles else "partner_placements"
    return found | {logbook: counts.get("logbook", 0)}


def agency_of(user: User) -> Agency | None:
    """The agency whose name a user sees: the one worked for, or served as an officer."""
    return (
        Agency.objects.filter(
            Q(pk__in=Employee.objects.filter(user=user).values("agency"))
            | Q(pk__in=AgencyMembership.objects.filter(user=user, is_active=True).values("agency"))
        )
        .order_by("name")
        .first()
    )
