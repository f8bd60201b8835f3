"""Workers die by SIGKILL after the first write of their effect and before its commit; others finish, once.

The test makes a worker hang at that moment from outside: it holds, uncommitted, the very row the worker writes last, and
PostgreSQL lets the worker wait for it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from celery import current_app
from django.db import connection, transaction
from django.utils import timezone

from core import outbox
from core.models import OutboxDelivery
from matching import services
from matching.models import MatchRun, MatchState, Recommendation
from matching.services.runs import LATE_AFTER, STEP
from tests.matching.world import World, lists, make_world
from tests.worker import WorkerProcess

pytestmark = pytest.mark.xdist_group("worker")
Starter = Callable[[], WorkerProcess]


def test_a_slot_is_recommended_once_although_its_worker_dies(start_worker: Starter) -> None:
    world = given_a_matched_city(people=30)
    (slot,) = world.add_slots(1)
    last = the_person_written_last(slot.pk)
    doomed = start_worker()

    with somebody_writing(world, last, slot.pk):
        with transaction.atomic():
            outbox.announce("partners.slot_published", key=slot.pk, slot_id=slot.pk, agency_id=world.agency.pk)
        wait_for(a_worker_is_stuck_writing, doomed)
        doomed.kill()
    assert not Recommendation.objects.filter(slot=slot).exists()

    other = start_worker()
    ring_again(lambda: OutboxDelivery.objects.filter(done_at=None).exists(), other)
    other.stop()

    assert OutboxDelivery.objects.get(handler="matching.tasks.refresh_slot").attempts >= 2
    assert len(lists(world.agency)[1][str(slot.pk)]) == 20
    the_lists_are_those_of_a_fresh_run(world)


def test_a_run_is_finished_by_another_worker(start_worker: Starter) -> None:
    world = given_a_matched_city(people=STEP + 20)
    fresh, old = lists(world.agency), MatchState.objects.get(agency=world.agency).version
    Recommendation.objects.filter(agency=world.agency).delete()
    last = max(person.pk for person in world.people)
    doomed = start_worker()

    with somebody_writing(world, last, best_slot_of(fresh, last)):
        run = services.request_full_match(actor=None, agency_id=world.agency.pk)
        wait_for(a_worker_is_stuck_writing, doomed)
        run.refresh_from_db()
        assert (run.done_employees, run.total_employees, run.finished_at) == (STEP, STEP + 20, None)
        doomed.kill()

    other = start_worker()
    MatchRun.objects.update(created_at=timezone.now() - LATE_AFTER)
    ring_again(lambda: MatchRun.objects.filter(finished_at=None).exists(), other, "matching.tasks.resume_runs")
    other.stop()

    run.refresh_from_db()
    assert (run.done_employees, run.failure) == (STEP + 20, "")
    assert MatchState.objects.get(agency=world.agency).version == old
    assert lists(world.agency) == fresh
    assert Recommendation.objects.count() == run.pairs_stored


# --- given --------------------------------------------------------------------------------------------------------


def given_a_matched_city(*, people: int) -> World:
    world = make_world(7, people=people, slots=24)
    services.refresh_agency(agency_id=world.agency.pk)
    OutboxDelivery.objects.all().delete()
    return world


def the_person_written_last(slot_id: uuid.UUID) -> uuid.UUID:
    """Of those who will get this slot; found out by doing it and taking it back."""
    with transaction.atomic():
        services.refresh_slot(slot_id=slot_id)
        found = list(Recommendation.objects.filter(slot=slot_id).order_by("-points", "employee_id"))
        transaction.set_rollback(True)
    assert len(found) >= 20
    return found[19].employee_id


def best_slot_of(fresh: tuple[dict[str, list[tuple[str, int, str]]], object], person: uuid.UUID) -> uuid.UUID:
    return uuid.UUID(fresh[0][str(person)][0][0])


# --- when ---------------------------------------------------------------------------------------------------------


@contextmanager
def somebody_writing(world: World, employee_id: uuid.UUID, slot_id: uuid.UUID) -> Iterator[None]:
    """Another connection that holds a pair it has not committed, and takes it back in the end."""
    state = MatchState.objects.get(agency=world.agency)
    rival = connection.copy()
    rival.set_autocommit(False)
    try:
        with rival.cursor() as cursor:
            cursor.execute(
                "INSERT INTO matching_recommendation"
                " (id, created_at, updated_at, agency_id, version_id, employee_id, slot_id, points, reasons)"
                " VALUES (gen_random_uuid(), now(), now(), %s, %s, %s, %s, 1, '[]')",
                [world.agency.pk, state.version_id, employee_id, slot_id],
            )
        yield
    finally:
        rival.rollback()
        rival.close()


def a_worker_is_stuck_writing() -> bool:
    """Whether a backend with writes of its own waits for the end of another's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND wait_event = 'transactionid' AND backend_xid IS NOT NULL"
            " AND query LIKE 'COPY matching_recommendation%%' AND datname = current_database()"
        )
        (found,) = cursor.fetchone()
    return bool(found)


def ring_again(pending: Callable[[], bool], worker: WorkerProcess, task: str = "core.tasks.sweep_outbox") -> None:
    """What the clock does until nothing is pending; more often than it would."""

    def nothing_pending() -> bool:
        OutboxDelivery.objects.filter(done_at=None).update(available_at=timezone.now())
        current_app.send_task(task)
        time.sleep(0.5)
        return not pending()

    wait_for(nothing_pending, worker)


def wait_for(condition: Callable[[], bool], worker: WorkerProcess, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, worker.output()
        time.sleep(0.02)


# --- then ---------------------------------------------------------------------------------------------------------


def the_lists_are_those_of_a_fresh_run(world: World) -> None:
    kept = lists(world.agency)
    services.refresh_agency(agency_id=world.agency.pk)
    assert kept == lists(world.agency)
