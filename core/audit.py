"""The audit trail: one row a change, insert-only, chained by hash per agency.

Rows are collected while a service runs and written as its last act, because the head of the chain
is the last lock in the lock order (employee, application, slot, budget, audit head).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction
from django.utils import timezone

from core.models import AuditEvent, AuditHead

GLOBAL_CHAIN = "global"
_GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class _Entry:
    chain: str
    at: datetime
    actor_id: int | None
    actor_label: str
    action: str
    object_type: str
    object_id: str
    before: Any
    after: Any


def record(
    *,
    actor: Any,
    action: str,
    obj: models.Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    agency_id: uuid.UUID | None = None,
    actor_label: str = "",
) -> None:
    """Note one change (or one batch) of ``obj`` by ``actor`` (a user, or None for the system).

    Personal values do not belong into ``before`` and ``after``: name the fields, not a NIP.
    """
    agency_id = agency_id or getattr(obj, "agency_id", None)
    entry = _Entry(
        chain=str(agency_id) if agency_id else GLOBAL_CHAIN,
        at=timezone.now(),
        actor_id=getattr(actor, "pk", None),
        actor_label=actor_label or ("user" if actor else "system"),
        action=action,
        object_type=obj._meta.label,
        object_id=str(obj.pk),
        before=_plain(before),
        after=_plain(after),
    )
    pending: list[_Entry] | None = getattr(connection, "padan_audit", None)
    if pending is None:
        _write([entry])
    else:
        pending.append(entry)


def begin() -> None:
    """Start collecting: called by the outermost service."""
    connection.padan_audit = []  # type: ignore[attr-defined]


def flush() -> None:
    """Write what was collected: the last act of the outermost service."""
    pending = getattr(connection, "padan_audit", None) or []
    connection.padan_audit = None  # type: ignore[attr-defined]
    _write(pending)


def noted() -> int:
    """How much has been collected so far."""
    return len(getattr(connection, "padan_audit", None) or [])


def forget_after(count: int) -> None:
    """Keep the first ``count``: what came after them was rolled back."""
    del (getattr(connection, "padan_audit", None) or [])[count:]


def discard() -> None:
    """Forget what was collected: the transaction has failed."""
    connection.padan_audit = None  # type: ignore[attr-defined]


def _plain(values: Mapping[str, Any] | None) -> Any:
    return None if values is None else json.loads(json.dumps(dict(values), cls=DjangoJSONEncoder))


def _write(entries: list[_Entry]) -> None:
    with transaction.atomic():
        for chain in sorted({entry.chain for entry in entries}):
            AuditHead.objects.bulk_create([AuditHead(chain=chain)], ignore_conflicts=True)
            head = AuditHead.objects.select_for_update().get(pk=chain)
            rows = []
            for entry in (e for e in entries if e.chain == chain):
                head.sequence += 1
                row = AuditEvent(
                    chain=chain,
                    sequence=head.sequence,
                    at=entry.at,
                    actor_id=entry.actor_id,
                    actor_label=entry.actor_label,
                    action=entry.action,
                    object_type=entry.object_type,
                    object_id=entry.object_id,
                    before=entry.before,
                    after=entry.after,
                    previous_hash=head.hash,
                )
                row.hash = head.hash = digest(row)
                rows.append(row)
            AuditEvent.objects.bulk_create(rows)
            head.save(update_fields=("sequence", "hash"))


def digest(row: AuditEvent) -> str:
    """SHA-256 over the previous hash and every field of the row."""
    facts = [
        row.previous_hash,
        row.chain,
        row.sequence,
        row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        row.actor_id,
        row.actor_label,
        row.action,
        row.object_type,
        row.object_id,
        row.before,
        row.after,
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class BrokenLink(NamedTuple):
    """The first bad row of a chain."""

    chain: str
    sequence: int
    problem: str


def broken_links() -> Iterator[BrokenLink]:
    """The first bad row of each chain; nothing when all verify."""
    heads = AuditHead.objects.in_bulk()
    chains = set(AuditEvent.objects.order_by().values_list("chain", flat=True).distinct()) | set(heads)
    for chain in sorted(chains):
        broken = _first_broken(chain, heads.get(chain))
        if broken:
            yield broken


def _first_broken(chain: str, head: AuditHead | None) -> BrokenLink | None:
    previous, sequence = _GENESIS, 0
    for row in AuditEvent.objects.filter(chain=chain).order_by("sequence").iterator():
        sequence += 1
        if row.sequence != sequence:
            return BrokenLink(chain, sequence, "missing")
        if row.previous_hash != previous:
            return BrokenLink(chain, sequence, "unchained")
        if digest(row) != row.hash:
            return BrokenLink(chain, sequence, "altered")
        previous = row.hash
    if head is None:
        return BrokenLink(chain, sequence, "headless")
    if (head.sequence, head.hash) != (sequence, previous):
        return BrokenLink(chain, sequence + 1, "cut off")
    return None
