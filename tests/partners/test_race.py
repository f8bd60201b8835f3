"""Seats under rivals, on a real PostgreSQL, and the twin that shows what the guard is for."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from core.errors import Conflict
from partners.models import Slot
from partners.services import free_seat, take_seat
from partners.states import SlotStatus
from tests.factories.partners import SlotFactory

pytestmark = pytest.mark.django_db(transaction=True)
RIVALS, SEATS, AT_ONCE = 200, 10, 20


def race(attempt: Callable[[int], str]) -> Counter[str]:
    """Let 200 rivals try, twenty at a time, all starting together; count what each did or was told."""
    gate = threading.Barrier(AT_ONCE)

    def rival(number: int) -> str:
        if number < AT_ONCE:
            gate.wait(timeout=30)
        try:
            with transaction.atomic():
                return attempt(number)
        except Conflict as refusal:
            return refusal.code
        except IntegrityError as refusal:
            return "check" if "slot_never_oversold" in str(refusal) else str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return Counter(pool.map(rival, range(RIVALS)))


def take(slot_id: UUID) -> str:
    take_seat(slot_id=slot_id)
    return "seated"


def give_back(slot_id: UUID) -> str:
    free_seat(slot_id=slot_id)
    return "freed"


def test_two_hundred_rivals_ten_seats() -> None:
    slot = SlotFactory(seats=SEATS)
    assert race(lambda _: take(slot.pk)) == {"seated": SEATS, "slot_full": RIVALS - SEATS}
    after = Slot.objects.get(pk=slot.pk)
    assert (after.filled_seats, after.status) == (SEATS, SlotStatus.FULL)


def test_taking_and_giving_back_at_once_loses_no_seat() -> None:
    slot = SlotFactory(seats=SEATS)
    told = race(lambda number: give_back(slot.pk) if number % 3 == 2 else take(slot.pk))
    after = Slot.objects.get(pk=slot.pk)
    assert set(told) <= {"seated", "freed", "slot_full", "no_seat_taken"}
    assert after.filled_seats == told["seated"] - told["freed"]
    assert after.status == (SlotStatus.FULL if after.filled_seats == SEATS else SlotStatus.PUBLISHED)


def careless(table: str, slot_id: UUID) -> str:
    """The same without its guard: look first, write later."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT filled_seats < seats FROM {table} WHERE id = %s", [slot_id])
        free = cursor.fetchone()[0]
        time.sleep(0.02)
        if not free:
            raise Conflict("slot_full")
        cursor.execute(f"UPDATE {table} SET filled_seats = filled_seats + 1 WHERE id = %s", [slot_id])
    return "seated"


def test_twin_without_the_guard_is_stopped_by_the_check_only() -> None:
    slot = SlotFactory(seats=SEATS)
    told = race(lambda _: careless("partners_slot", slot.pk))
    assert told["seated"] == SEATS
    assert told["check"] > 0


def test_twin_without_guard_and_check_oversells() -> None:
    slot = SlotFactory(seats=SEATS)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE careless_slot AS SELECT id, seats, filled_seats FROM partners_slot")
    try:
        told = race(lambda _: careless("careless_slot", slot.pk))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE careless_slot")
    assert told["seated"] > SEATS
