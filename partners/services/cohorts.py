"""The smallest group a slot begins with: told when it is not reached, waived by the partner with a reason."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from asn.models import by_own_date
from core import audit, outbox
from core.errors import Conflict, require
from core.rows import lock
from core.services import service
from core.text import clean_text
from partners import events
from partners.models import Slot
from partners.permissions import can_waive_cohort, visible_slots
from partners.states import SlotStatus

OFFERED = (SlotStatus.PUBLISHED, SlotStatus.PAUSED, SlotStatus.FULL, SlotStatus.CLOSED)


@service
def waive_cohort(*, actor: User, slot_id: uuid.UUID, reason: str, now: datetime | None = None) -> Slot:
    """The partner begins with fewer than the smallest group, and says why.

    Raises Invalid(``text_missing`` on reason), Conflict(``cohort_reached`` | ``already_waived`` | ``slot_not_offered``).
    """
    slot = lock(visible_slots(actor), slot_id)
    require(can_waive_cohort(actor, slot), "only_partner_waives")
    if slot.status not in OFFERED:
        raise Conflict("slot_not_offered", about=slot)
    if slot.filled_seats >= slot.minimum_cohort:
        raise Conflict("cohort_reached", filled=slot.filled_seats, needed=slot.minimum_cohort)
    if slot.cohort_waived_at is not None:
        raise Conflict("already_waived", about=slot)
    slot.cohort_waiver = clean_text(reason, field="reason", limit=500)
    slot.cohort_waived_by, slot.cohort_waived_at = actor, now or timezone.now()
    slot.save()
    audit.record(
        actor=actor,
        action="partners.waive_cohort",
        obj=slot,
        after={"filled": slot.filled_seats, "needed": slot.minimum_cohort, "reason": slot.cohort_waiver},
    )
    return slot


def tell_short_cohorts(*, now: datetime | None = None) -> int:
    """Announce, once a slot, that applications have ended below the smallest group. Returns how many are short now."""
    short = list(
        Slot.objects.filter(
            by_own_date(lambda day: Q(apply_by__lt=day, ends_on__gte=day), now=now),
            status__in=OFFERED,
            minimum_cohort__gt=1,
            filled_seats__lt=F("minimum_cohort"),
            cohort_waived_at=None,
        )
    )
    for slot in short:
        _tell(slot)
    return len(short)


@service
def _tell(slot: Slot) -> None:
    outbox.announce(events.COHORT_SHORT, key=slot.pk, slot_id=slot.pk, agency_id=slot.agency_id)
