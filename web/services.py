"""The few writes of this room: notifications, told once, mailed once, read once; and papers, made once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import User
from core import audit
from core.errors import Gone, NotFound
from core.links import make_link, open_link, use_link
from core.models import AccessLink
from core.outbox import announce
from core.rows import find
from core.services import service
from partners import services as partners
from partners.models import Slot
from partners.permissions import visible_slots
from placements import services as placements
from placements.models import Certificate, Paper
from web import events
from web.documents.papers import certificate_pdf, paper_pdf
from web.models import Notification
from web.notifications import mail_of

CONFIRM = "slot-stands"
CONFIRM_LASTS = timedelta(days=60)


@service
def notify(
    *, users: Iterable[User], message: str, event_key: str, params: Mapping[str, Any], url: str = ""
) -> list[Notification]:
    """Write one row per user and event, and ask for its mail. Telling the same again changes nothing."""
    people = {user.pk: user for user in users if user.is_active}
    known = set(
        Notification.objects.filter(user__in=people, event_key=event_key, code=message).values_list(
            "user_id", flat=True
        )
    )
    rows = [
        Notification(user=user, event_key=event_key, code=message, params=dict(params), url=url)
        for pk, user in sorted(people.items())
        if pk not in known
    ]
    Notification.objects.bulk_create(rows)
    for row in rows:
        announce(events.NOTIFICATION_CREATED, key=row.pk, notification_id=row.pk)
    return rows


@service
def mail_notification(*, notification_id: uuid.UUID) -> bool:
    """Send the mail of one notification; the same Message-ID however often a broken connection makes us try.

    Returns whether a mail went out: not to people without an address, not twice.
    """
    row = (
        Notification.objects.select_for_update(of=("self",), no_key=True)
        .select_related("user")
        .filter(pk=notification_id)
        .first()
    )
    if row is None or row.emailed_at is not None or not row.user.email:
        return False
    with translation.override(row.user.language):
        subject, body = mail_of(row, _one_press(row))
    EmailMessage(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}",
        body=body,
        to=[row.user.email],
        headers={"Message-ID": f"<{row.pk}@{settings.MAIL_ID_DOMAIN}>", "Auto-Submitted": "auto-generated"},
    ).send()
    row.emailed_at = timezone.now()
    row.save(update_fields=("emailed_at", "updated_at"))
    return True


def _one_press(row: Notification) -> str:
    """The way to answer without signing in, for the one question that has it; made anew with each sending."""
    if row.code != "slot_to_confirm":
        return ""
    _, token = make_link(actor=None, purpose=CONFIRM, subject=row, user=row.user, lasts=CONFIRM_LASTS)
    return reverse("slot_answer", args=[token])


def asked_slot(*, token: str, user: User | None) -> tuple[Slot, User]:
    """The slot that a link asks about and whom it asks; changes nothing. Raises Gone, NotFound."""
    link = open_link(token=token, purpose=CONFIRM, user=user)
    return _asked(link)


def _asked(link: AccessLink) -> tuple[Slot, User]:
    row = Notification.objects.select_related("user").get(pk=link.subject_id)
    slot = find(visible_slots(row.user).select_related("agency", "partner"), uuid.UUID(row.params["slot_id"]))
    if slot.confirmed_at.isoformat() != row.params["confirmed_at"]:
        raise Gone("link_answered")
    return slot, row.user


@service
def answer_for_slot(*, actor: User | None, token: str, stands: bool, now: datetime | None = None) -> Slot:
    """Confirm or pause by the link of a mail, as the member it was sent to; it works once.

    Raises Gone for a link that is used, late, or somebody else's, and what ``confirm_slot`` and ``pause_slot`` raise: then
    the link stays as it was.
    """
    link = use_link(actor=actor, token=token, purpose=CONFIRM, now=now)
    slot, member = _asked(link)
    if stands:
        return partners.confirm_slot(actor=member, slot_id=slot.pk, now=now)
    return partners.pause_slot(actor=member, slot_id=slot.pk)


@service
def mail_registration(*, registration_id: uuid.UUID) -> bool:
    """Ask an address whether the registration is theirs; one that has an account is told to sign in instead.

    The link is made here, in the transaction of sending: if that fails, no link is left, and the next try makes another.
    """
    found = partners.link_registration(registration_id=registration_id)
    if found is None:
        return False
    row, token = found
    path = reverse("register_confirm", args=[token]) if token else reverse("partner_register")
    _mail_link(row.email, row.language, "registration", path, message_id=str(row.pk), row=row, has_account=not token)
    return True


@service
def mail_invitation(*, invitation_id: uuid.UUID, sending: int) -> bool:
    """Send the link of an invitation; not one that was taken back meanwhile."""
    found = partners.link_invitation(invitation_id=invitation_id, sending=sending)
    if found is None:
        return False
    row, token = found
    language = row.invited_by.language if row.invited_by else settings.LANGUAGE_CODE
    path = reverse("join_partner", args=[token])
    _mail_link(row.email, language, "invitation", path, message_id=f"{row.pk}.{row.sendings}", row=row)
    return True


def _mail_link(email: str, language: str, name: str, path: str, *, message_id: str, **context: Any) -> None:
    with translation.override(language):
        words = render_to_string(f"mail/{name}.txt", {"link": f"{settings.SITE_URL}{path}", **context})
    subject, _, body = words.strip().partition("\n")
    EmailMessage(
        subject=f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject.strip()}",
        body=body.strip() + "\n",
        to=[email],
        headers={"Message-ID": f"<{message_id}@{settings.MAIL_ID_DOMAIN}>", "Auto-Submitted": "auto-generated"},
    ).send()


@service
def record_export(
    *, actor: User, agency_id: uuid.UUID | None, name: str, filters: Mapping[str, str], rows: int, purpose: str = ""
) -> None:
    """Audit that a list left the house: which one, by which filters, how many rows, and what for.

    Words searched for may be a person's name, so only that some were is written down.
    """
    kept = {key[:40]: ("…" if key == "q" else str(value)[:80]) for key, value in filters.items()}
    audit.record(
        actor=actor,
        action="web.export_list",
        obj=actor,
        agency_id=agency_id,
        after={"list": name, "filters": kept, "rows": rows, "purpose": purpose},
    )


@service
def read_notification(*, actor: User, notification_id: uuid.UUID) -> Notification:
    """Mark one's own notification as read; somebody else's is NotFound."""
    row = Notification.objects.select_for_update(no_key=True).filter(pk=notification_id, user=actor).first()
    if row is None:
        raise NotFound()
    if row.read_at is None:
        row.read_at = timezone.now()
        row.save(update_fields=("read_at", "updated_at"))
    return row


@service
def read_all_notifications(*, actor: User) -> int:
    """Mark everything of one's own as read; returns how many."""
    return Notification.objects.filter(user=actor, read_at=None).update(read_at=timezone.now())


def make_paper(*, paper_id: uuid.UUID) -> Paper:
    """Make the PDF of a numbered paper and hand it to its room to keep; one that is there stays as it is.

    Typesetting takes longer than anything should hold a lock for, so it comes before the transaction.
    """
    row = Paper.objects.select_related(
        "placement__agency",
        "placement__application",
        "placement__employee__unit",
        "placement__employee__position",
        "placement__slot__partner",
        "placement__slot__agreement",
        "placement__mentor",
        "placement__plan_agreed_by",
    ).get(pk=paper_id)
    if row.file_id is not None:
        return row
    return placements.keep_paper_file(paper_id=row.pk, content=paper_pdf(row))


def make_certificate(*, certificate_id: uuid.UUID) -> Certificate:
    """Make the PDF of a certificate from its signed facts; one that is there stays as it is."""
    row = Certificate.objects.select_related("agency").get(pk=certificate_id)
    if row.file_id is not None:
        return row
    return placements.keep_certificate_file(certificate_id=row.pk, content=certificate_pdf(row))
