"""Seats that come free go to those who wait, in order; people decide, deadlines pass them on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from core import outbox
from core.errors import Conflict, Invalid, NotAllowed
from core.models import AuditEvent
from partners.models import Slot
from placements import services, tasks
from placements.models import Application, Placement
from placements.selectors import place_of, timeline, waitlist_of
from tests.factories.placements import Road, fill, make_road, seats_come_free
from web.models import Notification

pytestmark = pytest.mark.django_db


def queue(people: int, **slot: Any) -> tuple[Road, list[Application]]:
    """A full slot, and so many who wait for a seat of it, in order."""
    road = make_road(seats=1, **slot)
    rows = [road.beside().clear() for _ in range(people)]
    fill(road.slot)
    for row in rows:
        services.waitlist_application(actor=road.hr, application_id=row.pk)
    return road, rows


def states(rows: list[Application]) -> list[str]:
    found = Application.objects.in_bulk([row.pk for row in rows])
    return [str(found[row.pk].status) for row in rows]


def seats(road: Road) -> tuple[int, int, str]:
    slot = Slot.objects.get(pk=road.slot.pk)
    return slot.filled_seats, slot.held_seats, str(slot.status)


def offered(people: int = 1) -> tuple[Road, list[Application]]:
    """The first of so many has been offered the one seat that came free."""
    road, rows = queue(people)
    seats_come_free(road.slot)
    assert services.offer_free_seats(slot_id=road.slot.pk) == 1
    return road, rows


def user_of(row: Application) -> Any:
    return row.employee.user


def test_a_seat_that_comes_free_is_held_for_the_first_until_a_deadline() -> None:
    road, rows = offered(3)
    assert states(rows) == ["offered", "waitlisted", "waitlisted"]
    assert seats(road) == (1, 1, "full")
    first = Application.objects.get(pk=rows[0].pk)
    assert first.due_at is not None
    assert first.due_at.astimezone(road.agency.zone).hour == 0
    assert (first.due_at - timedelta(minutes=1)).astimezone(road.agency.zone).date() == road.agency.today() + timedelta(
        days=3
    )
    assert [place_of(Application.objects.get(pk=row.pk)) for row in rows] == [None, (1, 2), (2, 2)]
    assert services.offer_free_seats(slot_id=road.slot.pk) == 0, "once"
    assert AuditEvent.objects.filter(action="application.offered", actor=None).count() == 1


def test_the_offer_never_outlives_the_first_day_of_the_slot() -> None:
    road, rows = queue(1)
    seats_come_free(road.slot)
    evening = road.at(road.slot.starts_on - timedelta(days=1), 22)
    assert services.offer_free_seats(slot_id=road.slot.pk, now=evening) == 1
    due = Application.objects.get(pk=rows[0].pk).due_at
    assert due is not None
    assert due.astimezone(road.agency.zone).date() == road.slot.starts_on + timedelta(days=1)
    services.expire_applications(now=road.at(road.slot.starts_on + timedelta(days=1)))
    assert states(rows) == ["expired"]
    assert seats(road) == (1, 0, "published")


def test_nobody_is_offered_a_seat_of_a_slot_that_has_begun() -> None:
    road, rows = queue(1)
    seats_come_free(road.slot)
    assert services.offer_free_seats(slot_id=road.slot.pk, now=road.at(road.slot.starts_on + timedelta(days=1))) == 0
    assert states(rows) == ["waitlisted"]


def test_confirming_goes_on_to_the_partner_who_takes_the_held_seat() -> None:
    road, (row,) = offered()
    services.confirm_offer(actor=user_of(row), application_id=row.pk)
    assert (states([row]), seats(road)) == (["approved"], (1, 1, "full"))
    placement = services.accept_application(actor=road.member, application_id=row.pk)
    assert (states([row]), seats(road)) == (["accepted"], (2, 0, "full"))
    assert [d.outcome for d in row.decisions.all()] == ["submitted", "cleared", "waitlisted", "confirmed", "accepted"]
    assert [d.decided_by_id for d in row.decisions.all()][2:4] == [road.hr.pk, row.employee.user_id]
    services.end_placement_early(actor=road.hr, placement_id=placement.pk, reason="health")
    assert seats(road) == (1, 0, "published")


def test_declining_needs_a_reason_and_passes_the_seat_on_at_once() -> None:
    road, rows = offered(2)
    with pytest.raises(Invalid, match="reason_required"):
        services.decline_offer(actor=user_of(rows[0]), application_id=rows[0].pk, reason="")
    services.decline_offer(actor=user_of(rows[0]), application_id=rows[0].pk, reason="personal")
    assert (states(rows), seats(road)) == (["withdrawn", "offered"], (1, 1, "full"))
    last = rows[0].decisions.last()
    assert last is not None
    assert (last.step, last.outcome, last.reason) == ("offer", "declined", "personal")
    with pytest.raises(Conflict, match="already_decided"):
        services.confirm_offer(actor=user_of(rows[0]), application_id=rows[0].pk)


def test_an_offer_that_nobody_answered_passes_on_and_the_task_may_run_twice() -> None:
    road, rows = offered(2)
    Application.objects.filter(pk=rows[0].pk).update(due_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(Conflict, match="offer_lapsed"):
        services.confirm_offer(actor=user_of(rows[0]), application_id=rows[0].pk)
    assert tasks.tend_waitlists() == 1
    assert (states(rows), seats(road)) == (["expired", "offered"], (1, 1, "full"))
    assert tasks.tend_waitlists() == 0
    assert (states(rows), seats(road)) == (["expired", "offered"], (1, 1, "full"))


def test_the_sweep_finds_a_seat_that_no_doorbell_announced() -> None:
    road, rows = queue(2)
    seats_come_free(road.slot, 2)
    assert tasks.tend_waitlists() == 2
    assert states(rows) == ["offered", "offered"]
    assert tasks.tend_waitlists() == 0


def decline(road: Road, row: Application) -> None:
    services.decline_application(actor=road.member, application_id=row.pk, reason="no_capacity")


def withdraw(road: Road, row: Application) -> None:
    services.withdraw_application(actor=user_of(row), application_id=row.pk)


@pytest.mark.parametrize("give_up", [decline, withdraw])
def test_an_approval_that_comes_to_nothing_lets_the_next_have_its_turn(give_up: Any) -> None:
    """HR's approval speaks for a seat without taking it: nobody who waits is asked about it meanwhile."""
    road = make_road(seats=1)
    road.approve()
    row, late = road.beside().clear(), road.beside().clear()
    services.waitlist_application(actor=road.hr, application_id=row.pk)
    with pytest.raises(Conflict, match="others_wait"):
        services.approve_application(actor=road.hr, application_id=late.pk)
    assert services.offer_free_seats(slot_id=road.slot.pk) == 0
    give_up(road, road.application)
    assert (states([row]), seats(road)) == (["offered"], (0, 1, "full"))


