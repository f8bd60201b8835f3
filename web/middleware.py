"""Refusals that reach no form become pages: 404, 403, or the sentence with its remedy."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import PermissionDenied
from django.core.handlers.exception import response_for_exception
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render

from core.errors import DomainError, NotAllowed, NotFound
from web.meanwhile import explained

RETRY_SECONDS = "3"


class RefusalMiddleware:
    """Answer a DomainError that a view let pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """The page for a refusal; other errors stay what they are."""
        if not isinstance(error, DomainError):
            return None
        if isinstance(error, NotFound):
            return response_for_exception(request, Http404())
        if isinstance(error, NotAllowed):
            return response_for_exception(request, PermissionDenied(error.code))
        response = render(request, "refusal.html", {"problem": explained(error)}, status=error.status)
        if error.status == 503:
            response["Retry-After"] = RETRY_SECONDS
        return response
