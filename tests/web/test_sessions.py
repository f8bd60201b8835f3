"""Pages of mentoring sessions: booking, both clocks, both sides' word, notes, the week, the calendar file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from accounts.models import User
from core import outbox
from placements import services
from placements.models import MentoringSession, Placement, SessionNote
from tests.factories.asn import AgencyFactory
from tests.factories.placements import Road
from tests.placements.meetings import book, running

pytestmark = pytest.mark.django_db

LINK = "https://meet.example.go.id/dasbor"
SignIn = Callable[[User], Client]


@pytest.fixture
def road() -> Road:
    """In the middle of a mentoring; the mentor sits in Jakarta, the agency in Makassar."""
    road = running(agency=AgencyFactory(time_zone="Asia/Makassar"), zone="Asia/Jakarta")
    today = road.agency.today()
    Placement.objects.filter(pk=road.placement.pk).update(
        starts_on=today - timedelta(days=40), ends_on=today + timedelta(days=60)
    )
    road.reload()
    return road


def tomorrow(road: Road, more: int = 0) -> date:
    return road.agency.today() + timedelta(days=1 + more)


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def as_if_past(session: MentoringSession) -> MentoringSession:
    """Two days ago instead."""
    shift = timedelta(days=3)
    MentoringSession.objects.filter(pk=session.pk).update(
        starts_at=session.starts_at - shift, ends_at=session.ends_at - shift, held_on=session.held_on - shift
    )
    return MentoringSession.objects.get(pk=session.pk)


def test_a_free_time_is_chosen_and_booked_without_script(road: Road, as_user: SignIn) -> None:
    asn, url = as_user(road.applicant), reverse("session_book", args=[road.placement.pk])
    text = asn.get(url).content.decode()
    # 8 in Jakarta is 9 in Makassar: both are shown.
    assert "09.00–10.00 WITA (08.00–09.00 WIB bagi pembimbing)" in text
    assert "2 JP setelah kedua pihak mengonfirmasi" in text
    answers = {"minutes": "60", "agenda": "Rencana dasbor", "link": LINK, "place": ""}
    missing = asn.post(url, answers)
    assert missing.status_code == 422
    assert "Pilih salah satu waktu luang." in missing.content.decode()
    assert LINK in missing.content.decode()

    # Another week and another length are shown, nothing typed is lost, nothing is written.
    other = asn.post(url, answers | {"minutes": "90", "since": str(tomorrow(road, 6))})
    assert other.status_code == 200
    assert "09.00–10.30 WITA" in other.content.decode()
    assert "Rencana dasbor" in other.content.decode()
    assert not MentoringSession.objects.exists()

    start = road.at(tomorrow(road), 9)
    done = asn.post(url, answers | {"starts_at": utc(start)}, follow=True)
    session = MentoringSession.objects.get()
    assert (session.status, session.starts_at, done.redirect_chain[0][0]) == (
        "booked",
        start,
        f"/sessions/{session.pk}/",
    )
    assert "Sesi dipesan" in done.content.decode()
    again = asn.post(url, answers | {"starts_at": utc(road.at(tomorrow(road), 14))})
    assert again.status_code == 409
    assert "sudah tercatat" in again.content.decode()


def test_htmx_gets_the_times_only(road: Road, as_user: SignIn) -> None:
    url = reverse("session_book", args=[road.placement.pk])
    answer = as_user(road.mentor.user).post(url, {"minutes": "120", "step": "times"}, headers={"HX-Request": "true"})
    text = answer.content.decode()
    assert (answer.status_code, "<html" in text, 'id="times"' in text) == (200, False, True)
    assert "09.00–11.00 WITA" in text
    assert "HX-Request" in answer["Vary"]


def test_the_third_session_of_a_month_is_told_beforehand(road: Road, as_user: SignIn) -> None:
    day = tomorrow(road)
    for number in range(2):
        MentoringSession.objects.create(
            agency=road.agency,
            placement=road.placement,
            held_on=day.replace(day=1) + timedelta(days=number),
            agenda="Sesi",
            participant_confirmed_at=road.at(day),
        )
    text = as_user(road.applicant).get(reverse("session_book", args=[road.placement.pk])).content.decode()
    assert "Sesi ke-3 bulan" in text
    assert "tidak menambah JP: yang dihitung 2 sesi per bulan" in text


def test_it_is_moved_and_cancelled_on_pages(road: Road, as_user: SignIn) -> None:
    session = book(road, tomorrow(road), now=road.at(tomorrow(road), 0))
    mentor = as_user(road.mentor.user)
    move = reverse("session_move", args=[session.pk])
    assert "10.00–11.00 WITA" in mentor.get(move).content.decode()  # its own time is free for it
    mentor.post(move, {"minutes": "30", "starts_at": utc(road.at(tomorrow(road, 1), 11))})
    session = MentoringSession.objects.get(pk=session.pk)
    assert (session.held_on, session.minutes, session.moves) == (tomorrow(road, 1), 30, 1)
    cancel = reverse("session_cancel", args=[session.pk])
    assert mentor.post(cancel, {"reason": "other"}).status_code == 422
    mentor.post(cancel, {"reason": "mentor_away"})
    text = as_user(road.applicant).get(reverse("session", args=[session.pk])).content.decode()
    assert "Pembimbing berhalangan" in text


def test_both_say_it_was_held_and_hr_sees_where_they_disagree(road: Road, as_user: SignIn) -> None:
    session = as_if_past(book(road, tomorrow(road), now=road.at(tomorrow(road), 0)))
    asn, mentor, hr = (as_user(user) for user in (road.applicant, road.mentor.user, road.hr))
    assert [task.title for task in asn.get("/").context["tasks"]] == ["Nyatakan apakah sesi mentoring terlaksana"]
    answer, page = (reverse(name, args=[session.pk]) for name in ("session_answer", "session"))
    asn.post(answer, {"held": "yes"})
    told = mentor.post(answer, {"held": "no"}, follow=True).content.decode()
    assert "Pihak lain menyatakan sebaliknya" in told
    for client in (asn, mentor, hr):
        text = client.get(page).content.decode()
        assert "Peserta menyatakan terlaksana, pembimbing menyatakan tidak." in text
    assert (
        "Kedua pihak berbeda keterangan"
        in hr.get(reverse("agency_placement", args=[road.placement.pk])).content.decode()
    )
    assert hr.post(answer, {"held": "yes"}).status_code in (403, 404)
    again = mentor.post(answer, {"held": "no"})
    assert (again.status_code, "sudah tercatat" in again.content.decode()) == (409, True)
    mentor.post(answer, {"held": "yes"})
    session = MentoringSession.objects.get(pk=session.pk)
    assert session.status == "held"


def test_notes_are_shown_to_those_they_are_for(road: Road, as_user: SignIn) -> None:
    session = book(road, tomorrow(road), now=road.at(tomorrow(road), 0))
    url = reverse("session_note", args=[session.pk])
    asn = as_user(road.applicant)
    for visibility in ("author", "pair", "office"):
        asn.post(url, {"visibility": visibility, "text": f"Catatan-{visibility}"})
    assert asn.post(url, {"visibility": "all", "text": "x"}).status_code == 422
    assert SessionNote.objects.count() == 3

    def read_by(user: User) -> set[str]:
        text = as_user(user).get(reverse("session", args=[session.pk])).content.decode()
        return {v for v in ("author", "pair", "office") if f"Catatan-{v}" in text}

    assert read_by(road.applicant) == {"author", "pair", "office"}
    assert read_by(road.mentor.user) == {"pair", "office"}
    assert read_by(road.hr) == read_by(road.boss) == {"office"}
    assert read_by(road.member) == set()


def test_the_calendar_file_holds_the_time_and_no_note(road: Road, as_user: SignIn) -> None:
    session = book(road, tomorrow(road), now=road.at(tomorrow(road), 0))
    services.write_session_note(actor=road.applicant, session_id=session.pk, text="rahasia", visibility="pair")
    url = reverse("session_calendar", args=[session.pk])
    answer = as_user(road.mentor.user).get(url)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="padan-session.ics"'
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (session.starts_at, session.ends_at)
    assert (str(event["STATUS"]), event["SEQUENCE"], str(event["LOCATION"])) == ("CONFIRMED", 0, LINK)
    assert b"rahasia" not in answer.content
    assert road.employee.nip.encode() not in answer.content
    uid = str(event["UID"])
    services.cancel_session(
        actor=road.applicant, session_id=session.pk, reason="health", now=road.at(tomorrow(road), 0)
    )
    (event,) = Calendar.from_ical(as_user(road.applicant).get(url).content).walk("VEVENT")
    assert (str(event["UID"]), str(event["STATUS"]), event["SEQUENCE"]) == (uid, "CANCELLED", 1)
    assert as_user(road.hr).get(url).status_code == 403


def test_the_week_of_a_mentor(road: Road, as_user: SignIn, count_queries: Callable[[Client, str], int]) -> None:
    mentor = as_user(road.mentor.user)
    day = tomorrow(road, 7)
    url = f"{reverse('mentor_agenda')}?week={day - timedelta(days=day.weekday())}"
    assert "Tidak ada sesi pada pekan ini" in mentor.get(url).content.decode()
    monday = day - timedelta(days=day.weekday())
    now = road.at(tomorrow(road), 0)
    book(road, monday, 9, now=now)
    one = count_queries(mentor, url)
    book(road, monday + timedelta(days=1), 9, now=now)
    book(road, monday + timedelta(days=2), 9, now=now)
    assert count_queries(mentor, url) == one <= 20
    assert mentor.get(url).content.decode().count(road.employee.full_name) == 3
    assert mentor.get(f"{reverse('mentor_agenda')}?week=nonsense").status_code == 200


def test_a_list_of_sessions_asks_as_much_for_three_as_for_one(
    road: Road, as_user: SignIn, count_queries: Callable[[Client, str], int]
) -> None:
    now = road.at(tomorrow(road), 0)
    pages = [
        (road.applicant, reverse("employee_placement", args=[road.placement.pk])),
        (road.mentor.user, reverse("partner_placement", args=[road.placement.pk])),
        (road.hr, reverse("agency_placement", args=[road.placement.pk])),
    ]
    book(road, tomorrow(road), now=now)
    before = [count_queries(as_user(user), url) for user, url in pages]
    for more in (1, 2):
        book(road, tomorrow(road, more), now=now)
    assert [count_queries(as_user(user), url) for user, url in pages] == before
    assert max(before) <= 20


def test_a_reminder_names_the_time_on_the_readers_clock(road: Road, as_user: SignIn) -> None:
    session = book(road, tomorrow(road), now=road.at(tomorrow(road), 0))
    services.remind_of_sessions(now=road.at(tomorrow(road, -1), 9))
    outbox.drain()
    for user, time in ((road.applicant, "10.00 WITA"), (road.mentor.user, "09.00 WIB")):
        text = as_user(user).get("/notifications/").content.decode()
        assert "Besok: sesi mentoring" in text
        assert time in text
    assert session.status == "booked"
