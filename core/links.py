"""A way in for one person by a link in a mail: without session, often without account; it expires and works once.

The token is random and exists in that mail alone: the row keeps its digest. So a link is made where its mail is sent,
in the handler of an event: a mail that has to be sent again carries a new link, and the one before is revoked.
Opening is reading. Only ``use_link`` acts, in the transaction of its effect. Whatever is wrong with a link, the answer
has one status, and one who guesses learns nothing from it.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from core import audit
from core.errors import Gone
from core.models import AccessLink
from core.services import service

# Lets logs mask a token wherever it stands (core.logs), and scanners recognise a leaked one.
TOKEN_PREFIX = "tautan-"  # noqa: S105
_TOKEN = re.compile(rf"{TOKEN_PREFIX}[A-Za-z0-9_-]{{43}}")


@service
def make_link(
    *,
    actor: Any,
    purpose: str,
    subject: models.Model,
    lasts: timedelta,
    email: str = "",
    user: Any = None,
    now: datetime | None = None,
) -> tuple[AccessLink, str]:
    """The link and its token, which is kept nowhere; an earlier one to the same thing for the same purpose is revoked.

    ``email`` or ``user`` says for whom it is. ``actor`` stands in the audit as whoever lets that person in.
    """
    now = now or timezone.now()
    revoke_links(actor=actor, purpose=purpose, subject=subject, now=now)
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    link = AccessLink.objects.create(
        purpose=purpose,
        subject_type=subject._meta.label,
        subject_id=str(subject.pk),
        email=email,
        user=user,
        digest=_digest(token),
        expires_at=now + lasts,
        created_by=actor,
    )
    audit.record(
        actor=actor,
        action="core.make_link",
        obj=link,
        agency_id=getattr(subject, "agency_id", None),
        after={"purpose": purpose, "subject": link.subject_id, "expires_at": link.expires_at},
    )
    return link, token


def open_link(*, token: str, purpose: str, user: Any = None, now: datetime | None = None) -> AccessLink:
    """The link behind a token, if it may be used by ``user`` (None when nobody is signed in); changes nothing."""
    return _usable(AccessLink.objects.select_related("user"), token, purpose, user, now or timezone.now())


@service
def use_link(*, actor: Any, token: str, purpose: str, now: datetime | None = None) -> AccessLink:
    """Lock the link and mark it used; call it inside the service whose effect it lets happen."""
    now = now or timezone.now()
    link = _usable(AccessLink.objects.select_for_update(of=("self",), no_key=True), token, purpose, actor, now)
    link.used_at, link.used_by = now, actor
    link.save(update_fields=("used_at", "used_by", "updated_at"))
    audit.record(actor=actor, action="core.use_link", obj=link, after={"purpose": purpose, "subject": link.subject_id})
    return link


@service
def revoke_links(*, actor: Any, purpose: str, subject: models.Model, now: datetime | None = None) -> int:
    """Make the unused links to a thing worthless; returns how many there were."""
    rows = AccessLink.objects.filter(
        purpose=purpose, subject_type=subject._meta.label, subject_id=str(subject.pk), used_at=None, revoked_at=None
    )
    revoked = list(rows.select_for_update(no_key=True))
    rows.filter(pk__in=[row.pk for row in revoked]).update(revoked_at=now or timezone.now())
    for row in revoked:
        audit.record(actor=actor, action="core.revoke_link", obj=row, after={"purpose": purpose})
    return len(revoked)


def _usable(links: models.QuerySet[AccessLink], token: str, purpose: str, user: Any, now: datetime) -> AccessLink:
    link = links.filter(digest=_digest(token), purpose=purpose).first() if _TOKEN.fullmatch(token) else None
    if link is None:
        raise Gone("link_unknown")
    if user is not None and not link.is_for(user):
        raise Gone("link_of_another")
    if link.used_at is not None:
        raise Gone("link_used")
    if link.revoked_at is not None:
        raise Gone("link_revoked")
    if link.expires_at <= now:
        raise Gone("link_expired")
    return link


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
