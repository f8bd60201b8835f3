"""Mentoring sessions: booked into the mentor's free time or entered afterwards, and what both sides say of them.

Locks: employee, placement, session, mentor.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.models import User
from core import audit
from core.errors import Conflict, Invalid, require
from core.outbox import announce
from core.services import service
from core.states import advance
from core.text import clean_text
from mentors.models import Mentor
from placements import events
from placements.free_times import in_a_window, taken
from placements.models import LONGEST_BOOKING, SHORTEST_BOOKING, MentoringSession, Placement, SessionNote
from placements.permissions import get_visible_session, is_host, is_participant
from placements.services.common import (
    check_day,
    check_link,
    check_period,
    check_running,
    facts,
    lock_mentor,
    lock_placement,
    moment,
)
from placements.states import KEEPING_SESSION, NoteVisibility, SessionCancelReason, SessionStatus

# Reasons a person may give; the others are the system's.
GIVEN_REASONS = (
    SessionCancelReason.DUTY_CALL,
    SessionCancelReason.HEALTH,
    SessionCancelReason.MENTOR_AWAY,
    SessionCancelReason.NOT_NEEDED,
    SessionCancelReason.OTHER,
)


@service
def book_session(
    *,
    actor: User,
    placement_id: uuid.UUID,
    starts_at: datetime,
    minutes: int = 60,
    agenda: str,
    place: str = "",
    link: str = "",
    now: datetime | None = None,
) -> MentoringSession:
    """Book a meeting to come inside a free window of the mentor; either side may.

    Raises Conflict(``mentor_busy`` | ``participant_busy`` on starts_at, ``session_exists``, ``mentor_missing``,
    ``placement_not_running``), Invalid on starts_at, minutes, agenda, place or link.
    """
    placement = lock_placement(actor, placement_id)
    _check_side(actor, placement)
    check_running(placement)
    if placement.mentor_id is None:
        raise Conflict("mentor_missing")
    session = MentoringSession(
        agency_id=placement.agency_id,
        placement=placement,
        employee=placement.employee,
        mentor_id=placement.mentor_id,
        status=SessionStatus.BOOKED,
        agenda=clean_text(agenda, field="agenda", limit=600),
        place=clean_text(place, field="place", limit=200, required=False),
        link=check_link(link),
        booked_by=actor,
        booked_at=moment(now),
    )
    if not session.place and not session.link:
        raise Invalid("place_or_link_missing", field="place")
    _set_time(session, placement, starts_at, minutes, now)
    _save_free(session)
    audit.record(
        actor=actor, action="session.booked", obj=session, after=_times(session), actor_label=_label(actor, placement)
    )
    announce(events.SESSION_BOOKED, key=session.pk, session_id=session.pk, placement_id=placement.pk)
    return session


@service
def move_session(
    *,
    actor: User,
    session_id: uuid.UUID,
    starts_at: datetime,
    minutes: int | None = None,
    now: datetime | None = None,
) -> MentoringSession:
    """Move a booked meeting that has not begun to another free time; refused as booking is."""
    session, placement = _lock(actor, session_id)
    advance(session, "move")
    _check_not_begun(session, now)
    check_running(placement)
    before = _times(session)
    _set_time(session, placement, starts_at, session.minutes if minutes is None else minutes, now)
    session.moves += 1
    _save_free(session)
    audit.record(
        actor=actor,
        action="session.moved",
        obj=session,
        before=before,
        after=_times(session),
        actor_label=_label(actor, placement),
    )
    announce(
        events.SESSION_MOVED,
        key=f"{session.pk}:{session.moves}",
        session_id=session.pk,
        placement_id=placement.pk,
        by=_label(actor, placement),
    )
    return session


@service
def cancel_session(
    *, actor: User, session_id: uuid.UUID, reason: str, note: str = "", now: datetime | None = None
) -> MentoringSession:
    """Call a booked meeting off before it begins; the other side reads the reason."""
    session, _ = _lock(actor, session_id)
    if reason not in GIVEN_REASONS:
        raise Invalid("reason_required", field="reason", choices=", ".join(GIVEN_REASONS))
    if reason == SessionCancelReason.OTHER and not note.strip():
        raise Invalid("note_required", field="note")
    advance(session, "cancel")
    _check_not_begun(session, now)
    _cancel(session, actor, reason, clean_text(note, field="note", limit=600, required=False), now)
    return session


def release_sessions(placement: Placement, *, actor: User, reason: str, now: datetime | None = None) -> None:
    """Call off what is still to come of a locked placement that ends or changes its mentor."""
    rows = MentoringSession.objects.select_for_update(no_key=True).filter(
        placement=placement, status=SessionStatus.BOOKED, starts_at__gt=moment(now)
    )
    for session in rows:
        session.placement = placement
        advance(session, "cancel")
        _cancel(session, actor, reason, "", now)


def _cancel(session: MentoringSession, actor: User, reason: str, note: str, now: datetime | None) -> None:
    session.cancel_reason, session.cancel_note = reason, note
    session.cancelled_by, session.cancelled_at = actor, moment(now)
    session.save()
    label = _label(actor, session.placement)
    audit.record(
        actor=actor, action="session.cancelled", obj=session, after=facts(session, "cancel_reason"), actor_label=label
    )
    announce(
        events.SESSION_CANCELLED,
        key=session.pk,
        session_id=session.pk,
        placement_id=session.placement_id,
        by=label if reason in GIVEN_REASONS else "system",
    )


@service
def record_session(
    *,
    actor: User,
    placement_id: uuid.UUID,
    held_on: date,
    minutes: int,
    agenda: str,
    notes: str = "",
    visibility: str = NoteVisibility.PAIR,
    now: datetime | None = None,
) -> MentoringSession:
    """Enter a meeting that nobody had booked; whoever enters it confirms it for their own side."""
    placement = lock_placement(actor, placement_id)
    _check_side(actor, placement)
    check_running(placement)
    check_day(placement, "held_on", held_on, now)
    if not 15 <= minutes <= 480:
        raise Invalid("minutes_out_of_range", field="minutes")
    if not agenda.strip():
        raise Invalid("required", field="agenda")
    _check_day_free(placement, held_on)
    session = MentoringSession(
        agency_id=placement.agency_id,
        placement=placement,
        employee=placement.employee,
        mentor_id=placement.mentor_id,
        held_on=held_on,
        minutes=minutes,
        agenda=agenda.strip(),
    )
    _set_answer(session, placement, actor, True, moment(now))
    session.save()
    if notes.strip():
        _write_note(session, actor, notes, visibility, field="notes")
    audit.record(
        actor=actor,
        action="session.recorded",
        obj=session,
        after=facts(session, "held_on", "minutes"),
        actor_label=_label(actor, placement),
    )
    announce(events.SESSION_RECORDED, key=session.pk, placement_id=placement.pk, session_id=session.pk)
    return session


def confirm_session(*, actor: User, session_id: uuid.UUID, now: datetime | None = None) -> MentoringSession:
    """Say that the meeting took place; with both sides it counts."""
    return answer_session(actor=actor, session_id=session_id, held=True, now=now)


@service
def answer_session(*, actor: User, session_id: uuid.UUID, held: bool, now: datetime | None = None) -> MentoringSession:
    """One side's word on whether the meeting took place. It counts once both say so.

    Where they disagree it does not count, both and HR are told, and either may correct the own word.
    Raises Conflict(``already_confirmed`` | ``not_in_this_state`` | ``session_not_begun``).
    """
    session, placement = _lock(actor, session_id)
    if session.starts_at is not None and moment(now) < session.starts_at:
        raise Conflict("session_not_begun")
    if _says(session, placement, actor) is held or session.status in (SessionStatus.HELD, SessionStatus.NOT_HELD):
        raise Conflict("already_confirmed", about=session)
    first_word = session.status == SessionStatus.BOOKED
    _set_answer(session, placement, actor, held, moment(now))
    both = {session.participant_says, session.mentor_says}
    if None in both:
        advance(session, "report")
    elif both == {True}:
        advance(session, "agree_held")
    elif both == {False}:
        advance(session, "agree_not_held")
    else:
        advance(session, "disagree")
    session.save()
    audit.record(
        actor=actor,
        action="session.confirmed" if held else "session.denied",
        obj=session,
        after=facts(session, "held_on", "status"),
        actor_label=_label(actor, placement),
    )
    ids = {"session_id": session.pk, "placement_id": placement.pk}
    if session.status == SessionStatus.HELD:
        announce(events.SESSION_CONFIRMED, key=session.pk, **ids)
    elif session.status == SessionStatus.DISPUTED:
        announce(events.SESSION_DISPUTED, key=f"{session.pk}:{moment(now).isoformat()}", **ids)
    elif first_word:
        announce(events.SESSION_RECORDED, key=session.pk, **ids)
    return session


@service
def write_session_note(*, actor: User, session_id: uuid.UUID, text: str, visibility: str) -> SessionNote | None:
    """Keep one's note of this visibility; an empty text removes it. Who reads it is chosen, never guessed."""
    session, _ = _lock(actor, session_id)
    return _write_note(session, actor, text, visibility, field="text")


