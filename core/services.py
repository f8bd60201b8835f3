"""The rhythm every service keeps: one transaction, short lock waits, a retry when
rivals deadlock, audit rows written last."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

import psycopg2.errors
from django.db import IntegrityError, OperationalError, connection, transaction

from core import audit
from core.errors import Busy, Conflict, DomainError

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 3
_RETRIED = (
    psycopg2.errors.DeadlockDetected,
    psycopg2.errors.LockNotAvailable,
    psycopg2.errors.SerializationFailure,
)
# What this connection is inside of: nothing, a whole request (core.once), or a service.
_NOTHING, _REQUEST, _SERVICE = "", "request", "service"


def service(function: Callable[P, R]) -> Callable[P, R]:
    """Run ``function`` in one transaction with ``lock_timeout`` 3 s.

    A deadlock or lock timeout retries the whole service, three times in all, then raises ``Busy``; a unique
    constraint that a rival won is Conflict(``already_there``).
    Called inside another service it joins that transaction and leaves the retry to the outermost. Called inside
    a request that is one transaction (``in_one_transaction``) it is a step of it: refused, it leaves nothing
    behind, so that a door may go on, just as if each service had a transaction of its own.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        inside = getattr(connection, "padan_inside", _NOTHING)
        if inside == _SERVICE:
            return function(*args, **kwargs)
        try:
            if inside == _REQUEST:
                with _step():
                    return function(*args, **kwargs)
            return _retried(lambda: function(*args, **kwargs), _SERVICE)
        except DomainError as error:
            error.asked_by = kwargs.get("actor")
            raise

    return run


def in_one_transaction(run: Callable[[], R]) -> R:
    """Run a whole request in one transaction; deadlocks and lock timeouts repeat all of it."""
    return _retried(run, _REQUEST)


def _retried(run: Callable[[], R], inside: str) -> R:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with _doubles_told(), transaction.atomic():
                connection.padan_inside = inside  # type: ignore[attr-defined]
                audit.begin()
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '3s'")
                result = run()
                audit.flush()
                return result
        except OperationalError as error:
            if not isinstance(error.__cause__, _RETRIED):
                raise
            if attempt == ATTEMPTS or connection.in_atomic_block:
                raise Busy("busy") from error
            time.sleep(random.uniform(0.01, 0.1) * attempt)
        finally:
            connection.padan_inside = _NOTHING  # type: ignore[attr-defined]
            audit.discard()
    raise AssertionError("unreachable")


@contextmanager
def _step() -> Iterator[None]:
    noted = audit.noted()
    connection.padan_inside = _SERVICE  # type: ignore[attr-defined]
    try:
        with _doubles_told(), transaction.atomic():
            yield
    except BaseException:
        audit.forget_after(noted)
        raise
    finally:
        connection.padan_inside = _REQUEST  # type: ignore[attr-defined]


@contextmanager
def _doubles_told() -> Iterator[None]:
    """A rival wrote the same between our check and our write: a double click, mostly."""
    try:
        yield
    except IntegrityError as error:
        if not isinstance(error.__cause__, psycopg2.errors.UniqueViolation):
            raise
        raise Conflict("already_there") from error
