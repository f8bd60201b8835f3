"""The vocabulary of roles. Who holds one is said by the room whose rows decide it."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, QuerySet, Value

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


Source = Callable[["User"], Iterable[QuerySet[Any, Any]]]
_sources: list[Source] = []


def register_roles(source: Source) -> None:
    """Called once by each room (AppConfig.ready) whose rows give roles.

    A source says for a user where to look: queries of one column, the role, which are asked together.
    """
    _sources.append(source)


def giving(role: Role, rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """The query of a role that whoever has one of these rows holds."""
    return rows.order_by().values_list(Value(role.value, output_field=CharField()))


def roles_of(user: Any) -> frozenset[Role]:
    """All roles of a user or anonymous visitor; looked up once per user object, in one query."""
    if not user.is_authenticated or not user.is_active:
        return frozenset({Role.PUBLIC})
    cached: frozenset[Role] | None = getattr(user, "_padan_roles", None)
    if cached is None:
        held = {Role.PUBLIC, Role.SIGNED_IN}
        if user.is_superuser:
            held.add(Role.OPERATOR)
        first, *others = (query for source in _sources for query in source(user))
        held |= {Role(role) for (role,) in first.union(*others)}
        cached = user._padan_roles = frozenset(held)
    return cached
