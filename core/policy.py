"""Every door says who may enter; a door that says nothing is shut.

Pages declare with ``@policy(Role.HR)``, API operations with ``Router.get(..., policy=(Role.HR,))``, views of
libraries in ``settings.ROUTE_POLICIES`` by route name. ``tests/house/test_routes.py`` reads the whole URLconf.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import ninja
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.module_loading import import_string

from core.api import IDEMPOTENCY_KEY, PROBLEM_RESPONSES
from core.errors import NotAllowed
from core.once import answer_once

V = TypeVar("V", bound=Callable[..., Any])


def policy(*roles: str) -> Callable[[V], V]:
    """Declare the roles that may enter a page (any one of them)."""
    if not roles:
        raise ValueError("a policy names at least one role")

    def declare(view: V) -> V:
        view.policy = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return declare


def roles_of_request(request: HttpRequest) -> frozenset[str]:
    """Roles of whoever sends the request (the lookup itself lives in accounts, a room above this one)."""
    lookup: Callable[[Any], frozenset[str]] = import_string(settings.ROLE_LOOKUP)
    return lookup(request.user)


def declared_policy(view: Callable[..., Any], route_name: str | None) -> frozenset[str] | None:
    """What a page declared, or the settings declare for it; None when nobody did."""
    found: frozenset[str] | None = getattr(view, "policy", None)
    if found is None and route_name in settings.ROUTE_POLICIES:
        found = frozenset(settings.ROUTE_POLICIES[route_name])
    return found


class PolicyMiddleware:
    """Shut every door that declared nothing, and open the others to their roles only."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        if match is not None and match.namespaces[:1] == [settings.API_NAMESPACE]:
            return None  # each operation carries its own declaration, checked by Router below
        allowed = declared_policy(view, match.view_name if match else None)
        if allowed is None:
            raise PermissionDenied("no policy declared")
        if allowed & roles_of_request(request):
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        raise PermissionDenied("role")


class Router(ninja.Router):
    """A ninja router whose operations cannot be added without ``policy=(roles…)``.

    It also declares the error answers that every operation may give, so that the OpenAPI document is honest, and
    lets every operation that writes be sent again without doing it again (core.once).
    """

    def api_operation(
        self,
        methods: list[str],
        path: str,
        *,
        policy: Iterable[str] = (),
        **kwargs: Any,
    ) -> Any:
        roles = frozenset(policy)
        if not roles:
            raise TypeError(f"API operation {methods} {path!r} declares no policy")
        extra: dict[str, Any] = {"responses": PROBLEM_RESPONSES}
        is_read = set(methods) <= {"GET"}
        if not is_read:
            extra["parameters"] = [IDEMPOTENCY_KEY]
        register = super().api_operation(methods, path, openapi_extra=extra, **kwargs)

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @functools.wraps(view)
            def guarded(request: HttpRequest, *args: Any, **kw: Any) -> Any:
                if not roles & roles_of_request(request):
                    raise NotAllowed("role_missing")
                if is_read:
                    return view(request, *args, **kw)
                return answer_once(request, lambda: view(request, *args, **kw))

            # Annotations are text; they mean what they mean in the module of the view, not in this one.
            guarded.__signature__ = inspect.signature(view, eval_str=True)  # type: ignore[attr-defined]
            guarded.policy = roles  # type: ignore[attr-defined]
            register(guarded)
            return view

        return decorate

    def _verb(self, verb: str, path: str, kwargs: dict[str, Any]) -> Any:
        return self.api_operation([verb], path, **kwargs)

    def get(self, path: str, **kwargs: Any) -> Any:
        return self._verb("GET", path, kwargs)

    def post(self, path: str, **kwargs: Any) -> Any:
        return self._verb("POST", path, kwargs)

    def put(self, path: str, **kwargs: Any) -> Any:
        return self._verb("PUT", path, kwargs)

    def patch(self, path: str, **kwargs: Any) -> Any:
        return self._verb("PATCH", path, kwargs)

    def delete(self, path: str, **kwargs: Any) -> Any:
        return self._verb("DELETE", path, kwargs)
