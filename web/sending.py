"""A form is taken once: double click, back button and a line that broke lead to the page that the first sending led to.

Each rendered form carries a hidden field of its own (``{% csrf_token %}`` writes it, see templatetags/sending.py). A
view that answers with a redirect has done something: where it led and what it said are kept with the effect
(core.once). A view that shows its form again has not, and the form may be sent again.
"""

from __future__ import annotations

import functools
import json
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, URLResolver
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from core.once import Answer, KeyReused, digest_of, once

FIELD = "sending"
_NOT_CONTENT = (FIELD, "csrfmiddlewaretoken")
_LONGEST = 64


def fresh() -> str:
    """What one rendered form is called."""
    return secrets.token_urlsafe(16)


def each_once(patterns: Sequence[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    """The same addresses, each taking a form once."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            each_once(pattern.url_patterns)
        else:
            pattern.callback = taken_once(pattern.callback)
    return list(patterns)


def taken_once(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, doing what one rendered form asks for once."""

    @functools.wraps(view)
    def take(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        key = request.POST.get(FIELD, "") if request.method == "POST" else ""
        if not 0 < len(key) <= _LONGEST or not request.user.is_authenticated:
            return view(request, *args, **kwargs)
        told: Any = messages.get_messages(request)
        before = len(told._queued_messages)

        def act() -> HttpResponse:
            del told._queued_messages[before:]  # of an attempt that a rival made us repeat
            response: HttpResponse = view(request, *args, **kwargs)
            return response

        try:
            response, kept = once(
                actor=request.user,
                key=key,
                request_digest=digest_of(request, without=_NOT_CONTENT),
                act=act,
                keep=lambda made: _result(made, told._queued_messages[before:]),
            )
        except KeyReused as error:
            return _sent_before(request, json.loads(error.first.body)["to"])
        return response if kept is None else _again(request, json.loads(kept.body))

    return take


def _result(response: HttpResponse, said: Sequence[Any]) -> Answer | None:
    if response.status_code != 302:
        return None
    words = [(message.level, str(message.message), message.extra_tags) for message in said]
    return Answer(302, json.dumps({"to": response["Location"], "said": words}).encode())


def _again(request: HttpRequest, result: dict[str, Any]) -> HttpResponse:
    for level, text, tags in result["said"]:
        messages.add_message(request, level, text, extra_tags=tags)
    if result["said"]:
        messages.info(request, _("This form arrived more than once; it counted once."))
    return HttpResponseRedirect(result["to"])


def _sent_before(request: HttpRequest, to: str) -> HttpResponse:
    """After the back button, with something changed: nothing typed is lost, and nothing is done unasked."""
    came_from = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, require_https=request.is_secure())
    context = {
        "to": to,
        "form_url": came_from if is_ours else "",
        "has_file": bool(request.FILES),
        "fields": [
            (name, value) for name, values in request.POST.lists() if name not in _NOT_CONTENT for value in values
        ],
    }
    return render(request, "sent_before.html", context, status=409)
