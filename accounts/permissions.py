"""Who may see and who may do with accounts and tokens. ``user`` is None for the system itself."""

from __future__ import annotations

from django.db.models import QuerySet

from accounts.models import ApiToken, User
from accounts.roles import Role, roles_of


def visible_tokens(user: User | None) -> QuerySet[ApiToken]:
    """One's own; what others hold is nobody's business."""
    return ApiToken.objects.all() if user is None else ApiToken.objects.filter(user=user)


def can_create_users(user: User | None) -> bool:
    """HR opens accounts for staff, partners for their people, operators for all; so may the system."""
    return user is None or bool(roles_of(user) & {Role.HR, Role.PARTNER, Role.OPERATOR})
