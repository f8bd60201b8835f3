"""Doors for Celery."""

from __future__ import annotations

from celery import shared_task

from asn import services


@shared_task(name="asn.tasks.remind_of_corrections", ignore_result=True)
def remind_of_corrections() -> int:
    """Tell HR of requests for correction whose clock ends (hourly by beat)."""
    return services.remind_of_corrections()


@shared_task(name="asn.tasks.tell_ended_periods", ignore_result=True)
def tell_ended_periods() -> int:
    """Tell both sides that a stand-in's last day is over (hourly by beat, for each zone has its midnight)."""
    return services.tell_ended_periods()
