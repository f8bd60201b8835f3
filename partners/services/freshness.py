"""Whether an offer still stands: the partner confirms it, is reminded, and what nobody confirms is paused by itself.

The days are the agency's: the question comes ``reminder_days`` after the last confirmation, the pause as long after the
question as ``pause_days`` is more, so that nothing is paused unasked. A confirmation opens a slot again that only its age has
paused; what the partner has paused stays so. Whoever opens a slot again confirms it by that.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.utils import timezone

from accounts.models import User
from asn.models import Agency
from core import audit, outbox
from core.errors import Conflict, require
from core.rows import lock
from core.services import service
from core.states import advance
from partners import events
from partners.models import Slot
from partners.permissions import can_act_for, visible_slots
from partners.services.seats import announce_change
from partners.services.slots import reopen
from partners.states import PauseCause, SlotStatus


@service
def confirm_slot(*, actor: User | None, slot_id: uuid.UUID, now: datetime | None = None) -> Slot:
    """The partner says that the offer still stands.

    Raises Conflict(``not_in_this_state``); for a slot that its age has paused also what keeps it from opening again
    (``apply_by_past`` on apply_by, ``agreement_not_in_force`` on agreement_id).
    """
    slot = lock(visible_slots(actor).select_related("agency", "agreement"), slot_id)
    require(can_act_for(actor, slot.partner_id))
    if slot.status not in (SlotStatus.PUBLISHED, SlotStatus.PAUSED, SlotStatus.FULL):
        raise Conflict("not_in_this_state", about=slot, status=slot.get_status_display(), action="confirm")
    slot.confirmed_at, slot.reminded_at = now or timezone.now(), None
    was_stale = slot.pause_cause == PauseCause.STALE
    if was_stale:
        reopen(slot, now)
    slot.save()
    audit.record(
        actor=actor,
        action="partners.confirm_slot",
        obj=slot,
        after={"confirmed_at": slot.confirmed_at, "status": slot.status},
    )
    if was_stale:
        announce_change(slot, "resumed")
    return slot


def tend_freshness(*, now: datetime | None = None) -> tuple[int, int]:
    """Ask partners whether offers still stand, once a confirmation, and pause what nobody has confirmed for too long.

    Returns how many were asked and how many were paused now. Running it again asks and pauses nothing twice.
    """
    at = now or timezone.now()
    asked = paused = 0
    for agency in Agency.objects.all():
        open_ones = Slot.objects.filter(agency=agency, status=SlotStatus.PUBLISHED)
        silent = open_ones.filter(reminded_at__lte=at - agency.answer_within)
        old = open_ones.filter(reminded_at=None, confirmed_at__lte=at - agency.remind_after)
        for slot_id in list(silent.values_list("pk", flat=True)):
            paused += _pause_stale(slot_id=slot_id, now=at)
        for slot_id in list(old.values_list("pk", flat=True)):
            asked += _ask(slot_id=slot_id, now=at)
    return asked, paused


@service
def _ask(*, slot_id: uuid.UUID, now: datetime) -> bool:
    slot = lock(Slot.objects.select_related("agency"), slot_id)
    old = slot.confirmed_at <= now - slot.agency.remind_after
    if slot.status != SlotStatus.PUBLISHED or slot.reminded_at is not None or not old:
        return False  # confirmed, paused or asked while we waited for the row
    slot.reminded_at = now
    slot.save(update_fields=("reminded_at", "updated_at"))
    outbox.announce(
        events.SLOT_STALE,
        key=f"{slot.pk}:{slot.confirmed_at.isoformat()}",
        slot_id=slot.pk,
        agency_id=slot.agency_id,
        confirmed_at=slot.confirmed_at.isoformat(),
    )
    return True


@service
def _pause_stale(*, slot_id: uuid.UUID, now: datetime) -> bool:
    slot = lock(Slot.objects.select_related("agency"), slot_id)
    asked = slot.reminded_at is not None and slot.reminded_at <= now - slot.agency.answer_within
    if slot.status != SlotStatus.PUBLISHED or not asked:
        return False  # confirmed or paused while we waited for the row
    advance(slot, "pause")
    slot.pause_cause = PauseCause.STALE
    slot.save(update_fields=("status", "pause_cause", "updated_at"))
    audit.record(
        actor=None,
        action="partners.pause_slot",
        obj=slot,
        before={"status": SlotStatus.PUBLISHED},
        after={"status": slot.status, "cause": slot.pause_cause, "confirmed_at": slot.confirmed_at},
    )
    announce_change(slot, "stale")
    return True
