"""Mentoring sessions: booked into free time, moved, cancelled, confirmed by both sides, with notes for whom they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from asn.models import Employee
from core import outbox
from core.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from mentors.models import Mentor
from mentors.services import set_availability
from partners.kinds import get_kind
from placements import services
from placements.agenda import get_seen_session, mentor_week, open_session_actions, seen_sessions
from placements.free_times import free_times
from placements.hours import session_outlook
from placements.models import LearningHourEntry, MentoringSession, Placement, SessionNote
from placements.services import sessions as sessions_service
from placements.states import NoteVisibility, SessionStatus
from tests.factories.asn import AgencyFactory, AgencyMembershipFactory, EmployeeFactory
from tests.factories.partners import PartnerMembershipFactory
from tests.factories.placements import Road, make_road
from tests.placements.meetings import EVERY_DAY, book, give_time, morning, running
from tests.placements.test_races import all_at_once
from web.models import Notification

HOUR = timedelta(hours=1)


@pytest.fixture
def road(db: None) -> Road:
    return running()


def refused(code: str, call: Callable[[], Any], field: str = "", error: type[DomainError] = Invalid) -> None:
    before = list(MentoringSession.objects.order_by("pk").values())
    with pytest.raises(error) as refusal:
        call()
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert list(MentoringSession.objects.order_by("pk").values()) == before


# Free time --------------------------------------------------------------------------------------


def hours_of(road: Road, day: date, **more: Any) -> list[str]:
    found = free_times(road.placement, since=day, days=1, minutes=more.pop("minutes", 60), now=morning(road), **more)
    return [f"{free.starts_at.astimezone(road.agency.zone):%H:%M}" for free in found]


def test_free_times_are_windows_without_bookings_and_days_off(road: Road) -> None:
    day = road.slot.starts_on
    windows = [(day.isoweekday(), time(9), time(12)), ((day + timedelta(days=1)).isoweekday(), time(9), time(10))]
    set_availability(actor=None, mentor_id=road.mentor.pk, windows=windows, time_zone=road.agency.time_zone)
    road.reload()
    assert hours_of(road, day) == ["09:00", "09:30", "10:00", "10:30", "11:00"]
    assert hours_of(road, day, minutes=120) == ["09:00", "09:30", "10:00"]
    assert hours_of(road, day + timedelta(days=1)) == ["09:00"]

    # Somebody else of the same mentor has an hour of it, and this participant has met on the other day.
    other = running(agency=road.agency)
    Placement.objects.filter(pk=other.placement.pk).update(mentor=road.mentor)
    session = book(other, day, 10)
    assert hours_of(road, day) == ["09:00", "11:00"]
    book(road, day + timedelta(days=1), 9)
    assert hours_of(road, day + timedelta(days=1)) == []
    # One that is cancelled gives its hour back.
    services.cancel_session(actor=other.applicant, session_id=session.pk, reason="health", now=morning(road))
    assert len(hours_of(road, day)) == 5

    set_availability(actor=None, mentor_id=road.mentor.pk, windows=windows, days_off=[(day, day)])
    assert hours_of(road, day) == []


def test_free_times_lie_ahead_and_inside_the_placement(road: Road) -> None:
    road.reload()
    now = road.at(road.slot.starts_on, 15)
    found = free_times(road.placement, since=road.slot.starts_on - timedelta(days=9), days=31, minutes=60, now=now)
    assert found[0].starts_at == road.at(road.slot.starts_on, 15) + HOUR / 2
    last = free_times(road.placement, since=road.slot.ends_on, days=31, minutes=60, now=now)
    assert {free.starts_at.astimezone(road.agency.zone).date() for free in last} == {road.slot.ends_on}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "first"), [("Asia/Jakarta", "10:00"), ("Asia/Makassar", "09:00"), ("Asia/Jayapura", "08:00")]
)
def test_windows_are_read_on_the_mentors_clock(zone: str, first: str) -> None:
    road = running(agency=AgencyFactory(time_zone="Asia/Jayapura"), zone=zone)
    road.reload()
    assert hours_of(road, road.slot.starts_on)[0] == first
    refused("outside_availability", lambda: book(road, hour=int(first[:2]) - 1), "starts_at")
    assert book(road, hour=int(first[:2])).held_on == road.slot.starts_on


# Booking ------------------------------------------------------------------------------------------


def test_either_side_books_and_the_other_is_told(road: Road) -> None:
    session = book(road)
    assert (session.status, session.mentor, session.employee) == ("booked", road.mentor, road.employee)
    assert session.ends_at == road.at(road.slot.starts_on, 11)
    later = services.book_session(
        actor=road.mentor.user,
        placement_id=road.placement.pk,
        starts_at=road.at(road.slot.starts_on + timedelta(days=1)),
        agenda="Lanjutan",
        place="Ruang rapat",
        now=morning(road),
    )
    outbox.drain()
    told = Notification.objects.filter(code="session_booked").values_list("user", "url")
    assert set(told) == {
        (road.mentor.user.pk, f"/sessions/{session.pk}/"),
        (road.applicant.pk, f"/sessions/{later.pk}/"),
    }


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ({"minutes": 29}, "session_length", "minutes"),
        ({"minutes": 121}, "session_length", "minutes"),
        ({"agenda": " "}, "text_missing", "agenda"),
        ({"link": ""}, "place_or_link_missing", "place"),
        ({"link": "http://meet.example.go.id"}, "link_not_https", "link"),
        ({"link": "javascript:alert(1)"}, "link_not_https", "link"),
        ({"hour": 7}, "outside_availability", "starts_at"),
        ({"hour": 17}, "outside_availability", "starts_at"),
        ({"hour": 16, "minutes": 90}, "outside_availability", "starts_at"),
    ],
)
def test_bad_bookings(road: Road, more: dict[str, Any], code: str, field: str) -> None:
    refused(code, lambda: book(road, **more), field)


def test_only_ahead_inside_the_period_and_by_those_who_meet(road: Road) -> None:
    refused("session_in_past", lambda: book(road, now=road.at(road.slot.starts_on, 12)), "starts_at")
    refused("date_outside_period", lambda: book(road, road.slot.ends_on + timedelta(days=1)), "starts_at")
    set_availability(actor=None, mentor_id=road.mentor.pk, windows=EVERY_DAY, days_off=[(road.slot.starts_on,) * 2])
    refused("outside_availability", lambda: book(road), "starts_at")
    give_time(road.mentor, road.agency.time_zone)
    for user, error in (
        (road.hr, NotAllowed),
        (road.boss, NotAllowed),
        (EmployeeFactory(with_user=True).user, NotFound),
    ):
        with pytest.raises(error):
            services.book_session(
                actor=user, placement_id=road.placement.pk, starts_at=road.at(road.slot.starts_on), agenda="Rencana"
            )
    assert not MentoringSession.objects.exists()


def test_nobody_is_booked_twice(road: Road) -> None:
    day = road.slot.starts_on
    book(road)
    refused("session_exists", lambda: book(road, hour=14), error=Conflict)
    # The same mentor in another placement
    other = running(agency=road.agency)
    Placement.objects.filter(pk=other.placement.pk).update(mentor=road.mentor)
    refused("mentor_busy", lambda: book(other, day, 10, minutes=30), "starts_at", Conflict)
    book(other, day, 11)  # back to back is allowed
    # The same person with another mentor
    second = second_mentoring_of(road)
    refused("participant_busy", lambda: book(second, day, 10), "starts_at", Conflict)


def second_mentoring_of(road: Road) -> Road:
    """Another mentor's placement of the same person, as if the person had been accepted there."""
    other = running(agency=road.agency)
    other.employee = Employee.objects.get(pk=road.employee.pk)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE placements_application SET employee_id = %s WHERE id = %s", [road.employee.pk, other.application.pk]
        )
        cursor.execute(
            "UPDATE placements_placement SET employee_id = %s WHERE id = %s", [road.employee.pk, other.placement.pk]
        )
    return other


