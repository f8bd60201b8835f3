"""Whole agencies matched: complete, repeatable, watchable, and nobody's state changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from asn.models import Agency, Employee, RegionalPriority
from core import outbox
from core.errors import Conflict, NotAllowed, NotFound
from core.models import AuditEvent, OutboxEvent
from matching import datasets, selectors, services, tasks
from matching.models import (
    ChangeDuringRun,
    EmployeeList,
    Generation,
    MatchRun,
    MatchState,
    ModelVersion,
    Shard,
    SlotList,
)
from matching.services.locks import locked_session
from matching.states import SCORE_REASONS, RunReason
from partners.models import Slot
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyMembershipFactory
from tests.matching.test_changes import version_shown
from tests.matching.world import World, everything_else, lists, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(1, people=60, slots=30)


def stored(agency: Agency) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Every list, to the byte; fingerprints included, generations not."""
    people = EmployeeList.objects.filter(generation__agency=agency).values_list("employee", "packed")
    slots = SlotList.objects.filter(agency=agency).values_list("slot", "packed")
    return {str(pk): bytes(packed) for pk, packed in people}, {str(pk): bytes(packed) for pk, packed in slots}


def test_a_run_stores_the_best_of_both_ways(world: World) -> None:
    run = services.refresh_agency(agency_id=world.agency.pk)

    today = world.agency.today()
    people, slots = (datasets.candidates(world.agency, today=today), datasets.opportunities(world.agency, today=today))
    assert run.version is not None
    best = datasets.recommender_of(run.version.pk).recommend(people, slots)
    by_person, by_slot = lists(world.agency)
    assert by_person == {key: [(m.opportunity, m.points) for m in row] for key, row in best.by_candidate.items() if row}
    assert by_slot == {key: [(m.candidate, m.points) for m in row] for key, row in best.by_opportunity.items() if row}
    assert (run.total_employees, run.total_slots, run.done_employees) == (60, 30, 60)
    assert (run.total_shards, run.done_shards) == (1, 1)
    assert run.pairs_stored == sum(map(len, by_person.values())) > 60 * 19
    assert run.finished_at
    assert not run.failure
    assert MatchState.objects.get(agency=world.agency).generation.version == run.version


def test_reasons_are_known_and_add_up(world: World) -> None:
    RegionalPriority.objects.bulk_create(
        RegionalPriority(agency=world.agency, competency_id=code, weight=2, basis="RPJMD") for code in world.codes[:3]
    )
    services.refresh_agency(agency_id=world.agency.pk)
    seen = set()
    by_person, by_slot = lists(world.agency)
    for person in world.people:
        rows = selectors.recommendations_for_employee(person)
        assert [(str(row.slot_id), row.points) for row in rows] == by_person[str(person.pk)]
        assert [row.place for row in rows] == list(range(1, len(rows) + 1))
        for row in rows:
            assert sum(reason.points for reason in row.reasons) == row.points
            for reason in row.reasons:
                seen.add(reason.code)
                assert set(reason.params) == set(SCORE_REASONS[reason.code]), reason
    assert seen == set(SCORE_REASONS)
    for slot in world.slots:
        people = selectors.recommendations_for_slot(slot)
        assert [(str(row.employee_id), row.points) for row in people] == by_slot[str(slot.pk)]
        assert all(sum(reason.points for reason in row.reasons) == row.points for row in people)


def test_a_second_run_changes_nothing(world: World) -> None:
    services.refresh_agency(agency_id=world.agency.pk)
    before = stored(world.agency)
    services.refresh_agency(agency_id=world.agency.pk)
    assert stored(world.agency) == before


def test_nothing_but_recommendations_changes(world: World) -> None:
    before = everything_else()
    services.refresh_agency(agency_id=world.agency.pk)
    services.refresh_slot(slot_id=world.slots[0].pk)
    services.refresh_employee(employee_id=world.people[0].pk)
    tasks.refit()
    tasks.mend()
    outbox.drain()
    assert everything_else() == before


