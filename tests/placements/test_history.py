"""Finished placements brought along in one batch: whole, with hours and seats, or not at all."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Invalid, NotAllowed
from core.models import AuditEvent, OutboxEvent
from matching.models import EmployeeAvailability, PairOutcome
from partners.models import Slot
from partners.states import SlotStatus
from placements import services
from placements.models import Application, Certificate, LearningHourEntry, Placement
from placements.services import FinishedRow, OpinionRow
from placements.states import EvaluatorRole, PlacementStatus
from tests.factories.placements import Road, letter_file, make_road
from web.management.commands.verify_invariants import broken_promises

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()


def past_road(**slot: Any) -> Road:
    """A slot that is over, with its people."""
    starts = TODAY - timedelta(days=60)
    period = {"starts_on": starts, "ends_on": starts + timedelta(days=27), "apply_by": starts - timedelta(days=9)}
    return make_road(**{**period, "status": SlotStatus.CLOSED, **slot})


def row_of(road: Road, **changes: Any) -> FinishedRow:
    slot = road.slot
    begun, over = road.at(slot.starts_on, 8), road.at(slot.ends_on, 15)
    ratings = [(o.competency_id, o.to_level) for o in slot.outcomes.all()]
    uses_sessions = slot.policy.uses_sessions
    row = FinishedRow(
        employee_id=road.employee.pk,
        slot_id=slot.pk,
        mentor_id=road.mentor.pk,
        officer_id=road.hr.pk,
        host_id=road.member.pk,
        motivation="Belajar dari praktisi.",
        submitted_at=begun - timedelta(days=8),
        cleared_at=begun - timedelta(days=7),
        approved_at=begun - timedelta(days=6),
        accepted_at=begun - timedelta(days=5),
        letter_number="800.1.4.1/001/BKPSDM/2026",
        letter_date=slot.starts_on - timedelta(days=2),
        letter_signer="Kepala BKPSDM",
        letter_file=letter_file(),
        plan_agreed_at=begun - timedelta(days=1),
        started_at=begun,
        completed_at=over + timedelta(days=1),
        logbook=[] if uses_sessions else [(slot.starts_on, Decimal(6), "Mengolah data layanan", "Tabel", "")],
        sessions=[(slot.starts_on + timedelta(days=d), 90, "Membahas data", "") for d in (0, 1, 2)]
        if uses_sessions
        else [],
        evaluations=[
            OpinionRow(role=EvaluatorRole.MENTOR, overall=5, ratings=ratings),
            OpinionRow(role=EvaluatorRole.PARTICIPANT, overall=4),
        ],
    )
    return replace(row, **changes)


def bring(road: Road, *rows: FinishedRow) -> list[Placement]:
    return services.import_finished_placements(actor=None, agency_id=road.agency.pk, rows=rows)


def test_internship_is_brought_along_whole() -> None:
    road = past_road(kind="internship")

    (placement,) = bring(road, row_of(road))

    placement = Placement.objects.get(pk=placement.pk)
    assert placement.status == PlacementStatus.COMPLETED
    assert placement.application.decisions.count() == 4
    assert placement.objectives.count() == road.slot.outcomes.count()
    assert Certificate.objects.get(placement=placement).issued_on == road.agency.today(placement.completed_at)
    entry = LearningHourEntry.objects.get(placement=placement)
    assert (entry.hours, entry.counted_hours, entry.occurs_on) == (20, 20, road.slot.ends_on)
    assert Slot.objects.get(pk=road.slot.pk).filled_seats == 1
    assert EmployeeAvailability.objects.get(employee=road.employee).applied_slots == [road.slot.pk]
    assert not PairOutcome.objects.exists(), "only what was completed: nothing to learn a chance from"
    assert AuditEvent.objects.filter(action="placements.import_finished").count() == 1
    assert not OutboxEvent.objects.filter(name__startswith="placements.").exists()
    assert not any(broken_promises().values())


def test_third_session_of_a_month_adds_nothing() -> None:
    road = past_road(kind="mentoring")
    start = road.slot.starts_on
    if (start + timedelta(days=2)).month != start.month:
        start += timedelta(days=3)
    sessions = [(start + timedelta(days=d), 90, "Membahas data", "") for d in (0, 1, 2)]

    (placement,) = bring(road, row_of(road, sessions=sessions))

    entries = LearningHourEntry.objects.filter(placement=placement).order_by("occurs_on")
    assert [entry.counted_hours for entry in entries] == [2, 2, 0]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"logbook": []}, "evidence_incomplete", "logbook_verified"),
        ({"evaluations": []}, "evidence_incomplete", "mentor_evaluation"),
        ({"logbook": [(TODAY, Decimal(6), "Di luar masa magang", "", "")]}, "date_outside_period", "logbook"),
        ({"completed_at": timezone.now() + timedelta(days=2)}, "date_outside_period", "completed_at"),
        ({"accepted_at": timezone.now()}, "ends_before_start", "completed_at"),
        ({"mentor_id": uuid.uuid4()}, "mentor_not_of_slot", "mentor_id"),
    ],
)
def test_a_bad_row_stops_the_batch(changes: dict[str, Any], code: str, field: str) -> None:
    road = past_road(kind="internship")
    with pytest.raises(Invalid) as caught:
        bring(road, row_of(road), row_of(road, **changes))
    assert (caught.value.code, caught.value.field, caught.value.params["row"]) == (code, f"2.{field}", 2)
    assert not Application.objects.exists()


def test_a_person_of_another_agency_is_unknown_here() -> None:
    road, other = past_road(kind="internship"), past_road(kind="internship")
    with pytest.raises(Invalid) as caught:
        bring(road, row_of(other))
    assert caught.value.code == "unknown_employee"


def test_only_hr_of_the_agency_or_the_system() -> None:
    road = past_road(kind="internship")
    with pytest.raises(NotAllowed):
        services.import_finished_placements(actor=road.member, agency_id=road.agency.pk, rows=[row_of(road)])
