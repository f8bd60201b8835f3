"""Doors for Celery."""

from __future__ import annotations

from celery import shared_task

from partners import services


@shared_task(name="partners.tasks.tell_short_cohorts", ignore_result=True)
def tell_short_cohorts() -> int:
    """Tell of slots whose applications have ended below the smallest group (hourly by beat)."""
    return services.tell_short_cohorts()


@shared_task(name="partners.tasks.tell_ended_reserves", ignore_result=True)
def tell_ended_reserves() -> int:
    """Wake matching and waitlists where reserved seats are everybody's by now (hourly by beat)."""
    return services.tell_ended_reserves()
