"""The rhythm every service keeps: one transaction, short lock waits, a retry when
rivals deadlock, audit rows written last."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import psycopg2.errors
from django.db import IntegrityError, OperationalError, connection, transaction

from core import audit
from core.errors import Busy, Conflict

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 3
_RETRIED = (
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
    psycopg2.errors.SerializationFailure,
)


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` in one transaction with ``lock_timeout`` 3 s.

    A deadlock or lock timeout retries the whole service, three times in all, then raises ``Busy``; a unique
    constraint that a rival won is Conflict(``already_there``).
    Called inside another service it joins that transaction and leaves the retry to the outermost.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if getattr(connection, "padan_in_service", False):
            return function(*args, **kwargs)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    connection.padan_in_service = True  # type: ignore[attr-defined]
                    audit.begin()
                    with connection.cursor() as cursor:
                        cursor.execute("SET LOCAL lock_timeout = '3s'")
                    result = function(*args, **kwargs)
                    audit.flush()
                    return result
            except IntegrityError as error:
                if not isinstance(error.__cause__, psycopg2.errors.UniqueViolation):
                    raise
                # A rival wrote the same between our check and our write: a double click, mostly.
                raise Conflict("already_there") from error
            except OperationalError as error:
                if not isinstance(error.__cause__, _RETRIED):
                    raise
                if attempt == ATTEMPTS or connection.in_atomic_block:
                    raise Busy("busy") from error
                time.sleep(random.uniform(0.01, 0.1) * attempt)
            finally:
                connection.padan_in_service = False  # type: ignore[attr-defined]
                audit.discard()
        raise AssertionError("unreachable")

    return run
