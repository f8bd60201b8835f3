"""Placements before HR: prepare, start, interrupt, end, complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from partners.kinds import JpBasis
from placements.models import LearningHourEntry, Placement
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.core import PDF
from tests.factories.mentors import MentorFactory, SlotMentorFactory
from tests.factories.placements import Road, letter_file, make_road
from tests.web.agency import another, queries_of, signed_in

pytestmark = pytest.mark.django_db


def soon(**slot: object) -> Road:
    """A slot that begins today, so that the placement can be started."""
    today = date.today()
    return make_road(starts_on=today, ends_on=today + timedelta(days=20), apply_by=today, **slot)


def url(road: Road, name: str = "agency_placement") -> str:
    return reverse(name, args=[road.placement.pk])


def test_the_list_takes_as_many_queries_for_three_rows_as_for_one() -> None:
    road = make_road()
    road.accept()
    client, address = signed_in(road.hr), reverse("agency_placements")
    client.get(address)
    one = queries_of(client, address)
    for _ in range(2):
        another(road).accept()
    assert queries_of(client, address) == one
    rows = client.get(address).context["rows"]
    assert len(rows) == 3
    assert "assignment_letter" in [item.code for item in rows[0].missing]
    assert len(client.get(address, {"status": "active"}).context["rows"]) == 0
    assert len(client.get(address, {"unit": road.employee.unit_id}).context["rows"]) == 1


def test_the_letter_is_entered_and_downloaded_by_those_concerned() -> None:
    road = make_road()
    road.accept()
    client = signed_in(road.hr)
    answers = {"number": "800/1/2026", "letter_date": date.today().isoformat(), "signer": "Sekretaris Daerah"}
    assert client.post(url(road, "agency_letter"), {**answers, "file": letter_file()})["Location"] == url(road)
    placement = road.reload()
    assert (placement.letter_number, placement.letter_signer) == ("800/1/2026", "Sekretaris Daerah")
    queries_of(client, url(road))
    file = reverse("file", args=[placement.letter_file_id])
    for reader in (road.hr, road.applicant, road.boss):
        answer = signed_in(reader).get(file)
        assert answer.status_code == 200
        assert answer["Content-Disposition"].startswith("attachment")
        assert b"".join(answer.streaming_content) == PDF
    stranger = make_road()
    # The letter holds a NIP: it stays inside the agency.
    for reader in (road.member, stranger.hr, stranger.applicant, stranger.member):
        assert signed_in(reader).get(file).status_code == 404


def test_what_is_no_pdf_is_refused_at_its_field() -> None:
    road = make_road()
    road.accept()
    answers = {"number": "800/1/2026", "letter_date": date.today().isoformat(), "signer": "Sekretaris Daerah"}
    answer = signed_in(road.hr).post(url(road, "agency_letter"), {**answers, "file": letter_file(content=b"MZ\x00")})
    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert 'value="800/1/2026"' in answer.content.decode()
    assert road.reload().letter_file_id is None


def test_starting_needs_the_whole_checklist() -> None:
    road = soon()
    road.accept()
    client = signed_in(road.hr)
    refused = client.post(url(road, "agency_start"))
    assert refused.status_code == 409
    assert refused.context["problem"].code == "checklist_incomplete"
    assert road.reload().status == "preparing"


def test_a_prepared_placement_starts_pauses_resumes_and_ends() -> None:
    road = soon()
    road.prepare()
    client = signed_in(road.hr)
    assert client.get(url(road)).context["can_start"]
    client.post(url(road, "agency_start"))
    assert road.reload().status == "active"
    queries_of(client, url(road))
    for verb, status in (("hold", "on_hold"), ("resume", "active")):
        address = url(road, f"agency_{verb}")
        assert client.get(address).status_code == 200
        assert client.post(address, {"note": ""}).status_code == 422
        assert client.post(address, {"note": "Tugas mendesak di unit."}).status_code == 302
        assert road.reload().status == status
    assert client.get(url(road, "agency_end")).status_code == 200
    client.post(url(road, "agency_end"), {"reason": "duty_call", "note": ""})
    placement = road.reload()
    assert (placement.status, placement.end_reason, placement.ended_by) == ("ended_early", "duty_call", road.hr)
    again = client.post(url(road, "agency_end"), {"reason": "duty_call", "note": ""})
    assert again.status_code == 409
    assert again.context["problem"].message


def test_a_placement_too_early_says_from_when() -> None:
    road = make_road()
    road.prepare()
    page = signed_in(road.hr).get(url(road))
    assert page.context["is_early"]
    assert not page.context["can_start"]
    assert signed_in(road.hr).post(url(road, "agency_start")).context["problem"].code == "not_yet_starting"


def test_another_mentor_of_the_slot_is_named_and_no_stranger() -> None:
    road = make_road()
    road.accept()
    other = MentorFactory(partner=road.slot.partner)
    SlotMentorFactory(slot=road.slot, mentor=other)
    client = signed_in(road.hr)
    client.post(url(road, "agency_mentor"), {"mentor_id": other.pk})
    assert road.reload().mentor_id == other.pk
    wrong = client.post(url(road, "agency_mentor"), {"mentor_id": MentorFactory().pk})
    assert wrong.status_code == 422
    assert road.reload().mentor_id == other.pk


def test_completing_shows_the_certificate() -> None:
    today = date.today()
    road = make_road(starts_on=today, ends_on=today, apply_by=today)
    road.prove()
    client = signed_in(road.hr)
    assert client.get(url(road, "agency_complete")).status_code == 200
    client.post(url(road, "agency_complete"))
    placement = road.reload()
    assert placement.status == "completed"
    assert placement.certificate.number in client.get(url(road)).content.decode()
    queries_of(client, url(road))


def test_auditors_look_and_foreigners_find_nothing() -> None:
    road = make_road()
    road.accept()
    auditor = signed_in(AgencyMembershipFactory(agency=road.agency, auditor=True).user)
    assert auditor.get(url(road)).context["may"] is False
    foreigner = signed_in(make_road().hr)
    for name in ("agency_placement", "agency_letter", "agency_end", "agency_complete"):
        assert foreigner.get(url(road, name)).status_code == 404
        assert signed_in(road.applicant).get(url(road, name)).status_code == 403
    for name in ("agency_letter", "agency_end", "agency_start", "agency_mentor"):
        assert auditor.post(url(road, name)).status_code == 403
        assert foreigner.post(url(road, name)).status_code == 404
    assert Placement.objects.get(pk=road.placement.pk).status == "preparing"


def test_hours_are_entered_by_hand_only_where_no_rule_counts_them(monkeypatch: pytest.MonkeyPatch) -> None:
    today = date.today()
    road = make_road(starts_on=today, ends_on=today, apply_by=today)
    road.complete()
    client = signed_in(road.hr)
    assert client.get(url(road)).context["hours_form"] is None
    refused = client.post(url(road, "agency_hours"), {"hours": 5, "note": "Sertifikat mitra"})
    assert refused.status_code == 409
    assert refused.context["problem"].code == "hours_by_rule"
    policy = replace(road.placement.policy, jp_basis=JpBasis.MANUAL)
    monkeypatch.setattr(Placement, "policy", property(lambda placement: policy))
    assert client.get(url(road)).context["hours_form"] is not None
    assert client.post(url(road, "agency_hours"), {"hours": 0, "note": ""}).status_code == 422
    client.post(url(road, "agency_hours"), {"hours": 5, "note": "Sertifikat mitra"})
    entry = LearningHourEntry.objects.get(placement=road.placement)
    assert (entry.hours, entry.note, entry.recorded_by) == (5, "Sertifikat mitra", road.hr)
    assert client.get(url(road)).context["hours_form"] is None
