"""Agreements between one agency and one partner: the ground that slots stand on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.core.files.base import File
from django.utils import timezone

from accounts.models import User
from asn.models import Agency
from asn.services.agencies import managed_agency
from asn.services.checks import check_choice
from core import audit, outbox
from core.errors import Conflict, Invalid, at_row, require
from core.files import store_pdf
from core.models import StoredFile
from core.rows import find, lock
from core.services import service
from core.states import advance
from core.text import clean_text
from partners import events
from partners.models import Agreement, AgreementReminder, Partner, Slot
from partners.permissions import can_manage_agreements, visible_agreements, visible_partners
from partners.services.organisations import is_verified
from partners.services.seats import announce_change
from partners.states import AgreementClause, AgreementKind, SlotStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementData:
    """What the document says."""

    kind: str
    number_agency: str
    subject: str
    starts_on: date
    ends_on: date
    number_partner: str = ""
    signer_agency: str = ""
    signer_partner: str = ""
    parent_id: uuid.UUID | None = None
    file_id: uuid.UUID | None = None
    predecessor_id: uuid.UUID | None = None
    mandate_number: str = ""
    cost_bearer: str = ""
    clauses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """An agreement of a batch; signed unless said otherwise."""

    partner_id: uuid.UUID
    data: AgreementData
    signed: bool = True
    id: uuid.UUID | None = None


def _agreement(
    agency_id: uuid.UUID, partner_id: uuid.UUID, data: AgreementData, pk: uuid.UUID | None = None
) -> Agreement:
    if data.ends_on < data.starts_on:
        raise Invalid("ends_before_start", field="ends_on")
    number = clean_text(data.number_agency, field="number_agency", limit=80)
    if Agreement.objects.filter(agency_id=agency_id, number_agency=number).exists():
        raise Invalid("number_taken", field="number_agency")
    between = Agreement.objects.filter(agency_id=agency_id, partner_id=partner_id, kind=AgreementKind.KB)
    if data.parent_id is not None and not between.filter(pk=data.parent_id).exists():
        raise Invalid("unknown_agreement", field="parent_id")
    if data.file_id is not None and not StoredFile.objects.filter(pk=data.file_id, agency_id=agency_id).exists():
        raise Invalid("unknown_file", field="file_id")
    earlier = Agreement.objects.filter(agency_id=agency_id, partner_id=partner_id, kind=data.kind)
    if data.predecessor_id is not None:
        before = earlier.filter(pk=data.predecessor_id).first()
        if before is None:
            raise Invalid("unknown_agreement", field="predecessor_id")
        if data.ends_on <= before.ends_on:
            raise Invalid("renewal_not_longer", field="ends_on", day=before.ends_on.isoformat())
    limits = {
        "number_partner": 80,
        "signer_agency": 160,
        "signer_partner": 160,
        "mandate_number": 80,
        "cost_bearer": 200,
    }
    for clause in data.clauses:
        check_choice(clause, AgreementClause.values, code="unknown_clause", field="clauses")
    return Agreement(
        id=pk or uuid.uuid4(),
        agency_id=agency_id,
        partner_id=partner_id,
        kind=check_choice(data.kind, AgreementKind.values, code="unknown_agreement_kind", field="kind"),
        number_agency=number,
        subject=clean_text(data.subject, field="subject", limit=300),
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        parent_id=data.parent_id,
        file_id=data.file_id,
        predecessor_id=data.predecessor_id,
        clauses={c: clean_text(n, field="clauses", limit=300, required=False) for c, n in data.clauses.items()},
        **{f: clean_text(getattr(data, f), field=f, limit=n, required=False) for f, n in limits.items()},
    )


@service
def create_agreement(
    *, actor: User | None, agency_id: uuid.UUID, partner_id: uuid.UUID, data: AgreementData
) -> Agreement:
    """Draft an agreement; it carries no slot before it is signed."""
    agency = managed_agency(actor, agency_id)
    partner = find(visible_partners(actor), partner_id)
    agreement = _agreement(agency.pk, partner.pk, data)
    agreement.save(force_insert=True)
    audit.record(
        actor=actor,
        action="partners.create_agreement",
        obj=agreement,
        after={"number": agreement.number_agency, "starts_on": agreement.starts_on, "ends_on": agreement.ends_on},
    )
    return agreement


@service
def sign_agreement(*, actor: User | None, agreement_id: uuid.UUID) -> Agreement:
    """Both sides have signed: numbers and signers are known, and the agency trusts the partner."""
    agreement = lock(visible_agreements(actor), agreement_id)
    require(can_manage_agreements(actor, agreement.agency_id))
    for name in ("number_partner", "signer_agency", "signer_partner"):
        if not getattr(agreement, name):
            raise Invalid("text_missing", field=name)
    if not is_verified(agreement.partner_id, agreement.agency_id):
        raise Conflict("partner_not_verified")
    advance(agreement, "sign")
    agreement.save(update_fields=("status", "updated_at"))
    audit.record(actor=actor, action="partners.sign_agreement", obj=agreement, after={"status": agreement.status})
    return agreement


@service
def terminate_agreement(*, actor: User | None, agreement_id: uuid.UUID, reason: str) -> Agreement:
    """End an agreement before its time; its slots can no longer be applied for."""
    agreement = lock(visible_agreements(actor), agreement_id)
    require(can_manage_agreements(actor, agreement.agency_id))
    reason = clean_text(reason, field="reason", limit=300)
    advance(agreement, "terminate")
    agreement.save(update_fields=("status", "updated_at"))
    audit.record(
        actor=actor,
        action="partners.terminate_agreement",
        obj=agreement,
        after={"status": agreement.status, "reason": reason},
    )
    on_offer = (SlotStatus.PUBLISHED, SlotStatus.PAUSED, SlotStatus.FULL)
    for slot in Slot.objects.filter(agreement=agreement, status__in=on_offer):
        announce_change(slot, "agreement_ended")
    return agreement


@service
def file_agreement(*, actor: User | None, agreement_id: uuid.UUID, upload: File[bytes]) -> Agreement:
    """Keep the signed document with its agreement; a better scan takes the place of the one before."""
    agreement = lock(visible_agreements(actor), agreement_id)
    require(can_manage_agreements(actor, agreement.agency_id))
    title = upload.name or agreement.number_agency
    agreement.file = store_pdf(actor=actor, upload=upload, title=title, agency_id=agreement.agency_id)
    agreement.save(update_fields=("file", "updated_at"))
    audit.record(actor=actor, action="partners.file_agreement", obj=agreement, after={"sha256": agreement.file.sha256})
    return agreement


REMIND_BEFORE = (7, 30, 90)


@service
def remind_of_agreements(*, now: datetime | None = None) -> int:
    """Announce each agreement that ends in 90, 30 or 7 days on the agency's calendar, once each; returns how many.

    One entered late is told of by the nearest of the three; one that was renewed without a gap by none.
    """
    now, told = now or timezone.now(), 0
    last = max(REMIND_BEFORE)
    for agency in Agency.objects.order_by("code"):
        today = agency.today(now)
        for agreement in Agreement.objects.filter(agency=agency).ending(today, last).order_by("ends_on", "pk"):
            left = (agreement.ends_on - today).days
            days = next(step for step in REMIND_BEFORE if left <= step)
            _, is_new = AgreementReminder.objects.get_or_create(agency=agency, agreement=agreement, days=days)
            if is_new:
                key = f"{agreement.pk}:{days}"
                outbox.announce(events.AGREEMENT_ENDING, key=key, agreement_id=agreement.pk, days=days)
                told += 1
    return told


@service
def import_agreements(*, actor: User | None, agency_id: uuid.UUID, rows: Sequence[AgreementRow]) -> list[Agreement]:
    """Add agreements, all or none."""
    agency = managed_agency(actor, agency_id)
    partners = set(Partner.objects.filter(pk__in={row.partner_id for row in rows}).values_list("pk", flat=True))
    agreements: list[Agreement] = []
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            if row.partner_id not in partners:
                raise Invalid("unknown_partner", field="partner_id")
            agreement = _agreement(agency.pk, row.partner_id, row.data, row.id)
            if any(a.number_agency == agreement.number_agency for a in agreements):
                raise Invalid("number_taken", field="number_agency")
            if row.signed:
                advance(agreement, "sign")
            agreements.append(agreement)
    Agreement.objects.bulk_create(agreements)
    audit.record(
        actor=actor,
        action="partners.import_agreements",
        obj=agency,
        agency_id=agency.pk,
        after={"rows": len(agreements)},
    )
    return agreements
