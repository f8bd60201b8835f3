"""Partner organisations: one record for all cities, members with roles, and each agency's word on them."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone

from accounts.models import User
from asn.models import Agency
from asn.services.checks import check_choice
from core import audit, outbox
from core.errors import Conflict, Invalid, at_row, require
from core.rows import lock, lock_only
from core.services import service
from core.states import advance
from core.text import clean_email, clean_text
from partners import events
from partners.models import Partner, PartnerMembership, PartnerVerification, VerificationStep
from partners.permissions import (
    can_act_for,
    can_verify_partners,
    visible_partners,
    visible_verifications,
)
from partners.states import PartnerKind, PartnerRole, VerificationStatus, VerificationWord

_check_url = URLValidator(schemes=("http", "https"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerData:
    """What a partner says about itself."""

    kind: str
    name: str
    city: str
    about: str = ""
    sector: str = ""
    address: str = ""
    website: str = ""
    email: str = ""
    phone: str = ""
    nib: str = ""
    npwp: str = ""
    university_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerRow:
    """A partner of a batch; ``verified_for`` are (agency id, id of the officer who decided)."""

    data: PartnerData
    verified_for: Sequence[tuple[uuid.UUID, int]] = ()
    owner_ids: Sequence[int] = ()
    member_ids: Sequence[int] = ()
    id: uuid.UUID | None = None


def checked(data: PartnerData, *, known_as: uuid.UUID | None = None) -> PartnerData:
    """The same data in its normal form."""
    npwp = re.sub(r"[.\- ]", "", data.npwp[:40])
    digits = {
        "nib": _digits(data.nib, (13,), code="nib_format", field="nib"),
        "npwp": _digits(npwp, (15, 16), code="npwp_format", field="npwp"),
        "university_code": _digits(data.university_code, (6,), code="university_code_format", field="university_code"),
    }
    if digits["university_code"] and data.kind != PartnerKind.UNIVERSITY:
        raise Invalid("university_code_of_other_kind", field="university_code")
    others = Partner.objects.exclude(pk=known_as) if known_as else Partner.objects.all()
    if digits["nib"] and others.filter(nib=digits["nib"]).exists():
        raise Invalid("nib_taken", field="nib")
    limits = {"about": 6000, "sector": 80, "address": 300, "website": 200, "phone": 30}
    texts = {f: clean_text(getattr(data, f), field=f, limit=n, required=False) for f, n in limits.items()}
    try:
        if texts["website"]:
            _check_url(texts["website"])
    except ValidationError:
        raise Invalid("url_invalid", field="website") from None
    return PartnerData(
        kind=check_choice(data.kind, PartnerKind.values, code="unknown_partner_kind", field="kind"),
        name=clean_text(data.name, field="name", limit=200),
        city=clean_text(data.city, field="city", limit=80),
        email=clean_email(data.email),
        **texts,
        **digits,
    )


def _digits(value: str, lengths: tuple[int, ...], *, code: str, field: str) -> str:
    text = clean_text(value, field=field, limit=40, required=False)
    if text and not (len(text) in lengths and text.isascii() and text.isdigit()):
        raise Invalid(code, field=field)
    return text


@service
def register_partner(*, actor: User, data: PartnerData, agency_ids: Sequence[uuid.UUID]) -> Partner:
    """Register an organisation, become its owner, and ask the named agencies to verify it."""
    agencies = list(Agency.objects.filter(pk__in=agency_ids).order_by("code"))
    if not agencies or len(agencies) < len(set(agency_ids)):
        raise Invalid("unknown_agency", field="agency_ids")
    partner = Partner.objects.create(**asdict(checked(data)))
    PartnerMembership.objects.create(partner=partner, user=actor, role=PartnerRole.OWNER)
    verifications = [PartnerVerification(agency=agency, partner=partner) for agency in agencies]
    PartnerVerification.objects.bulk_create(verifications)
    audit.record(
        actor=actor,
        action="partners.register_partner",
        obj=partner,
        after={"name": partner.name, "agencies": [agency.code for agency in agencies]},
    )
    for verification in verifications:
        _asked(verification, by=actor)
    return partner


def _asked(verification: PartnerVerification, *, by: User | None, note: str = "") -> None:
    """Keep that the agency was asked, and tell it."""
    VerificationStep.objects.create(
        agency_id=verification.agency_id,
        verification=verification,
        word=VerificationWord.ASKED,
        note=note,
        by=by,
        at=verification.asked_at,
    )
    outbox.announce(
        events.PARTNER_REGISTERED,
        key=f"{verification.pk}:{verification.asked_at.isoformat()}",
        partner_id=verification.partner_id,
        agency_id=verification.agency_id,
    )


@service
def update_partner(*, actor: User | None, partner_id: uuid.UUID, data: PartnerData) -> Partner:
    """Change what the partner says about itself."""
    partner = lock(visible_partners(actor), partner_id)
    require(can_act_for(actor, partner.pk))
    changed = []
    for field, value in asdict(checked(data, known_as=partner.pk)).items():
        if getattr(partner, field) != value:
            setattr(partner, field, value)
            changed.append(field)
    partner.save()
    audit.record(actor=actor, action="partners.update_partner", obj=partner, after={"changed": changed})
    return partner


@service
def ask_verification(*, actor: User | None, partner_id: uuid.UUID, agency_id: uuid.UUID) -> PartnerVerification:
    """Ask one more agency."""
    partner = lock(visible_partners(actor), partner_id)
    require(can_act_for(actor, partner.pk))
    if not Agency.objects.filter(pk=agency_id).exists():
        raise Invalid("unknown_agency", field="agency_id")
    verification, created = PartnerVerification.objects.get_or_create(partner=partner, agency_id=agency_id)
    if not created:
        raise Conflict("verification_asked")
    audit.record(actor=actor, action="partners.ask_verification", obj=verification)
    _asked(verification, by=actor)
    return verification


@service
def ask_verification_again(
    *,
    actor: User | None,
    partner_id: uuid.UUID,
    agency_id: uuid.UUID,
    note: str = "",
    now: datetime | None = None,
) -> PartnerVerification:
    """After a refusal the partner has corrected what was wrong, says what, and asks the agency to look again."""
    verification = lock_only(visible_verifications(actor).filter(agency_id=agency_id, partner_id=partner_id))
    require(can_act_for(actor, partner_id))
    note = clean_text(note, field="note", limit=300, required=False)
    advance(verification, "ask_again")
    verification.reason = ""
    verification.decided_by = verification.decided_at = None
    verification.asked_at = now or timezone.now()
    verification.save()
    audit.record(
        actor=actor,
        action="partners.ask_verification_again",
        obj=verification,
        before={"status": VerificationStatus.REFUSED},
        after={"status": verification.status},
    )
    _asked(verification, by=actor, note=note)
    return verification


@service
def verify_partner(
    *, actor: User, agency_id: uuid.UUID, partner_id: uuid.UUID, now: datetime | None = None
) -> PartnerVerification:
    """The agency trusts this partner."""
    return _decide(actor, agency_id, partner_id, "verify", "", now)


@service
def refuse_partner(
    *, actor: User, agency_id: uuid.UUID, partner_id: uuid.UUID, reason: str, now: datetime | None = None
) -> PartnerVerification:
    """The agency does not trust this partner, or no longer, and says why."""
    return _decide(actor, agency_id, partner_id, "refuse", clean_text(reason, field="reason", limit=300), now)


def _decide(
    actor: User, agency_id: uuid.UUID, partner_id: uuid.UUID, verb: str, reason: str, now: datetime | None
) -> PartnerVerification:
    verification = lock_only(visible_verifications(actor).filter(agency_id=agency_id, partner_id=partner_id))
    require(can_verify_partners(actor, agency_id))
    require(not can_act_for(actor, partner_id), "own_partner")
    before = str(verification.status)
    advance(verification, verb)
    verification.reason = reason
    verification.decided_by, verification.decided_at = actor, now or timezone.now()
    verification.save()
    VerificationStep.objects.create(
        agency_id=agency_id,
        verification=verification,
        word=verification.status,
        note=reason,
        by=actor,
        at=verification.decided_at,
    )
    audit.record(
        actor=actor,
        action=f"partners.{verb}_partner",
        obj=verification,
        before={"status": before},
        after={"status": verification.status},
    )
    outbox.announce(
        events.PARTNER_DECIDED,
        key=f"{verification.pk}:{verification.decided_at.isoformat()}",
        partner_id=partner_id,
        agency_id=agency_id,
    )
    return verification


@service
def import_partners(*, actor: User | None, rows: Sequence[PartnerRow], now: datetime | None = None) -> list[Partner]:
    """Add partners with members and verifications, all or none: by an operator or the system."""
    require(actor is None or actor.is_superuser)
    now = now or timezone.now()
    partners: list[Partner] = []
    members: list[PartnerMembership] = []
    verifications: list[PartnerVerification] = []
    nibs: set[str] = set()
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            data = checked(row.data)
            if data.nib and data.nib in nibs:
                raise Invalid("nib_taken", field="nib")
            nibs.add(data.nib)
            partner = Partner(id=row.id or uuid.uuid4(), **asdict(data))
            partners.append(partner)
        for role, users in ((PartnerRole.OWNER, row.owner_ids), (PartnerRole.MEMBER, row.member_ids)):
            members += [PartnerMembership(partner=partner, user_id=user, role=role) for user in users]
        for agency_id, officer in row.verified_for:
            verification = PartnerVerification(agency_id=agency_id, partner=partner)
            advance(verification, "verify")
            verification.decided_by_id, verification.decided_at = officer, now
            verifications.append(verification)
    Partner.objects.bulk_create(partners)
    PartnerMembership.objects.bulk_create(members)
    PartnerVerification.objects.bulk_create(verifications)
    if partners:
        audit.record(actor=actor, action="partners.import_partners", obj=partners[0], after={"rows": len(partners)})
    return partners


def is_verified(partner_id: uuid.UUID, agency_id: uuid.UUID) -> bool:
    """Whether the agency trusts the partner."""
    return PartnerVerification.objects.filter(
        partner_id=partner_id, agency_id=agency_id, status=VerificationStatus.VERIFIED
    ).exists()