def test_a_new_version_replaces_the_old_one_for_its_agency_only(world: World) -> None:
    other = make_world(2, people=10, slots=5)
    old = services.refresh_agency(agency_id=world.agency.pk).version
    services.refresh_agency(agency_id=other.agency.pk)
    kept = stored(other.agency)
    Slot.objects.filter(pk=world.slots[0].pk).update(description="Kurikulum guru dan statistik pasar.")

    new = services.fit_model()
    assert old is not None
    assert (new.number, new.data_hash != old.data_hash) == (old.number + 1, True)
    assert version_shown(world.agency) == old
    services.refresh_agency(agency_id=world.agency.pk)

    assert version_shown(world.agency) == new
    assert Generation.objects.filter(agency=world.agency).count() == 1
    assert stored(other.agency) == kept
    assert version_shown(other.agency) == old


def test_fitting_unchanged_texts_again_keeps_the_version(world: World) -> None:
    version = services.fit_model()
    assert services.fit_model() == version
    assert (version.metrics["texts"], version.metrics["competencies"]) == (30, 12)
    assert version.metrics["words"] > 30


def test_a_tampered_model_is_refused(world: World) -> None:
    version = services.fit_model()
    ModelVersion.objects.filter(pk=version.pk).update(artifact=bytes(version.artifact) + b"x")
    with pytest.raises(ValueError, match="SHA-256"):
        datasets.recommender_of(version.pk)


def test_a_tampered_catalogue_is_refused(world: World) -> None:
    services.refresh_agency(agency_id=world.agency.pk)
    Generation.objects.update(catalogue=b"x", catalogue_sha256="0" * 64)
    with pytest.raises(ValueError, match="SHA-256"):
        services.refresh_employee(employee_id=world.people[0].pk)


def test_only_operators_fit_models_by_hand() -> None:
    with pytest.raises(NotAllowed):
        services.fit_model(actor=UserFactory())


def test_a_half_finished_run_is_taken_up_by_whoever_comes_next(world: World, settings: Settings) -> None:
    settings.MATCH_SHARD_SIZE = 25
    services.refresh_agency(agency_id=world.agency.pk)
    fresh = lists(world.agency)
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    first, *others = services.prepare_run(run_id=run.pk)
    assert services.match_shard(shard_id=first) == world.agency.pk
    assert services.match_shard(shard_id=first) is None
    MatchRun.objects.filter(pk=run.pk).update(updated_at=timezone.now() - timedelta(minutes=5))
    assert services.resume_runs() == [run.pk]
    assert services.prepare_run(run_id=run.pk) == others

    tasks.run_match(str(run.pk))
    assert services.run_match(run_id=run.pk) == 1
    assert services.run_match(run_id=run.pk) == 0
    run.refresh_from_db()
    assert (run.done_employees, run.done_shards, run.total_shards, run.failure) == (60, 3, 3, "")
    assert lists(world.agency) == fresh
    assert services.resume_runs() == []


def test_a_hopeless_run_is_given_up(world: World) -> None:
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    services.prepare_run(run_id=run.pk)
    MatchRun.objects.filter(pk=run.pk).update(updated_at=timezone.now() - timedelta(hours=2))
    assert services.resume_runs() == []
    run.refresh_from_db()
    assert run.failure == "gave up"


def test_a_failed_run_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    version = services.fit_model()
    ModelVersion.objects.filter(pk=version.pk).update(artifact=b"")
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    with pytest.raises(ValueError, match="SHA-256"):
        services.run_match(run_id=run.pk)
    run.refresh_from_db()
    assert (run.failure, run.finished_at is None) == ("ValueError", False)