def test_the_database_keeps_both_free(road: Road) -> None:
    session = book(road)
    rival = {
        "agency": road.agency,
        "placement": road.placement,
        "status": "booked",
        "held_on": road.slot.starts_on + timedelta(days=1),
        "starts_at": session.starts_at + HOUR / 2,
        "ends_at": session.ends_at + HOUR / 2,
        "agenda": "Rencana",
        "booked_by": road.hr,
        "booked_at": session.booked_at,
        "employee": road.employee,
        "mentor": road.mentor,
    }
    idle = running(agency=road.agency)
    for more, constraint in (
        ({}, "session_mentor_free"),
        ({"mentor": idle.mentor}, "session_employee_free"),
        ({"ends_at": session.starts_at + HOUR / 2}, "session_booked_whole"),
        ({"ends_at": session.starts_at + 3 * HOUR}, "session_booked_whole"),
        ({"starts_at": None, "ends_at": None, "booked_by": None, "booked_at": None}, "session_booked_whole"),
        ({"link": "http://x", "status": "reported"}, "session_link_https"),
        ({"status": "cancelled"}, "session_cancelled_with_reason"),
        ({"status": "held"}, "session_held_by_both"),
        (
            {"participant_confirmed_at": session.booked_at, "participant_denied_at": session.booked_at},
            "session_one_answer_a_side",
        ),
    ):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            MentoringSession.objects.create(**rival | more)
    MentoringSession.objects.create(**rival | {"employee": idle.employee, "mentor": idle.mentor})
    with pytest.raises(IntegrityError, match="session_follows_placement"):
        connection.check_constraints()


