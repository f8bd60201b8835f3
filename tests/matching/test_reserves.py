"""A slot whose last seats are kept for one unit is recommended to its people only."""

from __future__ import annotations

import pytest

from matching import datasets
from matching.selectors import cheapest_path, look_at_pair, recommendations_for_employee, recommendations_for_slot
from matching.services import refresh_agency, refresh_slot
from partners.models import Slot
from tests.factories.asn import UnitFactory
from tests.factories.partners import days
from tests.matching.world import lists, make_world

pytestmark = pytest.mark.django_db


def test_people_of_other_units_do_not_find_it_on_their_lists() -> None:
    world = make_world(7, people=30, slots=24)
    refresh_agency(agency_id=world.agency.pk)
    found = {person: [s.slot for s in recommendations_for_employee(person)] for person in world.people}
    person, slot = next((person, slots[0]) for person, slots in found.items() if slots)
    others = [p for p, slots in found.items() if slot in slots and p.unit_id != person.unit_id and p != person]
    Slot.objects.filter(pk=slot.pk).update(
        seats=1, filled_seats=0, reserved_seats=1, reserve_unit=person.unit_id, reserve_until=days(1)
    )
    Slot.objects.filter(pk=slot.pk, apply_by__lte=days(1)).update(reserve_until=days(0))
    slot = Slot.objects.get(pk=slot.pk)
    assert all(slot not in [s.slot for s in recommendations_for_employee(other)] for other in others), "at once"
    refresh_slot(slot_id=slot.pk)
    assert slot in [s.slot for s in recommendations_for_employee(person)]
    assert {s.employee.unit_id for s in recommendations_for_slot(slot)} == {person.unit_id}
    kept = lists(world.agency)
    refresh_agency(agency_id=world.agency.pk)
    assert lists(world.agency) == kept, "patched lists are those of a fresh run"


def test_the_reason_names_the_unit_and_the_day_and_no_change_is_promised() -> None:
    world = make_world(7, people=4, slots=4)
    refresh_agency(agency_id=world.agency.pk)
    person = world.people[0]
    slot = Slot.objects.filter(agency=world.agency).open(world.agency.today()).first()
    assert slot is not None
    unit = UnitFactory(agency=world.agency)
    slot.reserved_seats, slot.reserve_unit, slot.reserve_until = slot.seats, unit, days(0)
    slot.save()
    reason = next(r for r in look_at_pair(person, slot).hindrances if r.code == "seats_reserved")
    assert reason.params == {"unit": unit.name, "until": days(0).isoformat()}
    assert cheapest_path(person, slot) is None
    (candidate,) = datasets.candidates(world.agency, today=world.agency.today(), only=[person.pk])
    assert str(slot.pk) in candidate.excluded
    assert "unit" not in datasets._CANDIDATE_FIELDS
