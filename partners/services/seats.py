"""The one door to a slot's seat counter.

The count changes only by an UPDATE that carries its own condition, inside the caller's transaction; rivals
queue at the row, and whoever finds the condition false is told that the slot is full.
"""

from __future__ import annotations

import uuid

from django.db.models import F

from core import audit, outbox
from core.errors import Conflict
from core.services import service
from core.states import advance
from partners import events
from partners.models import Slot
from partners.states import SlotStatus

# A closed or paused slot takes no new applications; those already in may still be accepted.
_SEATED = (SlotStatus.PUBLISHED, SlotStatus.PAUSED, SlotStatus.CLOSED)


@service
def take_seat(*, slot_id: uuid.UUID) -> Slot:
    """Take one seat or raise Conflict(``slot_full`` | ``slot_not_offered``); the last one marks the slot full."""
    free = Slot.objects.filter(pk=slot_id, status__in=_SEATED, filled_seats__lt=F("seats"))
    taken = free.update(filled_seats=F("filled_seats") + 1)
    slot = Slot.objects.get(pk=slot_id)
    if not taken:
        # the status decides, not the count: a seat may have come free since the update found none
        seated = slot.status in (*_SEATED, SlotStatus.FULL)
        raise Conflict("slot_full" if seated else "slot_not_offered")
    if slot.filled_seats == slot.seats and slot.status == SlotStatus.PUBLISHED:
        advance(slot, "fill")
        _save_status(slot, "full")
    return slot


@service
def free_seat(*, slot_id: uuid.UUID) -> Slot:
    """Give one seat back; a slot that was full is open again."""
    taken = Slot.objects.filter(pk=slot_id, filled_seats__gt=0)
    freed = taken.update(filled_seats=F("filled_seats") - 1)
    slot = Slot.objects.get(pk=slot_id)
    if not freed:
        raise Conflict("no_seat_taken")
    if slot.status == SlotStatus.FULL:
        advance(slot, "reopen")
        _save_status(slot, "reopened")
    return slot


def _save_status(slot: Slot, change: str) -> None:
    slot.save(update_fields=("status", "updated_at"))
    audit.record(actor=None, action=f"partners.slot_{change}", obj=slot, after={"status": slot.status})
    announce_change(slot, change)


def announce_change(slot: Slot, change: str) -> None:
    """Tell higher rooms that the offer is no longer what it was. ``updated_at`` tells one change from the next."""
    outbox.announce(
        events.SLOT_CHANGED,
        key=f"{slot.pk}:{change}:{slot.updated_at.isoformat()}",
        slot_id=slot.pk,
        agency_id=slot.agency_id,
        change=change,
    )
