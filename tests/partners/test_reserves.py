"""Seats kept for people of one unit until a day: who may take which, by every door."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from asn.models import Unit
from core import outbox
from core.errors import Conflict, Invalid, NotAllowed
from core.models import OutboxEvent
from partners import services, tasks
from partners.models import Slot
from placements import services as placements
from placements.models import Application
from placements.tasks import tend_waitlists
from tests.api import ask, told
from tests.assertions import violates
from tests.factories.asn import UnitFactory
from tests.factories.partners import SlotFactory, days
from tests.factories.placements import Road, fill, make_road

pytestmark = pytest.mark.django_db


def reserved(seats: int = 2, kept: int = 1, *, until: int = 10, **slot: Any) -> tuple[Slot, Unit, Unit]:
    """A slot that keeps seats for a unit; that unit, and another."""
    row = SlotFactory(seats=seats, **slot)
    unit, other = UnitFactory(agency=row.agency), UnitFactory(agency=row.agency)
    Slot.objects.filter(pk=row.pk).update(reserved_seats=kept, reserve_unit=unit, reserve_until=days(until))
    return Slot.objects.get(pk=row.pk), unit, other


def test_others_take_what_is_not_kept_and_the_unit_takes_any() -> None:
    slot, unit, other = reserved(seats=3, kept=1)
    services.take_seat(slot_id=slot.pk, unit_id=other.pk)
    services.take_seat(slot_id=slot.pk, unit_id=other.pk)
    with pytest.raises(Conflict, match="slot_reserved") as refusal:
        services.take_seat(slot_id=slot.pk, unit_id=other.pk)
    assert refusal.value.params["unit"] == unit.name
    assert refusal.value.params["until"] == days(10)
    assert services.take_seat(slot_id=slot.pk, unit_id=unit.pk).status == "full"
    with pytest.raises(Conflict, match="slot_full"):
        services.take_seat(slot_id=slot.pk, unit_id=other.pk)


def test_seats_of_the_unit_use_the_reserve_up() -> None:
    slot, unit, other = reserved(seats=3, kept=1)
    services.take_seat(slot_id=slot.pk, unit_id=unit.pk)
    services.hold_seat(slot_id=slot.pk, unit_id=other.pk)
    services.take_seat(slot_id=slot.pk, unit_id=other.pk)
    after = Slot.objects.get(pk=slot.pk)
    assert (after.filled_seats, after.held_seats, after.reserve_used, after.seats_left) == (2, 1, 1, 0)
    services.free_seat(slot_id=slot.pk, uses_reserve=True)
    with pytest.raises(Conflict, match="slot_reserved"):
        services.take_seat(slot_id=slot.pk, unit_id=other.pk)


def test_after_its_last_day_the_seats_are_everybodys_without_a_write() -> None:
    slot, _unit, other = reserved(seats=1, kept=1, until=0)
    today = slot.agency.today()
    assert (slot.seats_for(other.pk, today), slot.seats_for(other.pk, today + timedelta(days=1))) == (0, 1)
    assert not Slot.objects.open(today, other.pk).exists()
    assert Slot.objects.open(today + timedelta(days=1), other.pk).exists()
    with pytest.raises(Conflict, match="slot_reserved"):
        services.take_seat(slot_id=slot.pk, unit_id=other.pk)
    assert (
        services.take_seat(slot_id=slot.pk, unit_id=other.pk, now=timezone.now() + timedelta(days=1)).filled_seats == 1
    )


def test_divisions_of_the_unit_are_meant_too() -> None:
    slot, unit, _other = reserved(seats=1, kept=1)
    division = UnitFactory(agency=slot.agency, parent=unit)
    section = UnitFactory(agency=slot.agency, parent=division)
    leaf_elsewhere = UnitFactory(agency=slot.agency)
    today = slot.agency.today()
    assert [slot.seats_for(u.pk, today) for u in (unit, division, section, leaf_elsewhere)] == [1, 1, 1, 0]
    assert Slot.objects.open(today, section.pk).exists()
    with pytest.raises(Conflict, match="slot_reserved"):
        services.take_seat(slot_id=slot.pk)
    assert services.take_seat(slot_id=slot.pk, unit_id=section.pk).reserve_used == 1


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"reserved_seats": 3}, "slot_reserve_within_seats"),
        ({"reserve_until": None}, "slot_reserve_whole"),
        ({"reserved_seats": 0}, "slot_reserve_whole"),
        ({"reserve_until": days(20)}, "slot_reserve_ends_in_time"),
        ({"reserve_used": 1}, "slot_reserve_used_seats"),
        ({"held_seats": 3}, "slot_never_oversold"),
    ],
)
def test_the_database_refuses_nonsense(change: dict[str, Any], constraint: str) -> None:
    slot, *_ = reserved()
    with violates(constraint):
        Slot.objects.filter(pk=slot.pk).update(**change)


@settings(max_examples=25, deadline=None)
@given(
    seats=st.integers(1, 5),
    kept=st.integers(1, 5),
    steps=st.lists(st.sampled_from(["take", "take_other", "hold", "hold_other", "free", "free_other"]), max_size=14),
)
def test_whatever_happens_nobody_from_elsewhere_has_a_seat_that_is_kept(
    seats: int, kept: int, steps: list[str]
) -> None:
    kept = min(kept, seats)
    slot, unit, other = reserved(seats=seats, kept=kept)
    people = {False: 0, True: 0}  # how many seats are of people from elsewhere, and of the unit's
    for step in steps:
        is_ours = not step.endswith("_other")
        if step.startswith("free"):
            if people[is_ours]:
                free = services.free_seat if Slot.objects.get(pk=slot.pk).filled_seats else services.free_held_seat
                free(slot_id=slot.pk, uses_reserve=is_ours)
                people[is_ours] -= 1
            continue
        occupy = services.take_seat if step.startswith("take") else services.hold_seat
        with suppress(Conflict):
            occupy(slot_id=slot.pk, unit_id=(unit if is_ours else other).pk)
            people[is_ours] += 1
    row = Slot.objects.get(pk=slot.pk)
    assert row.filled_seats + row.held_seats == sum(people.values()) <= seats
    assert row.reserve_used == people[True]
    assert people[False] <= seats - kept
    assert (row.status == "full") == (row.seats_left == 0)


# Through the services, the API and the waitlist ------------------------------------------------


def road_with_reserve(**slot: Any) -> tuple[Road, Road]:
    """(somebody of the unit, somebody from elsewhere) before one slot whose only seat is kept."""
    road = make_road(seats=1, **slot)
    Slot.objects.filter(pk=road.slot.pk).update(
        reserved_seats=1, reserve_unit=road.employee.unit_id, reserve_until=days(10)
    )
    road.slot = Slot.objects.get(pk=road.slot.pk)
    return road, road.beside()


def test_who_comes_from_elsewhere_is_told_of_the_reserve_and_its_end() -> None:
    road, elsewhere = road_with_reserve()
    with pytest.raises(Conflict, match="slot_reserved"):
        elsewhere.apply()
    road.accept()
    assert Application.objects.get(pk=road.application.pk).uses_reserve
    assert Slot.objects.get(pk=road.slot.pk).reserve_used == 1
    placements.end_placement_early(actor=road.hr, placement_id=road.placement.pk, reason="health")
    assert Slot.objects.get(pk=road.slot.pk).reserve_used == 0


def test_approval_asks_again() -> None:
    road, elsewhere = road_with_reserve()
    Slot.objects.filter(pk=road.slot.pk).update(reserved_seats=0, reserve_unit=None, reserve_until=None)
    elsewhere.clear()
    Slot.objects.filter(pk=road.slot.pk).update(
        reserved_seats=1, reserve_unit=road.employee.unit_id, reserve_until=days(10)
    )
    with pytest.raises(Conflict, match="slot_reserved"):
        placements.approve_application(actor=road.hr, application_id=elsewhere.application.pk)


def test_the_waitlist_passes_over_whom_the_reserve_keeps_out_until_it_ends() -> None:
    road = make_road(seats=1)
    first, second = road.beside(), road.beside(unit=road.employee.unit)
    rows = [first.clear(), second.clear()]
    fill(road.slot)
    for row in rows:
        placements.waitlist_application(actor=road.hr, application_id=row.pk)
    Slot.objects.filter(pk=road.slot.pk).update(
        seats=3,
        filled_seats=1,
        status="published",
        reserved_seats=2,
        reserve_unit=road.employee.unit_id,
        reserve_until=days(5),
    )
    assert tend_waitlists() == 1
    assert [Application.objects.get(pk=row.pk).status for row in rows] == ["waitlisted", "offered"]
    assert Application.objects.get(pk=rows[1].pk).uses_reserve
    assert placements.offer_all_free_seats(now=timezone.now() + timedelta(days=6)) == 1
    assert Application.objects.get(pk=rows[0].pk).status == "offered"


def test_the_end_of_a_reserve_is_told_once_and_wakes_the_others() -> None:
    slot, *_ = reserved(until=-1)
    assert tasks.tell_ended_reserves() == 1
    assert tasks.tell_ended_reserves() == 1
    events = OutboxEvent.objects.filter(name="partners.slot_changed", payload__change="reserve_ended")
    assert events.count() == 1
    assert {"matching.tasks.refresh_slot", "placements.tasks.slot_changed"} <= {
        delivery.handler for delivery in events.get().deliveries.all()
    }
    outbox.drain()
    reserved(until=0)
    assert tasks.tell_ended_reserves() == 1, "the day itself still belongs to the unit"
    assert Slot.objects.get(pk=slot.pk).reserved_seats == 1


def test_hr_sets_the_reserve_while_the_slot_is_under_review() -> None:
    road = make_road(submitted=True)
    path, unit = f"slots/{road.slot.pk}/reserve", str(road.employee.unit_id)
    body = {"seats": 1, "unit_id": unit, "until": days(10).isoformat()}
    kept = told(ask(road.hr, "PUT", path, body))
    assert (kept["reserved_seats"], kept["reserve_unit_id"], kept["reserve_until"]) == (1, unit, body["until"])
    for change, code in (
        ({"unit_id": None}, "reserve_incomplete"),
        ({"seats": 3}, "reserve_above_seats"),
        ({"until": days(20).isoformat()}, "reserve_too_long"),
        ({"unit_id": str(UnitFactory().pk)}, "unknown_unit"),
    ):
        assert told(ask(road.hr, "PUT", path, body | change), 422)["code"] == code
    assert told(ask(road.member, "PUT", path, body), 403)
    with pytest.raises(NotAllowed):
        services.set_reserve(actor=road.member, slot_id=road.slot.pk, seats=0)
    assert told(ask(road.hr, "PUT", path, {"seats": 0}))["reserve_unit_id"] is None
    Slot.objects.filter(pk=road.slot.pk).update(status="returned", return_reason="other")
    assert told(ask(road.hr, "PUT", path, body), 409)["code"] == "slot_not_editable"


def test_a_copy_for_the_same_city_keeps_the_reserve() -> None:
    slot, unit, _ = reserved()
    assert services.clone_slot(actor=None, slot_id=slot.pk).reserve_unit_id == unit.pk
    with pytest.raises(Invalid, match="reserve_incomplete"):
        services.update_slot(
            actor=None,
            slot_id=SlotFactory(draft=True, agreement=slot.agreement).pk,
            data=replace(services.slot_data(slot), reserve_until=None),
        )
