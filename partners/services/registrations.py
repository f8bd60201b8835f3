"""A visitor registers an organisation: nothing comes of it before the e-mail is confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import User
from accounts.services import create_user, username_for
from asn.models import Agency
from core import audit, outbox
from core.errors import Invalid
from core.links import make_link, open_link, use_link
from core.services import service
from core.text import clean_email, clean_text
from partners import events
from partners.models import Partner, Registration
from partners.services.organisations import PartnerData, checked, register_partner

CONFIRM = "confirm_registration"
LASTS = timedelta(days=3)
MOST_MAILS = 3  # a day to one address: nobody's mailbox is filled by typing their address here


@service
def begin_registration(
    *,
    data: PartnerData,
    agency_ids: Sequence[uuid.UUID],
    name: str,
    email: str,
    language: str = User.Language.INDONESIAN,
    now: datetime | None = None,
) -> Registration:
    """Keep what a visitor typed and send a mail. Whether the address has an account shows in that mail alone."""
    about = checked(data)
    agencies = list(Agency.objects.filter(pk__in=agency_ids))
    if not agencies or len(agencies) < len(set(agency_ids)):
        raise Invalid("unknown_agency", field="agency_ids")
    email = clean_email(email)
    if not email:
        raise Invalid("text_missing", field="email")
    row = Registration.objects.create(
        email=email,
        name=clean_text(name, field="name", limit=160),
        language=language if language in User.Language.values else User.Language.INDONESIAN,
        about=asdict(about),
        expires_at=(now or timezone.now()) + LASTS,
    )
    row.agencies.set(agencies)
    audit.record(
        actor=None, action="partners.begin_registration", obj=row, after={"agencies": [a.code for a in agencies]}
    )
    outbox.announce(events.REGISTRATION_BEGUN, key=row.pk, registration_id=row.pk)
    return row


@service
def link_registration(*, registration_id: uuid.UUID) -> tuple[Registration, str] | None:
    """The row and the token for its mail; an empty token where the address has an account; None when it is too late."""
    row = Registration.objects.select_for_update(no_key=True).filter(pk=registration_id, confirmed_at=None).first()
    if row is None or row.expires_at <= timezone.now():
        return None
    earlier = Registration.objects.filter(email__iexact=row.email, created_at__lt=row.created_at)
    if earlier.filter(created_at__gt=row.created_at - timedelta(days=1)).count() >= MOST_MAILS:
        return None
    if User.objects.filter(email__iexact=row.email).exists():
        return row, ""
    lasts = row.expires_at - timezone.now()
    _, token = make_link(actor=None, purpose=CONFIRM, subject=row, email=row.email, lasts=lasts)
    return row, token


def opened_registration(*, token: str, user: User | None) -> Registration:
    """The registration behind a link; changes nothing."""
    return Registration.objects.get(pk=open_link(token=token, purpose=CONFIRM, user=user).subject_id)


@service
def confirm_registration(*, token: str, password: str) -> Partner:
    """The address is theirs: open the account, register the organisation, ask its agencies.

    The password is chosen here and not before: whoever registers another person's address never knows it.
    """
    link = use_link(actor=None, token=token, purpose=CONFIRM)
    row = Registration.objects.select_for_update(no_key=True).get(pk=link.subject_id)
    user = create_user(
        username=username_for(row.email), email=row.email, name=row.name, password=password, language=row.language
    )
    agencies = list(row.agencies.values_list("pk", flat=True))
    partner = register_partner(actor=user, data=PartnerData(**row.about), agency_ids=agencies)
    row.partner, row.confirmed_at = partner, link.used_at
    row.about = {}
    row.save(update_fields=("partner", "confirmed_at", "about", "updated_at"))
    audit.record(actor=user, action="partners.confirm_registration", obj=row, after={"partner": str(partner.pk)})
    return partner


@service
def forget_registrations(*, now: datetime | None = None) -> int:
    """Scrub what nobody confirmed in time; returns how many."""
    late = Registration.objects.filter(confirmed_at=None, expires_at__lt=now or timezone.now())
    Registration.agencies.through.objects.filter(registration__in=late).delete()
    return late.delete()[0]
