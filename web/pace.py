"""How often one address may knock at a public page: counted in the database, like failed sign-ins."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja.throttling import SimpleRateThrottle


class _Pace(SimpleRateThrottle):
    """So many requests an address."""

    def __init__(self, scope: str, rate: str) -> None:
        self.scope = scope
        super().__init__(rate)

    def get_cache_key(self, request: HttpRequest) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


def seconds_to_wait(request: HttpRequest, scope: str, rate: str) -> int:
    """0 when the address may go on; ``rate`` such as 30/m, empty for no limit."""
    if not rate:
        return 0
    pace = _Pace(scope, rate)
    return 0 if pace.allow_request(request) else math.ceil(pace.wait() or 1)


def paced(
    scope: str, setting: str, *methods: str
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Answer 429 with a plain page to an address that comes more often than ``settings.<setting>`` allows."""

    def declare(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            counts = not methods or request.method in methods
            wait = seconds_to_wait(request, scope, getattr(settings, setting)) if counts else 0
            if not wait:
                return view(request, *args, **kwargs)
            response = render(request, "public/too_fast.html", {"wait": wait}, status=429)
            response["Retry-After"] = str(wait)
            return response

        return enter

    return declare
