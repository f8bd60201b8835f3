"""Mentoring sessions: booking into free time, moving, cancelling, both sides' word, notes, the calendar file.

Participant and host share these pages; HR, auditors and the supervisor look at a session and change nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.roles import Role
from core.errors import NotFound
from core.policy import policy
from placements import services
from placements.agenda import get_seen_session, open_session_actions
from placements.free_times import free_times
from placements.hours import SessionOutlook, session_outlook
from placements.models import MentoringSession, Placement
from placements.permissions import can_prepare, get_visible_placement, is_host, is_participant
from placements.states import SessionStatus
from web.calendars import FILE_NAME, session_calendar
from web.forms.sessions import BookingForm, CancelSessionForm, SessionNoteForm, TimeForm
from web.pages import Attempt, attempt, done, page, user_of

WEEK = dt.timedelta(days=7)
SIDES = (Role.EMPLOYEE, Role.PARTNER, Role.MENTOR)


@dataclass(frozen=True, slots=True)
class Offer:
    """One free time as a choice of the form."""

    value: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    chosen: bool


def _side(request: HttpRequest, placement: Placement) -> User:
    """The reader, who must be one of the two sides; for others the page is not there."""
    user = user_of(request)
    if not placement.policy.uses_sessions or not (is_participant(user, placement) or is_host(user, placement)):
        raise NotFound()
    request.agency = placement.agency  # type: ignore[attr-defined]  # the frame of the page need not ask again
    return user


def _own_session(request: HttpRequest, session_id: uuid.UUID) -> tuple[User, MentoringSession]:
    row = get_seen_session(user_of(request), session_id)
    return _side(request, row.placement), row


def _times(
    request: HttpRequest, form: TimeForm, placement: Placement, without: MentoringSession | None = None
) -> dict[str, Any]:
    """The free times of a week, day by day, with what a session then would bring."""
    today = placement.agency.today()
    asked = request.POST.get("since") or request.POST.get("shown") or request.GET.get("since") or ""
    try:
        since = dt.date.fromisoformat(asked)
    except ValueError:
        since = today
    since = min(max(since, placement.starts_on, today), placement.ends_on)
    typed = request.POST.get("starts_at", "")
    days: dict[dt.date, list[Offer]] = {}
    for free in free_times(placement, since=since, days=7, minutes=form.wanted_minutes, without=without):
        value = free.starts_at.astimezone(dt.UTC).isoformat()
        day = free.starts_at.astimezone(placement.agency.zone).date()
        days.setdefault(day, []).append(Offer(value, free.starts_at, free.ends_at, value == typed))
    months = {(day.year, day.month): day for day in reversed(days)}
    return {
        "days": days,
        "since": since,
        "until": min(since + WEEK - dt.timedelta(days=1), placement.ends_on),
        "before": since - WEEK if since > max(today, placement.starts_on) else None,
        "after": since + WEEK if since + WEEK <= placement.ends_on else None,
        "outlooks": [
            (day, outlook)
            for day in sorted(months.values())
            if (outlook := session_outlook(placement, day, without=without)) is not None
        ],
    }


def _wants_times(request: HttpRequest) -> bool:
    """Another week or another length is asked for; nothing is to be written yet."""
    return "since" in request.POST or request.POST.get("step") == "times"


@policy(*SIDES)
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, placement_id: uuid.UUID) -> HttpResponse:
    """Choose a free time of the mentor, say what it is about and where."""
    row = get_visible_placement(user_of(request), placement_id)
    user = _side(request, row)
    outcome, status = Attempt(), 200
    form = BookingForm(initial=request.POST.dict()) if _wants_times(request) else BookingForm(request.POST or None)
    if request.method == "POST" and not _wants_times(request):
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                session = services.book_session(actor=user, placement_id=row.pk, **form.cleaned_data)
                return done(request, _("The session is booked; the other side has been told."), "session", session.pk)
            status = outcome.status
    context = {"placement": row, "slot": row.slot, "agency": row.agency, "form": form, "problem": outcome.problem}
    context |= _times(request, form, row) | {"back": _back(user, row)}
    return page(request, "session/book.html", context, partial="times", status=status)


@policy(*SIDES)
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Choose another free time for a booked session."""
    user, session = _own_session(request, session_id)
    row = session.placement
    outcome, status = Attempt(), 200
    kept = {"minutes": session.minutes}
    form = (
        TimeForm(initial=request.POST.dict()) if _wants_times(request) else TimeForm(request.POST or None, initial=kept)
    )
    if request.method == "POST" and not _wants_times(request):
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.move_session(actor=user, session_id=session.pk, **form.cleaned_data)
                return done(request, _("The session is moved; the other side has been told."), "session", session.pk)
            status = outcome.status
    context = {"session": session, "placement": row, "slot": row.slot, "agency": row.agency, "form": form}
    context |= _times(request, form, row, session) | {"problem": outcome.problem, "back": _address(session)}
    return page(request, "session/book.html", context, partial="times", status=status)


