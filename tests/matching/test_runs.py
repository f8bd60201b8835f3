"""Whole agencies matched: complete, repeatable, watchable, and nobody's state changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from asn.models import Agency, Employee
from core import outbox
from core.errors import Conflict, NotAllowed, NotFound
from core.models import AuditEvent, OutboxEvent
from matching import datasets, services, tasks
from matching.models import MatchRun, MatchState, ModelVersion, Recommendation
from matching.services.locks import locked_session
from matching.states import SCORE_REASONS, RunReason
from partners.models import Slot
from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyMembershipFactory
from tests.matching.world import World, everything_else, lists, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world(1, people=60, slots=30)


def stored(agency: Agency) -> list[tuple[object, ...]]:
    rows = Recommendation.objects.filter(agency=agency).order_by("employee", "slot")
    return list(rows.values_list("pk", "version", "employee", "slot", "points", "reasons", "updated_at"))


def test_a_run_stores_the_best_of_both_ways(world: World) -> None:
    run = services.refresh_agency(agency_id=world.agency.pk)

    today = world.agency.today()
    people, slots = (datasets.candidates(world.agency, today=today), datasets.opportunities(world.agency, today=today))
    assert run.version is not None
    best = datasets.recommender_of(run.version.pk).recommend(people, slots)
    both = [m for side in (best.by_candidate, best.by_opportunity) for matches in side.values() for m in matches]
    wanted = {(m.candidate, m.opportunity, m.points) for m in both}
    rows = Recommendation.objects.filter(agency=world.agency)
    assert {(str(row.employee_id), str(row.slot_id), row.points) for row in rows} == wanted
    assert (run.total_employees, run.total_slots, run.done_employees) == (60, 30, 60)
    assert run.pairs_stored == len(wanted) > 60 * 20 - 1
    assert run.finished_at
    assert not run.failure
    assert MatchState.objects.get(agency=world.agency).version == run.version


def test_reasons_are_known_and_add_up(world: World) -> None:
    services.refresh_agency(agency_id=world.agency.pk)
    seen = set()
    for row in Recommendation.objects.all():
        assert sum(reason["points"] for reason in row.reasons) == row.points
        for reason in row.reasons:
            seen.add(reason["code"])
            assert set(reason["params"]) == set(SCORE_REASONS[reason["code"]]), reason
    assert seen == set(SCORE_REASONS)


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
    assert MatchState.objects.get(agency=world.agency).version == old
    services.refresh_agency(agency_id=world.agency.pk)

    assert set(Recommendation.objects.filter(agency=world.agency).values_list("version", flat=True)) == {new.pk}
    assert stored(other.agency) == kept
    assert MatchState.objects.get(agency=other.agency).version == old


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


def test_only_operators_fit_models_by_hand() -> None:
    with pytest.raises(NotAllowed):
        services.fit_model(actor=UserFactory())


def test_a_half_finished_run_is_done_again_by_whoever_comes_next(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    services.refresh_agency(agency_id=world.agency.pk)
    fresh = lists(world.agency)
    Recommendation.objects.filter(agency=world.agency, employee__in=world.people[:25]).delete()
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    MatchRun.objects.filter(pk=run.pk).update(
        started_at=timezone.now(), done_employees=35, created_at=timezone.now() - timedelta(minutes=5)
    )
    assert services.resume_runs() == [run.pk]

    tasks.run_match(str(run.pk))
    assert tasks.run_match(str(run.pk)) == 0
    run.refresh_from_db()
    assert (run.done_employees, run.failure) == (60, "")
    assert lists(world.agency) == fresh
    assert services.resume_runs() == []


def test_a_hopeless_run_is_given_up(world: World) -> None:
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    MatchRun.objects.filter(pk=run.pk).update(created_at=timezone.now() - timedelta(hours=2))
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


def test_one_process_at_a_time(world: World) -> None:
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    rival = connection.copy()
    try:
        with rival.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended('matching:' || %s, 0))", [str(world.agency.pk)])
        assert services.run_match(run_id=run.pk) == 0
        with pytest.raises(Conflict) as refused:
            services.refresh_agency(agency_id=world.agency.pk)
        assert refused.value.code == "match_running"
        assert MatchRun.objects.count() == 1
        with rival.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        rival.close()
    assert services.run_match(run_id=run.pk) == 1
    with locked_session(world.agency.pk) as ours:
        assert ours


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
