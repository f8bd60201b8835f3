"""When a mentor and a participant can meet: the mentor's weekly windows, without days off and without what is booked.

Windows are read on the mentor's clock, days of the placement on the agency's; in between everything is one moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from django.db.models import Q, QuerySet
from django.utils import timezone

from mentors.models import Mentor, MentorAvailability, MentorDaysOff
from placements.models import MentoringSession, Placement
from placements.states import KEEPING_SESSION

STEP = timedelta(minutes=30)
MOST_DAYS = 31


@dataclass(frozen=True, slots=True, order=True)
class FreeTime:
    """A time both could come."""

    starts_at: datetime
    ends_at: datetime


def free_times(
    placement: Placement,
    *,
    since: date,
    days: int,
    minutes: int,
    without: MentoringSession | None = None,
    now: datetime | None = None,
) -> list[FreeTime]:
    """Times of this length on the days of the agency's calendar from ``since`` on, inside the placement's period.

    ``without`` is a session that is about to be moved: its own time is free for it.
    """
    mentor, zone, now = placement.mentor, placement.agency.zone, now or timezone.now()
    first = max(since, placement.starts_on, placement.agency.today(now))
    last = min(since + timedelta(days=min(days, MOST_DAYS) - 1), placement.ends_on)
    if mentor is None or first > last:
        return []
    begin, end = day_begins(first, zone), day_begins(last + timedelta(days=1), zone)
    windows = list(mentor.availability.all())
    off = [(row.starts_on, row.ends_on) for row in mentor.days_off.all()]
    others = MentoringSession.objects.exclude(pk__in=[without.pk] if without else [])
    rivals = others.filter(_taking(placement, mentor, begin, end))
    busy = [(row.starts_at, row.ends_at) for row in rivals if row.starts_at and row.ends_at]
    met = set(others.filter(placement=placement, status__in=KEEPING_SESSION).values_list("held_on", flat=True))
    length = timedelta(minutes=minutes)
    return [
        FreeTime(at, at + length)
        for at in _starts(windows, off, mentor, begin, end, length)
        if at > now
        and begin <= at < end
        and at.astimezone(zone).date() not in met
        and not any(at < until and start < at + length for start, until in busy)
    ]


def _starts(
    windows: Iterable[MentorAvailability],
    off: Iterable[tuple[date, date]],
    mentor: Mentor,
    begin: datetime,
    end: datetime,
    length: timedelta,
) -> Iterator[datetime]:
    """Every half hour at which a meeting of this length fits into a window."""
    day, last = begin.astimezone(mentor.zone).date(), end.astimezone(mentor.zone).date()
    while day <= last:
        if not any(first <= day <= until for first, until in off):
            for window in windows:
                if window.weekday == day.isoweekday():
                    at = datetime.combine(day, window.starts_at, tzinfo=mentor.zone)
                    while at + length <= datetime.combine(day, window.ends_at, tzinfo=mentor.zone):
                        yield at
                        at += STEP
        day += timedelta(days=1)


def _taking(placement: Placement, mentor: Mentor, begin: datetime, end: datetime) -> Q:
    return Q(Q(mentor=mentor) | Q(employee=placement.employee_id)) & Q(
        status__in=KEEPING_SESSION, starts_at__lt=end, ends_at__gt=begin
    )


def taken(placement: Placement, mentor: Mentor, begin: datetime, end: datetime) -> QuerySet[MentoringSession]:
    """Sessions that keep the time of the mentor, in any placement, or of the participant."""
    return MentoringSession.objects.filter(_taking(placement, mentor, begin, end))


def in_a_window(mentor: Mentor, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether a meeting lies inside one of the mentor's windows, and on no day off."""
    start, end = starts_at.astimezone(mentor.zone), ends_at.astimezone(mentor.zone)
    day = start.date()
    return (
        end.date() == day
        and MentorAvailability.objects.filter(
            mentor=mentor, weekday=day.isoweekday(), starts_at__lte=start.time(), ends_at__gte=end.time()
        ).exists()
        and not MentorDaysOff.objects.filter(mentor=mentor, starts_on__lte=day, ends_on__gte=day).exists()
    )


def day_begins(day: date, zone: tzinfo) -> datetime:
    """Midnight there."""
    return datetime.combine(day, time.min, tzinfo=zone)
