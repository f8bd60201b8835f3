from __future__ import annotations

import pytest

from core.errors import Conflict
from core.models import AuditEvent, OutboxEvent
from partners.models import Slot
from partners.services import free_seat, take_seat
from partners.states import SlotStatus
from tests.factories.partners import SlotFactory

pytestmark = pytest.mark.django_db


def test_the_last_seat_marks_the_slot_full_and_a_freed_one_reopens_it() -> None:
    slot = SlotFactory(seats=2)
    take_seat(slot_id=slot.pk)
    assert Slot.objects.get(pk=slot.pk).status == SlotStatus.PUBLISHED
    assert take_seat(slot_id=slot.pk).status == SlotStatus.FULL
    with pytest.raises(Conflict, match="slot_full"):
        take_seat(slot_id=slot.pk)
    assert free_seat(slot_id=slot.pk).status == SlotStatus.PUBLISHED
    changes = OutboxEvent.objects.filter(name="partners.slot_changed").order_by("pk")
    assert [event.payload["change"] for event in changes] == ["full", "reopened"]
    assert AuditEvent.objects.count() == 2


@pytest.mark.parametrize("situation", ["draft", "submitted", "returned", "cancelled"])
def test_a_slot_not_on_offer_gives_no_seat(situation: str) -> None:
    slot = SlotFactory(**{situation: True})
    with pytest.raises(Conflict, match="slot_not_offered"):
        take_seat(slot_id=slot.pk)
    assert Slot.objects.get(pk=slot.pk).filled_seats == 0


@pytest.mark.parametrize("situation", ["paused", "closed"])
def test_those_already_in_may_still_be_seated(situation: str) -> None:
    slot = SlotFactory(**{situation: True}, seats=1)
    assert (take_seat(slot_id=slot.pk).filled_seats, Slot.objects.get(pk=slot.pk).status) == (1, situation)


def test_no_seat_is_freed_twice() -> None:
    slot = SlotFactory()
    with pytest.raises(Conflict, match="no_seat_taken"):
        free_seat(slot_id=slot.pk)
