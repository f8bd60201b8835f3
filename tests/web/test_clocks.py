"""One moment on three clocks: half past eleven at night in Jakarta is the next day in Palu and in Jayapura.

Every door says the day and the hour of the agency: pages, mails, letters, workbooks, calendar files, the API; and what is
open or over goes by the agency's own date.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from icalendar import Calendar
from openpyxl import load_workbook
from pypdf import PdfReader

from accounts.models import User
from core import outbox
from core.errors import Conflict
from placements import services
from placements.models import Application
from tests.api import ask, told
from tests.factories.asn import AgencyFactory
from tests.factories.partners import AgreementFactory
from tests.factories.placements import Road, make_road
from tests.placements.meetings import book, running
from tests.web.agency import signed_in
from web.models import Notification
from web.services import mail_notification, make_paper

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 5, 4, 4, 0, tzinfo=dt.UTC)  # the 4th everywhere
LATE = dt.datetime(2026, 5, 4, 16, 30, tzinfo=dt.UTC)
THE_4TH, THE_5TH = dt.date(2026, 5, 4), dt.date(2026, 5, 5)
# zone -> the clock at LATE, the day there
CLOCKS = {
    "Asia/Jakarta": ("23.30 WIB", THE_4TH),
    "Asia/Pontianak": ("23.30 WIB", THE_4TH),
    "Asia/Makassar": ("00.30 WITA", THE_5TH),
    "Asia/Jayapura": ("01.30 WIT", THE_5TH),
}
IN_WORDS = {THE_4TH: "Senin, 4 Mei 2026", THE_5TH: "Selasa, 5 Mei 2026"}
IN_ENGLISH = {THE_4TH: "Monday, 4 May 2026", THE_5TH: "Tuesday, 5 May 2026"}


@pytest.fixture(params=CLOCKS)
def zone(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def midday() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def road_in(zone: str, **slot: Any) -> Road:
    return make_road(
        agency=AgencyFactory(time_zone=zone),
        starts_on=dt.date(2026, 6, 1),
        ends_on=dt.date(2026, 6, 30),
        **{"apply_by": dt.date(2026, 5, 20), **slot},
    )


def shown(user: User, address: str, language: str = "id") -> str:
    answer = signed_in(user).get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_last_day_to_apply_ends_at_the_midnight_of_the_agency(zone: str) -> None:
    road = road_in(zone, apply_by=THE_4TH)
    _, today = CLOCKS[zone]
    still_open = today == THE_4TH
    with time_machine.travel(LATE, tick=False):
        listed = told(ask(road.applicant, "GET", "slots", query={"open_only": True}))["items"]
        assert [row["id"] for row in listed] == ([str(road.slot.pk)] if still_open else [])
        assert (road.slot.title in shown(road.applicant, reverse("employee_slots"))) == still_open
        assert (road.slot.title in shown(road.member, reverse("partner_home"))) == still_open
        if still_open:
            assert road.apply().pk
        else:
            with pytest.raises(Conflict):
                road.apply()


def test_a_decision_has_the_day_and_hour_of_the_agency_at_every_door(zone: str) -> None:
    clock, day = CLOCKS[zone]
    road = road_in(zone)
    road.apply()
    with time_machine.travel(LATE, tick=False):
        services.clear_application(actor=road.boss, application_id=road.application.pk)
        page = reverse("employee_application", args=[road.application.pk])
        assert f"{IN_WORDS[day]}, {clock}" in shown(road.applicant, page)
        assert f"{IN_ENGLISH[day]}, {clock.replace('.', ':')}" in shown(road.applicant, page, "en")

        decisions = told(ask(road.applicant, "GET", f"applications/{road.application.pk}/timeline"))
        moments = [
            dt.datetime.fromisoformat(row["at"]) for row in decisions if row["at"] and row["step"] == "supervisor"
        ]
        assert moments == [LATE]

        # What waits for HR, as a workbook: cells carry the agency's clock.
        answer = signed_in(road.hr).get(reverse("agency_queue"), {"format": "xlsx"})
        book_of = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
        times = [
            cell.value for row in book_of.iter_rows(min_row=2) for cell in row if isinstance(cell.value, dt.datetime)
        ]
        road.application = Application.objects.get(pk=road.application.pk)
        assert road.application.due_at is not None
        due = road.application.due_at.astimezone(road.agency.zone).replace(tzinfo=None)
        assert due in times

        services.approve_application(actor=road.hr, application_id=road.application.pk)
        road.placement = services.accept_application(actor=road.member, application_id=road.application.pk)
        issued = services.issue_letter(
            actor=road.hr,
            placement_id=road.placement.pk,
            letter_date=road.agency.today(),
            signer_post="Kepala BKPSDM",
            signer_name="Dr. Andi, M.Si.",
        )
        stored = make_paper(paper_id=issued.pk).file
    assert stored is not None
    with stored.content.open("rb") as file:
        letter = " ".join(" ".join(one.extract_text() for one in PdfReader(io.BytesIO(file.read())).pages).split())
    assert f"izin atasan langsung pada {IN_WORDS[day]}" in letter
    assert f"{day.day} Mei 2026" in letter


def test_a_deadline_in_a_mail_names_the_clock_of_the_agency(zone: str) -> None:
    road = road_in(zone)
    with time_machine.travel(LATE, tick=False):
        road.apply()
        outbox.drain()
        mail.outbox.clear()
        (row,) = Notification.objects.filter(user=road.boss)
        row.emailed_at = None
        row.save()
        mail_notification(notification_id=row.pk)
    (sent,) = mail.outbox
    assert road.application.due_at is not None
    last = (road.application.due_at - dt.timedelta(minutes=1)).astimezone(
        road.agency.zone
    )  # a day ends at its midnight
    assert f"{last.day} Mei 2026, 23.59 {road.agency.zone_label}" in sent.body


def test_a_calendar_file_means_the_same_moment_on_every_clock(zone: str) -> None:
    with time_machine.travel(dt.datetime(2026, 5, 4, 4, 0, tzinfo=dt.UTC), tick=False):
        road = running(agency=AgencyFactory(time_zone=zone))
        session = book(road, hour=8)
        answer = signed_in(road.applicant).get(reverse("session_calendar", args=[session.pk]))
        (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
        assert event.decoded("dtstart") == session.starts_at
        assert event.decoded("dtstart").astimezone(road.agency.zone).hour == 8
        page = shown(road.applicant, reverse("session", args=[session.pk]))
        assert f"08.00–09.00 {road.agency.zone_label}" in page


def test_agreements_about_to_end_are_counted_from_the_agencys_day(zone: str) -> None:
    _, today = CLOCKS[zone]
    edge = THE_4TH + dt.timedelta(days=91)  # ninety days from the 5th, ninety-one from the 4th
    road = road_in(zone)
    AgreementFactory(
        agency=road.agency,
        partner=road.slot.partner,
        starts_on=dt.date(2026, 1, 1),
        ends_on=edge,
        number_agency="UJI/91",
    )
    with time_machine.travel(LATE, tick=False):
        listed = told(ask(road.hr, "GET", "agreements", query={"ends_soon": True}))["items"]
        assert ("UJI/91" in {row["number_agency"] for row in listed}) == (today == THE_5TH)
        assert ("UJI/91" in shown(road.member, reverse("partner_home"))) == (today == THE_5TH)