def _write_note(
    session: MentoringSession, actor: User, text: str, visibility: str, *, field: str
) -> SessionNote | None:
    if visibility not in NoteVisibility.values:
        raise Invalid("unknown_choice", field="visibility", choices=", ".join(NoteVisibility.values))
    written = clean_text(text, field=field, limit=3000, required=False)
    mine = {"session": session, "author": actor, "visibility": visibility}
    note = None
    if written:
        note, _ = SessionNote.objects.update_or_create(
            **mine, defaults={"text": written}, create_defaults={"text": written, "agency_id": session.agency_id}
        )
    else:
        SessionNote.objects.filter(**mine).delete()
    audit.record(actor=actor, action="session.note_kept", obj=session, after={"visibility": visibility})
    return note


@service
def remind_of_sessions(*, now: datetime | None = None) -> int:
    """Announce each booked session on the day before it, by the agency's calendar; once for each time it has.

    Returns how many are due; running it again tells nobody twice.
    """
    at = moment(now)
    due = 0
    rows = MentoringSession.objects.filter(
        status=SessionStatus.BOOKED, starts_at__gt=at, starts_at__lte=at + timedelta(hours=48)
    ).select_related("agency")
    for session in rows:
        if session.agency.today(at) == session.held_on - timedelta(days=1):
            due += 1
            announce(
                events.SESSION_DUE,
                key=f"{session.pk}:{session.moves}",
                session_id=session.pk,
                placement_id=session.placement_id,
            )
    return due


