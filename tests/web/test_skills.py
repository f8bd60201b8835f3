"""What a text speaks of: suggestions in the slot form, a page for positions and SKP, and the same by API."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from asn.models import Competency
from matching.models import ModelVersion
from matching.selectors import read_skills
from matching.services import fit_model
from partners.models import Slot
from tests.factories.asn import CompetencyFactory
from tests.factories.placements import Road, make_road
from tests.web.test_partner_pages import signed_in, slot_answers

pytestmark = pytest.mark.django_db

DATA = "Peserta membersihkan data kependudukan, membuat visualisasi dan dasbor, lalu menyajikan analisis statistik."


@pytest.fixture
def road() -> Road:
    road = make_road()
    for code, name, text in (
        (
            "TEK-901-01",
            "Analisis data dan statistik",
            "Mengolah data, membuat visualisasi, dasbor dan analisis statistik.",
        ),
        ("TEK-901-02", "Pengelolaan arsip", "Menata, menyimpan dan menyusutkan arsip dinamis."),
        ("TEK-901-03", "Promosi pariwisata", "Menyusun kampanye promosi destinasi wisata dan acara budaya."),
        ("TEK-901-04", "Drainase perkotaan", "Merancang saluran drainase dan pengendalian banjir kota."),
    ):
        CompetencyFactory(code=code, name_id=name, description_id=text)
    fit_model()
    return road


@pytest.fixture
def data(road: Road) -> Competency:
    return Competency.objects.get(pk="TEK-901-01")


def partner_of(road: Road) -> Client:
    return signed_in(road.member)


def test_the_form_reads_the_description_and_keeps_what_was_typed(road: Road, data: Competency) -> None:
    answers = {**slot_answers(road, description=DATA), "seats": "seven", "read": "1"}
    response = partner_of(road).post(reverse("partner_slot_create"), answers)
    assert response.status_code == 200
    reading = response.context["readings"][0]
    assert reading.competency == data
    assert reading.phrase in DATA
    html = response.content.decode()
    assert reading.phrase in html
    assert 'value="seven"' in html  # not even looked at yet
    assert DATA in html
    assert not Slot.objects.filter(title=answers["title"]).exists()


def test_a_suggestion_becomes_a_line_once(road: Road, data: Competency) -> None:
    client, answers = partner_of(road), slot_answers(road, description=DATA)
    reading = read_skills(DATA)[0]
    take = f"{data.pk}:{reading.from_level}:{reading.to_level}"
    response = client.post(reverse("partner_slot_create"), {**answers, "take": take}, headers={"HX-Request": "true"})
    lines = response.context["outcomes"].initial
    assert [line["competency"] for line in lines] == ["TEK-216-01", data.pk]
    assert b"<html" not in response.content  # htmx gets the part it asked for
    again = {**answers, "outcomes-1-competency": data.pk, "outcomes-1-from_level": 1, "outcomes-1-to_level": 2}
    response = client.post(reverse("partner_slot_create"), {**again, "take": take})
    assert [line["competency"] for line in response.context["outcomes"].initial] == ["TEK-216-01", data.pk]


def test_what_was_not_read_cannot_be_taken(road: Road) -> None:
    answers = slot_answers(road, description=DATA)
    for take in ("TEK-901-04:0:5", "nonsense", "::", "TEK-901-01"):
        response = partner_of(road).post(reverse("partner_slot_create"), {**answers, "take": take})
        assert response.status_code == 200
        assert "TEK-901-04" not in [line["competency"] for line in response.context["outcomes"].initial]


def test_a_draft_with_a_suggestion_taken_can_be_kept(road: Road, data: Competency) -> None:
    answers = {
        **slot_answers(road, description=DATA),
        "outcomes-1-competency": data.pk,
        "outcomes-1-from_level": 1,
        "outcomes-1-to_level": 2,
    }
    assert partner_of(road).post(reverse("partner_slot_create"), answers).status_code == 302
    assert set(Slot.objects.get(title=answers["title"]).outcomes.values_list("competency", flat=True)) == {
        "TEK-216-01",
        data.pk,
    }


def test_the_page_reads_an_skp_beside_the_own_position(road: Road, data: Competency) -> None:
    client = signed_in(road.applicant)
    assert client.get(reverse("read_skills")).status_code == 200
    response = client.post(reverse("read_skills"), {"text": DATA})
    assert response.status_code == 200
    assert response.context["rows"][0]["reading"].competency == data
    assert "Syarat jabatan Anda" in response.content.decode()


def test_too_little_is_said_plainly(road: Road) -> None:
    client = signed_in(road.applicant)
    response = client.post(reverse("read_skills"), {"text": "dan yang di ke"})
    assert "Belum ada yang terbaca dengan cukup yakin" in response.content.decode()
    assert client.post(reverse("read_skills"), {"text": " "}).status_code == 422
    assert client.post(reverse("read_skills"), {"text": "x" * 20_001}).status_code == 422


def test_the_api_gives_phrase_and_levels(road: Road, data: Competency) -> None:
    client = signed_in(road.member)
    response = client.post("/api/skills/read", {"text": DATA, "limit": 3}, content_type="application/json")
    assert response.status_code == 200
    first = response.json()[0]
    assert first["competency"] == data.pk
    assert DATA[first["start"] : first["end"]] == first["phrase"]
    assert 0 <= first["from_level"] < first["to_level"] <= 5
    assert client.post("/api/skills/read", {"text": "x" * 20_001}, content_type="application/json").status_code == 422


def test_before_any_model_nothing_is_read(road: Road) -> None:

    ModelVersion.objects.all().delete()
    assert read_skills(DATA) == []


def test_reading_needs_no_more_queries_for_more_text(road: Road, django_assert_max_num_queries: object) -> None:
    read_skills(DATA)
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        read_skills(DATA * 20, 10)
