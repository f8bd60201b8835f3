"""Every error of the API in one form: code, field, message, remedy, and the list of fields at fault."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from core.errors import DomainError
from web.phrases import explain

API_PATH = "/api/"
MAX_BODY = 1024 * 1024
# A scanned letter may be larger than any JSON; its own limit is checked by content.
MAX_UPLOAD = 11 * 1024 * 1024
RETRY_AFTER_BUSY = 2

# What goes wrong at the door, before any rule of the domain is asked: code -> (message, remedy).
DOOR: dict[str, tuple[Promise, Promise]] = {
    "bad_request": (
        _("The request cannot be understood."),
        _("Check its address, its headers and its encoding."),
    ),
    "unreadable_body": (
        _("The body is not valid JSON."),
        _("Send one JSON object with the header Content-Type: application/json."),
    ),
    "unauthenticated": (
        _("You are not signed in."),
        _("Sign in, or send a valid token in the header Authorization: Bearer."),
    ),
    "csrf_failed": (
        _("The request does not prove that it comes from this site."),
        _("Send the header X-CSRFToken with the cookie, or use a bearer token instead of the cookie."),
    ),
    "forbidden": (_("This is not open to you."), _("Sign in with an account that has the role it needs.")),
    "not_found": (
        _("It does not exist, or it is not meant for you."),
        _("Check the id; lists show everything that you may see."),
    ),
    "method_not_allowed": (
        _("This address does not take that method."),
        _("The header Allow names the methods it takes."),
    ),
    "body_too_large": (_("The request is too large."), _("Send at most %(limit)s KB.")),
    "invalid_input": (
        _("Some fields are missing or not valid."),
        _("Correct the fields listed under errors and send the request again."),
    ),
    "too_many_requests": (
        _("You have sent too many requests in a short time."),
        _("Wait %(seconds)s seconds and try again."),
    ),
    "server_error": (
        _("Something went wrong on our side."),
        _("Try again later; if it happens again, tell the operator when it did."),
    ),
}

_BY_STATUS = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
}

# What may be wrong with one field: code -> (message, remedy).
FIELD: dict[str, tuple[Promise, Promise]] = {
    "field_missing": (_("This field is missing."), _("Send it.")),
    "field_unknown": (_("This field is not known here."), _("Leave it out, or check its spelling.")),
    "text_too_long": (_("The text is too long."), _("Use at most %(max_length)s characters.")),
    "text_too_short": (_("The text is too short."), _("Use at least %(min_length)s characters.")),
    "text_control": (
        _("The text contains control characters."),
        _("Remove characters that cannot be seen, and send UTF-8."),
    ),
    "text_pattern": (
        _("The text does not have the form that is asked for."),
        _("See the pattern in the API document."),
    ),
    "not_a_choice": (_("This value is not one of the choices."), _("Use one of: %(expected)s.")),
    "too_small": (_("The value is too small."), _("Send at least %(bound)s.")),
    "too_large": (_("The value is too large."), _("Send at most %(bound)s.")),
    "too_many_items": (_("The list is too long."), _("Send at most %(max_length)s items.")),
    "too_few_items": (_("The list is too short."), _("Send at least %(min_length)s items.")),
    "not_a_date": (_("This is not a date of our calendar."), _("Write it as year-month-day, for example 2027-03-01.")),
    "not_a_moment": (
        _("This is not a moment with its distance from UTC."),
        _("Write it like 2027-03-01T09:00:00+08:00."),
    ),
    "not_an_id": (_("This is not an id."), _("Send the id as it was given by the API.")),
    "wrong_type": (_("The value has the wrong type."), _("See the type of the field in the API document.")),
}

_FIELD_CODES = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "string_too_long": "text_too_long",
    "string_too_short": "text_too_short",
    "string_unicode": "text_control",
    "text_control": "text_control",
    "string_pattern_mismatch": "text_pattern",
    "enum": "not_a_choice",
    "literal_error": "not_a_choice",
    "greater_than": "too_small",
    "greater_than_equal": "too_small",
    "less_than": "too_large",
    "less_than_equal": "too_large",
    "too_long": "too_many_items",
    "too_short": "too_few_items",
    "date_format": "not_a_date",
    "date_parsing": "not_a_date",
    "date_type": "not_a_date",
    "date_from_datetime_parsing": "not_a_date",
    "date_from_datetime_inexact": "not_a_date",
    "datetime_format": "not_a_moment",
    "datetime_parsing": "not_a_moment",
    "datetime_from_date_parsing": "not_a_moment",
    "datetime_object_invalid": "not_a_moment",
    "timezone_aware": "not_a_moment",
    "uuid_parsing": "not_an_id",
    "uuid_type": "not_an_id",
}


def _part(code: str, field: str, sentences: tuple[Promise, Promise], params: Mapping[str, Any]) -> dict[str, str]:
    message, remedy = (str(sentence) for sentence in sentences)
    return {"code": code, "field": field, "message": message, "remedy": remedy % params if params else remedy}


def problem(
    status: int,
    code: str,
    *,
    field: str = "",
    errors: Iterable[dict[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **params: Any,
) -> HttpResponse:
    """An error answer of the door."""
    body = _part(code, field, DOOR[code], params) | {"errors": list(errors)}
    return JsonResponse(body, status=status, headers=headers)


def not_found() -> HttpResponse:
    """The one answer for missing and foreign things, letter by letter the same."""
    return problem(404, "not_found")


def domain_problem(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A rule of the domain said no."""
    if error.status == 404:
        return not_found()
    told = explain(error)
    body = {"code": told.code, "field": told.field, "message": told.message, "remedy": told.remedy}
    headers = {"Retry-After": str(RETRY_AFTER_BUSY)} if error.status == 503 else None
    return JsonResponse(body | {"errors": [body] if told.field else []}, status=error.status, headers=headers)


