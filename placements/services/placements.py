"""Preparing, starting, interrupting and ending a placement."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from accounts.models import User
from asn.models import Competency
from core import audit
from core.errors import Conflict, Invalid, require
from core.files import store_pdf
from core.outbox import announce
from core.services import service
from core.states import advance
from core.text import clean_text
from matching import services as matching
from partners import services as partners
from partners.kinds import Document
from placements import events
from placements.eligibility import check_in_service
from placements.models import LearningObjective, Paper, Placement
from placements.permissions import (
    can_end,
    can_prepare,
    can_write_plan,
    is_host,
    is_mentor,
    is_participant,
)
from placements.selectors import COHORT, start_checklist
from placements.services.certificates import issue_certificate
from placements.services.common import check_room, facts, lock_placement, moment, push_availability
from placements.services.papers import letter_number, replace_paper, running_number
from placements.services.sessions import release_sessions
from placements.services.waitlist import offer_free_seats
from placements.states import CertificateKind, EndReason, PaperKind, PlacementStatus, SessionCancelReason

Objective = tuple[str, int, int, str, str]


@service
def record_letter(
    *,
    actor: User,
    placement_id: uuid.UUID,
    number: str,
    letter_date: date,
    signer: str,
    file: Any,
) -> Placement:
    """Enter the surat tugas: number, date, signer and the uploaded PDF; it replaces one that was made or entered before.

    Raises Invalid(``required`` on number or signer, ``letter_after_start`` on letter_date, file errors of
    core.files on file), Conflict(``not_in_this_state``) once started.
    """
    placement = lock_placement(actor, placement_id)
    require(can_prepare(actor, placement), "only_hr_prepares")
    _check_preparing(placement)
    for field, value in (("number", number), ("signer", signer)):
        if not value.strip():
            raise Invalid("required", field=field)
    _check_letter_date(placement, letter_date)
    if file is None:
        raise Invalid("file_empty", field="file")
    title = f"Surat tugas {number.replace('/', '-')}"
    stored = store_pdf(actor=actor, upload=file, title=title, agency_id=placement.agency_id)
    replace_paper(
        placement,
        Paper(
            kind=PaperKind.LETTER,
            number=number.strip(),
            issued_on=letter_date,
            signer_name=signer.strip(),
            is_uploaded=True,
            file=stored,
            issued_by=actor,
        ),
        now=None,
    )
    placement.letter_number = number.strip()
    placement.letter_date = letter_date
    placement.letter_signer = signer.strip()
    placement.letter_file = stored
    placement.save()
    audit.record(
        actor=actor,
        action="placement.letter_recorded",
        obj=placement,
        after=facts(placement, "letter_number", "letter_date", "letter_file_id"),
        actor_label="hr",
    )
    return placement


@service
def issue_letter(
    *, actor: User, placement_id: uuid.UUID, letter_date: date, signer_post: str, signer_name: str
) -> Paper:
    """Number and date a surat tugas that Padan makes; its PDF follows, here or by a worker.

    One that was there before is kept as superseded. Raises as ``record_letter`` does.
    """
    placement = lock_placement(actor, placement_id)
    require(can_prepare(actor, placement), "only_hr_prepares")
    _check_preparing(placement)
    _check_letter_date(placement, letter_date)
    post = clean_text(signer_post, field="signer_post", limit=120)
    name = clean_text(signer_name, field="signer_name", limit=120)
    paper = replace_paper(
        placement,
        Paper(
            kind=PaperKind.LETTER,
            number=letter_number(placement.agency, letter_date.year),
            issued_on=letter_date,
            signer_post=post,
            signer_name=name,
            issued_by=actor,
        ),
        now=None,
    )
    placement.letter_number = paper.number
    placement.letter_date = letter_date
    placement.letter_signer = paper.signer[:160]
    placement.letter_file = None
    placement.save()
    audit.record(
        actor=actor,
        action="placement.letter_issued",
        obj=placement,
        after=facts(placement, "letter_number", "letter_date"),
        actor_label="hr",
    )
    announce(events.PAPER_ISSUED, key=paper.pk, paper_id=paper.pk)
    return paper


@service
def set_mentor(*, actor: User, placement_id: uuid.UUID, mentor_id: uuid.UUID) -> Placement:
    """Choose the mentor among those tied to the slot.

    Raises Invalid(``mentor_not_of_slot`` on mentor_id), Conflict(``mentor_full`` on mentor_id).
    """
    placement = lock_placement(actor, placement_id)
    require(is_host(actor, placement) or can_prepare(actor, placement), "only_host_or_hr")
    _check_not_over(placement)
    if not placement.slot.slot_mentors.filter(mentor_id=mentor_id, mentor__is_active=True).exists():
        raise Invalid("mentor_not_of_slot", field="mentor_id")
    if mentor_id != placement.mentor_id:
        check_room(mentor_id, placement)
        release_sessions(placement, actor=actor, reason=SessionCancelReason.MENTOR_CHANGED)
    before = facts(placement, "mentor_id")
    placement.mentor_id = mentor_id
    if placement.status == PlacementStatus.PREPARING:
        placement.plan_agreed_by = placement.plan_agreed_at = None
    placement.save()
    audit.record(
        actor=actor, action="placement.mentor_set", obj=placement, before=before, after=facts(placement, "mentor_id")
    )
    return placement


@service
def set_learning_plan(
    *, actor: User, placement_id: uuid.UUID, objectives: Sequence[Objective]
) -> list[LearningObjective]:
    """Replace the learning plan: (competency code, from, to, activity, evidence) per objective.

    Agreement of the mentor is asked for anew. Raises Invalid with the row number in ``row``.
    """
    placement = lock_placement(actor, placement_id)
    require(can_write_plan(actor, placement), "only_participant_or_host")
    _check_preparing(placement)
    if Document.LEARNING_PLAN.value not in placement.documents:
        raise Conflict("kind_without_plan", kind=str(placement.policy.label))
    if not objectives:
        raise Invalid("objectives_required", field="objectives")
    known = set(Competency.objects.filter(pk__in=[o[0] for o in objectives]).values_list("pk", flat=True))
    seen: set[str] = set()
    for row, (code, low, high, activity, _evidence) in enumerate(objectives, start=1):
        if code not in known:
            raise Invalid("unknown_competency", field="objectives", row=row, competency=code)
        if code in seen:
            raise Invalid("competency_twice", field="objectives", row=row, competency=code)
        seen.add(code)
        if not (1 <= high <= 5 and 0 <= low <= 5):
            raise Invalid("level_out_of_range", field="objectives", row=row)
        if low >= high:
            raise Invalid("levels_do_not_rise", field="objectives", row=row)
        if not activity.strip():
            raise Invalid("activity_required", field="objectives", row=row)
    placement.objectives.all().delete()
    rows = LearningObjective.objects.bulk_create(
        LearningObjective(
            agency_id=placement.agency_id,
            placement=placement,
            competency_id=code,
            from_level=low,
            to_level=high,
            activity=activity.strip(),
            evidence=evidence.strip(),
        )
        for code, low, high, activity, evidence in objectives
    )
    placement.plan_agreed_by = placement.plan_agreed_at = None
    placement.save()
    audit.record(
        actor=actor,
        action="placement.plan_set",
        obj=placement,
        after={"objectives": [[o.competency_id, o.from_level, o.to_level] for o in rows]},
    )
    return rows


@service
def agree_learning_plan(*, actor: User, placement_id: uuid.UUID, now: datetime | None = None) -> Placement:
    """The host's side (the mentor, or a member of the partner) agrees to the plan."""
    placement = lock_placement(actor, placement_id)
    require(is_host(actor, placement), "only_host")
    _check_preparing(placement)
    if not placement.objectives.exists():
        raise Conflict("plan_missing")
    if placement.plan_agreed_at is not None:
        raise Conflict("already_decided", about=placement, status=placement.get_status_display())
    placement.plan_agreed_by = actor
    placement.plan_agreed_at = moment(now)
    placement.save()
    audit.record(
        actor=actor,
        action="placement.plan_agreed",
        obj=placement,
        actor_label="mentor" if is_mentor(actor, placement) else "partner",
    )
    day = placement.agency.today(now)
    paper = replace_paper(
        placement,
        Paper(
            kind=PaperKind.PLAN,
            number=running_number(placement.agency, "plan", day.year),
            issued_on=day,
            issued_by=actor,
        ),
        now=now,
    )
    announce(events.PAPER_ISSUED, key=paper.pk, paper_id=paper.pk)
    return placement


