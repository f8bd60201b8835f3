"""Errors of the domain: a stable code, the field at fault, parameters. Sentences live in web/phrases.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class DomainError(Exception):
    """A rule said no.

    ``code`` is a stable snake_case word, ``field`` names the input at fault ("" when none does) and
    ``params`` fill the sentence. Never put personal data into ``params``. ``about`` is the row whose present
    state said no, and ``asked_by`` whom the refused service worked for: doors tell what happened meanwhile.
    """

    status = 422

    def __init__(self, code: str, *, field: str = "", about: Any = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.about = about
        self.asked_by: Any = None
        self.params = params


class Invalid(DomainError):
    """The input breaks a rule (422)."""


class NotAllowed(DomainError):
    """The actor may see the thing but not do this to it (403)."""

    status = 403


class NotFound(DomainError):
    """Missing, or belonging to somebody else: nobody can tell which (404)."""

    status = 404

    def __init__(self, code: str = "not_found", *, field: str = "", **params: Any) -> None:
        super().__init__(code, field=field, **params)


class Conflict(DomainError):
    """The world has moved on: full, closed, decided already (409)."""

    status = 409


class Gone(DomainError):
    """A link that does not open, for whatever reason (410)."""

    status = 410


class Busy(DomainError):
    """Locks could not be had in time; try again (503)."""

    status = 503


def require(allowed: bool, code: str = "not_allowed", **params: Any) -> None:
    """Raise NotAllowed unless ``allowed``."""
    if not allowed:
        raise NotAllowed(code, **params)


@contextmanager
def at_row(number: int) -> Iterator[None]:
    """Say in which row of a batch (counted from 1) the input is at fault: field ``3.nip``, parameter ``row``."""
    try:
        yield
    except Invalid as error:
        error.field = f"{number}.{error.field}"
        error.params["row"] = number
        raise
