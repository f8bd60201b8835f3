"""Seats that come free go to those who wait, in order: each is held for the first who may take it, until that person
answers or the deadline has passed.

Nobody is decided upon here: HR approved each for the next free seat when it put the person on the list
(docs/adr/0010-waitlist.md). Offers of one slot are made one after the other, under the slot's lock, which is taken
before that of the waiting application. That is safe against deadlocks because nobody who has locked an application that
waits asks for its slot.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from core import audit
from core.outbox import announce
from core.services import service
from core.states import advance
from partners import services as partners
from partners.models import Slot
from partners.services.seats import SEATED
from placements import events
from placements.eligibility import obstacle
from placements.models import Application, ApplicationQuerySet
from placements.services.common import deadline, facts, moment
from placements.states import ApplicationStatus


@dataclass(frozen=True, slots=True)
class Room:
    """Seats of a slot that nobody has, nobody is asked about, and no approval to the partner speaks for."""

    slot: Slot
    free: int
    kept: int  # of these, for people of the reserve's unit

    @classmethod
    def of(cls, slot: Slot, today: date) -> Room:
        approved = list(
            Application.objects.filter(slot=slot, status=ApplicationStatus.APPROVED, holds_seat=False).values_list(
                "employee__unit_id", flat=True
            )
        )
        kept = slot.reserve_left(today)
        if kept:
            kept = max(kept - sum(slot.is_kept_for(unit_id) for unit_id in approved), 0)
        return cls(slot, slot.seats_left - len(approved), kept)

    def is_for(self, unit_id: uuid.UUID) -> bool:
        """Whether one of them is for a person of this unit."""
        return self.free > self.kept or (self.free > 0 and self.slot.is_kept_for(unit_id))


def free_held_seat(application: Application) -> None:
    """Let go of the seat that a locked application holds, if any; it is the caller's to save."""
    if application.holds_seat:
        partners.free_held_seat(slot_id=application.slot_id, uses_reserve=application.uses_reserve)
        application.holds_seat = application.uses_reserve = False


def offer_free_seats(*, slot_id: uuid.UUID, now: datetime | None = None) -> int:
    """Hold every free seat of a slot for whoever waits for it, one after the other; returns how many.

    Inside a service all in its transaction: a seat that is given up is the next person's at once. Otherwise each in one
    of its own.
    """
    offered = 0
    while waiting(slot_id).exists() and _offer_next(slot_id=slot_id, now=now):
        offered += 1
    return offered


def lock_slot(slot_id: uuid.UUID) -> Slot:
    """A slot, with what its rules need; no seat is offered meanwhile."""
    rows = Slot.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("agency", "agreement").get(pk=slot_id)


@service
def _offer_next(*, slot_id: uuid.UUID, now: datetime | None) -> bool:
    slot = lock_slot(slot_id)
    today = slot.agency.today(now)
    if slot.status not in SEATED or slot.starts_on < today:
        return False
    room = Room.of(slot, today)
    for pk, unit_id in list(waiting(slot_id).values_list("pk", "employee__unit_id")):
        if room.is_for(unit_id) and _offer(pk, slot, now):
            return True
    return False


def _offer(application_id: uuid.UUID, slot: Slot, now: datetime | None) -> bool:
    """Offer a seat to one who waits, unless the person has left the list, or a hard rule stands between for now."""
    row = (
        Application.objects.select_for_update(of=("self",), no_key=True)
        .select_related("agency", "employee__agency")
        .filter(pk=application_id, status=ApplicationStatus.WAITLISTED)
        .first()
    )
    if row is None or obstacle(row, slot) is not None:
        return False
    partners.hold_seat(slot_id=slot.pk, unit_id=row.employee.unit_id, now=now)
    before = facts(row, "status", "waitlist_position")
    advance(row, "offer")
    row.waitlist_position = None
    row.holds_seat, row.uses_reserve = True, slot.is_kept_for(row.employee.unit_id)
    row.offered_at = moment(now)
    left = (slot.starts_on - row.agency.today(now)).days
    row.due_at = deadline(row.agency, min(row.agency.offer_days, left), now)
    row.save()
    audit.record(actor=None, action="application.offered", obj=row, before=before, after=facts(row, "status", "due_at"))
    announce(events.APPLICATION_OFFERED, key=f"{row.pk}:{row.attempt}", application_id=row.pk)
    return True


def waiting(slot_id: uuid.UUID) -> ApplicationQuerySet:
    """Who waits for a seat of a slot, in order."""
    return Application.objects.filter(slot=slot_id, status=ApplicationStatus.WAITLISTED).order_by("waitlist_position")


def offer_all_free_seats(*, now: datetime | None = None) -> int:
    """Offer the seats that no doorbell announced: every slot that somebody waits for. Returns how many."""
    slots = (
        Application.objects.filter(status=ApplicationStatus.WAITLISTED).order_by("slot").values_list("slot", flat=True)
    )
    return sum(offer_free_seats(slot_id=slot_id, now=now) for slot_id in list(slots.distinct()))
