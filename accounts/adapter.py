"""What sign-in does otherwise here."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.models import User


def keep_language(response: HttpResponse, language: str) -> HttpResponse:
    """Let this browser ask for a language from now on."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]
    )
    return response


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up alone, and who signs in reads the language of the account."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by HR and by partners, never by the visitor."""
        return False

    def post_login(self, request: HttpRequest, user: User, **details: Any) -> HttpResponse:
        """Speak the language that this person has chosen last, on whatever machine."""
        return keep_language(super().post_login(request, user, **details), user.language)
