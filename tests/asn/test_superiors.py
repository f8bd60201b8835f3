"""Who decides for whom: by the row, by the list, and by what the database refuses."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from asn import permissions as may
from asn import services
from asn.models import ActingPeriod, Employee
from asn.states import Capacity, EmployeeStatus
from asn.superiors import led_by, superior_of, without_superior
from core import outbox
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories.asn import (
    ActingPeriodFactory,
    AgencyFactory,
    AgencyMembershipFactory,
    EmployeeFactory,
    UnitFactory,
)
from web.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return AgencyFactory()


@pytest.fixture
def boss(city):
    return EmployeeFactory(agency=city, with_user=True)


@pytest.fixture
def staff(city, boss):
    return EmployeeFactory(agency=city, with_user=True, supervisor=boss)


def decides(person: Employee, now: datetime | None = None) -> tuple[Employee, str] | None:
    """By a fresh look at the row; the list of the one who decides says the same."""
    found = superior_of(Employee.objects.get(pk=person.pk), now)
    if found is None:
        return None
    assert person in led_by(found.user, now)
    return found.employee, found.capacity


def test_the_supervisor_and_meanwhile_the_stand_in(city, boss, staff) -> None:
    assert decides(staff) == (boss, Capacity.SUPERVISOR)
    period = ActingPeriodFactory(holder=boss, acting__agency=city)
    assert decides(staff) == (period.acting, Capacity.PLH)
    assert staff not in led_by(boss.user)
    assert staff in may.visible_employees(period.acting.user)
    services.end_acting(actor=AgencyMembershipFactory(agency=city).user, period_id=period.pk)
    assert decides(staff) == (boss, Capacity.SUPERVISOR)
    assert staff not in may.visible_employees(period.acting.user)


def test_never_the_person_even_as_delegate(city, boss, staff) -> None:
    ActingPeriodFactory(delegate=True, holder=boss, acting=staff)
    other = EmployeeFactory(agency=city, supervisor=boss)
    assert decides(staff) == (boss, Capacity.SUPERVISOR)
    assert decides(other) == (staff, Capacity.DELEGATE)


def test_away_or_gone_the_post_above_and_then_nobody(city, boss, staff) -> None:
    top = UnitFactory(agency=city, head=EmployeeFactory(agency=city, with_user=True))
    boss.unit.parent = top
    boss.unit.save()
    boss.status = EmployeeStatus.ON_LEAVE
    boss.save()
    assert decides(staff) == (top.head, Capacity.HEAD)
    acting = ActingPeriodFactory(plt=True, unit=boss.unit, acting__agency=city).acting
    assert decides(staff) == (acting, Capacity.PLT)
    ActingPeriod.objects.all().delete()
    top.head = None
    top.save()
    assert decides(staff) is None
    assert staff in without_superior(city.pk)


def test_the_head_of_a_unit_answers_to_the_next_above(city) -> None:
    top = UnitFactory(agency=city, head=EmployeeFactory(agency=city, with_user=True))
    head = EmployeeFactory(agency=city, with_user=True, unit__parent=top)
    head.unit.head = head
    head.unit.save()
    assert decides(head) == (top.head, Capacity.HEAD)
    assert decides(top.head) is None


@pytest.mark.parametrize(("zone", "offset"), [("Asia/Jakarta", 7), ("Asia/Makassar", 8)])
def test_days_are_those_of_the_city(zone: str, offset: int) -> None:
    city = AgencyFactory(time_zone=zone)
    boss = EmployeeFactory(agency=city, with_user=True)
    staff = EmployeeFactory(agency=city, supervisor=boss)
    period = ActingPeriodFactory(
        holder=boss, acting__agency=city, starts_on=date(2028, 2, 28), ends_on=date(2028, 2, 29)
    )
    for moment, who in (
        (datetime(2028, 2, 27, 23, 59), boss),
        (datetime(2028, 2, 28, 0, 0), period.acting),
        (datetime(2028, 2, 29, 23, 59), period.acting),
        (datetime(2028, 3, 1, 0, 0), boss),
    ):
        found = decides(staff, moment.replace(tzinfo=ZoneInfo(zone)))
        assert found is not None
        assert found[0] == who


def test_rows_and_lists_agree_in_any_small_city(city) -> None:
    """Both say who decides, in different languages: SQL and Python. They must not drift apart."""
    for seed in range(6):
        draw = Random(seed)
        units = [UnitFactory(agency=city) for _ in range(3)]
        people = [
            EmployeeFactory(
                agency=city,
                unit=draw.choice(units),
                with_user=draw.random() < 0.8,
                status=draw.choice([EmployeeStatus.ACTIVE] * 3 + [EmployeeStatus.ON_LEAVE, EmployeeStatus.RETIRED]),
            )
            for _ in range(8)
        ]
        for lower, upper in itertools.pairwise(units):
            lower.parent = upper if draw.random() < 0.7 else None
        for unit in units:
            unit.head = draw.choice([None, *people])
            unit.save()
        for above, below in itertools.pairwise(people):
            below.supervisor = draw.choice([None, above, above])
            below.save()
        for holder in draw.sample(people, 2):
            ActingPeriodFactory(holder=holder, acting=draw.choice([p for p in people if p != holder]))
        ActingPeriodFactory(plt=True, unit=draw.choice(units), acting=draw.choice(people))
        for person in people:
            found = superior_of(Employee.objects.get(pk=person.pk))
            lists = [p.pk for p in people if p.user is not None and led_by(p.user).filter(pk=person.pk).exists()]
            assert lists == ([found.employee.pk] if found else []), seed


def test_the_database_refuses_overlaps_and_oneself(city, boss) -> None:
    ActingPeriodFactory(holder=boss, acting__agency=city)
    unit = ActingPeriodFactory(plt=True, acting__agency=city).unit
    for again in (
        lambda: ActingPeriodFactory(delegate=True, holder=boss, acting__agency=city),
        lambda: ActingPeriodFactory(plt=True, unit=unit, acting__agency=city),
        lambda: ActingPeriodFactory(holder=EmployeeFactory(agency=city), acting__agency=city, order_number=""),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            again()
    with pytest.raises(IntegrityError), transaction.atomic():
        ActingPeriodFactory(holder=boss, acting=boss, starts_on=date(2030, 1, 1), ends_on=date(2030, 1, 2))


def day(n: int) -> date:
    return date.today() + timedelta(days=n)


def delegate(boss: Employee, acting: Employee, **more):
    given = {"starts_on": day(0), "ends_on": day(5), "reason": "leave", **more}
    return services.delegate_decisions(actor=boss.user, acting_id=acting.pk, **given)


def test_a_supervisor_delegates_once_at_a_time_and_takes_it_back(city, boss, staff) -> None:
    colleague = EmployeeFactory(agency=city, with_user=True)
    period = delegate(boss, colleague)
    with pytest.raises(Conflict, match="acting_overlap"):
        delegate(boss, staff, starts_on=day(5), ends_on=day(9))
    delegate(boss, staff, starts_on=day(6), ends_on=day(9))
    with pytest.raises(NotFound):
        services.end_acting(actor=EmployeeFactory(agency=city, with_user=True).user, period_id=period.pk)
    with pytest.raises(NotAllowed):  # who acts neither keeps nor drops the power alone
        services.end_acting(actor=colleague.user, period_id=period.pk)
    services.end_acting(actor=boss.user, period_id=period.pk)
    with pytest.raises(Conflict, match="acting_over"):
        services.end_acting(actor=boss.user, period_id=period.pk)
    delegate(boss, colleague)


def test_what_a_delegation_refuses(city, boss, staff) -> None:
    for acting, more, field in (
        (boss, {}, "acting_id"),
        (EmployeeFactory(agency=city), {}, "acting_id"),
        (EmployeeFactory(with_user=True), {}, "acting_id"),
        (EmployeeFactory(agency=city, with_user=True, retired=True), {}, "acting_id"),
        (staff, {"ends_on": day(-1), "starts_on": day(-2)}, "ends_on"),
        (staff, {"ends_on": day(-1)}, "ends_on"),
        (staff, {"ends_on": day(400)}, "ends_on"),
        (staff, {"reason": "holiday"}, "reason"),
        (staff, {"reason": "other"}, "note"),
    ):
        with pytest.raises(Invalid) as caught:
            delegate(boss, acting, **more)
        assert caught.value.field == field
    with pytest.raises(NotAllowed, match="only_supervisor_delegates"):
        delegate(staff, boss)
    assert not ActingPeriod.objects.exists()


def test_hr_enters_by_an_order_and_a_held_post_takes_no_plt(city, boss) -> None:
    hr = AgencyMembershipFactory(agency=city).user
    acting = EmployeeFactory(agency=city, with_user=True)
    unit = boss.unit
    given = {
        "agency_id": city.pk,
        "acting_id": acting.pk,
        "starts_on": day(0),
        "ends_on": day(30),
        "reason": "vacant",
        "order_number": "800/1",
        "order_date": day(0),
    }
    services.set_unit_head(actor=hr, unit_id=unit.pk, employee_id=boss.pk)
    with pytest.raises(Conflict, match="post_not_vacant"):
        services.name_acting(actor=hr, capacity="plt", unit_id=unit.pk, **given)
    services.set_unit_head(actor=hr, unit_id=unit.pk, employee_id=None)
    assert services.name_acting(actor=hr, capacity="plt", unit_id=unit.pk, **given).unit == unit
    assert services.name_acting(actor=hr, capacity="plh", holder_id=boss.pk, **given).holder == boss
    for wrong, field in (
        ({"capacity": "delegate", "holder_id": boss.pk}, "capacity"),
        ({"capacity": "plh", "holder_id": EmployeeFactory().pk}, "holder_id"),
        ({"capacity": "plt", "unit_id": UnitFactory().pk}, "unit_id"),
        ({"capacity": "plh", "holder_id": boss.pk, "order_number": ""}, "order_number"),
    ):
        with pytest.raises(Invalid) as caught:
            services.name_acting(actor=hr, **(given | wrong))
        assert caught.value.field == field
    with pytest.raises(NotFound):
        services.name_acting(actor=AgencyMembershipFactory().user, capacity="plh", holder_id=boss.pk, **given)
    with pytest.raises(NotAllowed):
        services.name_acting(actor=boss.user, capacity="plh", holder_id=boss.pk, **given)


def test_both_sides_learn_once_that_the_last_day_is_over(city, boss, staff) -> None:
    period = ActingPeriodFactory(holder=boss, acting__agency=city, ends_on=city.today())
    early = ActingPeriodFactory(holder=staff, acting__agency=city, ends_on=city.today())
    hr = AgencyMembershipFactory(agency=city).user
    services.end_acting(actor=hr, period_id=early.pk)
    outbox.drain()
    Notification.objects.all().delete()
    assert services.tell_ended_periods() == 0
    tomorrow = timezone.now() + timedelta(days=1)
    for _ in range(2):
        assert services.tell_ended_periods(now=tomorrow) == 1
        outbox.drain()
    told = set(Notification.objects.values_list("user", "code"))
    assert told == {(boss.user.pk, "acting_lapsed"), (period.acting.user.pk, "acting_lapsed")}
    assert services.tell_ended_periods(now=tomorrow + timedelta(days=30)) == 0


def test_hr_learns_that_a_vacant_post_has_nobody_any_more(city) -> None:
    hr = AgencyMembershipFactory(agency=city).user
    row = ActingPeriodFactory(plt=True, acting__agency=city, ends_on=city.today() - timedelta(days=1))
    services.tell_ended_periods()
    outbox.drain()
    told = set(Notification.objects.values_list("user", "code"))
    assert told == {(hr.pk, "post_without_stand_in"), (row.acting.user.pk, "acting_lapsed")}
