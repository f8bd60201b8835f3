"""The API's root: who may enter, how errors look, and the routers of the rooms."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.utils import translation
from ninja import NinjaAPI
from ninja.errors import HttpError, Throttled, ValidationError
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import REF_TEMPLATE, OpenAPISchema
from ninja.operation import Operation
from ninja.throttling import UserRateThrottle

from accounts.auth import BearerToken, SessionCookie
from accounts.roles import Role
from config import problems
from core.api import Problem
from core.errors import DomainError, NotAllowed
from core.policy import policy, roles_of_request

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class PadanAPI(NinjaAPI):
    """Asks for the role before it reads any input, so that the wrong role learns nothing from it."""

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Called for each request after its authentication and before its input is read."""
        if "Accept-Language" not in request.headers:
            translation.activate(request.user.language)  # type: ignore[union-attr]
        operation: Operation = request.operation  # type: ignore[attr-defined]
        if not operation.view_func.policy & roles_of_request(request):  # type: ignore[attr-defined]
            raise NotAllowed("role_missing")
        _pace(request)
        _refuse_unknown(request, operation)
        return super().create_temporal_response(request)

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        *patterns, root = super()._get_urls()
        if root.callback is not None:
            policy(Role.PUBLIC)(root.callback)  # answers 404 and only serves to find the others
        return [*patterns, root]

    @functools.cached_property
    def _document(self) -> OpenAPISchema:
        document = super().get_openapi_schema()
        problem = Problem.model_json_schema(ref_template=REF_TEMPLATE)
        document["components"]["schemas"] |= problem.pop("$defs") | {"Problem": problem}
        return document

    def get_openapi_schema(self, **kwargs: Any) -> OpenAPISchema:
        """The OpenAPI document, made once: it takes seconds and never changes."""
        return self._document

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """``partners_publish_slot``: the room and the function."""
        room = operation.view_func.__module__.split(".")[0]
        return f"{room}_{operation.view_func.__name__}"


def _pace(request: HttpRequest) -> None:
    """Programs are held to a pace in all they do, people in what they write.

    A throttle keeps the state of one question in itself, so each request has its own.
    """
    if not settings.API_RATE or (request.method in _SAFE and not hasattr(request, "by_token")):
        return
    throttle = UserRateThrottle(settings.API_RATE)
    if not throttle.allow_request(request):
        raise Throttled(wait=math.ceil(throttle.wait() or 1))


def _refuse_unknown(request: HttpRequest, operation: Operation) -> None:
    """A misspelt filter must not pass for an empty one. (The schemas of JSON bodies refuse for themselves.)"""
    sent = {"query": set(request.GET)}
    known: dict[str, set[str]] = {"query": set()}
    if any(model.__ninja_param_source__ == "file" for model in operation.models):
        sent |= {"form": set(request.POST) - {"csrfmiddlewaretoken"}, "file": set(request.FILES)}
    for model in operation.models:
        source = str(model.__ninja_param_source__)
        known[source] = set(getattr(model, "__ninja_flatten_map__", model.model_fields))
    errors = [
        {"type": "extra_forbidden", "loc": (source, name[:80])}
        for source, names in sent.items()
        for name in sorted(names - known.get(source, set()))
    ]
    if errors:
        raise ValidationError(errors)


def _remember(run: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let the request know its operation: django-ninja tells its authenticators nothing about it."""
    operation = run.__self__  # type: ignore[attr-defined]

    @functools.wraps(run)
    def remembering(request: HttpRequest, **values: Any) -> HttpResponseBase:
        request.operation = operation  # type: ignore[attr-defined]
        return run(request, **values)

    return remembering


_DESCRIPTION = """
Matches Indonesian civil servants (ASN) with placements offered by partners, and follows each placement to its award.

Sign in with the login cookie and the header `X-CSRFToken`, or with a token from `POST /api/tokens` in the header
`Authorization: Bearer …`. Every operation names the roles that may call it. Lists take `limit` and `offset` and answer
`items` and `count`. Every error has the same form: `code`, `field`, `message`, `remedy`, and `errors` for each field.
What belongs to somebody else answers 404, exactly like what does not exist.
"""

_TAGS = (
    ("Me", "Who I am and what waits for me"),
    ("Tokens", "Bearer tokens for my programs"),
    ("Agencies", "Agencies, units, positions and the competency catalogue"),
    ("People", "Employees, their gaps and assessments"),
    ("Partners", "Partners, their verification and agreements"),
    ("Slots", "What partners offer, from draft to closing"),
    ("Mentors", "Mentors and the slots they guide"),
    ("Matching", "Recommendations with their reasons"),
    ("Applications", "From draft to the partner's acceptance"),
    ("Placements", "From the start checklist to the certificate"),
    ("Sessions", "Mentoring sessions: booked, moved, held"),
    ("Learning hours", "The JP account"),
    ("Awards", "Proposals, decrees and points"),
)

api = PadanAPI(
    title="Padan",
    version="1.0",
    description=_DESCRIPTION.strip(),
    urls_namespace=settings.API_NAMESPACE,
    auth=[BearerToken(), SessionCookie()],
    docs=Swagger({"persistAuthorization": False, "tryItOutEnabled": False, "defaultModelsExpandDepth": 0}),
    # It tells how to ask, and answers nothing.
    docs_decorator=policy(Role.PUBLIC),
    openapi_extra={"tags": [{"name": name, "description": text} for name, text in _TAGS]},
)
api.add_decorator(_remember, mode="view")
for _prefix, _room in (
    ("", "web"),
    ("", "accounts"),
    ("", "asn"),
    ("", "partners"),
    ("", "mentors"),
    ("", "matching"),
    ("", "placements"),
    ("", "incentives"),
):
    api.add_router(_prefix, f"{_room}.api.router")

api.exception_handler(DomainError)(problems.domain_problem)
api.exception_handler(ValidationError)(problems.input_problem)
api.exception_handler(HttpError)(problems.http_problem)


@api.exception_handler(Http404)
def _missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.not_found()
