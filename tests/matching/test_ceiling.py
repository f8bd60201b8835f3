"""One partner's first places under the agency's ceiling, through runs and the changes in between."""

from __future__ import annotations

import uuid
from collections import Counter

import pytest

from matching import datasets, selectors, services
from matching.models import EmployeeList, Generation, MatchRun, MatchState
from matching.packing import unpack_person
from matching.services.exposure import hold_ceiling
from matching.services.verifying import verify_lists
from partners.models import Slot
from tests.factories.partners import AgreementFactory
from tests.matching.world import World, make_world

pytestmark = pytest.mark.django_db
Entries = list[tuple[int, int]]


@pytest.fixture
def world() -> World:
    """A city with two partners, of which one has most of the slots."""
    found = make_world(3, people=40, slots=10)
    found.agreement = AgreementFactory(agency=found.agency)
    found.add_slots(4)
    return found


def match(world: World, ceiling: int) -> MatchRun:
    services.set_policy(actor=None, agency_id=world.agency.pk, first_place_ceiling=ceiling, basis="Rapat 1")
    return services.refresh_agency(agency_id=world.agency.pk)


def lists(world: World) -> dict[str, Entries]:
    generation = MatchState.objects.get(agency=world.agency).generation
    rows = EmployeeList.objects.filter(generation=generation).values_list("employee_id", "packed")
    return {str(person): unpack_person(packed, entry_bytes=generation.entry_bytes)[1] for person, packed in rows}


def heads(world: World) -> Counter[str]:
    best = (selectors.recommendations_for_employee(person, limit=1) for person in world.people)
    return Counter(str(found[0].slot.partner_id) for found in best if found)


def test_a_run_keeps_the_ceiling_and_everybody_their_slots(world: World) -> None:
    free = match(world, 100)
    before, most = lists(world), max(heads(world).values())
    assert free.report["first_places"]["moved"] == 0
    assert all(row == sorted(row, key=lambda entry: -entry[1]) for row in before.values())

    run = match(world, 55)
    told = run.report["first_places"]
    after = lists(world)
    assert {person: set(row) for person, row in after.items()} == {person: set(row) for person, row in before.items()}
    assert 0 < told["moved"] == sum(after[person] != before[person] for person in before)
    assert max(heads(world).values()) == told["partners"][0][1] == told["most"] < most
    assert told["above"] == 0
    assert sum(count for _, count in told["partners"]) == told["lists"]
    assert verify_lists(agency=world.agency).wrong == []


def test_holding_it_again_changes_nothing(world: World) -> None:
    told = match(world, 55).report["first_places"]
    generation = Generation.objects.get(pk=MatchState.objects.get(agency=world.agency).generation_id)
    catalogue = datasets.catalogue_of(generation.pk, generation.catalogue_sha256)
    before = lists(world)
    assert hold_ceiling(generation, catalogue.items, 55) == told
    assert lists(world) == before


def test_who_was_moved_up_stays_until_gone(world: World) -> None:
    match(world, 55)
    person, row = next((key, row) for key, row in lists(world).items() if row[0][1] < row[1][1])
    services.refresh_employee(employee_id=uuid.UUID(person))
    assert lists(world)[person] == row
    generation = MatchState.objects.get(agency=world.agency).generation
    ordinals = dict(generation.slot_lists.values_list("ordinal", "slot_id"))

    last = ordinals[row[-1][0]]
    Slot.objects.filter(pk=last).update(status="closed")
    services.refresh_slot(slot_id=last)
    left = lists(world)[person]
    assert left[:2] == row[:2]

    Slot.objects.filter(pk=ordinals[row[0][0]]).update(status="closed")
    services.refresh_slot(slot_id=ordinals[row[0][0]])
    left = lists(world)[person]
    assert left == sorted(left, key=lambda entry: -entry[1])


def test_a_run_reports_who_got_the_attention(world: World) -> None:
    report = match(world, 100).report
    assert report["people"] == 40
    assert 0 < report["shown"] <= 40
    assert set(report["by"]) == {"sex", "age", "unit", "place"}
    assert selectors.last_report(world.agency) is not None
    assert report["by"]["sex"]["groups"]
