"""A changed person or slot: the stored lists stay what a fresh computation would give."""

from __future__ import annotations

import random
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest

from asn.models import Agency, Employee
from asn.services import EmployeeRow, PriorityRow, create_employee, import_priorities, set_interests
from asn.states import EmployeeStatus
from core import outbox
from core.models import OutboxDelivery, OutboxEvent
from matching import selectors, services, tasks
from matching.models import (
    EmployeeAvailability,
    EmployeeList,
    MatchRun,
    MatchState,
    ModelVersion,
    SlotList,
)
from matching.services.changes import patched, placed
from partners.models import Slot, SlotOutcome
from tests.factories.accounts import UserFactory
from tests.factories.asn import EmployeeFactory
from tests.factories.partners import SlotFactory
from tests.matching.world import World, is_stored, lists, make_world


class Alphabet:
    """Slots of a patched list, in the order of their ids."""

    @staticmethod
    def order(entry: tuple[int, int]) -> tuple[int, int]:
        return -entry[1], entry[0]


@pytest.mark.parametrize("seed", range(10))
def test_a_patched_list_is_right_or_unsure(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        before = [(slot, chance.randint(1, 9)) for slot in chance.sample(range(16), chance.randint(0, 12))]
        changed, points, k = chance.randrange(16), chance.randint(0, 9), chance.randint(1, 6)
        now = (changed, points) if points else None
        after = [entry for entry in before if entry[0] != changed] + ([now] if now else [])
        best = patched(sorted(before, key=Alphabet.order)[:k], changed, now, k, Alphabet)
        if best is not None:
            assert best == sorted(after, key=Alphabet.order)[:k]
        else:
            assert len(before) >= k


@pytest.mark.parametrize("seed", range(10))
def test_what_is_left_of_a_slots_list_is_the_best_of_all(seed: int) -> None:
    chance = random.Random(seed)
    people = [uuid.UUID(int=n) for n in range(1, 13)]

    def best(points: dict[uuid.UUID, int]) -> list[tuple[uuid.UUID, int]]:
        return sorted(points.items(), key=lambda place: (-place[1], place[0]))

    for _ in range(100):
        everyone = {person: chance.randint(1, 9) for person in chance.sample(people, chance.randint(0, 12))}
        depth = chance.randint(1, 6)
        known, is_cut = best(everyone)[:depth], len(everyone) > depth
        for _ in range(12):
            person, points = chance.choice(people), chance.randint(0, 9)
            everyone.pop(person, None)
            if points:
                everyone[person] = points
            known, is_cut = placed(known, person, points, is_cut=is_cut, depth=depth)
            assert known == best(everyone)[: len(known)]
            assert is_cut or len(known) == len(everyone)


def everything_stored() -> list[object]:
    people = EmployeeList.objects.order_by("pk").values_list("generation", "employee", "packed")
    slots = SlotList.objects.order_by("pk").values_list("pk", "generation", "slot", "ordinal", "packed", "is_cut")
    return [[(*row[:-1], bytes(row[-1])) for row in people], [(*row[:4], bytes(row[4]), row[5]) for row in slots]]


def version_shown(agency: Agency) -> ModelVersion:
    found = selectors.current_version(agency)
    assert found is not None
    return found


def change_something(world: World, chance: random.Random) -> None:
    """One of the things that happen in a city, told to matching as events would tell it."""
    person, slot = chance.choice(world.people), chance.choice(world.slots)
    what = chance.randrange(7)
    if what == 0:
        world.assessment(person, chance.choice(world.codes), days_ago=chance.randint(0, 20)).save()
        services.refresh_employee(employee_id=person.pk)
    elif what == 1:
        services.set_availability(
            employee_id=person.pk,
            busy=[(slot.starts_on, slot.ends_on)] if chance.random() < 0.7 else [],
            hours_left=chance.choice([None, 0, 4, 24]),
            applied_slots=[s.pk for s in chance.sample(world.slots, 3)],
        )
        services.refresh_employee(employee_id=person.pk)
    elif what == 2:
        status = chance.choice([EmployeeStatus.ACTIVE, EmployeeStatus.ON_LEAVE])
        Employee.objects.filter(pk=person.pk).update(status=status)
        services.refresh_employee(employee_id=person.pk)
    elif what == 3:
        open_now = Slot.objects.filter(pk=slot.pk, status="published")
        if not open_now.update(status="paused", pause_cause="partner"):
            Slot.objects.filter(pk=slot.pk).update(status="published", pause_cause="")
        services.refresh_slot(slot_id=slot.pk)
    elif what == 4:
        services.refresh_slot(slot_id=world.add_slots(1)[0].pk)
    elif what == 5:  # closes without a word
        yesterday = world.agency.today() - timedelta(days=1)
        Slot.objects.filter(pk=slot.pk).update(apply_by=yesterday)
    else:  # teaches something else
        SlotOutcome.objects.filter(slot=slot).first().delete()  # type: ignore[union-attr]
        SlotOutcome.objects.create(
            agency=world.agency,
            slot=slot,
            competency_id=chance.choice([c for c in world.codes if not slot.outcomes.filter(competency=c).exists()]),
            from_level=1,
            to_level=4,
        )
        services.refresh_slot(slot_id=slot.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(4))
def test_after_many_changes_the_lists_equal_a_fresh_run(seed: int) -> None:
    world = make_world(seed, people=45 + 10 * seed, slots=26)
    chance = random.Random(seed)
    services.refresh_agency(agency_id=world.agency.pk)
    for _ in range(4):
        for _ in range(6):
            change_something(world, chance)
        services.mend()  # finds what closed without a word
        outbox.drain()  # lists of slots that ran short
        kept = lists(world.agency)
        assert not MatchRun.objects.filter(agency=world.agency, finished_at=None).exists()
        services.refresh_agency(agency_id=world.agency.pk)
        assert kept == lists(world.agency)


@pytest.fixture
def world() -> World:
    found = make_world(1, people=40, slots=25)
    services.refresh_agency(agency_id=found.agency.pk)
    return found


@pytest.mark.django_db
class TestAChange:
    def test_a_second_time_changes_nothing(self, world: World) -> None:
        world.assessment(world.people[0], world.codes[0], days_ago=1, level=0).save()
        for refresh in (
            lambda: services.refresh_employee(employee_id=world.people[0].pk),
            lambda: services.refresh_slot(slot_id=world.slots[0].pk),
        ):
            refresh()
            before = everything_stored()
            refresh()
            assert everything_stored() == before

    def test_a_published_slot_is_recommended_through_the_outbox(self, world: World) -> None:
        (slot,) = world.add_slots(1)
        event = outbox.announce("partners.slot_published", key=slot.pk, slot_id=slot.pk, agency_id=world.agency.pk)
        outbox.drain()
        found = selectors.recommendations_for_slot(slot)
        assert len(found) == 20
        delivery = OutboxDelivery.objects.get(event=event, handler="matching.tasks.refresh_slot")
        assert not tasks.refresh_slot(delivery.pk)
        assert selectors.recommendations_for_slot(slot) == found

    def test_a_closed_slot_leaves_every_list_and_the_next_best_moves_up(self, world: World) -> None:
        person = world.people[0]
        first = selectors.recommendations_for_employee(person)[0].slot
        Slot.objects.filter(pk=first.pk).update(status="closed")
        outbox.announce("partners.slot_changed", key="1", slot_id=first.pk, agency_id=world.agency.pk, change="closed")
        outbox.drain()
        assert not is_stored(first)
        assert len(selectors.recommendations_for_employee(person)) == 20

    def test_an_assessment_changes_the_persons_list(self, world: World) -> None:
        person = world.people[0]
        before = selectors.recommendations_for_employee(person)
        closed = next(r.competency for r in before[0].reasons if r.code == "competency_gap_closed")
        assessment = world.assessment(person, closed, days_ago=0, level=5)
        assessment.save()
        outbox.announce(
            "asn.assessment_recorded",
            key=assessment.pk,
            assessment_id=assessment.pk,
            employee_id=person.pk,
            agency_id=world.agency.pk,
        )
        outbox.drain()
        after = selectors.recommendations_for_employee(person)
        assert not any(reason.competency == closed for row in after for reason in row.reasons)

    def test_new_interests_and_new_people_are_recommended_for_at_once(self, world: World) -> None:
        person = world.people[0]
        Employee.objects.filter(pk=person.pk).update(user=UserFactory(), interests="")
        person.refresh_from_db()
        assert services.refresh_employee(employee_id=person.pk)
        before = lists(world.agency)[0][str(person.pk)]
        set_interests(actor=person.user, employee_id=person.pk, interests=world.slots[0].description)
        row = EmployeeRow(
            nip="198501012010011999",
            kind="pns",
            name="Pegawai Baru",
            unit_code=person.unit.code,
            position_code=person.position.code,
        )
        new = create_employee(actor=None, agency_id=world.agency.pk, row=row)
        outbox.drain()
        people, slots = lists(world.agency)
        assert people[str(person.pk)] != before
        assert str(new.pk) in people
        services.refresh_agency(agency_id=world.agency.pk)
        assert lists(world.agency) == (people, slots)

    def test_changed_priorities_ask_for_a_run(self, world: World) -> None:
        rows = [PriorityRow(competency_code=world.codes[0], weight=Decimal("2"), basis="RPJMD")]
        import_priorities(actor=None, agency_id=world.agency.pk, rows=rows)
        outbox.drain()
        assert MatchRun.objects.get(agency=world.agency, finished_at=None).reason == "data_changed"

    def test_changed_standards_ask_for_a_run(self, world: World) -> None:
        outbox.announce("asn.standards_changed", key="1", agency_id=world.agency.pk)
        outbox.announce("asn.standards_changed", key="2", agency_id=world.agency.pk)
        outbox.drain()
        assert MatchRun.objects.get(agency=world.agency, finished_at=None).reason == "data_changed"

    def test_the_first_slot_of_an_unmatched_agency_asks_for_its_first_run(self) -> None:
        slot = SlotFactory()
        EmployeeFactory(agency=slot.agency)
        assert not services.refresh_slot(slot_id=slot.pk)
        run = MatchRun.objects.get()
        assert (run.agency, run.reason) == (slot.agency, "first")
        tasks.run_match(str(run.pk))
        assert MatchState.objects.get().agency == slot.agency

    def test_a_model_of_other_code_is_not_patched_but_replaced(self, world: World) -> None:
        ModelVersion.objects.update(parameters={"engine_code": "older"}, artifact=b"unreadable now")
        assert not services.refresh_employee(employee_id=world.people[0].pk)
        run = MatchRun.objects.get(finished_at=None)
        tasks.run_match(str(run.pk))
        assert version_shown(world.agency).number == 2

    def test_what_is_gone_is_passed_over(self, world: World) -> None:
        assert not services.refresh_employee(employee_id=uuid.uuid4())
        assert not services.refresh_slot(slot_id=uuid.uuid4())


@pytest.mark.django_db
class TestAvailability:
    def test_busy_days_hours_and_applied_slots_keep_slots_away(self, world: World) -> None:
        person = world.people[0]
        rows = selectors.recommendations_for_employee(person, limit=50)
        internships = {row.slot for row in rows if row.slot.kind == "internship"}
        applied = next(row.slot for row in rows if row.slot.kind == "mentoring")
        starts, ends = min(s.starts_on for s in internships), max(s.ends_on for s in internships)
        services.set_availability(
            employee_id=person.pk, busy=[(starts, ends)], hours_left=None, applied_slots=[applied.pk]
        )
        outbox.drain()
        after = {row.slot for row in selectors.recommendations_for_employee(person, limit=50)}
        assert after
        assert not after & {applied, *internships}
        codes = {reason.code for reason in selectors.why_not(person, internships.pop())}
        assert codes == {"period_overlaps"}
        assert [reason.code for reason in selectors.why_not(person, applied)] == ["excluded"]

    def test_the_last_busy_day_counts_and_the_next_does_not(self, world: World) -> None:
        person, slot = world.people[0], SlotFactory(agreement=world.agreement)
        for last, busy in ((slot.starts_on, True), (slot.starts_on - timedelta(days=1), False)):
            services.set_availability(
                employee_id=person.pk,
                busy=[(last - timedelta(days=30), last)],
                hours_left=None,
                applied_slots=[],
            )
            found = [r for r in selectors.why_not(person, slot) if r.code == "period_overlaps"]
            assert bool(found) is busy
            if busy:
                assert found[0].params["busy_to"] == last.isoformat()

    def test_pppk_have_the_agencys_ceiling_until_told_otherwise(self, world: World) -> None:
        slot = SlotFactory(agreement=world.agreement)  # an internship of 20 hours
        person = EmployeeFactory(agency=world.agency, pppk=True)
        assert "jp_exceeded" not in {reason.code for reason in selectors.why_not(person, slot)}
        services.set_availability(employee_id=person.pk, busy=[], hours_left=19, applied_slots=[])
        (told,) = [reason for reason in selectors.why_not(person, slot) if reason.code == "jp_exceeded"]
        assert told.params == {"jp": 20, "jp_left": 19}

    def test_the_same_again_announces_nothing(self, world: World) -> None:
        facts = {
            "employee_id": world.people[0].pk,
            "busy": [(date(2027, 3, 1), date(2027, 3, 31)), (date(2027, 1, 1), date(2027, 1, 1))],
            "hours_left": 4,
            "applied_slots": [world.slots[1].pk, world.slots[0].pk],
        }
        services.set_availability(**facts)
        services.set_availability(**facts | {"busy": facts["busy"][::-1]})
        assert OutboxEvent.objects.filter(name="matching.availability_changed").count() == 1
        services.set_availability(**facts | {"hours_left": 3})
        assert OutboxEvent.objects.filter(name="matching.availability_changed").count() == 2
        assert EmployeeAvailability.objects.get().hours_left == 3


@pytest.mark.django_db
class TestMending:
    def test_a_slot_that_closed_by_date_is_cleared_away(self, world: World) -> None:
        slot = world.slots[0]
        Slot.objects.filter(pk=slot.pk).update(apply_by=world.agency.today() - timedelta(days=1))
        assert services.mend() == 1
        assert not is_stored(slot)
        assert services.mend() == 0

    def test_a_slot_nobody_announced_is_found(self, world: World) -> None:
        (slot,) = world.add_slots(1)
        assert services.mend() == 1
        assert selectors.recommendations_for_slot(slot)
        assert services.mend() == 0

    def test_a_person_nobody_announced_is_found(self, world: World) -> None:
        (person,) = world.add_people(1)
        assert services.mend() == 1
        assert selectors.recommendations_for_employee(person)
        assert services.mend() == 0

    def test_a_person_who_left_is_cleared_away(self, world: World) -> None:
        Employee.objects.filter(pk=world.people[0].pk).update(status=EmployeeStatus.RETIRED)
        assert services.mend() == 1
        assert not EmployeeList.objects.filter(employee=world.people[0]).exists()
        assert str(world.people[0].pk) not in {person for row in lists(world.agency)[1].values() for person, _ in row}
        assert services.mend() == 0

    def test_many_at_once_are_left_to_a_run(self, world: World) -> None:
        world.add_people(25)
        assert services.mend() == 1
        run = MatchRun.objects.get(finished_at=None)
        assert run.reason == "mended"
        tasks.run_match(str(run.pk))
        assert selectors.coverage(world.agency).matched_employees == 65
        assert services.mend() == 0

    def test_an_agency_without_recommendations_gets_a_run(self, world: World) -> None:
        other = make_world(2, people=3, slots=2)
        assert services.mend() == 1
        assert services.mend() == 0
        assert MatchRun.objects.get(finished_at=None).agency == other.agency
