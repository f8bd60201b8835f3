"""Accounts and API tokens: the only writers of this room."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.permissions import can_create_users, visible_tokens
from core import audit
from core.errors import Invalid, at_row, require
from core.rows import lock
from core.services import service
from core.text import clean_email, clean_text

TOKEN_PREFIX = "padan_"  # noqa: S105 - lets scanners recognise a leaked one
MAX_TOKEN_DAYS = 365
_USED_EVERY = timedelta(minutes=5)


@service
def create_user(
    *,
    actor: User | None = None,
    username: str,
    email: str,
    name: str,
    password: str | None = None,
    language: str = User.Language.INDONESIAN,
) -> User:
    """Open an account; without ``password`` it has none until its owner sets one by the reset mail."""
    require(can_create_users(actor))
    user = User(
        username=clean_text(username, field="username", limit=150),
        email=clean_email(email),
        name=clean_text(name, field="name", limit=160),
        language=language,
    )
    _check_username_form(user.username)
    if language not in User.Language.values:
        raise Invalid("language_unknown", field="language")
    if User.objects.filter(username__iexact=user.username).exists():
        raise Invalid("username_taken", field="username")
    if user.email and User.objects.filter(email__iexact=user.email).exists():
        raise Invalid("email_taken", field="email")
    _check_password(user, password)
    user.set_password(password)
    user.save()
    audit.record(actor=actor, action="accounts.create_user", obj=user, after={"has_password": password is not None})
    return user


def username_for(email: str) -> str:
    """A free user name for somebody who signs in by e-mail: the address itself where it can be one."""
    try:
        User.username_validator(email)
    except ValidationError:
        return f"akun-{secrets.token_hex(8)}"
    is_free = len(email) <= 150 and not User.objects.filter(username__iexact=email).exists()
    return email if is_free else f"akun-{secrets.token_hex(8)}"


def _check_password(user: User, password: str | None) -> None:
    try:
        if password is not None:
            validate_password(password, user)
    except ValidationError:
        raise Invalid("password_weak", field="password") from None


def _check_username_form(username: str) -> None:
    try:
        User.username_validator(username)
    except ValidationError:
        raise Invalid("username_invalid", field="username") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRow:
    """An account of a batch; without ``password`` it has none until its owner sets one by the reset mail."""

    username: str
    name: str
    email: str = ""
    password: str | None = None
    is_operator: bool = False


@service
def import_users(*, actor: User | None = None, rows: Sequence[UserRow]) -> list[User]:
    """Open many accounts, all or none: by an operator or the system."""
    require(actor is None or actor.is_superuser)
    users: list[User] = []
    names = {name.lower() for name in User.objects.values_list("username", flat=True)}
    emails = {email.lower() for email in User.objects.exclude(email="").values_list("email", flat=True)}
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            user = User(
                username=clean_text(row.username, field="username", limit=150),
                email=clean_email(row.email),
                name=clean_text(row.name, field="name", limit=160),
                is_superuser=row.is_operator,
                is_staff=row.is_operator,
            )
            _check_username_form(user.username)
            if user.username.lower() in names:
                raise Invalid("username_taken", field="username")
            if user.email and user.email.lower() in emails:
                raise Invalid("email_taken", field="email")
            names.add(user.username.lower())
            emails.add(user.email.lower())
            _check_password(user, row.password)
            users.append(user)
    # Hashing is slow on purpose, and does not hold the interpreter's lock.
    with ThreadPoolExecutor() as pool:
        for user, password in zip(users, pool.map(make_password, [row.password for row in rows]), strict=True):
            user.password = password
    User.objects.bulk_create(users)
    if users:
        audit.record(actor=actor, action="accounts.import_users", obj=users[0], after={"rows": len(users)})
    return users


@service
def set_language(*, actor: User, language: str) -> User:
    """Speak this language to a person from now on: in mails and notifications, to their programs, and after each sign-in."""
    if language not in User.Language.values:
        raise Invalid("language_unknown", field="language")
    user = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if user.language != language:
        before, user.language = user.language, language
        user.save(update_fields=("language",))
        audit.record(
            actor=actor,
            action="accounts.set_language",
            obj=user,
            before={"language": before},
            after={"language": language},
        )
    return user


@service
def issue_token(*, actor: User, label: str, days: int = 90, now: datetime | None = None) -> tuple[ApiToken, str]:
    """A bearer token for one's own programs; its plain text is returned here and kept nowhere."""
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise Invalid("token_days_range", field="days", limit=MAX_TOKEN_DAYS)
    plain = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=actor,
        label=clean_text(label, field="label", limit=80),
        digest=_digest(plain),
        expires_at=(now or timezone.now()) + timedelta(days=days),
    )
    audit.record(actor=actor, action="accounts.issue_token", obj=token, after={"expires_at": token.expires_at})
    return token, plain


@service
def revoke_token(*, actor: User | None, token_id: uuid.UUID, now: datetime | None = None) -> ApiToken:
    """Make a token worthless; a second time changes nothing."""
    token = lock(visible_tokens(actor), token_id)
    if token.revoked_at is None:
        token.revoked_at = now or timezone.now()
        token.save(update_fields=("revoked_at", "updated_at"))
        audit.record(actor=actor, action="accounts.revoke_token", obj=token, after={"revoked_at": token.revoked_at})
    return token


def authenticate_token(plain: str, *, now: datetime | None = None) -> User | None:
    """Whose token this is; None for unknown, expired and revoked ones and for closed accounts."""
    now = now or timezone.now()
    if not plain.startswith(TOKEN_PREFIX) or len(plain) > 200:
        return None
    token = (
        ApiToken.objects.select_related("user")
        .filter(digest=_digest(plain), revoked_at=None, expires_at__gt=now, user__is_active=True)
        .first()
    )
    if token is None:
        return None
    # Good enough to find forgotten tokens, without a write for each request.
    ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=now - _USED_EVERY), pk=token.pk).update(
        last_used_at=now
    )
    return token.user


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()
