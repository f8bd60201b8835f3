"""Where each role can go from every page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.roles import Role


@dataclass(frozen=True, slots=True)
class Place:
    """A destination of the main navigation: the route, its word and icon, for whom it is and for whom not."""

    route: str
    label: str | Promise
    icon: str
    roles: frozenset[Role]
    unless: frozenset[Role]


@dataclass(frozen=True, slots=True)
class NavItem:
    """A destination as the page shows it."""

    label: str
    url: str
    icon: str
    count: int
    current: bool


def _place(route: str, label: str | Promise, icon: str, *roles: Role, unless: frozenset[Role] = frozenset()) -> Place:
    return Place(route, label, icon, frozenset(roles), unless)


# Whoever holds one of these starts on another page than an employee does.
_OWN_HOME = frozenset({Role.HR, Role.LEADERSHIP, Role.AUDITOR, Role.PARTNER, Role.MENTOR})

# In order of use: a phone shows the first four at the thumb.
PLACES: tuple[Place, ...] = (
    _place("home", _("Home"), "house", Role.SIGNED_IN, unless=_OWN_HOME),
    _place("agency_home", _("Home"), "house", Role.HR, Role.LEADERSHIP, Role.AUDITOR),
    _place("partner_home", _("Home"), "house", Role.PARTNER),
    _place("mentor_home", _("Home"), "house", Role.MENTOR, unless=frozenset({Role.PARTNER})),
    _place("agency_queue", _("Decisions"), "clipboard-check", Role.HR, Role.AUDITOR),
    _place("agency_placements", _("Participants"), "list-check", Role.HR, Role.AUDITOR),
    _place("agency_slots", _("Slots"), "signpost-split", Role.HR, Role.AUDITOR),
    _place("agency_people", _("People"), "people", Role.HR, Role.AUDITOR),
    _place("agency_partners", _("Partners"), "building", Role.HR, Role.AUDITOR),
    _place("agency_awards", _("Awards"), "award", Role.HR, Role.AUDITOR),
    _place("partner_slots", _("Our slots"), "signpost-split", Role.PARTNER),
    _place("partner_applications", _("Candidates"), "people", Role.PARTNER),
    _place("partner_placements", _("Participants"), "briefcase", Role.PARTNER),
    _place("partner_standing", _("Our organisation"), "building", Role.PARTNER),
    _place("mentor_placements", _("My mentees"), "person-workspace", Role.MENTOR),
    _place("mentor_agenda", _("Agenda"), "calendar-week", Role.MENTOR),
    _place("employee_slots", _("Find a slot"), "search", Role.EMPLOYEE),
    _place("employee_applications", _("Applications"), "send", Role.EMPLOYEE),
    _place("employee_placements", _("Placements"), "briefcase", Role.EMPLOYEE),
    _place("supervisor_queue", _("Clearances"), "person-check", Role.SUPERVISOR),
    _place("supervisor_team", _("My team"), "people", Role.SUPERVISOR),
    _place("employee_profile", pgettext_lazy("navigation", "My competencies"), "graph-up", Role.EMPLOYEE),
    _place("employee_hours", _("Learning hours"), "clock", Role.EMPLOYEE),
    _place("employee_awards", _("My awards"), "award", Role.EMPLOYEE),
    _place("gallery", _("Components"), "gear", Role.OPERATOR),
)


def nav_items(request: HttpRequest, roles: Iterable[Role], counts: Mapping[str, int]) -> list[NavItem]:
    """The places these roles may visit; ``counts`` says how much waits behind a route."""
    held = set(roles)
    places = [(place, reverse(place.route)) for place in PLACES if place.roles & held and not place.unless & held]
    # The page belongs to the closest place above it: /a/b/ lies in /a/b/ rather than in /a/.
    here = max((place[1] for place in places if _lies_in(request.path, place[1])), key=len, default="")
    return [
        NavItem(str(place.label), url, place.icon, counts.get(place.route, 0), url == here) for place, url in places
    ]


def _lies_in(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
