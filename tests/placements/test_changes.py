"""Somebody's employment changes while an application or placement is under way: nothing goes on unseen."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from asn import services as asn
from asn.models import Employee
from asn.states import EmployeeStatus
from core import outbox
from core.errors import Conflict, Invalid, NotAllowed, NotFound
from partners.models import Slot
from placements import services
from placements.models import Application, ChangeTask
from tests.factories.asn import AgencyMembershipFactory, EmployeeFactory, PositionFactory, UnitFactory
from tests.factories.placements import Road, make_road
from web.models import Notification

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Road:
    return make_road()


def change(road: Road, **given: Any) -> None:
    """HR enters a change; what it wakes has run."""
    person = Employee.objects.get(pk=road.employee.pk)
    names = ("unit_id", "position_id", "status", "contract_starts_on", "contract_ends_on", "retires_on")
    asn.change_employment(
        actor=road.hr, employee_id=person.pk, **({name: getattr(person, name) for name in names} | given)
    )
    outbox.drain()


def move(road: Road) -> None:
    change(road, unit_id=UnitFactory(agency=road.agency).pk)


def told(road: Road) -> set[tuple[int, str]]:
    outbox.drain()
    return set(Notification.objects.values_list("user_id", "code"))


def test_a_change_is_a_task_and_the_next_one_renews_it(road: Road) -> None:
    road.apply()
    before = road.employee.unit
    move(road)
    task = ChangeTask.objects.get()
    assert (task.kinds, task.unit_before, task.application) == (["unit"], before, road.application)
    ChangeTask.objects.update(due_at=timezone.now())
    change(road, position_id=PositionFactory(agency=road.agency).pk)
    renewed = ChangeTask.objects.get()
    assert renewed.kinds == ["unit", "position"]
    assert renewed.due_at > timezone.now() + timedelta(days=2)
    assert renewed.unit_before == before
    assert Notification.objects.filter(user=road.hr, code="change_to_decide").count() == 2
    services.note_change(employee_id=road.employee.pk, kinds=["unit"], changed_at=renewed.changed_at)
    assert Notification.objects.filter(code="change_to_decide").count() == 2
    assert ChangeTask.objects.get().updated_at == renewed.updated_at


def test_without_anything_under_way_there_is_nothing_to_decide(road: Road) -> None:
    move(road)
    assert not ChangeTask.objects.exists()


def test_a_last_day_after_the_end_is_no_matter_one_before_it_is(road: Road) -> None:
    road.accept()
    change(road, retires_on=road.slot.ends_on + timedelta(days=2))
    assert not ChangeTask.objects.exists()
    change(road, retires_on=road.slot.ends_on)
    assert ChangeTask.objects.get().kinds == ["retirement"]


def decide(road: Road, choice: str, **more: Any) -> ChangeTask:
    task = ChangeTask.objects.get(status="open")
    return services.decide_change(actor=road.hr, task_id=task.pk, choice=choice, **more)


def test_it_goes_on_and_whoever_clears_now_knows(road: Road) -> None:
    road.apply()
    move(road)
    decide(road, "continue")
    assert (road.applicant.pk, "change_continues") in told(road)
    assert (road.boss.pk, "clearance_needed") in told(road)
    with pytest.raises(Conflict, match="already_decided"):
        services.decide_change(actor=road.hr, task_id=ChangeTask.objects.get().pk, choice="continue")


def test_under_another_supervisor(road: Road) -> None:
    road.accept()
    move(road)
    boss = EmployeeFactory(agency=road.agency, with_user=True)
    with pytest.raises(Invalid) as caught:
        decide(road, "move_supervisor")
    assert caught.value.field == "supervisor_id"
    decide(road, "move_supervisor", supervisor_id=boss.pk)
    assert Employee.objects.get(pk=road.employee.pk).supervisor == boss
    assert (boss.user.pk, "member_continues") in told(road)


@pytest.mark.parametrize("step", ["apply", "clear", "approve"])
def test_an_application_is_cancelled_wherever_it_stands(road: Road, step: str) -> None:
    getattr(road, step)()
    change(road, status=EmployeeStatus.LEFT)
    with pytest.raises(Conflict, match="choice_not_open"):
        decide(road, "end_early")
    decide(road, "cancel", note="Pindah instansi")
    assert Application.objects.get().status == "ineligible"
    people = told(road)
    assert (road.applicant.pk, "application_rejected") in people
    assert ((road.member.pk, "application_withdrawn") in people) == (step == "approve")


def test_a_placement_is_ended_and_its_seat_is_free_again(road: Road) -> None:
    road.accept()
    change(road, status=EmployeeStatus.RETIRED)
    with pytest.raises(Conflict, match="not_in_service"):
        decide(road, "continue")
    decide(road, "end_early")
    road.reload()
    seats = Slot.objects.get(pk=road.slot.pk).filled_seats
    assert (road.placement.status, road.placement.end_reason, seats) == ("ended_early", "transfer", 0)


def test_nobody_gone_starts(road: Road) -> None:
    road.prepare()
    first = road.at(road.slot.starts_on)
    change(road, retires_on=road.slot.starts_on)
    with pytest.raises(Conflict, match="not_in_service"):
        services.start_placement(actor=road.hr, placement_id=road.placement.pk, now=first)
    change(road, retires_on=None)
    services.start_placement(actor=road.hr, placement_id=road.placement.pk, now=first)


def test_a_retired_persons_placement_never_goes_on_unseen(road: Road) -> None:
    """The twin: no event was announced, as by an import or when a message is lost; the sweep finds it."""
    road.start()
    Employee.objects.filter(pk=road.employee.pk).update(status=EmployeeStatus.RETIRED)
    assert not ChangeTask.objects.exists()
    assert [services.tend_changes() for _ in range(2)] == [1, 0]
    assert ChangeTask.objects.get().kinds == ["retirement"]
    outbox.drain()
    assert Notification.objects.filter(user=road.hr, code="change_to_decide").count() == 1


def test_a_last_day_that_was_let_pass_asks_again_when_it_has_come(road: Road) -> None:
    road.start()
    change(road, retires_on=road.slot.ends_on)
    decide(road, "continue")
    assert services.tend_changes() == 0
    assert services.tend_changes(now=road.at(road.slot.ends_on)) == 1
    with pytest.raises(Conflict, match="not_in_service"):
        decide(road, "continue", now=road.at(road.slot.ends_on))


def test_what_ended_otherwise_leaves_nothing_to_decide(road: Road) -> None:
    road.apply()
    move(road)
    services.withdraw_application(actor=road.applicant, application_id=road.application.pk)
    assert [services.tend_changes() for _ in range(2)] == [1, 0]
    assert ChangeTask.objects.get().status == "moot"


def test_a_later_change_is_read_before_it_is_decided(road: Road) -> None:
    road.apply()
    move(road)
    known = ChangeTask.objects.get().changed_at
    move(road)
    with pytest.raises(Conflict, match="changed_meanwhile"):
        decide(road, "continue", known=known)
    decide(road, "continue", known=ChangeTask.objects.get().changed_at)


def test_who_may_decide(road: Road) -> None:
    road.apply()
    move(road)
    task = ChangeTask.objects.get()
    auditor = AgencyMembershipFactory(agency=road.agency, auditor=True).user
    foreign = AgencyMembershipFactory().user
    AgencyMembershipFactory(agency=road.agency, user=road.applicant)
    for user, error in (
        (auditor, NotAllowed),
        (road.applicant, NotAllowed),
        (road.boss, NotFound),
        (road.member, NotFound),
        (foreign, NotFound),
    ):
        with pytest.raises(error):
            services.decide_change(actor=user, task_id=task.pk, choice="continue")
    for user, error in ((auditor, NotAllowed), (foreign, NotFound)):
        with pytest.raises(error):
            asn.change_employment(
                actor=user,
                employee_id=road.employee.pk,
                unit_id=road.employee.unit_id,
                position_id=road.employee.position_id,
                status="left",
            )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"unit_id": "foreign"}, "unit_id"),
        ({"position_id": "foreign"}, "position_id"),
        ({"status": "away"}, "status"),
        ({"contract_ends_on": date(2027, 1, 1)}, "contract_starts_on"),
    ],
)
def test_what_is_refused_says_where(road: Road, given: dict[str, Any], field: str) -> None:
    foreign = {"unit_id": UnitFactory, "position_id": PositionFactory}
    given = {name: foreign[name]().pk if value == "foreign" else value for name, value in given.items()}
    with pytest.raises(Invalid) as caught:
        change(road, **given)
    assert caught.value.field == field


def test_the_database_keeps_one_open_task(road: Road) -> None:
    road.apply()
    move(road)
    task = ChangeTask.objects.get()
    for broken in ({}, {"kinds": []}, {"status": "decided"}, {"choice": "continue"}):
        row = {"kinds": ["unit"], "status": "open"} | broken
        with pytest.raises(IntegrityError), transaction.atomic():
            ChangeTask.objects.create(
                agency=task.agency,
                employee=task.employee,
                application=task.application,
                changed_at=timezone.now(),
                due_at=timezone.now(),
                **row,
            )


def test_a_record_changed_meanwhile_is_read_first(road: Road) -> None:
    known = Employee.objects.get(pk=road.employee.pk).updated_at
    move(road)
    with pytest.raises(Conflict, match="changed_meanwhile"):
        change(road, status="left", known=known)
