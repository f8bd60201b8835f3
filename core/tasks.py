"""Doors for Celery."""

from celery import shared_task

from core import outbox


@shared_task(name="core.tasks.sweep_outbox", ignore_result=True)
def sweep_outbox() -> int:
    """Ring again for whatever no doorbell announced (every 30 s by beat)."""
    return outbox.sweep()
