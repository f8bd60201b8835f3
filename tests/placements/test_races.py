"""Rivals at the same moment, on real PostgreSQL. Every race has a twin without its guard, and the twin fails."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.errors import DomainError
from core.models import AuditEvent
from partners.models import Slot, SlotMeeting
from placements import services
from placements.models import Application, Attendance, Decision, LearningHourEntry, Placement
from placements.services import attendance, hours
from tests.factories.asn import AgencyFactory, EmployeeFactory
from tests.factories.partners import SlotFactory, days
from tests.factories.placements import MOTIVATION, Road, make_road

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 20


def all_at_once(calls: Sequence[Callable[[], Any]]) -> Counter[str]:
    """Run the calls in threads that start together; count "ok" and the codes of refusals."""
    gate = threading.Barrier(min(THREADS, len(calls)))

    def run(call: Callable[[], Any]) -> str:
        with suppress(threading.BrokenBarrierError):
            gate.wait(timeout=30)
        try:
            call()
            return "ok"
        except DomainError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(run, calls))


def approved_rivals(people: int, seats: int) -> tuple[Any, list[Application]]:
    """A road whose slot has ``seats``, and that many applications that HR has approved."""
    road = make_road(seats=seats)
    employees = [
        EmployeeFactory(agency=road.agency, unit=road.employee.unit, position=road.employee.position)
        for _ in range(people)
    ]
    at = timezone.now()
    applications = Application.objects.bulk_create(
        Application(
            agency=road.agency,
            employee=e,
            slot=road.slot,
            motivation=MOTIVATION,
            status="approved",
            submitted_at=at,
            consent_at=at,
        )
        for e in employees
    )
    return road, applications


def test_200_rivals_for_10_seats() -> None:
    road, applications = approved_rivals(200, 10)
    outcome = all_at_once(
        [lambda pk=a.pk: services.accept_application(actor=road.member, application_id=pk) for a in applications]
    )
    assert outcome == {"ok": 10, "slot_full": 190}
    slot = Slot.objects.get(pk=road.slot.pk)
    assert (slot.filled_seats, slot.status) == (10, "full")
    assert Placement.objects.filter(slot=slot).count() == 10
    assert Application.objects.filter(status="accepted").count() == 10


def test_without_the_conditional_update_seats_are_oversold(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: read, think, write, and no CHECK to catch it."""
    road, applications = approved_rivals(60, 5)

    def careless(*, slot_id: Any, **_: Any) -> None:
        filled, seats = Slot.objects.values_list("filled_seats", "seats").get(pk=slot_id)
        if filled >= seats:
            raise DomainError("slot_full")
        Slot.objects.filter(pk=slot_id).update(filled_seats=filled + 1)

    monkeypatch.setattr("placements.services.applications.partners.take_seat", careless)
    outcome = all_at_once(
        [lambda pk=a.pk: services.accept_application(actor=road.member, application_id=pk) for a in applications]
    )
    assert outcome["ok"] > 5
    assert Placement.objects.filter(slot=road.slot).count() > 5


def overlapping_offers(people: int, offers: int) -> tuple[Any, list[tuple[Any, Application]]]:
    """Each person approved for several overlapping slots of the same partner."""
    road = make_road()
    slots = [
        SlotFactory(
            agreement=road.slot.agreement, seats=people, starts_on=road.slot.starts_on, ends_on=road.slot.ends_on
        )
        for _ in range(offers)
    ]
    at = timezone.now()
    employees = [
        EmployeeFactory(agency=road.agency, unit=road.employee.unit, position=road.employee.position)
        for _ in range(people)
    ]
    pairs = []
    for person in employees:
        for slot in slots:
            pairs.append(
                Application(
                    agency=road.agency,
                    employee=person,
                    slot=slot,
                    motivation=MOTIVATION,
                    status="approved",
                    submitted_at=at,
                    consent_at=at,
                )
            )
    Application.objects.bulk_create(pairs)
    return road, [(a.employee_id, a) for a in pairs]


def test_no_person_gets_two_overlapping_placements() -> None:
    road, offers = overlapping_offers(people=10, offers=12)
    outcome = all_at_once(
        [lambda pk=a.pk: services.accept_application(actor=road.member, application_id=pk) for _, a in offers]
    )
    assert outcome == {"ok": 10, "overlapping_placement": 110}
    assert set(Counter(Placement.objects.values_list("employee_id", flat=True)).values()) == {1}


