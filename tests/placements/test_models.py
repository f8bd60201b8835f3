"""The database refuses nonsense even when no service is asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import InternalError, transaction
from django.utils import timezone

from core import outbox
from placements.models import (
    Application,
    Certificate,
    Decision,
    Evaluation,
    EvaluationRating,
    LearningHourEntry,
    LearningObjective,
    LogbookEntry,
    MentoringSession,
    NumberSeries,
    Placement,
)
from tests.assertions import violates
from tests.factories.asn import CompetencyFactory
from tests.factories.placements import MOTIVATION, Road, make_road

pytestmark = pytest.mark.django_db


def change(row: Any, **values: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**values)


@pytest.fixture
def road() -> Road:
    return make_road()


def test_application(road: Road) -> None:
    application = road.apply()
    with violates("application_one_live"):
        Application.objects.create(agency=road.agency, employee=road.employee, slot=road.slot)
    with violates("application_submitted_with_consent"):
        change(application, consent_at=None)
    with violates("application_waitlist_paired"):
        change(application, status="waitlisted")
    with violates("application_waitlist_paired"):
        change(application, waitlist_position=1)
    with violates("application_conflict_paired"):
        change(application, conflict_decided_at=timezone.now())
    with violates("application_no_open_conflict"):
        change(application, status="approved", has_conflict=True)
    with violates("_same_agency"):
        change(application, slot=make_road().slot)


def test_waitlist_positions_are_unique_per_slot(road: Road) -> None:
    application = road.apply()
    change(application, status="waitlisted", waitlist_position=1)
    other = Application(
        agency=road.agency,
        employee=road.supervisor,
        slot=road.slot,
        motivation=MOTIVATION,
        waitlist_position=1,
        submitted_at=timezone.now(),
        consent_at=timezone.now(),
        status="waitlisted",
    )
    with violates("application_waitlist_position_once"):
        other.save()


def test_decision(road: Road) -> None:
    application = road.clear()
    row: dict[str, Any] = {
        "agency": road.agency,
        "application": application,
        "attempt": 1,
        "decided_at": timezone.now(),
    }
    with violates("decision_once_a_step"):
        Decision.objects.create(**row, step="supervisor", outcome="cleared", decided_by=road.hr)
    with violates("decision_by_different_people"):
        Decision.objects.create(**row, step="hr", outcome="approved", decided_by=road.boss)
    with violates("decision_negative_with_reason"):
        Decision.objects.create(**row, step="hr", outcome="rejected", decided_by=road.hr)
    with violates("decision_outcome_fits_step"):
        Decision.objects.create(**row, step="hr", outcome="accepted", decided_by=road.hr)
    decision = Decision.objects.earliest("decided_at")
    with violates("decision_insert_only", InternalError):
        change(decision, note="lain")
    with violates("decision_insert_only", InternalError):
        Decision.objects.filter(pk=decision.pk).delete()


def test_placement(road: Road) -> None:
    placement = road.accept()
    with violates("placement_ordered"):
        change(placement, ends_on=placement.starts_on - timedelta(days=1))
    with violates("placement_started_with_checklist"):
        change(placement, status="active", started_at=timezone.now(), started_by=road.hr)
    with violates("placement_plan_paired"):
        change(placement, plan_agreed_at=timezone.now())
    with violates("placement_started_paired"):
        change(placement, started_at=timezone.now())
    with violates("placement_ended_with_reason"):
        change(placement, status="ended_early")
    with violates("placement_ended_paired"):
        change(placement, ended_at=timezone.now())
    with violates("placement_completed_paired"):
        change(placement, completed_by=road.hr)
    with violates("placement_follows_application"):
        change(placement, employee=road.supervisor)
    started = make_road()
    started.start()
    with violates("placement_completed_fields"):
        change(started.placement, status="completed")


def test_a_start_is_held_to_the_documents_asked_for_when_the_seat_was_taken(road: Road) -> None:
    placement = road.accept()
    begun = {"status": "active", "started_at": timezone.now(), "started_by": road.hr}
    for asked in ("assignment_letter", "learning_plan"):
        with violates("placement_started_with_checklist"):
            change(placement, documents=[asked], **begun)
    with violates("placement_started_with_checklist"):
        change(placement, documents=["mentor"], mentor=None, **begun)
    change(placement, documents=["mentor", "agreement"], **begun)
    change(placement, mentor=None, documents=["agreement"])


def test_overlap_is_excluded_and_the_next_day_is_free(road: Road) -> None:
    placement = road.accept()
    twin = make_road(agency=road.agency)
    change(twin.slot, starts_on=placement.ends_on, ends_on=placement.ends_on + timedelta(days=5))
    application = Application.objects.create(agency=road.agency, employee=road.employee, slot=twin.slot)
    row: dict[str, Any] = {
        "agency": road.agency,
        "application": application,
        "employee": road.employee,
        "slot": twin.slot,
        "ends_on": placement.ends_on + timedelta(days=5),
        "documents": [],
    }
    with violates("placement_no_overlap"):
        Placement.objects.create(**row, starts_on=placement.ends_on, blocks_time=True)
    with transaction.atomic():  # a kind that does not block time may overlap
        sid = transaction.savepoint()
        Placement.objects.create(**row, starts_on=placement.ends_on, blocks_time=False)
        transaction.savepoint_rollback(sid)
    Placement.objects.create(**row, starts_on=placement.ends_on + timedelta(days=1), blocks_time=True)


def test_plan_logbook_sessions_and_evaluations(road: Road) -> None:
    placement = road.start()
    base: dict[str, Any] = {"agency": road.agency, "placement": placement}
    with violates("objective_level_range"):
        LearningObjective.objects.create(**base, competency=CompetencyFactory(), from_level=5, to_level=6)
    with violates("objective_rises"):
        LearningObjective.objects.create(**base, competency=CompetencyFactory(), from_level=3, to_level=3)
    with violates("objective_once"):
        LearningObjective.objects.create(
            **base, competency=placement.objectives.get().competency, from_level=1, to_level=2
        )
    entry: dict[str, Any] = {**base, "entry_date": date.today(), "activity": "Mengolah data"}
    with violates("logbook_hours_range"):
        LogbookEntry.objects.create(**entry, hours=0)
    with violates("logbook_verified_by_someone"):
        LogbookEntry.objects.create(**entry, hours=3, status="verified")
    with violates("logbook_verified_paired"):
        LogbookEntry.objects.create(**entry, hours=3, verified_at=timezone.now())
    LogbookEntry.objects.create(**entry, hours=3)
    with violates("logbook_once_a_day"):
        LogbookEntry.objects.create(**entry, hours=3)
    session: dict[str, Any] = {**base, "held_on": date.today(), "agenda": "Rencana"}
    with violates("session_minutes_range"):
        MentoringSession.objects.create(**session, minutes=5)
    with violates("session_mentor_paired"):
        MentoringSession.objects.create(**session, mentor_confirmed_at=timezone.now())
    MentoringSession.objects.create(**session)
    with violates("session_once_a_day"):
        MentoringSession.objects.create(**session)
    said: dict[str, Any] = {
        **base,
        "role": "mentor",
        "submitted_by": road.hr,
        "submitted_at": timezone.now(),
    }
    with violates("evaluation_overall_range"):
        Evaluation.objects.create(**said, overall=6)
    evaluation = Evaluation.objects.create(**said, overall=5)
    with violates("evaluation_once"):
        Evaluation.objects.create(**said, overall=5)
    rating: dict[str, Any] = {
        "agency": road.agency,
        "evaluation": evaluation,
        "competency": placement.objectives.get().competency,
    }
    with violates("rating_level_range"):
        EvaluationRating.objects.create(**rating, level=6)
    EvaluationRating.objects.create(**rating, level=3)
    with violates("rating_once"):
        EvaluationRating.objects.create(**rating, level=4)


def test_certificate_and_hours_once(road: Road) -> None:
    placement = road.complete()
    outbox.drain()
    certificate = Certificate.objects.get()
    fresh: dict[str, Any] = {
        "agency": road.agency,
        "kind": "completion",
        "issued_on": date.today(),
        "issued_by": road.hr,
    }
    with violates("placement_id"):
        Certificate.objects.create(**fresh, placement=placement, number="lain")
    other = make_road(agency=road.agency)
    other.accept()
    with violates("certificate_number_once"):
        Certificate.objects.create(**fresh, placement=other.placement, number=certificate.number)
    series = NumberSeries.objects.first()
    assert series is not None
    with violates("number_series_once"):
        NumberSeries.objects.create(agency=road.agency, series=series.series, year=series.year)
    entry = LearningHourEntry.objects.get()
    line: dict[str, Any] = {
        "agency": road.agency,
        "employee": road.employee,
        "rule": entry.rule,
        "rule_version": 1,
        "occurs_on": entry.occurs_on,
        "account_year": entry.account_year,
    }
    with violates("_key"):
        LearningHourEntry.objects.create(**line, key=entry.key, hours=20, counted_hours=20)
    with violates("hours_counted_within"):
        LearningHourEntry.objects.create(**line, key="a", hours=2, counted_hours=3, not_counted="monthly_cap")
    with violates("hours_counted_within"):
        LearningHourEntry.objects.create(**line, key="b", hours=-2, counted_hours=-2)
    with violates("hours_not_counted_with_reason"):
        LearningHourEntry.objects.create(**line, key="c", hours=2, counted_hours=0)
    with violates("hours_append_only", InternalError):
        change(entry, hours=40)
