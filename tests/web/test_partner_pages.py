"""Pages of partner and mentor: the whole part of the road that is theirs, plain HTML, few queries."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from mentors.models import Mentor, SlotMentor
from partners.models import Slot
from placements import services
from placements.models import LogbookEntry, MentoringSession, Placement
from tests.factories.asn import CompetencyFactory
from tests.factories.partners import AgreementFactory, PartnerMembershipFactory, SlotFactory
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db

MOST_QUERIES = 20


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def queries_of(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(url).status_code == 200
    assert len(caught) <= MOST_QUERIES, "\n".join(f"{q['sql']}"[:230] for q in caught)
    return len(caught)


@pytest.fixture
def road() -> Road:
    return make_road()


def slot_answers(road: Road, **changed: object) -> dict[str, object]:
    competency = CompetencyFactory(code="TEK-216-01")
    slot = road.slot
    return {
        "agreement_id": slot.agreement_id,
        "kind": "internship",
        "title": "Magang dasbor layanan kota",
        "description": "Peserta menyusun dasbor layanan bersama tim data. Setiap pekan hasilnya ditinjau.",
        "mode": "onsite",
        "place": "Surakarta",
        "starts_on": slot.starts_on.isoformat(),
        "ends_on": slot.ends_on.isoformat(),
        "apply_by": slot.apply_by.isoformat(),
        "hours_per_week": 12,
        "seats": 2,
        "benefits": "",
        "cost": "",
        "outcomes-TOTAL_FORMS": 5,
        "outcomes-INITIAL_FORMS": 0,
        "outcomes-0-competency": competency.pk,
        "outcomes-0-from_level": 1,
        "outcomes-0-to_level": 3,
        "prerequisites-TOTAL_FORMS": 3,
        "prerequisites-INITIAL_FORMS": 0,
        **changed,
    }


def test_a_slot_is_written_checked_and_handed_in(road: Road) -> None:
    client = signed_in(road.member)
    answer = client.post(reverse("partner_slot_create"), slot_answers(road))
    slot = Slot.objects.get(title="Magang dasbor layanan kota")
    assert answer["Location"] == reverse("partner_slot", args=[slot.pk])
    assert [(o.competency_id, o.from_level, o.to_level) for o in slot.outcomes.all()] == [("TEK-216-01", 1, 3)]
    client.post(reverse("partner_slot_edit", args=[slot.pk]), slot_answers(road, seats=3))
    client.post(reverse("partner_slot_mentor", args=[slot.pk]), {"mentor_id": road.mentor.pk})
    client.post(reverse("partner_slot_submit", args=[slot.pk]))
    slot = Slot.objects.get(pk=slot.pk)
    assert (slot.status, slot.seats) == ("submitted", 3)
    assert SlotMentor.objects.filter(slot=slot, mentor=road.mentor).exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"ends_on": "2020-01-01"}, "ends_on"),
        ({"outcomes-0-competency": ""}, ""),
        ({"place": ""}, "place"),
        ({"seats": 0}, "seats"),
    ],
)
def test_bad_answers_stay_on_the_page_and_nothing_is_lost(road: Road, changed: dict[str, object], field: str) -> None:
    before = Slot.objects.count()
    answer = signed_in(road.member).post(reverse("partner_slot_create"), slot_answers(road, **changed))
    assert answer.status_code in (409, 422)
    assert Slot.objects.count() == before
    html = answer.content.decode()
    assert "Peserta menyusun dasbor layanan bersama tim data." in html
    if field:
        assert answer.context["form"].errors[field]
    else:
        assert answer.context["problem"].message


def test_candidates_are_pseudonymous_until_hr_has_approved(road: Road) -> None:
    pk = road.clear().pk
    client = signed_in(road.member)
    assert client.get(reverse("partner_application", args=[pk])).status_code == 404
    services.shortlist_application(actor=road.hr, application_id=pk)
    html = client.get(reverse("partner_application", args=[pk])).content.decode()
    html += client.get(reverse("partner_applications")).content.decode()
    for secret in (road.employee.name, road.employee.nip, road.employee.nip[-3:] + "<", road.applicant.name):
        assert secret not in html
    services.approve_application(actor=road.hr, application_id=pk)
    html = client.get(reverse("partner_application", args=[pk])).content.decode()
    assert road.employee.name in html
    assert road.employee.nip not in html


def test_accept_and_decline(road: Road) -> None:
    pk = road.approve().pk
    client = signed_in(road.member)
    url = reverse("partner_application", args=[pk])
    assert client.post(url, {"decision": "reject"}).status_code == 422
    answer = client.post(url, {"decision": "approve", "note": ""})
    placement = Placement.objects.get()
    assert answer["Location"] == reverse("partner_placement", args=[placement.pk])
    # a second click is explained
    again = client.post(url, {"decision": "approve", "note": ""})
    assert again.status_code == 409
    assert again.context["problem"].message


def test_the_mentor_agrees_verifies_evaluates_and_completes(road: Road) -> None:
    road.accept()
    assert road.mentor.user is not None
    client, pk = signed_in(road.mentor.user), road.placement.pk
    lines = {"activity_0": "Menyusun dasbor layanan", "evidence_0": "Dasbor terpasang"}
    client.post(reverse("host_plan", args=[pk]), lines)
    client.post(reverse("host_agree", args=[pk]))
    assert road.reload().plan_agreed_by == road.mentor.user


def test_logbook_days_are_verified_or_sent_back(road: Road) -> None:
    road.start()
    assert road.mentor.user is not None
    client, pk = signed_in(road.mentor.user), road.placement.pk
    days = [
        services.record_logbook_entry(
            actor=road.applicant,
            placement_id=pk,
            entry_date=road.slot.starts_on + timedelta(days=n),
            hours=6,  # type: ignore[arg-type]
            activity="Mengolah data layanan",
            now=road.at(road.slot.ends_on),
        )
        for n in range(2)
    ]
    assert client.post(reverse("host_entry", args=[pk, days[0].pk]), {"decision": "return"}).status_code == 422
    client.post(reverse("host_entry", args=[pk, days[0].pk]), {"decision": "return", "note": "Tulis hasilnya"})
    client.post(reverse("host_entry", args=[pk, days[1].pk]), {"decision": "verify"})
    assert [LogbookEntry.objects.get(pk=d.pk).status for d in days] == ["returned", "verified"]


def test_completion_in_time_and_with_evidence_only(road: Road, time_machine) -> None:  # type: ignore[no-untyped-def]
    road.prove()
    assert road.mentor.user is not None
    client, pk = signed_in(road.mentor.user), road.placement.pk
    early = client.post(reverse("host_complete", args=[pk]))
    assert (early.status_code, road.reload().status) == (409, "active")
    time_machine.move_to(road.at(road.slot.ends_on))
    client = signed_in(road.mentor.user)
    client.post(reverse("host_complete", args=[pk]))
    assert road.reload().status == "completed"
    assert client.get(reverse("partner_placement", args=[pk])).status_code == 200


def test_sessions_of_a_mentoring(time_machine) -> None:  # type: ignore[no-untyped-def]
    road = make_road(mentoring=True)
    road.start()
    assert road.mentor.user is not None
    time_machine.move_to(road.at(road.slot.starts_on))
    client, pk = signed_in(road.mentor.user), road.placement.pk
    answers = {"held_on": road.slot.starts_on.isoformat(), "minutes": 60, "agenda": "Rencana dasbor"}
    answers |= {"notes": "", "visibility": "pair"}
    client.post(reverse("host_session", args=[pk]), answers)
    session = MentoringSession.objects.get()
    assert session.mentor_confirmed_by == road.mentor.user
    assert client.post(reverse("host_session", args=[pk]), answers).status_code == 409


@pytest.mark.parametrize("verb", ["pause", "close", "confirm"])
def test_looking_after_a_slot(road: Road, verb: str) -> None:
    client = signed_in(road.member)
    assert client.post(reverse(f"partner_slot_{verb}", args=[road.slot.pk])).status_code == 302
    wanted = {"pause": "paused", "close": "closed"}.get(verb, "published")
    assert Slot.objects.get(pk=road.slot.pk).status == wanted


def test_cancelling_asks_and_wants_a_reason(road: Road) -> None:
    client = signed_in(road.member)
    url = reverse("partner_slot_cancel", args=[road.slot.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"reason": "other", "note": ""}).status_code == 422
    client.post(url, {"reason": "no_capacity", "note": ""})
    assert Slot.objects.get(pk=road.slot.pk).status == "cancelled"


def test_mentors_are_added_and_changed(road: Road) -> None:
    client = signed_in(road.member)
    client.post(reverse("partner_mentor_create"), {"name": "Ibu Sari", "capacity": 2})
    sari = Mentor.objects.get(name="Ibu Sari")
    client.post(reverse("partner_mentor", args=[sari.pk]), {"name": "Ibu Sari Dewi", "capacity": 4})
    assert Mentor.objects.get(pk=sari.pk).capacity == 4


def test_the_weekly_availability_is_kept_by_the_mentor(road: Road) -> None:
    assert road.mentor.user is not None
    client, url = signed_in(road.mentor.user), reverse("mentor_availability", args=[road.mentor.pk])
    line = {"weekday_0": "1", "from_0": "09:00", "until_0": "11:00", "first_0": "2027-03-01"}
    answers = {"time_zone": "Asia/Makassar", **line}
    assert client.post(url, answers).status_code == 302
    mentor = Mentor.objects.get(pk=road.mentor.pk)
    assert [(w.weekday, f"{w.starts_at:%H:%M}") for w in mentor.availability.all()] == [(1, "09:00")]
    assert [(d.starts_on, d.ends_on) for d in mentor.days_off.all()] == [(date(2027, 3, 1), date(2027, 3, 1))]
    assert mentor.time_zone == "Asia/Makassar"

    # An overlap is refused in words, and nothing typed is lost.
    overlap = client.post(url, answers | {"weekday_1": "1", "from_1": "10:00", "until_1": "12:00"})
    text = overlap.content.decode()
    assert overlap.status_code == 422
    assert "Senin memiliki dua jendela waktu yang bertumpang tindih: 09:00–11:00 dan 10:00–12:00." in text
    assert 'value="12:00"' in text
    half = client.post(url, answers | {"weekday_1": "2"})
    assert (half.status_code, half.content.decode().count("Isi seluruh baris")) == (422, 4)  # two fields, told twice
    assert mentor.availability.count() == 1

    # A line that is emptied goes.
    client.post(url, {"time_zone": "Asia/Jakarta"})
    assert (mentor.availability.count(), mentor.days_off.count()) == (0, 0)


def test_neighbours_see_nothing(road: Road) -> None:
    road.start()
    stranger = signed_in(PartnerMembershipFactory().user)
    for name, pk in (
        ("partner_slot", road.slot.pk),
        ("partner_slot_edit", road.slot.pk),
        ("partner_application", road.application.pk),
        ("partner_placement", road.placement.pk),
        ("host_plan", road.placement.pk),
        ("partner_mentor", road.mentor.pk),
        ("mentor_availability", road.mentor.pk),
    ):
        assert stranger.get(reverse(name, args=[pk])).status_code == 404, name
    employee = signed_in(road.applicant)
    assert employee.get(reverse("partner_home")).status_code == 403


def test_lists_ask_as_much_for_three_rows_as_for_one(road: Road) -> None:
    road.approve()
    client = signed_in(road.member)
    assert road.mentor.user is not None
    mentor = signed_in(road.mentor.user)
    pages = [reverse(n) for n in ("partner_home", "partner_slots", "partner_applications", "partner_mentors")]
    other = make_road(agency=road.agency, agreement=AgreementFactory(agency=road.agency, partner=road.slot.partner))
    other.start()
    one = [queries_of(client, url) for url in pages] + [queries_of(client, reverse("partner_placements"))]
    for _ in range(2):
        more = make_road(agency=road.agency, agreement=other.slot.agreement)
        more.start()
        make_road(agency=road.agency, agreement=other.slot.agreement).approve()
    SlotFactory(agreement=road.slot.agreement, returned=True)
    three = [queries_of(client, url) for url in pages] + [queries_of(client, reverse("partner_placements"))]
    assert three == one
    queries_of(mentor, reverse("mentor_home"))
    queries_of(client, reverse("partner_placement", args=[other.placement.pk]))
    queries_of(client, reverse("partner_slot", args=[road.slot.pk]))
    queries_of(client, reverse("partner_slot_create"))
    queries_of(client, reverse("partner_application", args=[road.application.pk]))
