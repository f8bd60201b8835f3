"""The attendance list and the answer to it, plain HTML; the notice of a group that is too small."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from placements import services
from placements.models import Application, Attendance, Placement
from tests.factories.asn import EmployeeFactory
from tests.factories.partners import days
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def road() -> Road:
    """A workshop that meets today, one participant."""
    made = make_road(kind="workshop", seats=9, minimum_cohort=1, starts_on=days(0), ends_on=days(0), apply_by=days(0))
    made.prepare()
    services.start_placement(actor=made.hr, placement_id=made.placement.pk)
    made.reload()
    return made


def join(road: Road) -> Placement:
    """One more participant."""
    employee = EmployeeFactory(agency=road.agency, unit=road.employee.unit, position=road.employee.position)
    application = Application.objects.create(agency=road.agency, employee=employee, slot=road.slot)
    row = Placement.objects.get(pk=road.placement.pk)
    row.pk, row.application, row.employee, row._state.adding = uuid.uuid4(), application, employee, True
    row.save(force_insert=True)
    return row


def test_the_host_marks_the_whole_group_at_once(road: Road) -> None:
    others = [join(road) for _ in range(3)]
    client, meeting = signed_in(road.member), road.slot.meetings.get()
    address = f"/attendance/{meeting.pk}/"
    shown = client.get(address).content.decode()
    assert shown.count('name="present"') == 4
    assert shown.count(" checked") == 4, "everybody is ticked at first"
    everyone = [road.placement.pk, *(p.pk for p in others)]
    answer = client.post(address, {"shown": everyone, "present": everyone[:3]})
    assert answer.status_code == 302
    assert Attendance.objects.filter(is_present=True).count() == 3
    assert Attendance.objects.get(is_present=False).placement_id == others[2].pk


def test_whoever_joins_while_the_list_is_open_is_not_marked_absent(road: Road) -> None:
    client, meeting = signed_in(road.member), road.slot.meetings.get()
    late = join(road)
    client.post(f"/attendance/{meeting.pk}/", {"shown": [road.placement.pk], "present": [road.placement.pk]})
    assert not Attendance.objects.filter(placement=late).exists()


def test_a_foreign_tick_is_refused_and_nothing_is_kept(road: Road) -> None:
    other = make_road(kind="workshop", starts_on=days(0), ends_on=days(0), apply_by=days(0))
    other.accept()
    client, meeting = signed_in(road.member), road.slot.meetings.get()
    answer = client.post(f"/attendance/{meeting.pk}/", {"shown": [road.placement.pk], "present": [other.placement.pk]})
    assert answer.status_code == 422
    assert not Attendance.objects.exists()
    assert client.get(f"/attendance/{other.slot.meetings.get().pk}/").status_code == 404
    assert signed_in(road.hr).get(f"/attendance/{meeting.pk}/").status_code in (403, 404)


def test_the_list_takes_the_same_queries_for_one_and_for_six(road: Road) -> None:
    client, address = signed_in(road.member), f"/attendance/{road.slot.meetings.get().pk}/"

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(address).status_code == 200
        return len(caught)

    queries()
    one = queries()
    for _ in range(5):
        join(road)
    assert queries() == one <= 20


def test_the_participant_confirms_or_says_what_happened(road: Road) -> None:
    meeting = road.slot.meetings.get()
    [mark] = services.record_attendance(
        actor=road.member, slot_id=road.slot.pk, held_on=meeting.held_on, absent=[road.placement.pk]
    )
    client, at = signed_in(road.applicant), f"/placements/{road.placement.pk}/"
    assert f"{at}#attendance" in client.get("/").content.decode()
    answer_at = f"{at}attendance/{mark.pk}/"
    assert client.post(answer_at, {"decision": "contest", "note": ""}).status_code == 422
    assert client.post(answer_at, {"decision": "contest", "note": "Saya hadir."}).status_code == 302
    assert "Saya hadir." in signed_in(road.member).get(f"/attendance/{meeting.pk}/").content.decode()
    services.record_attendance(
        actor=road.member, slot_id=road.slot.pk, held_on=meeting.held_on, present=[road.placement.pk]
    )
    assert client.post(answer_at, {"decision": "confirm"}).status_code == 409
    for reader, address in ((road.member, f"/participants/{road.placement.pk}/"), (road.hr, f"/agency{at}")):
        assert "Kehadiran" in signed_in(reader).get(address).content.decode()


def test_partner_and_hr_see_how_many_are_missing_and_the_partner_waives() -> None:
    road = make_road(kind="workshop", seats=10, minimum_cohort=10)
    road.accept()
    for reader, address in ((road.member, "/partner/slots/"), (road.hr, "/agency/slots/")):
        assert "1 dari 10 peserta" in signed_in(reader).get(f"{address}{road.slot.pk}/").content.decode()
    client = signed_in(road.member)
    assert client.post(f"/partner/slots/{road.slot.pk}/waive/", {"reason": ""}).status_code == 422
    assert client.post(f"/partner/slots/{road.slot.pk}/waive/", {"reason": "Bahan siap."}).status_code == 302
    assert "Bahan siap." in signed_in(road.hr).get(f"/agency/slots/{road.slot.pk}/").content.decode()


def test_dates_of_a_workshop_are_entered_and_refused_at_their_line() -> None:
    road = make_road(kind="workshop")
    client, slot = signed_in(road.member), road.slot
    answers = {
        "agreement_id": slot.agreement_id,
        "kind": "workshop",
        "title": "Lokakarya dasbor",
        "description": "Berlatih menyusun dasbor bersama.",
        "mode": "onsite",
        "place": "Surakarta",
        "starts_on": slot.starts_on.isoformat(),
        "ends_on": slot.ends_on.isoformat(),
        "apply_by": slot.apply_by.isoformat(),
        "hours_per_week": 8,
        "seats": 12,
        "minimum_cohort": 5,
        "outcomes-TOTAL_FORMS": 1,
        "outcomes-INITIAL_FORMS": 0,
        "outcomes-0-competency": slot.outcomes.get().competency_id,
        "outcomes-0-from_level": 1,
        "outcomes-0-to_level": 3,
        "prerequisites-TOTAL_FORMS": 0,
        "prerequisites-INITIAL_FORMS": 0,
    }
    bare = client.post("/partner/slots/new/", answers)
    assert bare.status_code == 422
    assert "meetings-0-held_on" in bare.content.decode(), "now it asks for the dates"
    dates = {
        "meetings-TOTAL_FORMS": 1,
        "meetings-INITIAL_FORMS": 0,
        "meetings-0-held_on": days(300).isoformat(),
        "meetings-0-begins_at": "09:00",
        "meetings-0-ends_at": "15:00",
    }
    outside = client.post("/partner/slots/new/", {**answers, **dates})
    assert outside.status_code == 422
    assert "field-invalid" in outside.content.decode()
    inside = {**answers, **dates, "meetings-0-held_on": slot.starts_on.isoformat()}
    assert client.post("/partner/slots/new/", inside).status_code == 302
    made = type(slot).objects.get(title="Lokakarya dasbor")
    assert (made.meeting_days, made.minimum_cohort, made.jp_planned) == (1, 5, 5)
    assert client.get(f"/partner/slots/{made.pk}/change/").content.decode().count("09:00") == 1