# Moving, cancelling, reminding ----------------------------------------------------------------------


def test_a_session_is_moved_until_it_begins(road: Road) -> None:
    session, day = book(road), road.slot.starts_on + timedelta(days=2)
    move = lambda **more: services.move_session(  # noqa: E731
        actor=road.mentor.user, session_id=session.pk, **{"starts_at": road.at(day, 9), "now": morning(road)} | more
    )
    refused("outside_availability", lambda: move(starts_at=road.at(day, 6)), "starts_at")
    moved = move(minutes=90)
    assert (moved.held_on, moved.minutes, moved.moves, moved.status) == (day, 90, 1, "booked")
    assert move(starts_at=road.at(day, 10)).starts_at == road.at(day, 10)  # its own time is no rival
    refused("session_begun", lambda: move(now=road.at(day, 10)), error=Conflict)
    outbox.drain()
    (told,) = Notification.objects.filter(code="session_moved")  # of the last move only
    assert told.user == road.applicant


def test_a_session_is_cancelled_with_a_reason_until_it_begins(road: Road) -> None:
    session = book(road)
    cancel = lambda **more: services.cancel_session(  # noqa: E731
        actor=road.applicant, session_id=session.pk, **{"reason": "health", "now": morning(road)} | more
    )
    refused("reason_required", lambda: cancel(reason="mentor_changed"), "reason")
    refused("note_required", lambda: cancel(reason="other"), "note")
    refused("session_begun", lambda: cancel(now=road.at(road.slot.starts_on)), error=Conflict)
    assert cancel().cancelled_by == road.applicant
    refused("not_in_this_state", cancel, error=Conflict)
    outbox.drain()
    assert [n.user for n in Notification.objects.filter(code="session_cancelled")] == [road.mentor.user]
    assert book(road).status == "booked"  # the day and the hour are free again


def test_what_is_to_come_is_called_off_with_the_placement_or_the_mentor(road: Road) -> None:
    day = road.slot.starts_on + timedelta(days=1)
    Placement.objects.filter(pk=road.placement.pk).update(ends_on=date.today() + timedelta(days=400))
    far = date.today() + timedelta(days=300)
    session = book(road, far)
    idle = running(agency=road.agency, agreement=road.slot.agreement).mentor
    road.slot.slot_mentors.create(agency=road.agency, mentor=idle)
    services.set_mentor(actor=road.hr, placement_id=road.placement.pk, mentor_id=idle.pk)
    session = MentoringSession.objects.get(pk=session.pk)
    assert (session.status, session.cancel_reason) == ("cancelled", "mentor_changed")
    road.reload()
    again = book(road, far)
    assert (again.mentor, day < far) == (idle, True)
    services.end_placement_early(actor=road.hr, placement_id=road.placement.pk, reason="transfer")
    again = MentoringSession.objects.get(pk=again.pk)
    assert again.cancel_reason == "placement_over"
    outbox.drain()
    told = Notification.objects.filter(code="session_cancelled", url=f"/sessions/{again.pk}/")
    assert {n.user for n in told} == {road.applicant, idle.user}


