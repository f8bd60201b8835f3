"""How a program or a browser proves who it is to the API: a bearer token, or the login cookie with its CSRF token."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.errors import AuthenticationError
from ninja.security import HttpBearer, SessionAuth

from accounts.models import User
from accounts.services import authenticate_token


class BearerToken(HttpBearer):
    """A token in the header ``Authorization``. One that is sent and not valid is refused at once."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        """The owner of the token becomes the user of the request."""
        user = authenticate_token(token)
        if user is None:
            raise AuthenticationError()
        request.user = user
        request.by_token = True  # type: ignore[attr-defined]
        return user


class SessionCookie(SessionAuth):
    """The login cookie, always with the CSRF token; who sends no cookie is a stranger, not a forger."""

    def _get_key(self, request: HttpRequest) -> str | None:
        if self.param_name not in request.COOKIES:
            return None
        return super()._get_key(request)


class SignedInRequest(HttpRequest):
    """A request that has passed one of the two doors above: its user is a person."""

    user: User  # type: ignore[assignment]
