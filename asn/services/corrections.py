"""Requests to correct a measured level: the person asks, the HR office answers within 3 × 24 hours."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from asn import events
from asn.models import Assessment, Correction
from asn.permissions import (
    can_decide_correction,
    can_request_correction,
    can_withdraw_correction,
    get_visible_assessment,
    get_visible_correction,
)
from asn.selectors import latest_assessments
from asn.services.assessments import record_assessment
from asn.services.checks import check_choice, check_level
from asn.states import CorrectionRefusal
from core import audit, outbox
from core.errors import Conflict, Invalid, require
from core.files import store_pdf
from core.rows import lock
from core.services import service
from core.states import advance
from core.text import clean_text

REMIND_BEFORE = timedelta(hours=24)
SHORTEST_REASON = 10


@service
def request_correction(
    *,
    actor: User,
    assessment_id: uuid.UUID,
    claimed_level: int,
    reason: str,
    evidence: File[bytes] | None = None,
    now: datetime | None = None,
) -> Correction:
    """Say that a measured level is wrong, which one is right, and why; a PDF may show it.

    Raises Invalid(``level_range`` | ``same_level`` on claimed_level, ``reason_too_short`` on reason, ``file_…`` on
    evidence), Conflict(``correction_open``). Announces ``asn.correction_requested``.
    """
    seen = get_visible_assessment(actor, assessment_id)
    assessment = lock(Assessment.objects.select_related("agency", "employee"), seen.pk)
    require(can_request_correction(actor, assessment), "only_own_level")
    if check_level(claimed_level, field="claimed_level") == assessment.level:
        raise Invalid("same_level", field="claimed_level")
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid("reason_too_short", field="reason", minimum=SHORTEST_REASON)
    if assessment.corrections.open().exists():  # type: ignore[attr-defined]
        raise Conflict("correction_open")
    asked = now or timezone.now()
    row = Correction(
        agency=assessment.agency,
        employee=assessment.employee,
        assessment=assessment,
        claimed_level=claimed_level,
        reason=clean_text(reason, field="reason", limit=1000),
        submitted_at=asked,
        due_at=asked + Correction.CLOCK,
    )
    if evidence is not None:
        row.evidence = store_pdf(
            actor=actor, upload=evidence, title=evidence.name or "", agency_id=assessment.agency_id, field="evidence"
        )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "correction_one_open" not in str(error):
            raise
        raise Conflict("correction_open") from error
    audit.record(
        actor=actor,
        action="asn.request_correction",
        obj=row,
        after={"assessment": assessment.pk, "claimed_level": claimed_level, "due_at": row.due_at},
        actor_label="employee",
    )
    outbox.announce(
        events.CORRECTION_REQUESTED,
        key=row.pk,
        correction_id=row.pk,
        employee_id=row.employee_id,
        agency_id=row.agency_id,
    )
    return row


@service
def review_correction(*, actor: User, correction_id: uuid.UUID) -> Correction:
    """The HR office says that somebody looks at it; the clock runs on."""
    row = _lock_to_decide(actor, correction_id)
    advance(row, "review", code="already_decided")
    row.save(update_fields=("status", "updated_at"))
    audit.record(actor=actor, action="asn.review_correction", obj=row, after={"status": row.status}, actor_label="hr")
    return row


@service
def accept_correction(
    *,
    actor: User,
    correction_id: uuid.UUID,
    level: int,
    source: str,
    assessed_on: date,
    note: str = "",
    now: datetime | None = None,
) -> Correction:
    """Enter the right level as a new assessment; the contested one stays as history.

    Raises what ``record_assessment`` raises, Invalid(``level_outweighed`` on assessed_on) where a later or stricter
    assessment would still count, Conflict(``already_decided``). Announces ``asn.correction_decided``.
    """
    row = _lock_to_decide(actor, correction_id)
    advance(row, "accept", code="already_decided")
    made = record_assessment(
        actor=actor,
        employee_id=row.employee_id,
        competency_code=row.assessment.competency_id,
        level=level,
        source=source,
        assessed_on=assessed_on,
        note=note,
        now=now,
    )
    official, _ = latest_assessments([row.employee])
    counting = official[row.employee_id].get(row.assessment.competency_id)
    if counting is None or counting.assessment_id != made.pk:
        raise Invalid("level_outweighed", field="assessed_on")
    row.result = made
    return _decided(row, actor, note, now)


@service
def refuse_correction(
    *, actor: User, correction_id: uuid.UUID, reason: str, note: str = "", now: datetime | None = None
) -> Correction:
    """Leave the level as it is, for a coded reason that the person reads.

    Raises Invalid(``unknown_reason`` on reason, ``note_required`` on note), Conflict(``already_decided``).
    Announces ``asn.correction_decided``.
    """
    row = _lock_to_decide(actor, correction_id)
    check_choice(reason, CorrectionRefusal.values, code="unknown_reason", field="reason")
    if reason == CorrectionRefusal.OTHER and not note.strip():
        raise Invalid("note_required", field="note")
    advance(row, "refuse", code="already_decided")
    row.refusal = reason
    return _decided(row, actor, note, now)


@service
def withdraw_correction(*, actor: User, correction_id: uuid.UUID) -> Correction:
    """The person takes the request back."""
    row = _lock(actor, correction_id)
    require(can_withdraw_correction(actor, row))
    advance(row, "withdraw", code="already_decided")
    row.save(update_fields=("status", "updated_at"))
    audit.record(
        actor=actor, action="asn.withdraw_correction", obj=row, after={"status": row.status}, actor_label="employee"
    )
    return row


@service
def remind_of_corrections(*, now: datetime | None = None) -> int:
    """Announce each open request a day before its clock ends and once more when it has ended; returns how many."""
    now, told = now or timezone.now(), 0
    rows = Correction.objects.open().filter(due_at__lte=now + REMIND_BEFORE).order_by("due_at", "pk")  # type: ignore[attr-defined]
    for row in rows:
        stage = "over" if row.due_at <= now else "near"
        outbox.announce(events.CORRECTION_DUE, key=f"{row.pk}:{stage}", correction_id=row.pk, stage=stage)
        told += 1
    return told


def _lock(actor: User, correction_id: uuid.UUID) -> Correction:
    seen = get_visible_correction(actor, correction_id)
    return lock(Correction.objects.select_related("agency", "employee", "assessment"), seen.pk)


def _lock_to_decide(actor: User, correction_id: uuid.UUID) -> Correction:
    row = _lock(actor, correction_id)
    require(can_decide_correction(actor, row))
    return row


def _decided(row: Correction, actor: User, note: str, now: datetime | None) -> Correction:
    row.answer = clean_text(note, field="note", limit=300, required=False)
    row.decided_by, row.decided_at = actor, now or timezone.now()
    row.save()
    audit.record(
        actor=actor,
        action="asn.decide_correction",
        obj=row,
        after={"status": row.status, "refusal": row.refusal, "result": row.result_id},
        actor_label="hr",
    )
    outbox.announce(events.CORRECTION_DECIDED, key=row.pk, correction_id=row.pk)
    return row
