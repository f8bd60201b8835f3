"""Doors for Celery: handlers of announced facts, the long run, and what the clock wakes."""

from __future__ import annotations

import uuid

from celery import shared_task

from asn.models import Agency
from core import outbox
from matching import services
from matching.models import MatchRun
from matching.states import RunReason


@outbox.handler
def refresh_slot(slot_id: str, **_: str) -> None:
    """A slot was published, changed or closed."""
    services.refresh_slot(slot_id=uuid.UUID(slot_id))


@outbox.handler
def refresh_employee(employee_id: str, **_: str) -> None:
    """A person came, was assessed or wants to learn something else, or placements changed when the person is free."""
    services.refresh_employee(employee_id=uuid.UUID(employee_id))


@outbox.handler
def refresh_everyone(agency_id: str, **_: str) -> None:
    """Standards or priorities changed, which is too much for one by one."""
    services.request_full_match(actor=None, agency_id=uuid.UUID(agency_id), reason=RunReason.DATA_CHANGED)


@outbox.handler
def start_run(run_id: str, **_: str) -> None:
    """A run was asked for: hand it to the queue, which may hear of it twice."""
    run_match.delay(run_id)


@shared_task(name="matching.tasks.run_match", ignore_result=True)
def run_match(run_id: str) -> int:
    """Begin a run or take it up again: one message a shard; the first one is done here. Returns how many shards."""
    shards = services.prepare_run(run_id=uuid.UUID(run_id))
    for shard_id in shards[1:]:
        match_shard.delay(str(shard_id))
    if shards:
        match_shard(str(shards[0]))
    else:
        _ring_next(MatchRun.objects.values_list("agency_id", flat=True).get(pk=run_id))
    return len(shards)


@shared_task(name="matching.tasks.match_shard", ignore_result=True)
def match_shard(shard_id: str) -> bool:
    """Match the people of one shard; a failure is tried again at once, until the shard is parked."""
    try:
        agency_id = services.match_shard(shard_id=uuid.UUID(shard_id))
    except Exception:
        match_shard.delay(shard_id)
        raise
    if agency_id is not None:
        _ring_next(agency_id)
    return agency_id is not None


def _ring_next(agency_id: uuid.UUID) -> None:
    following = services.next_run(agency_id)
    if following is not None:
        run_match.delay(str(following))


@shared_task(name="matching.tasks.resume_runs", ignore_result=True)
def resume_runs() -> int:
    """Ring again for runs that were lost (every minute by beat)."""
    lost = services.resume_runs()
    for run_id in lost:
        run_match.delay(str(run_id))
    return len(lost)


@shared_task(name="matching.tasks.mend", ignore_result=True)
def mend() -> int:
    """Heal what lost messages missed (every ten minutes by beat)."""
    return services.mend()


@shared_task(name="matching.tasks.refit", ignore_result=True)
def refit() -> int:
    """Nightly: a new version where texts have changed, its points held against outcomes, every agency by today's dates."""
    services.calibrate(version_id=services.fit_model().pk)
    agencies = list(Agency.objects.values_list("pk", flat=True))
    for agency_id in agencies:
        services.request_full_match(actor=None, agency_id=agency_id, reason=RunReason.NIGHTLY)
    return len(agencies)
