"""A mentoring that runs, with a mentor who has time: what tests of booked sessions begin with."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from asn.models import Agency
from mentors.models import Mentor
from mentors.services import set_availability
from placements import services
from placements.models import MentoringSession
from tests.factories.placements import Road, make_road

EVERY_DAY = [(day, time(8), time(17)) for day in range(1, 8)]


def running(*, zone: str = "", agency: Agency | None = None, **more: Any) -> Road:
    """A running mentoring whose mentor is free from 8 to 17 each day, on the agency's clock or this one."""
    road = make_road(agency=agency, mentoring=True, seats=5, **more)
    give_time(road.mentor, zone or road.agency.time_zone)
    road.start()
    return road


def give_time(mentor: Mentor, zone: str, windows: Any = EVERY_DAY) -> None:
    set_availability(actor=None, mentor_id=mentor.pk, windows=windows, time_zone=zone)
    mentor.refresh_from_db()


def morning(road: Road, days: int = 1) -> datetime:
    """Eight in the morning of a day of the placement, before anything."""
    return road.at(road.slot.starts_on + timedelta(days=days - 1), 0)


def book(
    road: Road, day: date | None = None, hour: int = 10, *, now: datetime | None = None, **more: Any
) -> MentoringSession:
    """A session booked by the participant on the first day of the placement, or another."""
    values = {"minutes": 60, "agenda": "Membahas rencana dasbor", "link": "https://meet.example.go.id/dasbor"}
    return services.book_session(
        actor=road.applicant,
        placement_id=road.placement.pk,
        starts_at=road.at(day or road.slot.starts_on, hour),
        now=now or morning(road),
        **{**values, **more},
    )
