"""Dated milestones in the slot form and on the pages of the slot and of the placement, plain HTML."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from partners.models import Slot
from tests.factories.placements import make_road

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_milestones_are_entered_refused_at_their_line_and_shown_to_everybody() -> None:
    road = make_road(kind="research", seats=4)
    client, slot = signed_in(road.member), road.slot
    answers = {
        "agreement_id": slot.agreement_id,
        "kind": "research",
        "title": "Riset pengaduan",
        "description": "Meneliti pengaduan bersama.",
        "mode": "onsite",
        "place": "Surakarta",
        "starts_on": slot.starts_on.isoformat(),
        "ends_on": slot.ends_on.isoformat(),
        "apply_by": slot.apply_by.isoformat(),
        "hours_per_week": 6,
        "seats": 4,
        "minimum_cohort": 2,
        "answers.problem": "Mengapa berulang.",
        "answers.team": "Ketua dan data.",
        "answers.outputs": "Ringkasan kebijakan.",
        "outcomes-TOTAL_FORMS": 1,
        "outcomes-INITIAL_FORMS": 0,
        "outcomes-0-competency": slot.outcomes.get().competency_id,
        "outcomes-0-from_level": 1,
        "outcomes-0-to_level": 3,
        "prerequisites-TOTAL_FORMS": 0,
        "prerequisites-INITIAL_FORMS": 0,
    }
    address = "/partner/slots/new/"
    bare = client.post(address, answers)
    assert bare.status_code == 422
    assert "milestones-0-title" in bare.content.decode(), "now it asks for the milestones"
    late = slot.ends_on + timedelta(days=1)
    lines = {
        "milestones-TOTAL_FORMS": 2,
        "milestones-INITIAL_FORMS": 0,
        "milestones-1-title": "Temuan diuji petugas",
        "milestones-1-due_on": late.isoformat(),
        "milestones-1-proof": "Notula uji",
    }
    asked = client.post(address, {**answers, **lines, "ask": "1"}).content.decode()
    assert "Temuan diuji petugas" in asked, "asking what the kind needs loses nothing"
    outside = client.post(address, {**answers, **lines})
    assert outside.status_code == 422
    assert "field-invalid" in outside.content.decode()
    half = client.post(address, {**answers, **lines, "milestones-1-due_on": ""})
    assert half.status_code == 422
    inside = {**answers, **lines, "milestones-1-due_on": slot.ends_on.isoformat()}
    assert client.post(address, inside).status_code == 302
    made = Slot.objects.get(title="Riset pengaduan")
    assert made.milestones.get().proof == "Notula uji"
    assert "Temuan diuji petugas" in client.get(f"/partner/slots/{made.pk}/change/").content.decode()
    shown = client.get(f"/partner/slots/{made.pk}/").content.decode()
    assert "Temuan diuji petugas" in shown
    assert "Notula uji" in shown


def test_participant_host_and_office_read_the_milestones() -> None:
    road = make_road(kind="research", seats=4)
    road.accept()
    for user, address in (
        (road.applicant, f"/slots/{road.slot.pk}/"),
        (road.hr, f"/agency/slots/{road.slot.pk}/"),
        (road.applicant, f"/placements/{road.placement.pk}/"),
        (road.member, f"/participants/{road.placement.pk}/"),
        (road.hr, f"/agency/placements/{road.placement.pk}/"),
    ):
        assert "Laporan diserahkan" in signed_in(user).get(address).content.decode(), address


def test_other_kinds_show_and_ask_for_none() -> None:
    road = make_road()
    road.accept()
    for user, address in (
        (road.member, f"/partner/slots/{road.slot.pk}/"),
        (road.member, "/partner/slots/new/"),
        (road.applicant, f"/placements/{road.placement.pk}/"),
    ):
        shown = signed_in(user).get(address)
        assert shown.status_code == 200
        assert "ilestones" not in shown.content.decode()