def _lock(actor: User, session_id: uuid.UUID) -> tuple[MentoringSession, Placement]:
    seen = get_visible_session(actor, session_id)
    placement = lock_placement(actor, seen.placement_id)
    _check_side(actor, placement)
    session = MentoringSession.objects.select_for_update(no_key=True).get(pk=seen.pk)
    session.placement = placement
    return session, placement


def _check_side(actor: User, placement: Placement) -> None:
    require(is_participant(actor, placement) or is_host(actor, placement), "only_participant_or_host")
    if not placement.policy.uses_sessions:
        raise Conflict("kind_without_sessions", kind=str(placement.policy.label))


def _label(actor: User, placement: Placement) -> str:
    return "employee" if is_participant(actor, placement) else "host"


def _times(session: MentoringSession) -> dict[str, object]:
    return facts(session, "starts_at", "minutes")


def _check_not_begun(session: MentoringSession, now: datetime | None) -> None:
    if session.starts_at is not None and session.starts_at <= moment(now):
        raise Conflict("session_begun")


def _check_day_free(placement: Placement, day: date, without: uuid.UUID | None = None) -> None:
    rows = MentoringSession.objects.filter(placement=placement, held_on=day, status__in=KEEPING_SESSION)
    if without is not None:
        rows = rows.exclude(pk=without)
    if rows.exists():
        raise Conflict("session_exists", held_on=day.isoformat())


def _set_time(
    session: MentoringSession, placement: Placement, starts_at: datetime, minutes: int, now: datetime | None
) -> None:
    """Give the session a time in which both are free; the mentor stays locked, so that it remains so."""
    if not SHORTEST_BOOKING <= minutes <= LONGEST_BOOKING:
        raise Invalid("session_length", field="minutes", shortest=SHORTEST_BOOKING, longest=LONGEST_BOOKING)
    if starts_at <= moment(now):
        raise Invalid("session_in_past", field="starts_at")
    day = placement.agency.today(starts_at)
    check_period(placement, "starts_at", day)
    _check_day_free(placement, day, session.pk)
    mentor = lock_mentor(session.mentor_id)  # type: ignore[arg-type]
    ends_at = starts_at + timedelta(minutes=minutes)
    if not in_a_window(mentor, starts_at, ends_at):
        raise Invalid("outside_availability", field="starts_at")
    _check_free(session, placement, mentor, starts_at, ends_at)
    session.starts_at, session.ends_at, session.minutes, session.held_on = starts_at, ends_at, minutes, day


def _check_free(
    session: MentoringSession, placement: Placement, mentor: Mentor, starts_at: datetime, ends_at: datetime
) -> None:
    rival = taken(placement, mentor, starts_at, ends_at).exclude(pk=session.pk).first()
    if rival is not None:
        raise Conflict(
            "participant_busy" if rival.employee_id == placement.employee_id else "mentor_busy", field="starts_at"
        )


def _save_free(session: MentoringSession) -> None:
    """Save; what slipped past the look is stopped by the database, with the same answer."""
    try:
        with transaction.atomic():
            session.save()
    except IntegrityError as error:
        for constraint, code in (("session_mentor_free", "mentor_busy"), ("session_employee_free", "participant_busy")):
            if constraint in str(error):
                raise Conflict(code, field="starts_at") from error
        raise


def _says(session: MentoringSession, placement: Placement, actor: User) -> bool | None:
    return session.participant_says if is_participant(actor, placement) else session.mentor_says


def _set_answer(session: MentoringSession, placement: Placement, actor: User, held: bool, at: datetime) -> None:
    confirmed, denied = (at, None) if held else (None, at)
    if is_participant(actor, placement):
        session.participant_confirmed_at, session.participant_denied_at = confirmed, denied
    else:
        session.mentor_confirmed_at, session.mentor_denied_at = confirmed, denied
        session.mentor_confirmed_by, session.mentor_denied_by = (actor, None) if held else (None, actor)
