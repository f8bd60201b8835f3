"""Doors for Celery."""

from __future__ import annotations

from celery import shared_task

from asn import services


@shared_task(name="asn.tasks.remind_of_corrections", ignore_result=True)
def remind_of_corrections() -> int:
    """Tell HR of requests for correction whose clock ends (hourly by beat)."""
    return services.remind_of_corrections()