def test_one_run_at_a_time(world: World) -> None:
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    shards = services.prepare_run(run_id=run.pk)
    with pytest.raises(Conflict) as refused:
        services.refresh_agency(agency_id=world.agency.pk)
    assert refused.value.code == "match_running"
    later = services.request_full_match(actor=None, agency_id=world.agency.pk)
    assert services.prepare_run(run_id=later.pk) == []
    assert services.next_run(world.agency.pk) is None
    for shard in shards:
        services.match_shard(shard_id=shard)
    assert services.next_run(world.agency.pk) == later.pk
    assert services.run_match(run_id=later.pk) == 1


def test_one_process_plans_a_run(world: World) -> None:
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    rival = connection.copy()
    try:
        with rival.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_lock(hashtextextended('matching:' || %s, 0))", [f"plan:{world.agency.pk}"]
            )
        assert services.run_match(run_id=run.pk) == 0
        with rival.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        rival.close()
    assert services.run_match(run_id=run.pk) == 1
    with locked_session(f"plan:{world.agency.pk}") as ours:
        assert ours


def change_everything_during_a_run(world: World, *, forget: bool) -> None:
    """Slots change after they were frozen and a person after having been read; handlers hear of it at once."""
    services.refresh_agency(agency_id=world.agency.pk)
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    first, last = services.prepare_run(run_id=run.pk)
    (new,) = world.add_slots(1)
    Slot.objects.filter(pk=world.slots[0].pk).update(description="Kurikulum guru dan statistik pasar.")
    for slot in (new, world.slots[0], new):
        assert services.refresh_slot(slot_id=slot.pk)
    services.match_shard(shard_id=first)
    read = min(world.people, key=lambda person: person.pk)
    for code in world.codes:
        world.assessment(read, code, days_ago=1, level=0).save()
    assert services.refresh_employee(employee_id=read.pk)
    assert run.changes.count() == 3
    if forget:
        run.changes.all().delete()
    services.match_shard(shard_id=last)
    outbox.drain()


def test_what_changes_during_a_run_is_looked_at_again_after_it(world: World, settings: Settings) -> None:
    settings.MATCH_SHARD_SIZE = 40
    change_everything_during_a_run(world, forget=False)
    kept = lists(world.agency)
    services.refresh_agency(agency_id=world.agency.pk)
    assert lists(world.agency) == kept
    assert not ChangeDuringRun.objects.exists()


def test_without_the_note_of_changes_they_would_be_lost(world: World, settings: Settings) -> None:
    settings.MATCH_SHARD_SIZE = 40
    change_everything_during_a_run(world, forget=True)
    kept = lists(world.agency)
    services.refresh_agency(agency_id=world.agency.pk)
    assert lists(world.agency) != kept


