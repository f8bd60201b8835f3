"""Doors for Celery."""

from celery import shared_task

from core import once, outbox


@shared_task(name="core.tasks.sweep_outbox", ignore_result=True)
def sweep_outbox() -> int:
    """Ring again for whatever no doorbell announced (every 30 s by beat)."""
    return outbox.sweep()


@shared_task(name="core.tasks.forget_answers", ignore_result=True)
def forget_answers() -> int:
    """Scrub answers kept for requests that might have been sent again (hourly by beat)."""
    return once.forget()
