"""From an id to a row, seen and locked."""

from __future__ import annotations

import uuid
from typing import TypeVar

from django.db import models

from core.errors import NotFound

M = TypeVar("M", bound=models.Model)


def find(visible: models.QuerySet[M], pk: uuid.UUID) -> M:
    """The row among those visible; one that is missing or somebody else's raises the same NotFound."""
    row = visible.filter(pk=pk).first()
    if row is None:
        raise NotFound()
    return row


def lock(visible: models.QuerySet[M], pk: uuid.UUID) -> M:
    """Like ``find``, and locked until the transaction ends, with the values it has once the lock is ours."""
    return lock_only(visible.filter(pk=pk))


def lock_only(visible: models.QuerySet[M]) -> M:
    """The one row of a query that names it by other means than its id, locked."""
    row = visible.select_for_update(of=("self",), no_key=True).first()
    if row is None:
        raise NotFound()
    return row
