"""The vocabulary of roles. Who holds one is said by the room whose rows decide it."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accounts.models import User


class Role(enum.StrEnum):
    """What a route may ask for. PUBLIC and SIGNED_IN are held by everyone and every user."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    EMPLOYEE = "employee"
    SUPERVISOR = "supervisor"
    HR = "hr"
    LEADERSHIP = "leadership"
    AUDITOR = "auditor"
    PARTNER = "partner"
    MENTOR = "mentor"
    OPERATOR = "operator"


_sources: list[Callable[[User], set[Role]]] = []


def register_roles(source: Callable[[User], set[Role]]) -> None:
    """Called once by each room (AppConfig.ready) whose rows give roles."""
    _sources.append(source)


def roles_of(user: Any) -> frozenset[Role]:
    """All roles of a user or anonymous visitor; looked up once per user object."""
    if not user.is_authenticated or not user.is_active:
        return frozenset({Role.PUBLIC})
    cached: frozenset[Role] | None = getattr(user, "_padan_roles", None)
    if cached is None:
        held = {Role.PUBLIC, Role.SIGNED_IN}
        if user.is_superuser:
            held.add(Role.OPERATOR)
        for source in _sources:
            held |= source(user)
        cached = user._padan_roles = frozenset(held)
    return cached
