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
from pytest_django import Settings

from core import outbox
from core.models import OutboxDelivery
from matching import services
from matching.models import EmployeeList, Generation, MatchRun, MatchState, SlotList
from matching.packing import unpack_slot
from matching.services.runs import LATE_AFTER
from tests.matching.world import World, lists, make_world
from tests.worker import WorkerProcess

pytestmark = pytest.mark.xdist_group("worker")
Starter = Callable[[], WorkerProcess]


def test_a_slot_is_recommended_once_although_its_worker_dies(start_worker: Starter) -> None:
    world = given_a_matched_city(people=30)
    (slot,) = world.add_slots(1)
    last = somebody_who_gets(slot.pk)
    doomed = start_worker()

    with somebody_holding("matching_employeelist", employee_id=last):
        with transaction.atomic():
            outbox.announce("partners.slot_published", key=slot.pk, slot_id=slot.pk, agency_id=world.agency.pk)
        wait_for(lambda: a_worker_is_stuck("UPDATE matching_employeelist"), doomed)
        doomed.kill()
    assert not SlotList.objects.filter(slot=slot).exists()

    other = start_worker()
    ring_again(lambda: OutboxDelivery.objects.filter(done_at=None).exists(), other)
    other.stop()

    assert OutboxDelivery.objects.get(handler="matching.tasks.refresh_slot").attempts >= 2
    assert len(lists(world.agency)[1][str(slot.pk)]) == 20
    the_lists_are_those_of_a_fresh_run(world)


def test_a_killed_worker_costs_its_shard_only(start_worker: Starter, settings: Settings) -> None:
    settings.MATCH_SHARD_SIZE = 60
    world = given_a_matched_city(people=200)
    fresh, old = lists(world.agency), MatchState.objects.get(agency=world.agency).generation
    run = services.request_full_match(actor=None, agency_id=world.agency.pk)
    OutboxDelivery.objects.all().delete()
    assert len(services.prepare_run(run_id=run.pk)) == 4
    doomed = start_worker()

    with somebody_writing(run.generation, max(person.pk for person in world.people)):
        current_app.send_task("matching.tasks.run_match", args=[str(run.pk)])
        wait_for(lambda: a_worker_is_stuck("COPY matching_employeelist"), doomed)
        run.refresh_from_db()
        assert (run.done_employees, run.total_employees, run.finished_at) == (180, 200, None)
        doomed.kill()
    assert list(run.shards.values_list("state", "attempts")) == [("done", 1)] * 3 + [("waiting", 1)]
    written = times_of_writing(run.generation)
    assert len(written) == 180
    assert MatchState.objects.get(agency=world.agency).generation == old
    assert lists(world.agency) == fresh

    other = start_worker()
    MatchRun.objects.update(updated_at=timezone.now() - LATE_AFTER)
    ring_again(lambda: MatchRun.objects.filter(finished_at=None).exists(), other, "matching.tasks.resume_runs")
    other.stop()

    run.refresh_from_db()
    assert (run.done_employees, run.done_shards, run.failure) == (200, 4, "")
    assert MatchState.objects.get(agency=world.agency).generation == run.generation != old
    assert lists(world.agency) == fresh
    assert written.items() <= times_of_writing(run.generation).items()
    assert EmployeeList.objects.count() == 200


def test_a_worker_killed_at_the_switch_leaves_the_old_lists(start_worker: Starter) -> None:
    world = given_a_matched_city(people=30)
    fresh, old = lists(world.agency), MatchState.objects.get(agency=world.agency).generation
    doomed = start_worker()

    with somebody_holding("matching_matchstate", agency_id=world.agency.pk):
        run = services.request_full_match(actor=None, agency_id=world.agency.pk)
        wait_for(lambda: a_worker_is_stuck("SELECT"), doomed)
        doomed.kill()
    run.refresh_from_db()
    assert (run.done_shards, run.total_shards, run.finished_at) == (1, 1, None)
    assert not SlotList.objects.filter(generation=run.generation).exists()
    assert MatchState.objects.get(agency=world.agency).generation == old

    other = start_worker()
    MatchRun.objects.update(updated_at=timezone.now() - LATE_AFTER)
    ring_again(lambda: MatchRun.objects.filter(finished_at=None).exists(), other, "matching.tasks.resume_runs")
    other.stop()
    assert MatchState.objects.get(agency=world.agency).generation == run.generation
    assert lists(world.agency) == fresh
    run.refresh_from_db()
    assert run.report["people"] == 30


# --- given --------------------------------------------------------------------------------------------------------


def given_a_matched_city(*, people: int) -> World:
    world = make_world(7, people=people, slots=24)
    services.refresh_agency(agency_id=world.agency.pk)
    OutboxDelivery.objects.all().delete()
    return world


def somebody_who_gets(slot_id: uuid.UUID) -> uuid.UUID:
    """One on whose list the slot will stand; found out by doing it and taking it back."""
    with transaction.atomic():
        services.refresh_slot(slot_id=slot_id)
        found = unpack_slot(SlotList.objects.get(slot=slot_id).packed)
        transaction.set_rollback(True)
    return found[0][0]


def times_of_writing(generation: Generation) -> dict[str, str]:
    """Which transaction wrote each list."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT employee_id::text, xmin::text FROM matching_employeelist WHERE generation_id = %s", [generation.pk]
        )
        return dict(cursor.fetchall())


# --- when ---------------------------------------------------------------------------------------------------------


@contextmanager
def somebody_holding(table: str, **row: uuid.UUID) -> Iterator[None]:
    """Another connection that keeps a row locked meanwhile."""
    ((column, value),) = row.items()
    with a_rival(f"SELECT FROM {table} WHERE {column} = %s FOR UPDATE", [value]):
        yield


@contextmanager
def somebody_writing(generation: Generation, employee_id: uuid.UUID) -> Iterator[None]:
    """Another connection that has written a list it has not committed, and takes it back in the end."""
    with a_rival("INSERT INTO matching_employeelist VALUES (%s, %s, '')", [generation.pk, employee_id]):
        yield


@contextmanager
def a_rival(statement: str, parameters: list[object]) -> Iterator[None]:
    rival = connection.copy()
    rival.set_autocommit(False)
    try:
        with rival.cursor() as cursor:
            cursor.execute(statement, parameters)
        yield
    finally:
        rival.rollback()
        rival.close()


def a_worker_is_stuck(statement: str) -> bool:
    """Whether a backend with writes of its own waits for the end of another's transaction in such a statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND wait_event = 'transactionid' AND backend_xid IS NOT NULL"
            " AND query LIKE %s AND datname = current_database()",
            [f"{statement}%"],
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
