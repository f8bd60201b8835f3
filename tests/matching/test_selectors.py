"""What pages read: current, open, explained, and in few queries."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from asn.models import Agency, Employee
from asn.selectors import gap_profile
from core.errors import NotFound
from matching import datasets, permissions, selectors, services
from matching.engine.paths import cheapest_change
from matching.models import MatchState
from matching.states import CHANGES
from partners.models import Slot, SlotOutcome
from partners.states import SlotMode
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyMembershipFactory, EmployeeFactory
from tests.factories.partners import AgreementFactory, SlotFactory
from tests.matching.world import World, lists, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    found = make_world(1, people=30, slots=25)
    services.refresh_agency(agency_id=found.agency.pk)
    return found


def test_a_persons_list_is_best_first_and_cheap(world: World) -> None:
    person = Employee.objects.select_related("agency", "unit", "position").get(pk=world.people[0].pk)
    profile = gap_profile(person)
    selectors.recommendations_for_employee(person, profile=profile)
    with CaptureQueriesContext(connection) as queries:
        rows = selectors.recommendations_for_employee(person, profile=profile)
        shown = [(row.slot.partner.name, [o.competency.name for o in row.slot.outcomes.all()]) for row in rows]
    assert len(queries) <= 4
    assert len(shown) == 20
    assert [(str(row.slot_id), row.points) for row in rows] == lists(world.agency)[0][str(person.pk)]


def test_a_slots_list_is_best_first_and_cheap(world: World) -> None:
    slot = Slot.objects.select_related("agency").get(pk=world.slots[0].pk)
    selectors.recommendations_for_slot(slot)
    with CaptureQueriesContext(connection) as queries:
        rows = selectors.recommendations_for_slot(slot, limit=5)
        assert all(row.employee.position.title and row.employee.unit.name for row in rows)
    with CaptureQueriesContext(connection) as again:
        selectors.recommendations_for_slot(slot, limit=15)
    assert len(queries) == len(again) <= 5
    assert [str(row.employee_id) for row in rows] == [person for person, *_ in lists(world.agency)[1][str(slot.pk)][:5]]


def test_what_is_not_open_is_not_shown(world: World) -> None:
    person = world.people[0]
    gone = [row.slot for row in selectors.recommendations_for_employee(person)[:4]]
    Slot.objects.filter(pk=gone[0].pk).update(status="paused", pause_cause="partner")
    Slot.objects.filter(pk=gone[1].pk).update(apply_by=world.agency.today() - timedelta(days=1))
    Slot.objects.filter(pk=gone[2].pk).update(filled_seats=2)
    Slot.objects.filter(pk=gone[3].pk).update(
        agreement=AgreementFactory(agency=world.agency, partner=world.agreement.partner, terminated=True)
    )
    shown = {row.slot for row in selectors.recommendations_for_employee(person)}
    assert len(shown) >= 16
    assert not shown & set(gone)
    assert not selectors.recommendations_for_slot(gone[0])


def test_open_in_rows_and_open_in_sql_agree(world: World) -> None:
    today = world.agency.today()
    terminated = AgreementFactory(agency=world.agency, terminated=True)
    short = AgreementFactory(agency=world.agency, ends_on=today + timedelta(days=50))
    SlotFactory(agreement=terminated)
    SlotFactory(agreement=short)
    for trait in ("draft", "submitted", "paused", "full", "closed", "cancelled"):
        SlotFactory(agreement=world.agreement, **{trait: True})
    SlotFactory(agreement=world.agreement, apply_by=today)
    SlotFactory(agreement=world.agreement, apply_by=today - timedelta(days=1))
    by_sql = set(Slot.objects.open(today))
    by_rows = {slot for slot in Slot.objects.all() if datasets.is_open(slot, today) and slot.seats_left > 0}
    assert by_sql == by_rows
    assert len(by_sql) == 26


def test_a_list_whose_generation_goes_while_it_is_read_is_read_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Employee.objects.select_related("agency").get(pk=world.people[0].pk)
    expected = selectors.recommendations_for_employee(person)
    read = selectors._slot_lists
    times = []

    def switched_first(*args: object) -> object:
        if not times:
            services.refresh_agency(agency_id=world.agency.pk)
        times.append(1)
        return read(*args)

    monkeypatch.setattr(selectors, "_slot_lists", switched_first)
    assert selectors.recommendations_for_employee(person) == expected
    assert len(times) == 2


def test_deadlines_are_dates_where_the_agency_is(world: World) -> None:
    slot = world.slots[0]
    palu = Agency(time_zone="Asia/Makassar")
    moment = datetime(2026, 5, 5, 23, 30, tzinfo=world.agency.zone)
    slot.apply_by = moment.date()
    assert datasets.is_open(slot, world.agency.today(moment))
    assert not datasets.is_open(slot, palu.today(moment))


def test_a_pair_explained_now_says_what_is_suggested(world: World) -> None:
    row = selectors.recommendations_for_employee(world.people[3])[0]
    match = selectors.explain_pair(row.employee, row.slot)
    assert (match.points, match.reasons) == (row.points, row.reasons)
    assert selectors.why_not(row.employee, row.slot) == ()
    assert selectors.stored_points(employee_id=row.employee_id, slot_id=row.slot_id) == row.points
    assert selectors.stored_points(employee_id=row.employee_id, slot_id=SlotFactory().pk) is None


def test_a_pair_costs_few_queries_when_the_profile_is_at_hand(world: World) -> None:
    person = Employee.objects.select_related("agency", "unit", "position").get(pk=world.people[0].pk)
    slot = Slot.objects.select_related("agency", "agreement").get(pk=world.slots[0].pk)
    profile = gap_profile(person)
    selectors.look_at_pair(person, slot)
    with CaptureQueriesContext(connection) as queries:
        selectors.look_at_pair(person, slot, profile=profile)
    assert len(queries) <= 5


def test_before_the_first_match_nothing_speaks_for_a_pair_but_hindrances_are_known() -> None:
    slot = SlotFactory(closed=True)
    pair = selectors.look_at_pair(EmployeeFactory(), slot)
    assert (pair.match.points, pair.match.reasons) == (0, ())
    assert {reason.code for reason in pair.hindrances} == {"other_agency", "not_open"}
    assert selectors.recommendations_for_slot(slot) == []
    assert selectors.current_run(slot.agency) is None
    assert selectors.current_version(slot.agency) is None


def test_coverage_counts_people_and_slots(world: World) -> None:
    found = selectors.coverage(world.agency)
    assert (found.employees, found.open_slots) == (30, 25)
    assert found.matched_employees == 30
    lonely = SlotFactory(
        agreement=world.agreement, outcomes=[], title="Xyz", description="Qwerty", mode=SlotMode.ONSITE
    )
    services.refresh_slot(slot_id=lonely.pk)
    assert selectors.coverage(world.agency).slots_without_candidates == 1
    assert list(selectors.slots_without_candidates(world.agency)) == [lonely]


def test_the_run_under_way_is_the_newest(world: World) -> None:
    done = selectors.current_run(world.agency)
    assert done is not None
    assert done.finished_at is not None
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    assert selectors.current_run(world.agency) == run


class TestWhoSees:
    def test_own_subordinates_and_the_agency(self, world: World) -> None:
        person = world.people[0]
        boss = EmployeeFactory(agency=world.agency, with_user=True)
        Employee.objects.filter(pk=person.pk).update(user=UserFactory(), supervisor=boss)
        person.refresh_from_db()
        hr = AgencyMembershipFactory(agency=world.agency).user
        neighbour = AgencyMembershipFactory().user
        assert permissions.can_view_recommendations(person.user, person)
        assert permissions.can_view_recommendations(boss.user, person)
        assert permissions.can_view_recommendations(hr, person)
        assert not permissions.can_view_recommendations(neighbour, person)

    def test_runs_are_for_those_who_serve_the_agency(self, world: World) -> None:
        run = selectors.current_run(world.agency)
        assert run is not None
        leader = AgencyMembershipFactory(agency=world.agency, leadership=True).user
        assert permissions.get_visible_run(leader, run.pk) == run
        with pytest.raises(NotFound):
            permissions.get_visible_run(AgencyMembershipFactory().user, run.pk)
        operator = UserFactory(is_superuser=True)
        assert permissions.get_visible_run(operator, run.pk) == run
        assert permissions.can_request_match(operator, world.agency.pk)
        assert not permissions.can_request_match(leader, world.agency.pk)


def test_the_cheapest_path_counts_the_slots_that_are_open_now(world: World) -> None:
    """By the engine alone: all open slots of today read anew, ranked for the person."""
    today = world.agency.today()
    SlotOutcome.objects.filter(slot=world.slots[1]).update(to_level=5)
    services.refresh_slot(slot_id=world.slots[1].pk)  # read anew beside the frozen ones
    Slot.objects.filter(pk=world.slots[2].pk).update(apply_by=today - timedelta(days=1))  # nobody has said so
    generation = MatchState.objects.get(agency=world.agency).generation
    recommender = datasets.recommender_of(generation.version_id)
    slots = recommender.catalogue(datasets.opportunities(world.agency, today=today))
    told = set()
    for person in world.people[:6]:
        candidate = datasets.candidate_of(person, today=today)
        for slot in world.slots[:8]:
            opportunity = datasets.opportunity(Slot.objects.get(pk=slot.pk), today)
            change = selectors.cheapest_path(person, Slot.objects.get(pk=slot.pk))
            assert change == cheapest_change(recommender, candidate, opportunity, [slots])
            if change:
                told.add(change.code)
                assert set(change.params) == set(CHANGES[change.code])
    assert told


def test_without_a_match_there_is_no_path() -> None:
    assert selectors.cheapest_path(EmployeeFactory(), SlotFactory()) is None
