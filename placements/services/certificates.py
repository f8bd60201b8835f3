"""Certificates: issued once, signed, kept with their bytes, revoked with a reason."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.utils import translation

from accounts.models import User
from asn.models import Agency
from core import audit
from core.errors import Conflict, require
from core.outbox import announce
from core.services import service
from core.signing import sign
from core.text import clean_text
from placements import events
from placements.models import Certificate, Placement
from placements.permissions import can_revoke, get_visible_certificate
from placements.services.common import moment
from placements.services.papers import running_number, store_made
from placements.states import CertificateKind


def issue_certificate(placement: Placement, *, actor: User, kind: str, now: datetime | None = None) -> Certificate:
    """Issue the one certificate (or statement) of a placement, inside the service that ends it."""
    today = placement.agency.today(now)
    certificate = new_certificate(placement, agency=placement.agency, kind=kind, day=today, officer_id=actor.pk)
    certificate.save(force_insert=True)
    audit.record(
        actor=actor,
        action="certificate.issued",
        obj=certificate,
        after={"kind": kind, "number": certificate.number, "placement": str(placement.pk), "key": certificate.key_id},
    )
    announce(events.CERTIFICATE_ISSUED, key=certificate.pk, certificate_id=certificate.pk)
    return certificate


def new_certificate(placement: Placement, *, agency: Agency, kind: str, day: date, officer_id: int) -> Certificate:
    """A numbered and signed certificate that is not saved yet."""
    certificate = Certificate(
        agency=agency,
        placement=placement,
        kind=kind,
        number=running_number(agency, "certificate", day.year),
        issued_on=day,
        issued_by_id=officer_id,
    )
    sign_certificate(certificate)
    return certificate


def sign_certificate(certificate: Certificate) -> None:
    """Write down what the certificate says and sign exactly that."""
    certificate.facts = certificate_facts(certificate)
    signature = sign(certificate.facts)
    certificate.key_id, certificate.signature = signature.key_id, signature.value


def certificate_facts(certificate: Certificate) -> dict[str, Any]:
    """All a certificate says, in the language of the office and without a NIP."""
    placement, agency = certificate.placement, certificate.agency
    slot = placement.slot
    left = placement.ended_at.astimezone(agency.zone).date() if placement.ended_at else placement.ends_on
    with translation.override("id"):
        return {
            "version": 1,
            "code": certificate.code,
            "kind": str(certificate.kind),
            "number": certificate.number,
            "issued_on": certificate.issued_on.isoformat(),
            "agency": agency.name,
            "office": agency.hr_office,
            "name": placement.employee.full_name,
            "activity": slot.title,
            "form": str(placement.policy.label),
            "partner": slot.partner.name,
            "starts_on": placement.starts_on.isoformat(),
            "ends_on": min(left, placement.ends_on).isoformat(),
        }


@service
def keep_certificate_file(*, certificate_id: uuid.UUID, content: bytes) -> Certificate:
    """Keep the PDF of a certificate and sign its hash; one that has its file keeps that one."""
    row = Certificate.objects.select_for_update(of=("self",), no_key=True).get(pk=certificate_id)
    if row.file_id is not None:
        return row
    with translation.override("id"):
        title = f"{CertificateKind(row.kind).label} {row.number}"
    stored = store_made(row, content, title)
    signature = sign(file_facts(row.code, stored.sha256))
    row.file, row.file_key_id, row.file_signature = stored, signature.key_id, signature.value
    row.save(update_fields=("file", "file_key_id", "file_signature", "updated_at"))
    return row


def file_facts(code: str, sha256: str) -> dict[str, str]:
    """What binds the bytes of a PDF to a code."""
    return {"code": code, "sha256": sha256}


@service
def revoke_certificate(
    *, actor: User, certificate_id: uuid.UUID, reason: str, now: datetime | None = None
) -> Certificate:
    """Take a certificate back, with the reason; whoever checks it learns that it was. Raises Conflict."""
    seen = get_visible_certificate(actor, certificate_id)
    require(can_revoke(actor, seen), "only_hr_revokes")
    row = Certificate.objects.select_for_update(of=("self",), no_key=True).get(pk=seen.pk)
    said = clean_text(reason, field="reason", limit=300)
    if row.revoked_at is not None:
        raise Conflict("certificate_revoked_already", about=row)
    row.revoked_at, row.revoked_by, row.revoked_reason = moment(now), actor, said
    row.save(update_fields=("revoked_at", "revoked_by", "revoked_reason", "updated_at"))
    audit.record(
        actor=actor,
        action="certificate.revoked",
        obj=row,
        before={"revoked": False},
        after={"revoked": True, "reason": said},
        actor_label="hr",
    )
    announce(events.CERTIFICATE_REVOKED, key=row.pk, certificate_id=row.pk)
    return row


@service
def sign_unsigned_certificates() -> int:
    """Sign what was issued before certificates were signed; returns how many."""
    rows: Iterable[Certificate] = (
        Certificate.objects.filter(key_id="")
        .select_related("agency", "placement__employee", "placement__slot__partner")
        .select_for_update(of=("self",), no_key=True)
    )
    found = list(rows)
    for row in found:
        sign_certificate(row)
    Certificate.objects.bulk_update(found, ("facts", "key_id", "signature"), batch_size=500)
    return len(found)
