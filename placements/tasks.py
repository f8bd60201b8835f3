"""Doors for Celery: events in, one service call each."""

from __future__ import annotations

import uuid
from datetime import datetime

from celery import shared_task

from core.outbox import handler
from placements import services


@handler
def credit_completion(*, placement_id: str, **_: str) -> None:
    """A completed activity becomes JP."""
    services.credit_completion(placement_id=uuid.UUID(placement_id))


@handler
def credit_session(*, session_id: str, **_: str) -> None:
    """A session confirmed by both sides becomes JP."""
    services.credit_session(session_id=uuid.UUID(session_id))


@handler
def credit_day(*, attendance_id: str, **_: str) -> None:
    """A day of meetings attended becomes JP."""
    services.credit_day(attendance_id=uuid.UUID(attendance_id))


@handler
def employment_changed(
    *, employee_id: str, kinds: str, unit_id: str, position_id: str, changed_at: str, **_: str
) -> None:
    """HR says what becomes of applications and placements under way."""
    services.note_change(
        employee_id=uuid.UUID(employee_id),
        kinds=kinds.split(","),
        unit_id=uuid.UUID(unit_id),
        position_id=uuid.UUID(position_id),
        changed_at=datetime.fromisoformat(changed_at),
    )


@handler
def slot_changed(*, slot_id: str, **_: str) -> None:
    """A cancelled slot ends the applications that were on their way to it; a free seat goes to who waits for it."""
    services.expire_applications(slot_id=uuid.UUID(slot_id))
    services.offer_free_seats(slot_id=uuid.UUID(slot_id))


@shared_task(name="placements.tasks.expire_applications", ignore_result=True)
def expire_applications() -> int:
    """End what nobody decided in time (hourly by beat)."""
    return services.expire_applications()


@shared_task(name="placements.tasks.tend_waitlists", ignore_result=True)
def tend_waitlists() -> int:
    """Pass on offers that nobody answered in time, and offer free seats that no doorbell announced (by beat)."""
    return services.expire_offers() + services.offer_all_free_seats()


@shared_task(name="placements.tasks.ask_for_evaluations", ignore_result=True)
def ask_for_evaluations() -> int:
    """Ask each side for its evaluation a week before the end (hourly by beat, once each)."""
    return services.ask_for_evaluations()


@shared_task(name="placements.tasks.remind_of_milestones", ignore_result=True)
def remind_of_milestones() -> int:
    """Tell team and host of milestones that are overdue (hourly by beat, once each)."""
    return services.remind_of_milestones()


@shared_task(name="placements.tasks.remind_of_sessions", ignore_result=True)
def remind_of_sessions() -> int:
    """Tell both sides of tomorrow's sessions (hourly by beat, once each)."""
    return services.remind_of_sessions()


@shared_task(name="placements.tasks.tend_changes", ignore_result=True)
def tend_changes() -> int:
    """See to it that nobody who is gone, or will be before the end, stays in a placement unseen (hourly by beat)."""
    return services.tend_changes()
