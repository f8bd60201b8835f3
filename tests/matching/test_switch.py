"""Readers during the switch see the old generation or the new one, never a mix."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from asn.models import Employee
from core.errors import Busy
from matching import selectors, services
from matching.models import EmployeeList, Generation, SlotList
from partners.models import Slot
from tests.matching.world import World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

Shown = tuple[tuple[str, int], ...]


def shown_to(person: Employee) -> Shown:
    rows = selectors.recommendations_for_employee(person)
    return tuple((str(row.slot_id), row.points) for row in rows)


def seen_meanwhile(look: Callable[[], Shown], change: Callable[[Callable[[], None]], None]) -> set[Shown]:
    """All that a reader on a connection of its own sees while something changes.

    ``change`` is given a function that waits until the reader has begun and ended one more look.
    """
    seen: set[Shown] = set()
    over, looks = threading.Event(), threading.Semaphore(0)

    def read() -> None:
        while not over.is_set():
            seen.add(look())
            looks.release()
        seen.add(look())
        connection.close()

    def let_look() -> None:
        while looks.acquire(blocking=False):  # those that began before now
            pass
        for _ in range(2):
            assert looks.acquire(timeout=30)

    reader = threading.Thread(target=read)
    reader.start()
    let_look()
    try:
        change(let_look)
    finally:
        over.set()
        reader.join()
    return seen


def closed_and_matched_again(world: World) -> None:
    """Other slots are open now, so that ordinals mean other slots in the next generation."""
    Slot.objects.filter(pk__in=[slot.pk for slot in world.slots[:3]]).update(description="Kurikulum guru.")
    world.add_slots(4)
    services.refresh_agency(agency_id=world.agency.pk)


def test_a_reader_sees_the_old_or_the_new_lists() -> None:
    world = make_world(1, people=30, slots=24)
    services.refresh_agency(agency_id=world.agency.pk)
    person = Employee.objects.select_related("agency", "unit", "position").get(pk=world.people[0].pk)
    old = shown_to(person)
    seen = seen_meanwhile(lambda: shown_to(person), lambda _: closed_and_matched_again(world))
    new = shown_to(person)
    assert old != new
    assert seen == {old, new}


def test_lists_that_are_replaced_in_place_are_seen_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the same reader, when the new lists go into the generation that is shown, one after the other."""
    world = make_world(1, people=30, slots=24)
    services.refresh_agency(agency_id=world.agency.pk)
    person = Employee.objects.select_related("agency", "unit", "position").get(pk=world.people[0].pk)
    old = shown_to(person)
    shown = Generation.objects.get()

    def in_place(let_look: Callable[[], None]) -> None:
        slots = {row.slot_id: row for row in SlotList.objects.filter(generation=shown)}
        SlotList.objects.filter(generation=shown).delete()
        let_look()
        for number, row in enumerate(sorted(slots.values(), key=lambda row: row.pk)):
            row.ordinal = number
            row.save(force_insert=True)
        row = EmployeeList.objects.get(generation=shown, employee=person)
        row.packed = bytes(row.packed)
        row.save(update_fields=("packed",))

    seen = seen_meanwhile(lambda: shown_to(person), in_place)
    assert len(seen) > 2 or seen - {old, shown_to(person)}


@pytest.mark.parametrize("patience", [5, 0])
def test_a_run_waits_for_whoever_fits_the_first_model(monkeypatch: pytest.MonkeyPatch, patience: int) -> None:
    monkeypatch.setattr("core.services.ATTEMPTS", 1)  # one wait for a lock: 3 s
    monkeypatch.setattr("matching.services.versions.PATIENCE", patience)
    world = make_world(1, people=3, slots=3)
    rival = connection.copy()
    with rival.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('matching:fit', 0))")
    fitted = threading.Timer(4, rival.connection.close)  # longer than one wait
    fitted.start()
    try:
        if patience:
            assert services.refresh_agency(agency_id=world.agency.pk).failure == ""
        else:  # the twin
            with pytest.raises(Busy):
                services.refresh_agency(agency_id=world.agency.pk)
    finally:
        fitted.join()