@policy(*SIDES)
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Ask once more, then call a booked session off with a reason."""
    user, session = _own_session(request, session_id)
    form = CancelSessionForm(request.POST or None)
    outcome, status = Attempt(), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            with attempt(form) as outcome:
                services.cancel_session(actor=user, session_id=session.pk, **form.cleaned_data)
                return done(
                    request, _("The session is cancelled; the other side has been told."), "session", session.pk
                )
            status = outcome.status
    context = {"session": session, "form": form, "problem": outcome.problem, "back": _address(session)}
    return page(request, "session/cancel.html", context, status=status)


@policy(*SIDES, Role.HR, Role.AUDITOR, Role.SUPERVISOR)
@require_safe
def show(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """One session: when and where, what both sides say, the notes the reader may read."""
    return _show(request, get_seen_session(user_of(request), session_id))


def _show(
    request: HttpRequest, session: MentoringSession, form: SessionNoteForm | None = None, outcome: Attempt | None = None
) -> HttpResponse:
    user, row = user_of(request), session.placement
    request.agency = row.agency  # type: ignore[attr-defined]
    open_word = session.status in (SessionStatus.BOOKED, SessionStatus.REPORTED)
    context = {
        "session": session,
        "placement": row,
        "slot": row.slot,
        "agency": row.agency,
        "actions": open_session_actions(user, session),
        "outlook": _outlook(session) if open_word else None,
        "note_form": form or SessionNoteForm(),
        "problem": outcome.problem if outcome else None,
        "back": _back(user, row),
    }
    status = (outcome.status if outcome else 422) if form else 200
    return page(request, "session/session.html", context, status=status)


def _outlook(session: MentoringSession) -> SessionOutlook | None:
    return session_outlook(session.placement, session.held_on, without=session)


@policy(*SIDES)
@require_POST
def answer(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Say whether the session was held."""
    user, session = _own_session(request, session_id)
    with attempt() as outcome:
        held = request.POST.get("held") == "yes"
        session = services.answer_session(actor=user, session_id=session.pk, held=held)
        return done(request, _answered(session), "session", session.pk)
    return _show(request, get_seen_session(user, session.pk), SessionNoteForm(), outcome)


def _answered(session: MentoringSession) -> str:
    if session.status == SessionStatus.HELD:
        return _("The session is confirmed by both sides and counts.")
    if session.status == SessionStatus.DISPUTED:
        return _("The other side says otherwise. It does not count; you both and HR see it.")
    if session.status == SessionStatus.NOT_HELD:
        return _("Both sides say that it was not held.")
    return _("Your word is kept. It counts when the other side says the same.")


@policy(*SIDES)
@require_POST
def note(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """Keep a note for those whom its writer names."""
    user, session = _own_session(request, session_id)
    form = SessionNoteForm(request.POST)
    outcome = None
    if form.is_valid():
        with attempt(form) as outcome:
            services.write_session_note(actor=user, session_id=session.pk, **form.cleaned_data)
            return done(request, _("The note is kept."), "session", session.pk)
    return _show(request, session, form, outcome)


@policy(*SIDES)
@require_safe
def calendar(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """The session for the reader's own calendar."""
    _user, session = _own_session(request, session_id)
    if session.starts_at is None:
        raise NotFound()
    return HttpResponse(
        session_calendar(session),
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{FILE_NAME}"'},
    )


def _address(session: MentoringSession) -> str:
    return reverse("session", args=[session.pk])


def _back(user: User, placement: Placement) -> str:
    """The page of the placement that is this reader's."""
    if is_participant(user, placement):
        return reverse("employee_placement", args=[placement.pk])
    if is_host(user, placement):
        return reverse("partner_placement", args=[placement.pk])
    if can_prepare(user, placement):
        return reverse("agency_placement", args=[placement.pk])
    return reverse("home")