def test_both_are_reminded_once_on_the_day_before(road: Road) -> None:
    day = road.slot.starts_on + timedelta(days=3)
    session = book(road, day)
    remind = lambda at: services.remind_of_sessions(now=at)  # noqa: E731
    assert remind(road.at(day - timedelta(days=2), 23)) == 0
    assert (remind(road.at(day - timedelta(days=1), 0)), remind(road.at(day - timedelta(days=1), 9))) == (1, 1)
    outbox.drain()
    told = Notification.objects.filter(code="session_due")
    assert {n.user for n in told} == {road.applicant, road.mentor.user}
    assert told.count() == 2
    # For another time they are reminded anew, for one that is cancelled not at all.
    services.move_session(
        actor=road.applicant,
        session_id=session.pk,
        starts_at=road.at(day, 14),
        now=road.at(day - timedelta(days=1), 10),
    )
    remind(road.at(day - timedelta(days=1), 11))
    services.cancel_session(
        actor=road.applicant, session_id=session.pk, reason="health", now=road.at(day - timedelta(days=1), 12)
    )
    outbox.drain()
    assert told.count() == 2
    assert remind(road.at(day, 1)) == 0


# What both sides say --------------------------------------------------------------------------------


def say(road: Road, session: MentoringSession, who: str, held: bool) -> MentoringSession:
    user = road.applicant if who == "participant" else road.mentor.user
    return services.answer_session(actor=user, session_id=session.pk, held=held, now=road.at(session.held_on, 18))


def test_it_counts_when_both_say_so(road: Road) -> None:
    session = book(road)
    refused(
        "session_not_begun",
        lambda: services.answer_session(actor=road.applicant, session_id=session.pk, held=True, now=morning(road)),
        error=Conflict,
    )
    assert say(road, session, "participant", True).status == SessionStatus.REPORTED
    outbox.drain()
    assert not LearningHourEntry.objects.exists()
    assert [n.user for n in Notification.objects.filter(code="session_to_confirm")] == [road.mentor.user]
    assert say(road, session, "mentor", True).status == SessionStatus.HELD
    outbox.drain()
    assert LearningHourEntry.objects.get().counted_hours == 2
    for who in ("participant", "mentor"):
        refused("already_confirmed", lambda who=who: say(road, session, who, False), error=Conflict)


def test_a_disagreement_is_told_does_not_count_and_may_be_settled(road: Road) -> None:
    session = book(road)
    say(road, session, "mentor", False)
    assert say(road, session, "participant", True).status == SessionStatus.DISPUTED
    outbox.drain()
    told = {n.user for n in Notification.objects.filter(code="session_disputed")}
    assert told == {road.applicant, road.mentor.user, road.hr}
    assert not LearningHourEntry.objects.exists()
    assert get_seen_session(road.hr, session.pk).mentor_says is False
    refused("already_confirmed", lambda: say(road, session, "mentor", False), error=Conflict)
    assert say(road, session, "mentor", True).status == SessionStatus.HELD
    outbox.drain()
    assert LearningHourEntry.objects.get().counted_hours == 2


def test_both_may_say_that_it_was_not_held(road: Road) -> None:
    session = book(road)
    say(road, session, "mentor", False)
    assert say(road, session, "participant", False).status == SessionStatus.NOT_HELD
    outbox.drain()
    assert not LearningHourEntry.objects.exists()
    entered = services.record_session(
        actor=road.applicant,
        placement_id=road.placement.pk,
        held_on=session.held_on,
        minutes=60,
        agenda="Bertemu sore hari",
        now=road.at(session.held_on, 20),
    )
    assert entered.status == SessionStatus.REPORTED


# JP ----------------------------------------------------------------------------------------------------


@pytest.fixture
def over_new_year(db: None) -> Road:
    """A mentoring in Jayapura that runs over the end of a month and of a year."""
    road = running(agency=AgencyFactory(time_zone="Asia/Jayapura"), zone="Asia/Jakarta")
    set_availability(
        actor=None,
        mentor_id=road.mentor.pk,
        windows=[(day, time(0), time(23, 59)) for day in range(1, 8)],
        time_zone="Asia/Jakarta",
    )
    year = road.slot.starts_on.year + 1
    Placement.objects.filter(pk=road.placement.pk).update(starts_on=date(year, 12, 1), ends_on=date(year + 1, 2, 10))
    road.reload()
    return road


def test_a_third_session_of_a_month_adds_nothing_and_this_is_said_before(over_new_year: Road) -> None:
    road, december = over_new_year, over_new_year.placement.starts_on
    counted = []
    for day in (20, 27, 31):
        outlook = session_outlook(road.placement, december.replace(day=day))
        assert outlook is not None
        counted.append((outlook.number, outlook.credit.counted, outlook.over_cap))
        session = book(road, december.replace(day=day), 10)
        for who in ("participant", "mentor"):
            say(road, session, who, True)
    assert counted == [(1, 2, False), (2, 2, False), (3, 0, True)]
    outbox.drain()
    assert sorted(LearningHourEntry.objects.values_list("occurs_on__day", "counted_hours", "not_counted")) == [
        (20, 2, ""),
        (27, 2, ""),
        (31, 0, "monthly_cap"),
    ]
    assert session_outlook(road.placement, december.replace(year=december.year + 1, month=1)).number == 1  # type: ignore[union-attr]


