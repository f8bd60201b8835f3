"""Doors for Celery: handlers of announced facts, the long run, and what the clock wakes."""

from __future__ import annotations

import uuid

from celery import shared_task

from asn.models import Agency
from core import outbox
from matching import services
from matching.states import RunReason


@outbox.handler
def refresh_slot(slot_id: str, **_: str) -> None:
    """A slot was published, changed or closed."""
    services.refresh_slot(slot_id=uuid.UUID(slot_id))


@outbox.handler
def refresh_employee(employee_id: str, **_: str) -> None:
    """A person was assessed, or placements changed when the person is free."""
    services.refresh_employee(employee_id=uuid.UUID(employee_id))


@outbox.handler
def refresh_everyone(agency_id: str, **_: str) -> None:
    """People were imported or standards changed: too much for one by one."""
    services.request_full_match(actor=None, agency_id=uuid.UUID(agency_id), reason=RunReason.DATA_CHANGED)


@outbox.handler
def start_run(run_id: str, **_: str) -> None:
    """A run was asked for: hand it to the queue, which may hear of it twice."""
    run_match.delay(run_id)


@shared_task(name="matching.tasks.run_match", ignore_result=True)
def run_match(run_id: str) -> int:
    """Match a whole agency, in steps of its own transactions."""
    return services.run_match(run_id=uuid.UUID(run_id))


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
