"""What every view shares: the page or its partial, one service call with its refusal, going on after a POST."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise

from accounts.models import User
from core.errors import DomainError, NotAllowed, NotFound
from web.meanwhile import explained
from web.phrases import Explanation

PER_PAGE = 20


def user_of(request: HttpRequest) -> User:
    """The signed-in user of a page whose policy lets nobody else in."""
    if not isinstance(request.user, User):
        raise NotAllowed("role_missing")
    return request.user


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    partial: str = "",
    status: int = 200,
) -> HttpResponse:
    """The whole page; for htmx only the part ``{% partialdef <partial> %}`` that the page includes as well."""
    wants_part = bool(partial) and request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    name = f"{template}#{partial}" if wants_part else template
    response = render(request, name, dict(context or {}), status=status)
    if partial:
        patch_vary_headers(response, ["HX-Request"])
    return response


@dataclass(slots=True)
class Attempt:
    """How a service call went. ``problem`` is a refusal that no field of the form can carry."""

    error: DomainError | None = None
    problem: Explanation | None = None

    @property
    def status(self) -> int:
        """The status of the page that shows the form again."""
        return self.error.status if self.error else 422


@contextmanager
def attempt(form: BaseForm | None = None) -> Iterator[Attempt]:
    """Call a service inside; a refusal lands at its field of ``form``, or in ``problem``.

    What is missing or foreign stays NotFound: the page answers 404.
    """
    outcome = Attempt()
    try:
        yield outcome
    except NotFound:
        raise
    except DomainError as error:
        outcome.error = error
        told = explained(error)
        if form is not None and told.field in form.fields:
            form.add_error(told.field, f"{told.message} {told.remedy}".strip())
        else:
            outcome.problem = told


def done(request: HttpRequest, message: str | Promise, to: str, *args: Any) -> HttpResponseRedirect:
    """Say what has happened and go on, so that reloading repeats nothing."""
    messages.success(request, str(message))
    return redirect(to, *args)


def paginate(request: HttpRequest, rows: QuerySet[Any] | list[Any], size: int = PER_PAGE) -> Page[Any]:
    """The page of ``rows`` the address asks for; a number out of range gives the nearest page."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def is_uuid(text: str) -> bool:
    """Whether a word of the address can be asked for as an id."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
