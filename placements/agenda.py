"""Sessions as people look at them: with the notes they may read, what they may do, what waits for their word."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from core.rows import find
from placements import permissions
from placements.models import MentoringSession, Placement
from placements.states import PlacementStatus, SessionStatus

RUNNING = (PlacementStatus.ACTIVE, PlacementStatus.FINISHING)


def seen_sessions(user: User) -> QuerySet[MentoringSession]:
    """Sessions of the placements one sees, each with ``readable_notes``."""
    notes = permissions.visible_session_notes(user).select_related("author").distinct()
    return (
        MentoringSession.objects.filter(placement__in=permissions.visible_placements(user))
        .select_related(
            "mentor",
            "placement__agency",
            "placement__mentor",
            "placement__slot__partner",
            "placement__employee__supervisor",
        )
        .prefetch_related(Prefetch("notes", notes, to_attr="readable_notes"))
    )


def get_seen_session(user: User, session_id: uuid.UUID) -> MentoringSession:
    """One of them, or NotFound."""
    return find(seen_sessions(user), session_id)


def mentor_week(user: User, monday: date) -> QuerySet[MentoringSession]:
    """What a mentor has in a week, all participants together, by time; days as each agency counts them."""
    return (
        seen_sessions(user)
        .filter(mentor__user=user, held_on__range=(monday, monday + timedelta(days=6)))
        .exclude(status=SessionStatus.CANCELLED)
        .order_by("held_on", "starts_at", "pk")
    )


def waits_for_participant(now: datetime | None = None) -> Q:
    """Sessions of which the participant should say whether they were held."""
    return _over(now) & Q(participant_confirmed_at=None, participant_denied_at=None)


def waits_for_mentor(now: datetime | None = None) -> Q:
    """Sessions of which the host should say whether they were held."""
    return _over(now) & Q(mentor_confirmed_at=None, mentor_denied_at=None)


def _over(now: datetime | None) -> Q:
    return Q(status=SessionStatus.REPORTED) | Q(status=SessionStatus.BOOKED, ends_at__lte=now or timezone.now())


@dataclass(frozen=True, slots=True)
class Side:
    """On which side of a placement somebody stands, if on any."""

    participant: bool
    host: bool


def side_of(user: User, placement: Placement) -> Side:
    """One look, for all sessions of the placement."""
    participant = permissions.is_participant(user, placement)
    return Side(participant, not participant and permissions.is_host(user, placement))


def open_session_actions(
    user: User, session: MentoringSession, now: datetime | None = None, *, side: Side | None = None
) -> list[str]:
    """Verbs this user may do to this session now."""
    placement, now = session.placement, now or timezone.now()
    side = side or side_of(user, placement)
    if not (side.participant or side.host):
        return []
    begun = session.starts_at is None or session.starts_at <= now
    booked = session.status == SessionStatus.BOOKED
    said = session.participant_says if side.participant else session.mentor_says
    open_word = session.status in (SessionStatus.BOOKED, SessionStatus.REPORTED, SessionStatus.DISPUTED) and begun
    may = {
        "move": booked and not begun and placement.status in RUNNING,
        "cancel": booked and not begun,
        "held": open_word and said is not True,
        "not_held": open_word and said is not False,
        "note": session.status != SessionStatus.CANCELLED,
        "calendar": session.starts_at is not None,
    }
    return [verb for verb, allowed in may.items() if allowed]


def with_actions(user: User, sessions: Iterable[MentoringSession]) -> list[MentoringSession]:
    """The sessions, each knowing in ``actions`` what the user may do."""
    rows, sides = list(sessions), dict[uuid.UUID, Side]()
    for row in rows:
        if row.placement_id not in sides:
            sides[row.placement_id] = side_of(user, row.placement)
        row.actions = open_session_actions(user, row, side=sides[row.placement_id])  # type: ignore[attr-defined]
    return rows
