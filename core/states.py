"""The one door through which a status changes."""

from __future__ import annotations

from django.db import models
from django_fsm import can_proceed

from core.errors import Conflict


def advance(row: models.Model, verb: str, *, code: str = "not_in_this_state") -> None:
    """Call the transition ``verb`` of ``row``, or raise Conflict(``code``) naming the present status."""
    transition = getattr(row, verb)
    if not can_proceed(transition):
        raise Conflict(code, about=row, status=row.get_status_display(), action=verb)  # type: ignore[attr-defined]
    transition()