def http_problem(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What django-ninja itself refuses: sign-in, token of the form, unreadable body, too many requests."""
    if isinstance(error, Throttled):
        return problem(429, "too_many_requests", seconds=error.wait, headers={"Retry-After": str(error.wait)})
    if isinstance(error, AuthenticationError):
        return problem(401, "unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    code = {400: "unreadable_body", 403: "csrf_failed"}.get(error.status_code, "bad_request")
    return problem(error.status_code, code)


def input_problem(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Each field that is missing, unknown or not valid."""
    errors = [_field_problem(item) for item in error.errors]
    return problem(422, "invalid_input", field=errors[0]["field"] if errors else "", errors=errors)


def _field_problem(item: Mapping[str, Any]) -> dict[str, str]:
    code = _FIELD_CODES.get(item["type"], "wrong_type")
    context = dict(item.get("ctx") or {})
    context["bound"] = next((context[name] for name in ("ge", "gt", "le", "lt") if name in context), "")
    return _part(code, _field_path(item["loc"]), FIELD[code], context)


def _field_path(location: Iterable[str | int]) -> str:
    source, *path = location
    if source == "body":
        path = path[1:]  # the name of our own parameter
    return ".".join(str(step) for step in path)


class ProblemMiddleware:
    """Give every error under ``/api/`` the one form, also those that Django answers before or after the API."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(API_PATH):
            return self.get_response(request)
        limit = MAX_UPLOAD if request.content_type == "multipart/form-data" else MAX_BODY
        if _length(request) > limit:
            return problem(413, "body_too_large", limit=limit // 1024)
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")  # answers are about people
        if response.status_code < 400 or response.headers.get("Content-Type", "").startswith("application/json"):
            return response
        code = _BY_STATUS.get(response.status_code, "server_error" if response.status_code >= 500 else "bad_request")
        kept = {"Allow": response.headers["Allow"]} if "Allow" in response.headers else None
        return problem(response.status_code, code, headers=kept, limit=limit // 1024)


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