def test_the_month_is_that_of_the_session_where_the_agency_is(over_new_year: Road) -> None:
    """Half an hour past midnight in Jayapura it is still December in Jakarta and in UTC: the session is of January."""
    road, december = over_new_year, over_new_year.placement.starts_on
    new_year = december.replace(year=december.year + 1, month=1)
    session = services.book_session(
        actor=road.applicant,
        placement_id=road.placement.pk,
        starts_at=datetime.combine(new_year, time(0, 30), tzinfo=road.agency.zone),
        minutes=60,
        agenda="Rencana tahun baru",
        link="https://meet.example.go.id/x",
        now=morning(road),
    )
    assert session.held_on == new_year
    assert session.starts_at.month == 1  # as given
    assert (session.starts_at.astimezone(road.mentor.zone).year, session.held_on.year) == (
        december.year,
        december.year + 1,
    )
    for who in ("mentor", "participant"):
        say(road, session, who, True)
    outbox.drain()
    entry = LearningHourEntry.objects.get()
    assert (entry.occurs_on, entry.account_year.year) == (new_year, december.year + 1)


def test_magang_hours_that_hold_mentoring_count_once_as_magang(road: Road) -> None:
    internship = make_road(agency=road.agency, agreement=road.slot.agreement)
    internship.start()
    with connection.cursor() as cursor:
        for table in ("placements_application", "placements_placement"):
            cursor.execute(
                f"UPDATE {table} SET employee_id = %s WHERE slot_id = %s",
                [road.employee.pk, internship.slot.pk],
            )
    outlook = session_outlook(road.reload(), road.slot.starts_on)
    assert outlook is not None
    assert (outlook.credit.counted, outlook.credit.reason) == (0, "same_hours")
    session = book(road)
    for who in ("mentor", "participant"):
        say(road, session, who, True)
    outbox.drain()
    entry = LearningHourEntry.objects.get()
    assert (entry.hours, entry.counted_hours, entry.not_counted) == (2, 0, "same_hours")


def test_no_outlook_where_hours_are_counted_otherwise(road: Road) -> None:
    other = make_road(agency=road.agency)
    other.accept()
    assert get_kind(other.slot.kind).jp_basis.value == "activity"
    assert session_outlook(other.placement, other.slot.starts_on) is None


# Notes ---------------------------------------------------------------------------------------------------


def test_a_note_is_read_by_those_it_is_for(road: Road) -> None:
    session, mentor = book(road), road.mentor.user
    write = lambda actor, visibility: services.write_session_note(  # noqa: E731
        actor=actor, session_id=session.pk, text=f"{visibility} {actor.pk}", visibility=visibility
    )
    for visibility in NoteVisibility.values:
        write(road.applicant, visibility)
        write(mentor, visibility)
    auditor = AgencyMembershipFactory(agency=road.agency, role="auditor").user
    stranger = EmployeeFactory(agency=road.agency, with_user=True).user

    def read_by(user: Any) -> set[str]:
        rows = seen_sessions(user).filter(pk=session.pk)
        return {note.text for row in rows for note in row.readable_notes}  # type: ignore[attr-defined]

    me, guide = road.applicant.pk, mentor.pk
    pair = {f"pair {me}", f"pair {guide}"}
    office = {f"office {me}", f"office {guide}"}
    assert read_by(road.applicant) == {f"author {me}"} | pair | office
    assert read_by(mentor) == {f"author {guide}"} | pair | office
    assert read_by(road.hr) == office
    assert read_by(road.boss) == office
    for other in (road.member, auditor, stranger, PartnerMembershipFactory().user):
        assert read_by(other) == set()


def test_a_member_stands_in_for_a_mentor_without_an_account(road: Road) -> None:
    session = book(road)
    services.write_session_note(actor=road.applicant, session_id=session.pk, text="Rencana", visibility="pair")
    assert not get_seen_session(road.member, session.pk).readable_notes  # type: ignore[attr-defined]
    road.mentor.user = None
    road.mentor.save()
    assert [n.text for n in get_seen_session(road.member, session.pk).readable_notes] == ["Rencana"]  # type: ignore[attr-defined]