@service
def start_placement(*, actor: User, placement_id: uuid.UUID, now: datetime | None = None) -> Placement:
    """HR starts it once the checklist is complete and the first day has come.

    Raises Conflict(``checklist_incomplete`` with the missing items | ``cohort_too_small`` | ``not_yet_starting`` |
    ``not_in_service``).
    """
    placement = lock_placement(actor, placement_id)
    require(can_prepare(actor, placement), "only_hr_prepares")
    items = [item for item in start_checklist(placement) if not item.done]
    missing = [item.label for item in items if item.code != COHORT]
    if placement.status == PlacementStatus.PREPARING and missing:
        raise Conflict("checklist_incomplete", missing=", ".join(str(label) for label in missing))
    if placement.status == PlacementStatus.PREPARING and items:
        slot = placement.slot
        raise Conflict("cohort_too_small", filled=slot.filled_seats, needed=slot.minimum_cohort)
    if placement.agency.today(now) < placement.starts_on:
        raise Conflict("not_yet_starting", starts_on=placement.starts_on.isoformat())
    if placement.status == PlacementStatus.PREPARING:
        check_in_service(placement.employee, max(placement.starts_on, placement.agency.today(now)))
    before = facts(placement, "status")
    advance(placement, "start", code="already_decided")
    placement.started_by = actor
    placement.started_at = moment(now)
    placement.save()
    audit.record(
        actor=actor,
        action="placement.started",
        obj=placement,
        before=before,
        after=facts(placement, "status"),
        actor_label="hr",
    )
    announce(events.PLACEMENT_STARTED, key=placement.pk, placement_id=placement.pk)
    return placement


