"""What several tests assert in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, connection, transaction


@contextmanager
def violates(name: str, error: type[Exception] = IntegrityError) -> Iterator[None]:
    """The database refuses what happens inside, by the constraint of this name."""
    message = ""
    try:
        with transaction.atomic():
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except error as caught:
        message = str(caught)
    assert name in message, message or "nothing was refused"