def test_notes_are_changed_removed_and_never_somebody_elses(road: Road) -> None:
    session = book(road)
    write = lambda text, visibility="pair", actor=road.applicant: services.write_session_note(  # noqa: E731
        actor=actor, session_id=session.pk, text=text, visibility=visibility
    )
    write("Satu")
    write("Dua")
    assert [n.text for n in SessionNote.objects.all()] == ["Dua"]
    assert write("  ") is None
    assert not SessionNote.objects.exists()
    refused("unknown_choice", lambda: write("Satu", "public"), "visibility")
    refused("text_too_long", lambda: write("x" * 3001), "text")
    refused("only_participant_or_host", lambda: write("Satu", actor=road.hr), error=NotAllowed)


# Looking -------------------------------------------------------------------------------------------------


def test_what_may_be_done_follows_from_the_session(road: Road) -> None:
    session = get_seen_session(road.applicant, book(road).pk)
    before, after = morning(road), road.at(road.slot.starts_on, 12)
    look = lambda user, at: open_session_actions(user, session, at)  # noqa: E731
    assert look(road.applicant, before) == ["move", "cancel", "note", "calendar"]
    assert look(road.mentor.user, after) == ["held", "not_held", "note", "calendar"]
    assert look(road.hr, after) == look(road.boss, after) == []


def test_a_mentors_week_holds_all_participants(road: Road) -> None:
    other = running(agency=road.agency)
    Placement.objects.filter(pk=other.placement.pk).update(mentor=road.mentor)
    monday = road.slot.starts_on + timedelta(days=7 - road.slot.starts_on.weekday())
    mine = [book(road, monday, 13), book(other, monday, 9), book(road, monday + timedelta(days=6), 9)]
    book(road, monday + timedelta(days=7), 9)
    gone = book(other, monday + timedelta(days=1), 9)
    services.cancel_session(actor=road.mentor.user, session_id=gone.pk, reason="mentor_away", now=morning(road))
    assert list(mentor_week(road.mentor.user, monday)) == [mine[1], mine[0], mine[2]]
    assert not mentor_week(other.mentor.user, monday).exists()


# Rivals ----------------------------------------------------------------------------------------------------


def many_participants(count: int) -> list[Road]:
    """Placements of different people with one mentor."""
    first = running()
    roads = [first, *(running(agency=first.agency) for _ in range(count - 1))]
    Placement.objects.filter(agency=first.agency).update(mentor=first.mentor)
    return roads


@pytest.mark.django_db(transaction=True)
def test_six_at_once_for_one_hour_of_a_mentor() -> None:
    roads = many_participants(6)
    calls: list[Callable[[], Any]] = [lambda r=road: book(r, roads[0].slot.starts_on) for road in roads]  # type: ignore[misc]
    assert all_at_once(calls) == {"ok": 1, "mentor_busy": 5}
    assert MentoringSession.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_constraint_alone_keeps_the_mentor(monkeypatch: pytest.MonkeyPatch) -> None:
    roads = many_participants(4)
    careless(monkeypatch)
    calls: list[Callable[[], Any]] = [lambda r=road: book(r, roads[0].slot.starts_on) for road in roads]  # type: ignore[misc]
    outcome = all_at_once(calls)
    assert outcome["ok"] == 1
    assert set(outcome) <= {"ok", "mentor_busy", "busy"}


@pytest.mark.django_db(transaction=True)
def test_without_lock_and_constraint_a_mentor_is_booked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: no look under the mentor's lock, and nothing in the database."""
    roads = many_participants(4)
    careless(monkeypatch)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'session_mentor_free'")
        (body,) = cursor.fetchone()
        cursor.execute("ALTER TABLE placements_mentoringsession DROP CONSTRAINT session_mentor_free")
    try:
        calls: list[Callable[[], Any]] = [lambda r=road: book(r, roads[0].slot.starts_on) for road in roads]  # type: ignore[misc]
        assert all_at_once(calls) == {"ok": 4}
    finally:
        MentoringSession.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE placements_mentoringsession ADD CONSTRAINT session_mentor_free {body}")


def careless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_service, "lock_mentor", lambda pk: Mentor.objects.get(pk=pk))
    monkeypatch.setattr(sessions_service, "_check_free", lambda *args: None)