@service
def hold_placement(*, actor: User, placement_id: uuid.UUID, note: str) -> Placement:
    """Interrupt a running placement; says why."""
    return _move(actor, placement_id, "hold", note)


@service
def resume_placement(*, actor: User, placement_id: uuid.UUID, note: str = "") -> Placement:
    """Let an interrupted placement go on."""
    return _move(actor, placement_id, "resume", note or "-")


def _move(actor: User, placement_id: uuid.UUID, verb: str, note: str) -> Placement:
    placement = lock_placement(actor, placement_id)
    require(is_host(actor, placement) or can_prepare(actor, placement), "only_host_or_hr")
    if not note.strip():
        raise Invalid("note_required", field="note")
    before = facts(placement, "status")
    advance(placement, verb)
    placement.save()
    audit.record(
        actor=actor,
        action=f"placement.{verb}",
        obj=placement,
        before=before,
        after={**facts(placement, "status"), "note": note.strip()[:300]},
    )
    return placement


@service
def end_placement_early(
    *, actor: User, placement_id: uuid.UUID, reason: str, note: str = "", now: datetime | None = None
) -> Placement:
    """Stop a placement: who and why. Before the start the seat is given back; after it a statement is issued."""
    placement = lock_placement(actor, placement_id)
    if placement.ended_at is None or not is_participant(actor, placement):
        require(can_end(actor, placement), "cannot_end_placement")
    return _end(placement, actor, "end_early", reason, note, now)


@service
def mark_no_show(*, actor: User, placement_id: uuid.UUID, note: str = "", now: datetime | None = None) -> Placement:
    """The person never came; the seat is given back."""
    placement = lock_placement(actor, placement_id)
    require(is_host(actor, placement) or can_prepare(actor, placement), "only_host_or_hr")
    if placement.agency.today(now) < placement.starts_on:
        raise Conflict("not_yet_starting", starts_on=placement.starts_on.isoformat())
    return _end(placement, actor, "mark_no_show", EndReason.OTHER, note or "no show", now)


def _end(placement: Placement, actor: User, verb: str, reason: str, note: str, now: datetime | None) -> Placement:
    if reason not in EndReason.values:
        raise Invalid("reason_required", field="reason", choices=", ".join(EndReason.values))
    if reason == EndReason.OTHER and not note.strip():
        raise Invalid("note_required", field="note")
    before = facts(placement, "status")
    had_started = placement.started_at is not None
    advance(placement, verb, code="already_decided")
    placement.end_reason = reason
    placement.end_note = note.strip()
    placement.ended_by = actor
    placement.ended_at = moment(now)
    placement.save()
    release_sessions(placement, actor=actor, reason=SessionCancelReason.PLACEMENT_OVER, now=now)
    if had_started:
        issue_certificate(placement, actor=actor, kind=CertificateKind.STATEMENT, now=now)
    else:
        application = placement.application
        partners.free_seat(slot_id=placement.slot_id, uses_reserve=application.uses_reserve)
    push_availability(placement.employee)
    matching.record_outcome(application_id=placement.application_id, ending=placement.status, at=placement.ended_at)
    audit.record(
        actor=actor,
        action=f"placement.{verb}",
        obj=placement,
        before=before,
        after=facts(placement, "status", "end_reason"),
        actor_label="employee" if is_participant(actor, placement) else "host",
    )
    announce(events.PLACEMENT_ENDED, key=placement.pk, placement_id=placement.pk)
    if not had_started:
        offer_free_seats(slot_id=placement.slot_id, now=now)
    return placement


def _check_letter_date(placement: Placement, letter_date: date) -> None:
    if letter_date > placement.ends_on:
        raise Invalid("letter_after_end", field="letter_date", ends_on=placement.ends_on.isoformat())


def _check_preparing(placement: Placement) -> None:
    if placement.status != PlacementStatus.PREPARING:
        raise Conflict("not_in_this_state", status=placement.get_status_display(), action="prepare")


def _check_not_over(placement: Placement) -> None:
    if placement.status in (PlacementStatus.COMPLETED, PlacementStatus.ENDED_EARLY, PlacementStatus.NO_SHOW):
        raise Conflict("not_in_this_state", status=placement.get_status_display(), action="change")
