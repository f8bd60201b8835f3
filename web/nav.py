"""Where each role can go from every page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Place:
    """A destination of the main navigation: the route, its word and icon, and for whom it is."""

    route: str
    label: str | Promise
    icon: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class NavItem:
    """A destination as the page shows it."""

    label: str
    url: str
    icon: str
    count: int
    current: bool


def _place(route: str, label: str | Promise, icon: str, *roles: Role) -> Place:
    return Place(route, label, icon, frozenset(roles))


# In order of use: a phone shows the first four at the thumb.
PLACES: tuple[Place, ...] = (
    _place("home", _("Home"), "house", Role.SIGNED_IN),
    _place("employee_slots", _("Slots"), "search", Role.EMPLOYEE),
    _place("employee_applications", _("Applications"), "send", Role.EMPLOYEE),
    _place("employee_placements", _("Placements"), "briefcase", Role.EMPLOYEE),
    _place("supervisor_queue", _("Clearances"), "person-check", Role.SUPERVISOR),
    _place("agency_queue", _("Decisions"), "clipboard-check", Role.HR),
    _place("agency_slots", _("Slot review"), "signpost-split", Role.HR),
    _place("agency_placements", _("All placements"), "briefcase", Role.HR, Role.LEADERSHIP, Role.AUDITOR),
    _place("partner_slots", _("Our slots"), "signpost-split", Role.PARTNER),
    _place("partner_applications", _("Candidates"), "people", Role.PARTNER),
    _place("partner_placements", _("Participants"), "briefcase", Role.PARTNER),
    _place("mentor_placements", _("My mentees"), "person-workspace", Role.MENTOR),
    _place("employee_profile", pgettext_lazy("navigation", "My competencies"), "graph-up", Role.EMPLOYEE),
    _place("gallery", _("Components"), "gear", Role.OPERATOR),
)


def nav_items(request: HttpRequest, roles: Iterable[Role], counts: dict[str, int]) -> list[NavItem]:
    """The places these roles may visit; ``counts`` says how much waits at a route."""
    held = set(roles)
    here = request.path
    items = []
    for place in PLACES:
        if not place.roles & held:
            continue
        try:
            url = reverse(place.route)
        except NoReverseMatch:
            continue
        current = here == url or (url != "/" and here.startswith(url))
        items.append(NavItem(str(place.label), url, place.icon, counts.get(place.route, 0), current))
    return items