def test_shards_of_any_size_give_the_same_lists(world: World, settings: Settings) -> None:
    found = []
    for size in (5000, 60, 25, 7, 1):
        settings.MATCH_SHARD_SIZE = size
        run = services.refresh_agency(agency_id=world.agency.pk)
        assert run.total_shards == -(-60 // size)
        found.append(stored(world.agency))
    assert all(lists_ == found[0] for lists_ in found)


def test_a_shard_that_keeps_failing_is_parked_and_its_run_closed(world: World, settings: Settings) -> None:
    settings.MATCH_SHARD_SIZE = 40
    services.refresh_agency(agency_id=world.agency.pk)
    before = stored(world.agency)
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    good, bad = services.prepare_run(run_id=run.pk)
    services.match_shard(shard_id=good)
    Generation.objects.filter(run=run).update(catalogue_sha256="0" * 64)
    for _ in range(Shard.MAX_ATTEMPTS):
        with pytest.raises(ValueError, match="SHA-256"):
            services.match_shard(shard_id=bad)
    assert services.match_shard(shard_id=bad) is None
    run.refresh_from_db()
    assert (run.failure, run.finished_at is None) == ("ValueError", False)
    assert Shard.objects.get(pk=bad).state == "parked"
    assert stored(world.agency) == before
    assert services.refresh_agency(agency_id=world.agency.pk).failure == ""
    assert Generation.objects.count() == 1


def test_a_shard_whose_worker_dies_each_time_is_parked(world: World) -> None:
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    (shard,) = services.prepare_run(run_id=run.pk)
    Shard.objects.filter(pk=shard).update(attempts=Shard.MAX_ATTEMPTS)
    assert services.match_shard(shard_id=shard) is None
    run.refresh_from_db()
    assert run.failure == "worker died"


def test_old_models_are_dropped_unless_something_needs_them(world: World) -> None:
    other = make_world(2, people=3, slots=2)
    services.refresh_agency(agency_id=other.agency.pk)
    for number in range(5):
        Slot.objects.filter(pk=world.slots[0].pk).update(description=f"Teks baru {number} {'audit ' * number}")
        services.fit_model()
    services.refresh_agency(agency_id=world.agency.pk)
    assert sorted(ModelVersion.objects.values_list("number", flat=True)) == [1, 4, 5, 6]


def test_a_list_of_a_neighbours_employee_cannot_be_written(world: World) -> None:
    other = make_world(2, people=3, slots=2)
    services.refresh_agency(agency_id=world.agency.pk)
    services.refresh_agency(agency_id=other.agency.pk)
    row = EmployeeList.objects.filter(generation__agency=world.agency).first()
    assert row is not None
    foreign = EmployeeList(generation=row.generation, employee=other.people[0], packed=row.packed)
    nowhere = EmployeeList(generation_id=row.generation_id + 1000, employee=other.people[0], packed=row.packed)
    for wrong in (foreign, nowhere):
        with pytest.raises(IntegrityError, match="another agency"), transaction.atomic():
            wrong.save(force_insert=True)
        with pytest.raises(IntegrityError, match="another agency"), transaction.atomic():
            datasets.write_employee_lists(wrong.generation_id, [(str(wrong.employee_id), b"")])
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        EmployeeList.objects.filter(pk=row.pk).update(employee=other.people[0])


def test_asking_twice_makes_one_run_and_one_announcement(world: World) -> None:
    hr = AgencyMembershipFactory(agency=world.agency).user
    run = services.request_full_match(actor=hr, agency_id=world.agency.pk)
    assert services.request_full_match(actor=None, agency_id=world.agency.pk, reason=RunReason.NIGHTLY) == run
    assert OutboxEvent.objects.filter(name="matching.run_requested").count() == 1
    assert AuditEvent.objects.get(action="matching.run_requested").actor == hr
    services.run_match(run_id=run.pk)
    assert services.request_full_match(actor=hr, agency_id=world.agency.pk) != run


def test_only_hr_of_the_agency_asks(world: World) -> None:
    auditor = AgencyMembershipFactory(agency=world.agency, auditor=True).user
    neighbour = AgencyMembershipFactory().user
    with pytest.raises(NotAllowed):
        services.request_full_match(actor=auditor, agency_id=world.agency.pk)
    with pytest.raises(NotFound):
        services.request_full_match(actor=neighbour, agency_id=world.agency.pk)
    assert not MatchRun.objects.exists()


def test_a_finished_run_is_announced_once(world: World) -> None:
    run = services.refresh_agency(agency_id=world.agency.pk)
    event = OutboxEvent.objects.get(name="matching.recommendations_ready")
    assert event.payload == {"run_id": str(run.pk), "agency_id": str(world.agency.pk)}


def test_reading_rows_costs_the_same_for_any_number() -> None:
    small, large = make_world(3, people=2, slots=2), make_world(4, people=30, slots=20)
    counts = []
    for world in (small, large):
        with CaptureQueriesContext(connection) as queries:
            datasets.candidates(world.agency, today=world.agency.today())
            datasets.opportunities(world.agency, today=world.agency.today())
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


def test_personal_fields_are_not_even_fetched(world: World) -> None:
    with CaptureQueriesContext(connection) as queries:
        datasets.candidates(world.agency, today=world.agency.today())
    for column in Employee.PERSONAL_FIELDS:
        assert not any(f'"asn_employee"."{column}"' in query["sql"] for query in queries)


def test_name_nip_and_age_change_no_ranking(world: World) -> None:
    services.refresh_agency(agency_id=world.agency.pk)
    before = lists(world.agency)
    for n, person in enumerate(world.people):
        Employee.objects.filter(pk=person.pk).update(
            nip=f"19650101198501{2 - n % 2}{n + 100:03d}",
            name=f"Nama Lain {n}",
            title_front="Dra.",
            email="x@example.com",
            retires_on="2027-01-01",
        )
    services.refresh_agency(agency_id=world.agency.pk)
    assert lists(world.agency) == before


def test_the_command_does_it_here(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("match", "--agency", world.agency.code, "--here")
    assert "60 people and 30 open slots: " in capsys.readouterr().out
    assert MatchRun.objects.get().finished_at
    with pytest.raises(CommandError, match="no such agency"):
        call_command("match", "--agency", "nowhere")


def test_stored_points_can_be_computed_again(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    services.refresh_agency(agency_id=world.agency.pk)
    Slot.objects.filter(pk=world.slots[0].pk).update(description="Kurikulum guru.")
    services.refresh_slot(slot_id=world.slots[0].pk)
    services.refresh_slot(slot_id=world.add_slots(1)[0].pk)
    call_command("match", "--agency", world.agency.code, "--verify")
    assert ", 0 otherwise than stored; 0 people have changed since" in capsys.readouterr().out
    found = services.verify_lists(agency=world.agency)
    assert found.pairs >= 60 * 20

    world.assessment(world.people[0], world.codes[0], days_ago=1, level=4).save()
    later = services.verify_lists(agency=world.agency)
    assert (later.changed_people, later.wrong) == (1, [])
    assert later.pairs < found.pairs
    assert services.verify_lists(agency=world.agency, sample=5).pairs < later.pairs


def test_points_that_were_tampered_with_are_found(world: World) -> None:
    services.refresh_agency(agency_id=world.agency.pk)
    row = EmployeeList.objects.filter(employee=world.people[0]).get()
    *before, last = bytes(row.packed)
    row.packed = bytes([*before, last ^ 1])
    row.save(update_fields=("packed",))
    (wrong,) = services.verify_lists(agency=world.agency).wrong
    assert wrong.startswith(str(world.people[0].pk))
    with pytest.raises(CommandError, match="do not follow"):
        call_command("match", "--all", "--verify")


def test_progress_is_told_with_its_rate_and_what_is_left(world: World, settings: Settings) -> None:
    settings.MATCH_SHARD_SIZE = 40
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    assert selectors.progress(run).rate is None
    first, last = services.prepare_run(run_id=run.pk)
    services.match_shard(shard_id=first)
    run.refresh_from_db()
    assert run.started_at is not None
    now = selectors.progress(run, now=run.started_at + timedelta(seconds=4))
    assert now == selectors.Progress(done=40, total=60, shards_done=1, shards=2, rate=10.0, eta_seconds=2.0)
    services.match_shard(shard_id=last)
    run.refresh_from_db()
    assert selectors.progress(run).eta_seconds == 0


def test_the_command_asks_the_workers(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("match", "--all")
    assert "Asked for 1 runs" in capsys.readouterr().out
    with pytest.raises(CommandError, match="workers are not done"):
        call_command("match", "--all", "--wait", "--timeout", "0")


def test_nightly_asks_for_every_agency_once(world: World) -> None:
    other = make_world(2, people=3, slots=2)
    tasks.refit()
    tasks.refit()
    runs = MatchRun.objects.values_list("agency", "reason")
    assert sorted(runs) == sorted([(world.agency.pk, "nightly"), (other.agency.pk, "nightly")])
    assert ModelVersion.objects.count() == 1
