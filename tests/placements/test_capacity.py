"""A mentor guides no more people at one time than the profile says."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Conflict
from mentors.models import Mentor
from placements import services
from placements.models import Application, Placement
from placements.services import common
from tests.factories.asn import EmployeeFactory
from tests.factories.mentors import MentorFactory, SlotMentorFactory
from tests.factories.partners import SlotFactory
from tests.factories.placements import MOTIVATION, Road, make_road
from tests.placements.test_races import all_at_once


def rivals(road: Road, count: int, **slot: Any) -> list[Application]:
    """Approved people, each for a slot of their own that the mentor of the road guides."""
    at = timezone.now()
    found = []
    for _ in range(count):
        offered = SlotFactory(agreement=road.slot.agreement, **slot)
        SlotMentorFactory(slot=offered, mentor=road.mentor)
        found.append(
            Application(
                agency=road.agency,
                employee=EmployeeFactory(
                    agency=road.agency, unit=road.employee.unit, position=road.employee.position, with_user=True
                ),
                slot=offered,
                motivation=MOTIVATION,
                status="approved",
                submitted_at=at,
                consent_at=at,
            )
        )
    return Application.objects.bulk_create(found)


def accept(road: Road, application: Application, *, named: bool = True) -> Placement:
    return services.accept_application(
        actor=road.member, application_id=application.pk, mentor_id=road.mentor.pk if named else None
    )


def limited(capacity: int) -> Road:
    road = make_road()
    Mentor.objects.filter(pk=road.mentor.pk).update(capacity=capacity)
    return road


@pytest.mark.django_db
def test_a_mentor_over_capacity_is_refused_with_the_field() -> None:
    road = limited(2)
    first, second, third = rivals(road, 3)
    accept(road, first)
    accept(road, second)
    with pytest.raises(Conflict) as refusal:
        accept(road, third)
    assert (refusal.value.code, refusal.value.field, refusal.value.params) == (
        "mentor_full",
        "mentor_id",
        {"capacity": 2},
    )
    assert Application.objects.get(pk=third.pk).status == "approved"


@pytest.mark.django_db
def test_where_nobody_is_named_the_first_with_room_guides() -> None:
    road = limited(1)
    first, second, third = rivals(road, 3)
    assert accept(road, first, named=False).mentor == road.mentor
    assert accept(road, second, named=False).mentor is None
    idle = MentorFactory(partner=road.slot.partner)
    SlotMentorFactory(slot=third.slot, mentor=idle)
    assert accept(road, third, named=False).mentor == idle


@pytest.mark.django_db
def test_one_after_the_other_is_not_at_one_time() -> None:
    road = limited(1)
    (now,) = rivals(road, 1)
    first_day = now.slot.ends_on + timedelta(days=1)
    later = {"starts_on": first_day, "ends_on": first_day + timedelta(days=20), "apply_by": now.slot.apply_by}
    (then,) = rivals(road, 1, **later)
    accept(road, now)
    accept(road, then)
    # Somebody who would meet both of them finds the mentor busy the whole time, not twice as busy.
    Mentor.objects.filter(pk=road.mentor.pk).update(capacity=2)
    (across,) = rivals(road, 1, starts_on=now.slot.starts_on, ends_on=later["ends_on"], apply_by=now.slot.apply_by)
    assert accept(road, across).mentor == road.mentor


@pytest.mark.django_db
def test_naming_another_mentor_looks_for_room_too() -> None:
    road = limited(1)
    (taken, other) = rivals(road, 2)
    accept(road, taken)
    placement = accept(road, other, named=False)
    with pytest.raises(Conflict, match="mentor_full"):
        services.set_mentor(actor=road.member, placement_id=placement.pk, mentor_id=road.mentor.pk)
    # The one who guides already may be named again.
    mine = Placement.objects.get(application=taken)
    services.set_mentor(actor=road.hr, placement_id=mine.pk, mentor_id=road.mentor.pk)


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_for_one_place() -> None:
    road = limited(1)
    calls: list[Callable[[], Any]] = [lambda a=a: accept(road, a) for a in rivals(road, 10)]  # type: ignore[misc]
    assert all_at_once(calls) == {"ok": 1, "mentor_full": 9}
    assert Placement.objects.filter(mentor=road.mentor).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_mentor_too_many_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: count, think, write."""
    road = limited(1)
    gate = threading.Barrier(2)

    def careless(mentor_id: Any) -> Mentor:
        return Mentor.objects.get(pk=mentor_id)

    def slowly(mentor: Mentor, *args: Any, **kwargs: Any) -> bool:
        room = common_has_room(mentor, *args, **kwargs)
        gate.wait(timeout=30)
        return room

    common_has_room = common.has_room
    monkeypatch.setattr(common, "lock_mentor", careless)
    monkeypatch.setattr(common, "has_room", slowly)
    calls: list[Callable[[], Any]] = [lambda a=a: accept(road, a) for a in rivals(road, 2)]  # type: ignore[misc]
    assert all_at_once(calls) == {"ok": 2}
    assert Placement.objects.filter(mentor=road.mentor).count() == 2
