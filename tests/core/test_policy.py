from __future__ import annotations

import ninja
import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch, path, reverse

from accounts.roles import Role
from config.urls import urlpatterns as our_own
from core.errors import NotAllowed
from core.policy import PolicyMiddleware, Router, policy
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyMembershipFactory


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


@policy(Role.HR)
def for_hr(request: HttpRequest) -> HttpResponse:
    return HttpResponse("hr")


@policy(Role.PUBLIC)
def for_all(request: HttpRequest) -> HttpResponse:
    return HttpResponse("all")


urlpatterns = [
    path("undeclared/", undeclared),
    path("hr/", for_hr),
    path("all/", for_all),
    path("library/", undeclared, name="account_inactive"),
    *our_own,
]


@pytest.fixture
def doors(settings, db) -> None:
    settings.ROOT_URLCONF = __name__


def status(url: str, user=None) -> int:
    client = Client()
    if user:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.get(url).status_code


@pytest.mark.usefixtures("doors")
class TestPages:
    def test_a_door_that_says_nothing_is_shut_to_all(self) -> None:
        for user in (None, UserFactory(), AgencyMembershipFactory().user, UserFactory(is_superuser=True)):
            assert status("/undeclared/", user) == 403

    def test_a_declared_door_opens_to_its_roles_only(self) -> None:
        assert status("/hr/", AgencyMembershipFactory().user) == 200
        assert status("/hr/", UserFactory()) == 403
        assert status("/hr/", UserFactory(is_superuser=True)) == 403

    def test_a_visitor_is_asked_to_sign_in(self) -> None:
        answer = Client().get("/hr/")
        assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next=/hr/")

    def test_public_doors_and_those_of_libraries(self) -> None:
        assert status("/all/") == 200
        assert status("/library/") == 200


def test_a_policy_names_a_role() -> None:
    with pytest.raises(ValueError, match="at least one role"):
        policy()


class TestRouter:
    @pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete"])
    def test_an_operation_without_policy_is_not_even_registered(self, verb: str) -> None:
        router = Router()
        with pytest.raises(TypeError, match="declares no policy"):
            getattr(router, verb)("/x")
        with pytest.raises(TypeError, match="declares no policy"):
            getattr(router, verb)("/x", policy=())
        assert router.path_operations == {}

    def test_the_policy_is_kept_beside_the_operation_and_checked(self, db) -> None:
        router = Router()

        @router.get("/x", policy=(Role.HR,))
        def show(request: HttpRequest) -> str:
            return "ok"

        (operation,) = router.path_operations["/x"].operations
        assert operation.view_func.policy == {Role.HR}
        request = RequestFactory().get("/x")
        request.user = AgencyMembershipFactory().user
        assert operation.view_func(request) == "ok"
        request.user = AnonymousUser()
        with pytest.raises(NotAllowed, match="role_missing"):
            operation.view_func(request)

    def test_the_middleware_leaves_operations_to_the_router(self, settings) -> None:
        request = RequestFactory().get("/api/x")
        request.user = AnonymousUser()
        middleware = PolicyMiddleware(lambda r: HttpResponse())
        request.resolver_match = ResolverMatch(undeclared, (), {}, namespaces=[settings.API_NAMESPACE])
        assert middleware.process_view(request, undeclared, (), {}) is None
        request.resolver_match = ResolverMatch(undeclared, (), {}, namespaces=["other"])
        with pytest.raises(PermissionDenied):
            middleware.process_view(request, undeclared, (), {})

    def test_a_plain_router_is_not_ours(self) -> None:
        assert not isinstance(ninja.Router(), Router)