def test_without_check_and_constraint_people_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: neither the lookup under the employee's lock nor the exclusion constraint."""
    road, offers = overlapping_offers(people=3, offers=4)
    monkeypatch.setattr("placements.eligibility.check_overlap", lambda *a: None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'placement_no_overlap'")
        (body,) = cursor.fetchone()
        cursor.execute("ALTER TABLE placements_placement DROP CONSTRAINT placement_no_overlap")
    try:
        outcome = all_at_once(
            [lambda pk=a.pk: services.accept_application(actor=road.member, application_id=pk) for _, a in offers]
        )
        assert outcome["ok"] == 12
    finally:
        Placement.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE placements_placement ADD CONSTRAINT placement_no_overlap {body}")


def test_the_constraint_alone_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that forgot to look is stopped by the database, with the same answer."""
    road, offers = overlapping_offers(people=2, offers=4)
    monkeypatch.setattr("placements.eligibility.check_overlap", lambda *a: None)
    outcome = all_at_once(
        [lambda pk=a.pk: services.accept_application(actor=road.member, application_id=pk) for _, a in offers]
    )
    assert outcome == {"ok": 2, "overlapping_placement": 6}


def test_each_step_is_decided_once() -> None:
    road = make_road()
    pk = road.apply().pk
    outcome = all_at_once(
        [lambda: services.clear_application(actor=road.boss, application_id=pk) for _ in range(THREADS)]
    )
    assert outcome == {"ok": 1, "already_decided": THREADS - 1}
    assert Decision.objects.filter(step="supervisor").count() == 1


def test_without_lock_and_constraint_a_step_is_decided_twice() -> None:
    """The twin: check, then write, without row lock and unique key."""
    road = make_road()
    pk = road.apply().pk
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_indexdef('decision_by_different_people'::regclass)")
        restore = [cursor.fetchone()[0]]
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'decision_once_a_step'")
        restore.append(f"ALTER TABLE placements_decision ADD CONSTRAINT decision_once_a_step {cursor.fetchone()[0]}")
        cursor.execute("DROP INDEX decision_by_different_people")
        cursor.execute("ALTER TABLE placements_decision DROP CONSTRAINT decision_once_a_step")
    gate = threading.Barrier(4)

    def careless() -> None:
        with transaction.atomic():
            application = Application.objects.get(pk=pk)
            if application.status != "awaiting_clearance":
                raise DomainError("already_decided")
            gate.wait(timeout=30)
            Decision.objects.create(
                agency=road.agency,
                application=application,
                attempt=1,
                step="supervisor",
                outcome="cleared",
                decided_by=road.boss,
                decided_at=timezone.now(),
            )
            Application.objects.filter(pk=pk).update(status="submitted")

    try:
        assert all_at_once([careless] * 4) == {"ok": 4}
        assert Decision.objects.filter(step="supervisor").count() == 4
    finally:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE placements_decision CASCADE")
            for statement in restore:
                cursor.execute(statement)


def test_withdraw_approve_and_reject_have_one_winner() -> None:
    agency = AgencyFactory()
    roads = [make_road(agency=agency) for _ in range(10)]
    for road in roads:
        road.clear()
    calls: list[Callable[[], Any]] = []
    for road in roads:
        pk = road.application.pk
        calls += [
            lambda r=road, pk=pk: services.withdraw_application(actor=r.applicant, application_id=pk),
            lambda r=road, pk=pk: services.reject_application(actor=r.hr, application_id=pk, reason="other_candidates"),
        ]
    outcome = all_at_once(calls)
    assert outcome == {"ok": 10, "already_decided": 10}
    for road in roads:
        final = Application.objects.get(pk=road.application.pk)
        ends = final.decisions.exclude(step__in=("employee", "supervisor"))
        assert [d.outcome for d in ends] == [final.status]
        assert Slot.objects.get(pk=road.slot.pk).filled_seats == 0


def test_accept_and_withdraw_leak_no_seat() -> None:
    agency = AgencyFactory()
    roads = [make_road(agency=agency) for _ in range(10)]
    for road in roads:
        road.approve()
    calls: list[Callable[[], Any]] = []
    for road in roads:
        pk = road.application.pk
        calls += [
            lambda r=road, pk=pk: services.withdraw_application(actor=r.applicant, application_id=pk),
            lambda r=road, pk=pk: services.accept_application(actor=r.member, application_id=pk),
        ]
    assert all_at_once(calls) == {"ok": 10, "already_decided": 10}
    for road in roads:
        taken = Slot.objects.get(pk=road.slot.pk).filled_seats
        assert taken == Placement.objects.filter(slot=road.slot).count()
        assert (Application.objects.get(pk=road.application.pk).status == "accepted") == bool(taken)


def test_without_the_row_lock_both_win() -> None:
    """The twin: two services that check first and lock never."""
    road = make_road()
    pk = road.approve().pk
    gate = threading.Barrier(2)

    def careless(status: str) -> None:
        with transaction.atomic():
            if Application.objects.get(pk=pk).status != "approved":
                raise DomainError("already_decided")
            gate.wait(timeout=30)
            Application.objects.filter(pk=pk).update(status=status)

    assert all_at_once([lambda: careless("withdrawn"), lambda: careless("accepted")]) == {"ok": 2}


def group_of(people: int) -> tuple[Road, SlotMeeting, list[Placement]]:
    """A workshop under way today with so many participants."""
    day = days(0)
    road = make_road(kind="workshop", seats=people, starts_on=day, ends_on=day, apply_by=day)
    road.prepare()
    services.start_placement(actor=road.hr, placement_id=road.placement.pk)
    for _ in range(people - 1):
        employee = EmployeeFactory(agency=road.agency, unit=road.employee.unit, position=road.employee.position)
        application = Application.objects.create(agency=road.agency, employee=employee, slot=road.slot)
        row = Placement.objects.get(pk=road.placement.pk)
        row.pk, row.application, row.employee, row._state.adding = uuid.uuid4(), application, employee, True
        row.save(force_insert=True)
    return road, road.slot.meetings.get(), list(Placement.objects.filter(slot=road.slot))


def test_two_hosts_record_the_same_list_at_once() -> None:
    road, meeting, placements = group_of(12)
    assert road.mentor.user is not None
    present, absent = [p.pk for p in placements[:9]], [p.pk for p in placements[9:]]

    def record(host: Any) -> None:
        services.record_attendance(
            actor=host, slot_id=road.slot.pk, held_on=meeting.held_on, present=present, absent=absent
        )

    hosts = [road.member, road.mentor.user] * 5
    assert all_at_once([lambda host=host: record(host) for host in hosts]) == {"ok": 10}
    assert Counter(Attendance.objects.values_list("is_present", flat=True)) == {True: 9, False: 3}
    assert AuditEvent.objects.filter(action="attendance.recorded").count() == 1, "the others changed nothing"


def test_twin_without_the_lock_two_hosts_collide(monkeypatch: pytest.MonkeyPatch) -> None:
    road, meeting, placements = group_of(3)
    assert road.mentor.user is not None
    # The lock hands its row over only once every rival has it: as if there were none.
    gate = threading.Barrier(4)

    def unlocked(slot: Slot, held_on: Any, now: Any) -> SlotMeeting:
        with suppress(threading.BrokenBarrierError):
            gate.wait(timeout=10)
        return meeting

    monkeypatch.setattr(attendance, "_lock_meeting", unlocked)

    def record(host: Any) -> None:
        services.record_attendance(
            actor=host, slot_id=road.slot.pk, held_on=meeting.held_on, present=[p.pk for p in placements]
        )

    monkeypatch.setattr(Placement.objects, "select_for_update", lambda **_: Placement.objects.all(), raising=False)
    outcome = all_at_once([lambda host=host: record(host) for host in [road.member, road.mentor.user] * 2])
    assert outcome["already_there"] >= 1, outcome


def confirmed_day() -> Attendance:
    road, meeting, [placement] = group_of(1)
    [mark] = services.record_attendance(
        actor=road.member, slot_id=road.slot.pk, held_on=meeting.held_on, present=[placement.pk]
    )
    return services.confirm_attendance(actor=road.applicant, attendance_id=mark.pk)


def test_a_day_is_credited_once_by_twenty_workers() -> None:
    mark = confirmed_day()
    assert all_at_once([lambda: services.credit_day(attendance_id=mark.pk) for _ in range(20)]) == {"ok": 20}
    assert list(LearningHourEntry.objects.values_list("counted_hours", flat=True)) == [5]


def test_twin_with_a_key_of_its_own_each_worker_credits_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    mark = confirmed_day()
    real = hours._write

    def careless(employee: Any, placement: Any, rule: Any, key: str, *rest: Any, **more: Any) -> Any:
        return real(employee, placement, rule, f"{key}:{uuid.uuid4()}", *rest, **more)

    monkeypatch.setattr(hours, "_write", careless)
    all_at_once([lambda: services.credit_day(attendance_id=mark.pk) for _ in range(5)])
    assert LearningHourEntry.objects.count() > 1