@pytest.mark.parametrize("end", ["early", "no_show"])
def test_a_placement_that_does_not_begin_gives_its_seat_to_who_waits(end: str) -> None:
    road = make_road(seats=1)
    row = road.beside().clear()
    placement = road.accept()
    services.waitlist_application(actor=road.hr, application_id=row.pk)
    if end == "early":
        services.end_placement_early(actor=road.applicant, placement_id=placement.pk, reason="health")
    else:
        services.mark_no_show(actor=road.hr, placement_id=placement.pk, now=road.at(road.slot.starts_on))
    assert (states([row]), seats(road)) == (["offered"], (0, 1, "full"))
    assert Placement.objects.filter(slot=road.slot).exclude(pk=placement.pk).count() == 0, "nobody was placed"


def test_a_seat_that_nobody_waits_for_is_approved_not_waited_for() -> None:
    road = make_road(seats=1)
    row = road.clear()
    with pytest.raises(Conflict, match="seats_are_free"):
        services.waitlist_application(actor=road.hr, application_id=row.pk)


def test_a_declared_interest_is_judged_before_anybody_waits() -> None:
    road = make_road()
    row = road.apply(has_conflict=True, conflict_note="Saudara bekerja di sana.")
    services.clear_application(actor=road.boss, application_id=row.pk)
    fill(road.slot)
    with pytest.raises(Conflict, match="conflict_undecided"):
        services.waitlist_application(actor=road.hr, application_id=row.pk)


def test_whom_a_rule_hinders_is_passed_over_and_keeps_the_place() -> None:
    road, rows = queue(2)
    type(rows[0].employee).objects.filter(pk=rows[0].employee_id).update(retires_on=road.slot.ends_on)
    seats_come_free(road.slot)
    services.offer_free_seats(slot_id=road.slot.pk)
    assert states(rows) == ["waitlisted", "offered"]
    told = [
        (line.place, line.obstacle and line.obstacle.code) for line in waitlist_of(Slot.objects.get(pk=road.slot.pk))
    ]
    assert told == [(None, None), (1, "retires_before_end")]


