"""What proves a placement: logbook, evaluations; and its completion."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.models import User
from asn.superiors import is_superior
from core import audit
from core.errors import Conflict, Invalid, require
from core.outbox import announce
from core.services import service
from core.states import advance
from core.text import clean_text
from matching import services as matching
from partners.kinds import EvaluationForm, Ratings
from placements import events
from placements.models import Evaluation, EvaluationRating, LogbookEntry, Placement
from placements.permissions import (
    can_complete,
    get_visible_logbook_entry,
    is_host,
    is_participant,
)
from placements.selectors import completion_evidence, evaluations_due, goals
from placements.services.certificates import issue_certificate
from placements.services.common import check_day, check_running, facts, lock_placement, moment, push_availability
from placements.services.sessions import release_sessions
from placements.states import (
    CertificateKind,
    EvaluationStage,
    EvaluatorRole,
    LogbookStatus,
    PlacementStatus,
    SessionCancelReason,
)


@service
def record_logbook_entry(
    *,
    actor: User,
    placement_id: uuid.UUID,
    entry_date: date,
    hours: Decimal,
    activity: str,
    output: str = "",
    lesson: str = "",
    now: datetime | None = None,
) -> LogbookEntry:
    """Hand in one day; a returned or unread day is written over, a verified one is not.

    Raises Invalid(``date_outside_period`` | ``date_in_future`` on entry_date, ``hours_out_of_range`` on hours,
    ``activity_required`` on activity), Conflict(``already_decided``).
    """
    placement = lock_placement(actor, placement_id)
    require(is_participant(actor, placement), "only_participant")
    check_running(placement)
    check_day(placement, "entry_date", entry_date, now)
    if not 0 < hours <= 24:
        raise Invalid("hours_out_of_range", field="hours")
    if len(activity.strip()) < 10:
        raise Invalid("activity_required", field="activity", minimum=10)
    entry = LogbookEntry.objects.select_for_update(no_key=True).filter(
        placement=placement, entry_date=entry_date
    ).first() or LogbookEntry(agency_id=placement.agency_id, placement=placement, entry_date=entry_date)
    if entry.status == LogbookStatus.VERIFIED:
        raise Conflict("already_decided", about=entry, status=entry.get_status_display())
    entry.hours = hours
    entry.activity = activity.strip()
    entry.output = output.strip()
    entry.lesson = lesson.strip()
    if entry.status != LogbookStatus.SUBMITTED:
        advance(entry, "submit")
    entry.save()
    audit.record(
        actor=actor,
        action="logbook.submitted",
        obj=entry,
        after=facts(entry, "entry_date", "hours"),
        actor_label="employee",
    )
    announce(
        events.LOGBOOK_SUBMITTED,
        key=f"{entry.pk}:{entry.updated_at.isoformat()}",
        placement_id=placement.pk,
        entry_id=entry.pk,
    )
    return entry


@service
def verify_logbook_entry(*, actor: User, entry_id: uuid.UUID, now: datetime | None = None) -> LogbookEntry:
    """The mentor (or the host) confirms a day."""
    entry = _lock_entry(actor, entry_id)
    advance(entry, "verify", code="already_decided")
    entry.verified_by = actor
    entry.verified_at = moment(now)
    entry.reviewer_note = ""
    entry.save()
    audit.record(
        actor=actor, action="logbook.verified", obj=entry, after=facts(entry, "entry_date"), actor_label="host"
    )
    return entry


@service
def return_logbook_entry(*, actor: User, entry_id: uuid.UUID, note: str) -> LogbookEntry:
    """The mentor asks for a revision of a day and says what."""
    entry = _lock_entry(actor, entry_id)
    if not note.strip():
        raise Invalid("note_required", field="note")
    advance(entry, "send_back", code="already_decided")
    entry.reviewer_note = note.strip()
    entry.save()
    audit.record(
        actor=actor, action="logbook.returned", obj=entry, after=facts(entry, "entry_date"), actor_label="host"
    )
    announce(
        events.LOGBOOK_RETURNED,
        key=f"{entry.pk}:{entry.updated_at.isoformat()}",
        placement_id=entry.placement_id,
        entry_id=entry.pk,
    )
    return entry


def _lock_entry(actor: User, entry_id: uuid.UUID) -> LogbookEntry:
    seen = get_visible_logbook_entry(actor, entry_id)
    placement = lock_placement(actor, seen.placement_id)
    require(is_host(actor, placement), "only_host")
    entry = LogbookEntry.objects.select_for_update(no_key=True).get(pk=seen.pk)
    entry.placement = placement
    return entry


@service
def evaluate_placement(
    *,
    actor: User,
    placement_id: uuid.UUID,
    overall: int,
    strengths: str = "",
    improvements: str = "",
    applied: str = "",
    ratings: Sequence[tuple[str, int]] = (),
    stage: str = EvaluationStage.FINAL,
    now: datetime | None = None,
) -> Evaluation:
    """One side's evaluation; who the actor is decides which, and the kind what it asks.

    Raises Invalid(``text_missing`` | ``text_too_long`` on a question, ``evaluation_without_question`` on an answer that
    nobody asks for, ``rating_out_of_range`` on overall or ratings, ``ratings_incomplete`` on ratings,
    ``unknown_choice`` | ``evaluation_not_asked`` on stage), Conflict(``already_evaluated``).
    """
    placement = lock_placement(actor, placement_id)
    role = _evaluator_role(actor, placement)
    check_running(placement)
    if stage not in EvaluationStage.values:
        raise Invalid("unknown_choice", field="stage", choices=", ".join(EvaluationStage.values))
    asked = placement.policy.evaluation(role, stage)
    if asked is None:
        raise Invalid("evaluation_not_asked", field="stage", kind=str(placement.policy.label))
    if not 1 <= overall <= 5:
        raise Invalid("rating_out_of_range", field="overall")
    answers = _answers(asked, {"strengths": strengths, "improvements": improvements, "applied": applied})
    planned = set() if asked.ratings is Ratings.NONE else {goal.competency_id for goal in goals(placement)}
    rated = dict(ratings)
    if len(rated) != len(ratings) or not set(rated) <= planned or not all(0 <= v <= 5 for v in rated.values()):
        raise Invalid("rating_out_of_range", field="ratings")
    if asked.ratings is Ratings.ASKED and set(rated) != planned:
        raise Invalid("ratings_incomplete", field="ratings")
    evaluation = Evaluation(
        agency_id=placement.agency_id,
        placement=placement,
        role=role,
        stage=stage,
        overall=overall,
        **answers,
        submitted_by=actor,
        submitted_at=moment(now),
    )
    try:
        with transaction.atomic():
            evaluation.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("already_evaluated") from error
    EvaluationRating.objects.bulk_create(
        EvaluationRating(agency_id=placement.agency_id, evaluation=evaluation, competency_id=code, level=level)
        for code, level in rated.items()
    )
    audit.record(
        actor=actor,
        action="placement.evaluated",
        obj=placement,
        after={"role": role, "stage": stage},
        actor_label=role,
    )
    return evaluation


def _answers(asked: EvaluationForm, given: dict[str, str]) -> dict[str, str]:
    """What was said, question by question as the kind asks it."""
    questions = {question.code: question for question in asked.questions}
    for code, words in given.items():
        if words.strip() and code not in questions:
            raise Invalid("evaluation_without_question", field=code)
    return {
        code: clean_text(given[code], field=code, limit=question.limit, required=question.required)
        for code, question in questions.items()
    }


def ask_for_evaluations(*, now: datetime | None = None) -> int:
    """Announce, a week before the last day, which sides have not yet given the evaluation that the kind asks for.

    Each side is asked once a placement. Returns how many evaluations are missing now.
    """
    missing = 0
    for placement in evaluations_due(now).select_related("slot").prefetch_related("evaluations"):
        given = {(one.role, one.stage) for one in placement.evaluations.all()}
        for form in placement.policy.evaluations:
            if form.stage == EvaluationStage.FINAL and (form.role, form.stage) not in given:
                missing += 1
                announce(
                    events.EVALUATION_DUE,
                    key=f"{placement.pk}:{form.role.value}",
                    placement_id=placement.pk,
                    role=form.role.value,
                )
    return missing


def _evaluator_role(actor: User, placement: Placement) -> EvaluatorRole:
    if is_participant(actor, placement):
        return EvaluatorRole.PARTICIPANT
    if is_host(actor, placement):
        return EvaluatorRole.MENTOR
    require(is_superior(actor, placement.employee), "only_participant_or_host")
    return EvaluatorRole.SUPERVISOR


@service
def complete_placement(*, actor: User, placement_id: uuid.UUID, now: datetime | None = None) -> Placement:
    """Finish with proof: the certificate now, hours and award proposals by the workers.

    Raises Conflict(``period_not_over`` | ``evidence_incomplete`` with what is missing | ``already_decided``).
    """
    placement = lock_placement(actor, placement_id)
    require(can_complete(actor, placement), "only_host_or_hr")
    running = placement.status in (PlacementStatus.ACTIVE, PlacementStatus.FINISHING)
    if running and placement.agency.today(now) < placement.ends_on:
        raise Conflict("period_not_over", ends_on=placement.ends_on.isoformat())
    missing = [str(item.label) for item in completion_evidence(placement) if not item.done]
    if running and missing:
        raise Conflict("evidence_incomplete", missing=", ".join(missing))
    before = facts(placement, "status")
    advance(placement, "complete", code="already_decided")
    placement.completed_by = actor
    placement.completed_at = moment(now)
    placement.save()
    release_sessions(placement, actor=actor, reason=SessionCancelReason.PLACEMENT_OVER, now=now)
    issue_certificate(placement, actor=actor, kind=CertificateKind.COMPLETION, now=now)
    push_availability(placement.employee)
    matching.record_outcome(application_id=placement.application_id, ending=placement.status, at=placement.completed_at)
    audit.record(
        actor=actor,
        action="placement.completed",
        obj=placement,
        before=before,
        after=facts(placement, "status"),
        actor_label="host" if is_host(actor, placement) else "hr",
    )
    announce(events.PLACEMENT_COMPLETED, key=placement.pk, placement_id=placement.pk)
    return placement
