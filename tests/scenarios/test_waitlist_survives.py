"""Fifty seats come free while the workers who pass them on die: the first fifty, in order, once each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from celery import current_app
from django.db.models import F
from django.utils import timezone

from core.models import AuditEvent
from partners.models import Slot
from placements import tasks
from placements.models import Application, Decision
from tests.factories.asn import EmployeeFactory
from tests.factories.placements import MOTIVATION, make_road
from tests.scenarios.test_worker_killed import wait_for
from tests.worker import WorkerProcess

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("worker")]
SEATS, WAITING = 50, 60


def test_fifty_seats_go_to_the_first_fifty_although_workers_die(start_worker: Callable[[], WorkerProcess]) -> None:
    """Fifty people let their offer pass. Two workers end the offers and hand each seat on, and are killed at it."""
    road = make_road(seats=SEATS)
    at = timezone.now()
    rows = Application.objects.bulk_create(
        Application(
            agency=road.agency,
            employee=EmployeeFactory(agency=road.agency, unit=road.employee.unit, position=road.employee.position),
            slot=road.slot,
            motivation=MOTIVATION,
            submitted_at=at,
            consent_at=at,
            **(
                {"status": "offered", "holds_seat": True, "offered_at": at, "due_at": at - timedelta(minutes=1)}
                if number < SEATS
                else {"status": "waitlisted", "waitlist_position": number}
            ),
        )
        for number in range(SEATS + WAITING)
    )
    Decision.objects.bulk_create(
        Decision(
            agency=road.agency,
            application=row,
            attempt=1,
            step="hr",
            outcome="waitlisted",
            decided_by=road.hr,
            decided_at=at,
        )
        for row in rows
    )
    Slot.objects.filter(pk=road.slot.pk).update(held_seats=F("seats"), status="full")

    doomed = [start_worker(), start_worker()]
    for _ in doomed:
        current_app.send_task("placements.tasks.tend_waitlists")
    for worker, least in zip(doomed, (8, 20), strict=True):
        wait_for(lambda least=least: passed_on() >= least, worker)
        worker.kill()
    assert passed_on() < SEATS, "they were killed at work"

    tasks.tend_waitlists()
    assert tasks.tend_waitlists() == 0, "the next turn of beat finds nothing left"

    ordered = [row.pk for row in rows[SEATS:]]
    offers = Application.objects.filter(pk__in=ordered, status="offered").order_by("offered_at")
    assert list(offers.values_list("pk", flat=True)) == ordered[:SEATS], "the first fifty, in order"
    assert AuditEvent.objects.filter(action="application.offered").count() == SEATS, "once each"
    assert Application.objects.filter(pk__in=ordered, status="waitlisted").count() == WAITING - SEATS
    slot = Slot.objects.get(pk=road.slot.pk)
    assert (slot.filled_seats, slot.held_seats, slot.status) == (0, SEATS, "full")
    assert Application.objects.filter(slot=slot, holds_seat=True).count() == SEATS


def passed_on() -> int:
    return Application.objects.filter(status="expired").count()
