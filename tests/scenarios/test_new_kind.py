"""A kind is one file: a study visit, put beside the others while everything runs, walks the whole road."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from core import outbox
from matching.datasets import opportunity
from partners import kinds
from partners.models import Slot
from placements.models import LearningHourEntry
from tests.api import Multipart, ask, told
from tests.factories.asn import CompetencyFactory
from tests.factories.placements import MOTIVATION, Road, letter_file, make_road

pytestmark = pytest.mark.django_db

POLICY = '''"""Kunjungan studi: a group sees how another place solves the same task; 10 JP an activity."""

from partners.kinds.base import (
    BY_PARTICIPANT, Document, EvaluationForm, JpBasis, KindPolicy, Question, Ratings, Rhythm,
)

POLICY = KindPolicy(
    code="excursion",
    label="Kunjungan studi",
    description="Melihat cara kerja di tempat lain.",
    icon="signpost-split",
    order=90,
    jp_form="benchmarking",
    jp_basis=JpBasis.ACTIVITY,
    jp_planned=10,
    blocks_time=True,
    rhythm=Rhythm.PERIOD,
    evidence=(),
    evaluations=(BY_PARTICIPANT,),
    documents=(Document.ASSIGNMENT_LETTER, Document.AGREEMENT),
    questions=(Question("route", "Rute kunjungan", required=True, limit=400),),
    default_hours_per_week=16,
    default_seats=12,
)
'''


@pytest.fixture
def excursion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[kinds.KindPolicy]:
    """The one file, in a folder that the package of kinds looks into as well."""
    (tmp_path / "excursion.py").write_text(POLICY, encoding="utf-8")
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    kinds._registry.cache_clear()
    yield kinds.get_kind("excursion")
    sys.modules.pop("partners.kinds.excursion", None)
    kinds._registry.cache_clear()


def page(user: User, address: str, data: dict[str, Any] | None = None, status: int = 200) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(address) if data is None else client.post(address, data)
    assert response.status_code == status, response.content.decode()[:1500]
    return response.content.decode()


def test_a_new_kind_is_one_file(excursion: kinds.KindPolicy) -> None:
    road = make_road()
    slot = offered(road)
    road.slot = slot
    for reader, address in (
        (road.member, f"/partner/slots/{slot.pk}/"),
        (road.hr, f"/agency/slots/{slot.pk}/"),
        (road.applicant, f"/slots/{slot.pk}/"),
    ):
        shown = page(reader, address)
        assert "Kunjungan studi" in shown
        assert "Balai Kota lalu PDAM" in shown
    assert "Kunjungan studi" in page(road.applicant, "/slots/?kind=excursion")
    seen = opportunity(slot, road.agency.today())
    assert (seen.jp, seen.blocks_time) == (10, True)

    placement = accepted(road, slot)
    at = f"placements/{placement}"
    assert [item["code"] for item in told(ask(road.hr, "GET", f"{at}/checklist"))] == ["assignment_letter", "agreement"]
    letter = {"number": "800.1.4.1/3", "letter_date": slot.starts_on.isoformat(), "signer": "Sekretaris Daerah"}
    told(ask(road.hr, "POST", f"{at}/letter", Multipart(letter, letter_file())))
    with time_machine.travel(road.at(slot.starts_on), tick=False):
        assert told(ask(road.hr, "POST", f"{at}/start"))["status"] == "active"
        assert "Kunjungan studi" in page(road.applicant, f"/placements/{placement}/")
    with time_machine.travel(road.at(slot.ends_on), tick=False):
        assert told(ask(road.member, "POST", f"{at}/complete"), 409)["code"] == "evidence_incomplete"
        refusal = told(ask(road.member, "POST", f"{at}/evaluations", {"overall": 5}), 422)
        assert refusal["code"] == "evaluation_not_asked"
        assert "Apa yang akan Anda" in page(road.applicant, f"/placements/{placement}/evaluation/")
        told(ask(road.applicant, "POST", f"{at}/evaluations", {"overall": 5, "applied": "Alur loket"}), 201)
        assert told(ask(road.member, "POST", f"{at}/complete"))["status"] == "completed"
        for reader, address in (
            (road.member, f"/participants/{placement}/"),
            (road.hr, f"/agency/placements/{placement}/"),
            (road.applicant, f"/placements/{placement}/"),
        ):
            assert "Kunjungan studi" in page(reader, address)
    outbox.drain()
    entry = LearningHourEntry.objects.get()
    assert (entry.counted_hours, entry.rule.form) == (10, "benchmarking")


def offered(road: Road) -> Slot:
    """Written in the form, where the kind asks its own question, and published."""
    first = page(road.member, "/partner/slots/new/")
    assert "Kunjungan studi" in first
    assert "Rute kunjungan" not in first
    answers = {
        "agreement_id": road.slot.agreement_id,
        "kind": "excursion",
        "title": "Kunjungan ke ruang kendali kota",
        "description": "Melihat ruang kendali dan berdiskusi dengan petugasnya.",
        "mode": "onsite",
        "place": "Surakarta",
        "starts_on": road.slot.starts_on.isoformat(),
        "ends_on": (road.slot.starts_on + timedelta(days=1)).isoformat(),
        "apply_by": road.slot.apply_by.isoformat(),
        "hours_per_week": 16,
        "seats": 12,
        "outcomes-TOTAL_FORMS": 1,
        "outcomes-INITIAL_FORMS": 0,
        "outcomes-0-competency": CompetencyFactory(code="TEK-216-02").pk,
        "outcomes-0-from_level": 1,
        "outcomes-0-to_level": 2,
        "prerequisites-TOTAL_FORMS": 0,
        "prerequisites-INITIAL_FORMS": 0,
    }
    assert "Rute kunjungan" in page(road.member, "/partner/slots/new/", {**answers, "ask": "1"})
    refused = page(road.member, "/partner/slots/new/", answers, 422)
    assert "Kunjungan ke ruang kendali kota" in refused, "nothing typed is lost"
    page(road.member, "/partner/slots/new/", {**answers, "answers.route": "Balai Kota lalu PDAM"}, 302)
    slot = Slot.objects.get(kind="excursion")
    assert slot.answers == {"route": "Balai Kota lalu PDAM"}
    told(ask(road.member, "POST", f"slots/{slot.pk}/submit"))
    told(ask(road.hr, "POST", f"slots/{slot.pk}/publish"))
    return Slot.objects.get(pk=slot.pk)


def accepted(road: Road, slot: Slot) -> str:
    made = told(ask(road.applicant, "POST", "applications", {"slot_id": slot.pk, "motivation": MOTIVATION}), 201)
    path = f"applications/{made['id']}"
    told(ask(road.applicant, "POST", f"{path}/submit", {"consent": True}))
    told(ask(road.boss, "POST", f"{path}/clear", {}))
    told(ask(road.hr, "POST", f"{path}/approve", {}))
    placement = told(ask(road.member, "POST", f"candidates/{made['id']}/accept", {}), 201)
    return str(placement["id"])


def test_the_api_tells_all_of_a_kind(excursion: kinds.KindPolicy) -> None:
    road = make_road()
    told_kinds = {kind["code"]: kind for kind in told(ask(road.member, "GET", "slot-kinds"))}
    assert told_kinds["excursion"]["documents"] == ["assignment_letter", "agreement"]
    assert [q["code"] for q in told_kinds["excursion"]["questions"]] == ["route"]
    assert told_kinds["workshop"]["minimum_cohort"] > 1
