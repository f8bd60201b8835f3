"""Doors for Celery."""

from __future__ import annotations

from celery import shared_task

from partners import services


@shared_task(name="partners.tasks.tell_short_cohorts", ignore_result=True)
def tell_short_cohorts() -> int:
    """Tell of slots whose applications have ended below the smallest group (hourly by beat)."""
    return services.tell_short_cohorts()


@shared_task(name="partners.tasks.tend_freshness", ignore_result=True)
def tend_freshness() -> tuple[int, int]:
    """Ask whether offers still stand, and pause what nobody confirms (hourly by beat)."""
    return services.tend_freshness()


@shared_task(name="partners.tasks.tell_ended_reserves", ignore_result=True)
def tell_ended_reserves() -> int:
    """Wake matching and waitlists where reserved seats are everybody's by now (hourly by beat)."""
    return services.tell_ended_reserves()


@shared_task(name="partners.tasks.remind_of_agreements", ignore_result=True)
def remind_of_agreements() -> int:
    """Tell of agreements that end in 90, 30 or 7 days (hourly by beat, for each zone has its midnight)."""
    return services.remind_of_agreements()


@shared_task(name="partners.tasks.forget_registrations", ignore_result=True)
def forget_registrations() -> int:
    """Scrub registrations that nobody confirmed (hourly by beat)."""
    return services.forget_registrations()
