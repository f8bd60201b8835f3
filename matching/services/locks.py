"""One writer of recommendations per agency at a time, by PostgreSQL advisory locks.

Whole-agency runs commit in steps and so hold the lock with their session; changes hold it with their transaction. Both
meet the same lock. It goes with the connection of a killed worker.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_KEY = "hashtextextended('matching:' || %s, 0)"


def lock_until_commit(name: uuid.UUID | str) -> None:
    """Wait for the lock (at most the service's ``lock_timeout``) and keep it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({_KEY})", [str(name)])


@contextmanager
def locked_session(name: uuid.UUID | str) -> Iterator[bool]:
    """Whether the lock was free; it is then ours, across commits, until the block ends."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({_KEY})", [str(name)])
        (ours,) = cursor.fetchone()
    try:
        yield ours
    finally:
        if ours:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({_KEY})", [str(name)])
