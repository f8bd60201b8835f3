"""The database refuses nonsense, whoever writes it."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests.factories.accounts import UserFactory
from tests.factories.asn import AgencyFactory, CompetencyFactory
from tests.factories.mentors import (
    MentorAvailabilityFactory,
    MentorExpertiseFactory,
    MentorFactory,
    SlotMentorFactory,
)

pytestmark = pytest.mark.django_db


def refuses(name: str):
    return pytest.raises(IntegrityError, match=name)


@pytest.mark.parametrize("capacity", [0, 51])
def test_capacity_has_a_range(capacity: int) -> None:
    with refuses("mentor_capacity_range"):
        MentorFactory(capacity=capacity)


@pytest.mark.parametrize("level", [0, 6])
def test_expertise_is_a_level(level: int) -> None:
    with refuses("expertise_level_range"):
        MentorExpertiseFactory(level=level)


def test_a_window_does_not_end_before_it_begins() -> None:
    with refuses("availability_ordered"):
        MentorAvailabilityFactory(starts_at=time(9), ends_at=time(9))


def test_windows_of_a_day_do_not_overlap_but_may_touch() -> None:
    kept = MentorAvailabilityFactory(starts_at=time(9), ends_at=time(11))
    MentorAvailabilityFactory(mentor=kept.mentor, starts_at=time(11), ends_at=time(12))
    MentorAvailabilityFactory(mentor=kept.mentor, weekday=2, starts_at=time(10), ends_at=time(12))
    MentorAvailabilityFactory(starts_at=time(10), ends_at=time(12))
    with refuses("availability_no_overlap"):
        MentorAvailabilityFactory(mentor=kept.mentor, starts_at=time(10), ends_at=time(10, 30))


def test_days_off_are_ordered_and_do_not_overlap() -> None:
    mentor, first = MentorFactory(), date(2027, 3, 1)
    mentor.days_off.create(starts_on=first, ends_on=first)
    with refuses("days_off_ordered"), transaction.atomic():
        mentor.days_off.create(starts_on=first + timedelta(days=3), ends_on=first + timedelta(days=2))
    with refuses("days_off_no_overlap"):
        mentor.days_off.create(starts_on=first - timedelta(days=1), ends_on=first)


def test_what_may_be_there_once() -> None:
    mentor, user, competency = MentorFactory(), UserFactory(), CompetencyFactory()
    tie = SlotMentorFactory()
    once = [
        (MentorFactory, {"user": user}, "user"),
        (MentorExpertiseFactory, {"mentor": mentor, "competency": competency}, "expertise_once"),
        (MentorAvailabilityFactory, {"mentor": mentor}, "availability_no_overlap"),
        (SlotMentorFactory, {"slot": tie.slot, "mentor": tie.mentor}, "slot_mentor_once"),
    ]
    for factory, values, name in once:
        if not factory._meta.model.objects.filter(**values).exists():
            factory(**values)
        with refuses(name), transaction.atomic():
            factory(**values)


def test_no_tie_across_agencies() -> None:
    with refuses("mentors_slotmentor_slot_id_same_agency"), transaction.atomic():
        SlotMentorFactory(agency=AgencyFactory())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