def test_hr_takes_somebody_off_the_list_or_back_an_offer_with_a_reason() -> None:
    road, rows = offered(3)
    services.reject_application(actor=road.hr, application_id=rows[1].pk, reason="other_candidates")
    services.reject_application(actor=road.hr, application_id=rows[0].pk, reason="not_eligible")
    assert (states(rows), seats(road)) == (["rejected", "rejected", "offered"], (1, 1, "full"))
    assert {d.step for d in rows[0].decisions.filter(decided_by=road.hr)} == {"hr", "removal"}


def test_only_the_applicant_answers() -> None:
    road, (row,) = offered()
    with pytest.raises(NotAllowed, match="only_applicant"):
        services.confirm_offer(actor=road.hr, application_id=row.pk)
    with pytest.raises(NotAllowed, match="only_applicant"):
        services.decline_offer(actor=road.boss, application_id=row.pk, reason="personal")


def test_leaving_the_list_closes_the_gap_for_everybody_behind() -> None:
    road, rows = queue(3)
    withdraw(road, rows[1])
    assert place_of(Application.objects.get(pk=rows[2].pk)) == (2, 2)
    positions = Application.objects.filter(slot=road.slot, status="waitlisted").values_list(
        "waitlist_position", flat=True
    )
    assert sorted(positions) == [1, 3]


def test_the_timeline_names_who_has_it() -> None:
    road, (row,) = queue(1)
    items = [(item.step, item.state, item.who) for item in timeline(Application.objects.get(pk=row.pk))]
    assert items[-2:] == [("offer", "now", road.agency.hr_office_short), ("partner", "next", road.slot.partner.name)]
    seats_come_free(road.slot)
    services.offer_free_seats(slot_id=road.slot.pk)
    now = timeline(Application.objects.get(pk=row.pk))[-2]
    assert (now.step, now.who) == ("offer", row.employee.full_name)
    assert now.due_at is not None


def test_everybody_concerned_is_told_and_the_partner_without_a_name() -> None:
    road, rows = offered(2)
    outbox.drain()
    assert codes(user_of(rows[0])) >= {"application_waitlisted", "seat_offered"}
    assert "seat_held" in codes(road.hr)
    (told,) = Notification.objects.filter(user=road.member, code="seat_held_for_candidate")
    assert "person" not in told.params
    Application.objects.filter(pk=rows[0].pk).update(due_at=timezone.now())
    tasks.tend_waitlists()
    services.confirm_offer(actor=user_of(rows[1]), application_id=rows[1].pk)
    outbox.drain()
    assert "offer_lapsed" in codes(user_of(rows[0]))
    assert "offer_confirmed" in codes(user_of(rows[1]))
    assert codes(road.member) >= {"offer_unanswered_by_candidate", "candidate_waiting"}
    assert "offer_unanswered" in codes(road.hr)


def codes(user: Any) -> set[str]:
    return set(Notification.objects.filter(user=user).values_list("code", flat=True))


def test_who_only_waited_leaves_without_the_partner_hearing_of_it() -> None:
    road, (row,) = queue(1)
    withdraw(road, row)
    outbox.drain()
    assert not Notification.objects.filter(user=road.member).exists()
    assert "application_withdrawn" in codes(road.hr)


def test_a_reopened_slot_wakes_the_waitlist() -> None:
    road, rows = queue(1)
    seats_come_free(road.slot)
    outbox.announce(
        "partners.slot_changed",
        key=f"{road.slot.pk}:resumed",
        slot_id=road.slot.pk,
        agency_id=road.agency.pk,
        change="resumed",
    )
    outbox.drain()
    assert states(rows) == ["offered"]


def test_a_cancelled_slot_ends_offers_and_frees_what_it_held() -> None:
    road, rows = offered(2)
    Slot.objects.filter(pk=road.slot.pk).update(status="cancelled", cancel_reason="no_capacity")
    services.expire_applications(slot_id=road.slot.pk)
    assert states(rows) == ["expired", "expired"]
    assert seats(road)[1] == 0


def test_raw_rows_agree_with_the_counters(capsys: pytest.CaptureFixture[str]) -> None:
    road = make_road(seats=1)
    placement = road.accept()
    services.end_placement_early(actor=road.hr, placement_id=placement.pk, reason="health")
    rows = [road.beside().clear() for _ in range(2)]
    services.approve_application(actor=road.hr, application_id=rows[0].pk)
    services.waitlist_application(actor=road.hr, application_id=rows[1].pk)
    withdraw(road, rows[0])
    assert states(rows) == ["withdrawn", "offered"]
    call_command("verify_invariants")
    assert "BROKEN" not in capsys.readouterr().out
    Slot.objects.filter(pk=road.slot.pk).update(held_seats=0)
    with pytest.raises(SystemExit):
        call_command("verify_invariants")
    assert "BROKEN seats: those held" in capsys.readouterr().out
