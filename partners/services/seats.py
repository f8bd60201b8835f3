"""The one door to a slot's seat counters.

A count changes only by an UPDATE that carries its own condition, inside the caller's transaction; rivals
queue at the row, and whoever finds the condition false is told that the slot is full, or that what is left is kept
for people of one unit.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import Case, F, Q, Value, When

from core import audit, outbox
from core.errors import Conflict
from core.services import service
from core.states import advance
from partners import events
from partners.models import Slot, units_above
from partners.states import SlotStatus

# A closed or paused slot takes no new applications; those already in may still be accepted.
SEATED = (SlotStatus.PUBLISHED, SlotStatus.PAUSED, SlotStatus.CLOSED)


@service
def take_seat(*, slot_id: uuid.UUID, unit_id: uuid.UUID | None = None, now: datetime | None = None) -> Slot:
    """Take one seat for a person of a unit; the last one marks the slot full.

    Raises Conflict(``slot_full`` | ``slot_reserved`` | ``slot_not_offered``).
    """
    return _occupy(slot_id, unit_id, "filled_seats", now)


@service
def hold_seat(*, slot_id: uuid.UUID, unit_id: uuid.UUID, now: datetime | None = None) -> Slot:
    """Keep one seat for a person who is asked first: as taken for everybody else. Raises as ``take_seat`` does."""
    return _occupy(slot_id, unit_id, "held_seats", now)


@service
def take_held_seat(*, slot_id: uuid.UUID) -> Slot:
    """Whoever a seat was held for takes it."""
    taken = Slot.objects.filter(pk=slot_id, held_seats__gt=0)
    if not taken.update(held_seats=F("held_seats") - 1, filled_seats=F("filled_seats") + 1):
        raise Conflict("no_seat_taken")
    return Slot.objects.get(pk=slot_id)


@service
def free_seat(*, slot_id: uuid.UUID, uses_reserve: bool = False) -> Slot:
    """Give one seat back; a slot that was full is open again."""
    return _release(slot_id, "filled_seats", uses_reserve)


@service
def free_held_seat(*, slot_id: uuid.UUID, uses_reserve: bool = False) -> Slot:
    """Hold a seat no longer; a slot that was full is open again."""
    return _release(slot_id, "held_seats", uses_reserve)


def _occupy(slot_id: uuid.UUID, unit_id: uuid.UUID | None, counter: str, now: datetime | None) -> Slot:
    before = Slot.objects.select_related("agency", "reserve_unit").get(pk=slot_id)
    today = before.agency.today(now)
    kept_for = Case(When(Q(reserve_unit__in=units_above(unit_id)), then=Value(1)), default=Value(0))
    free = Slot.objects.filter(pk=slot_id, status__in=SEATED).with_seat_for(unit_id, today)
    taken = free.update(**{counter: F(counter) + 1, "reserve_used": F("reserve_used") + kept_for})
    slot = Slot.objects.get(pk=slot_id)
    if not taken:
        # the status decides, not the count: a seat may have come free since the update found none
        if slot.status not in (*SEATED, SlotStatus.FULL):
            raise Conflict("slot_not_offered")
        if slot.status != SlotStatus.FULL and slot.reserve_left(today):
            raise reserved(before)
        raise Conflict("slot_full")
    if not slot.seats_left and slot.status == SlotStatus.PUBLISHED:
        advance(slot, "fill")
        _save_status(slot, "full")
    elif slot.seats_left and slot.seats_left == slot.reserve_left(today):
        _announce_reserve(slot)
    return slot


def reserved(slot: Slot) -> Conflict:
    """The refusal of a person from elsewhere where only reserved seats are left."""
    return Conflict(
        "slot_reserved",
        slot_id=str(slot.pk),
        seats=slot.reserved_seats,
        unit=slot.reserve_unit.name if slot.reserve_unit else "",
        until=slot.reserve_until,
    )


def _release(slot_id: uuid.UUID, counter: str, uses_reserve: bool) -> Slot:
    taken = Slot.objects.filter(pk=slot_id, **{f"{counter}__gt": 0})
    freed = taken.update(**{counter: F(counter) - 1, "reserve_used": F("reserve_used") - int(uses_reserve)})
    slot = Slot.objects.get(pk=slot_id)
    if not freed:
        raise Conflict("no_seat_taken")
    if slot.status == SlotStatus.FULL:
        advance(slot, "reopen")
        _save_status(slot, "reopened")
    elif slot.reserved_seats:
        _announce_reserve(slot)
    return slot


def _save_status(slot: Slot, change: str) -> None:
    slot.save(update_fields=("status", "updated_at"))
    audit.record(actor=None, action=f"partners.slot_{change}", obj=slot, after={"status": slot.status})
    announce_change(slot, change)


def _announce_reserve(slot: Slot) -> None:
    """Others see no seat here now, or see one again: each time anew, for the row itself is not saved."""
    outbox.announce(
        events.SLOT_CHANGED,
        key=f"{slot.pk}:reserve:{uuid.uuid4()}",
        slot_id=slot.pk,
        agency_id=slot.agency_id,
        change="reserve",
    )


def announce_change(slot: Slot, change: str) -> None:
    """Tell higher rooms that the offer is no longer what it was. ``updated_at`` tells one change from the next."""
    outbox.announce(
        events.SLOT_CHANGED,
        key=f"{slot.pk}:{change}:{slot.updated_at.isoformat()}",
        slot_id=slot.pk,
        agency_id=slot.agency_id,
        change=change,
        at=slot.updated_at.isoformat(),
    )
