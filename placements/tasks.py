"""Doors for Celery: events in, one service call each."""

from __future__ import annotations

import uuid

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


@shared_task(name="placements.tasks.remind_of_sessions", ignore_result=True)
def remind_of_sessions() -> int:
    """Tell both sides of tomorrow's sessions (hourly by beat, once each)."""
    return services.remind_of_sessions()
