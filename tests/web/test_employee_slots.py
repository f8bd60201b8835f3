"""Home, profile, recommendations, search and the page of a slot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from matching import services as matching
from placements import services as placements
from tests.factories.asn import AssessmentFactory, CompetencyFactory, PositionStandardFactory
from tests.factories.partners import SlotFactory, SlotPrerequisiteFactory
from tests.factories.placements import Road, make_road

pytestmark = pytest.mark.django_db

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def road() -> Road:
    return make_road(title="Magang dasbor layanan")


@pytest.fixture
def asn(road: Road, as_user) -> Client:
    return as_user(road.applicant)


def slot(road: Road, **facts: Any) -> Any:
    return SlotFactory(agreement__agency=road.agency, **facts)


def text(client: Client, url: str, **headers: Any) -> str:
    response = client.get(url, **headers)
    assert response.status_code == 200
    return response.content.decode()


# Home ------------------------------------------------------------------------------


def test_home_says_when_nothing_waits(asn: Client) -> None:
    assert "Tidak ada yang menunggu Anda" in text(asn, "/")


def test_home_names_what_waits_nearest_deadline_first(road: Road, asn: Client) -> None:
    road.accept()
    placements.save_draft(actor=road.applicant, slot_id=slot(road).pk)
    tasks = asn.get("/").context["tasks"]
    assert [task.title for task in tasks] == ["Selesaikan draf Anda", "Susun rencana pembelajaran Anda"]


def test_home_of_a_supervisor_counts_clearances(road: Road, as_user) -> None:
    road.apply()
    boss = as_user(road.boss)
    assert [task.title for task in boss.get("/").context["tasks"]] == ["1 pengajuan menunggu izin Anda"]
    assert {item.label: item.count for item in boss.get("/").context["nav_items"]()}["Izin bawahan"] == 1


# Competencies -----------------------------------------------------------------------


def test_the_profile_tells_gap_unknown_expired_and_met_apart(road: Road, asn: Client) -> None:
    position, person = road.employee.position, road.employee
    for name, level, facts in (
        ("Arsip", 3, None),
        ("Pelayanan", 2, {"level": 3}),
        ("Komunikasi", 3, {"level": 2, "expired": True}),
    ):
        competency = CompetencyFactory(name_id=name)
        PositionStandardFactory(position=position, competency=competency, level=level)
        if facts is not None:
            AssessmentFactory(employee=person, competency=competency, **facts)
    response = asn.get("/competencies/")
    groups = {name: [line.competency.name for line in response.context[name]] for name in ("gaps", "unknown", "met")}
    assert groups["unknown"] == ["Arsip"]
    assert groups["met"] == ["Pelayanan"]
    assert "Komunikasi" in groups["gaps"]
    page = response.content.decode()
    assert "belum dinilai; perlu Menengah" in page
    assert "sudah kedaluwarsa dan bobotnya berkurang" in page
    assert "Pusat penilaian" in page


# Recommendations ---------------------------------------------------------------------


def test_recommendations_give_reasons_in_words_and_no_percentage(road: Road, asn: Client) -> None:
    matching.refresh_agency(agency_id=road.agency.pk)
    page = text(asn, "/recommendations/")
    assert "Magang dasbor layanan" in page
    assert "Menutup 1 dari 1 kesenjangan terpenting Anda" in page
    assert "belum cukup data" in page
    assert "%" not in page.partition("<main")[2].partition("</main>")[0]


def test_without_recommendations_there_is_a_next_step(asn: Client) -> None:
    page = text(asn, "/recommendations/")
    assert "Belum ada rekomendasi" in page
    assert 'href="/slots/"' in page


# Search --------------------------------------------------------------------------------


def found(client: Client, query: str) -> set[str]:
    return {row.title for row in client.get(f"/slots/?{query}").context["slots"]}


def test_search_narrows_by_every_filter(road: Road, asn: Client) -> None:
    other = slot(
        road,
        title="Bimbingan arsip",
        description="Menata arsip statis bersama arsiparis.",
        mentoring=True,
        online=True,
        starts_on=road.slot.starts_on + timedelta(days=30),
        ends_on=road.slot.ends_on + timedelta(days=30),
    )
    both = {road.slot.title, other.title}
    code = other.outcomes.get().competency_id
    assert found(asn, "") == both
    assert found(asn, "kind=mentoring") == {other.title}
    assert found(asn, "mode=onsite") == {road.slot.title}
    assert found(asn, f"place={road.slot.place}") == {road.slot.title}
    assert found(asn, "hours=5") == {other.title}
    assert found(asn, f"starts={other.starts_on:%Y-%m-%d}") == {other.title}
    assert found(asn, f"ends={road.slot.ends_on:%Y-%m-%d}") == {road.slot.title}
    assert found(asn, f"competency={code}") == {other.title}
    assert found(asn, "q=menata+arsip") == {other.title}
    assert found(asn, f"q={other.partner.name}") == {other.title}


def test_search_hides_closed_full_and_foreign_slots(road: Road, asn: Client) -> None:
    slot(road, title="Penuh", full=True)
    slot(road, title="Tutup", closed=True)
    SlotFactory(title="Kota lain")
    assert found(asn, "") == {road.slot.title}


def test_a_filter_that_makes_no_sense_is_told_at_its_field(asn: Client) -> None:
    response = asn.get("/slots/?hours=nine&kind=holiday")
    assert response.status_code == 200
    assert set(response.context["filter"].form.errors) == {"hours", "kind"}


def test_search_says_how_to_go_on_when_nothing_matches(asn: Client) -> None:
    assert "Tidak ada slot yang sesuai" in text(asn, "/slots/?q=astronomi")


def test_htmx_gets_the_list_alone(road: Road, asn: Client) -> None:
    part = text(asn, "/slots/?kind=internship", **HTMX)
    assert "<html" not in part
    assert part.strip().startswith('<div id="results">')
    assert road.slot.title in part
    assert "HX-Request" in asn.get("/slots/")["Vary"]


def test_the_list_turns_pages_and_keeps_its_filters(road: Road, asn: Client) -> None:
    for _ in range(12):
        slot(road)
    page = text(asn, "/slots/?kind=internship")
    assert "kind=internship&amp;page=2" in page
    assert len(asn.get("/slots/?kind=internship&page=2").context["slots"]) == 1


# One slot --------------------------------------------------------------------------------


def test_a_slot_says_why_it_fits_and_what_it_asks_for(road: Road, asn: Client) -> None:
    matching.refresh_agency(agency_id=road.agency.pk)
    SlotPrerequisiteFactory(slot=road.slot, competency=CompetencyFactory(name_id="Integritas"), is_required=False)
    PositionStandardFactory(position=road.employee.position, competency=CompetencyFactory(name_id="Arsip"))
    page = text(asn, f"/slots/{road.slot.pk}/")
    assert "Menutup 1 dari 2 kesenjangan terpenting Anda" in page
    assert "Integritas: Paham – level Anda belum dinilai" in page
    assert "Tidak diajarkan di sini:" in page
    assert "belum cukup data" in page
    assert f'href="/slots/{road.slot.pk}/apply/"' in page


def test_a_full_slot_says_why_not_and_shows_similar_ones(road: Road, asn: Client) -> None:
    code = road.slot.outcomes.get().competency_id
    full = slot(road, full=True, outcomes=[(code, 1, 3)])
    page = text(asn, f"/slots/{full.pk}/")
    assert "Semua kursi sudah terisi" in page
    assert road.slot.title in page
    assert f'href="/slots/{full.pk}/apply/"' not in page


def test_the_smallest_change_is_told_where_a_slot_is_not_among_the_first_five(road: Road, asn: Client) -> None:
    code = road.slot.outcomes.get().competency_id
    asked = CompetencyFactory(name_id="Integritas")
    far = slot(road, title="Jauh", outcomes=[(code, 1, 2)])
    SlotPrerequisiteFactory(slot=far, competency=asked, level=2)
    AssessmentFactory(employee=road.employee, competency=asked, level=1)
    matching.refresh_agency(agency_id=road.agency.pk)
    words = "Perubahan terkecil yang membawanya ke sana:"
    page = text(asn, f"/slots/{far.pk}/")
    assert words in page
    assert "Capai dahulu Dasar pada Integritas." in page
    assert words not in text(asn, f"/slots/{road.slot.pk}/")


@pytest.mark.parametrize("path", ["/slots/{}/", "/slots/{}/apply/"])
def test_a_slot_of_another_city_is_not_there(asn: Client, path: str) -> None:
    assert asn.get(path.format(SlotFactory().pk)).status_code == 404


# Cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/slots/", "/recommendations/", "/competencies/", "/hours/", "/awards/"])
def test_more_rows_cost_no_more_queries(road: Road, as_user, count_queries, path: str) -> None:
    def grow() -> None:
        competency = CompetencyFactory()
        PositionStandardFactory(position=road.employee.position, competency=competency)
        AssessmentFactory(employee=road.employee, competency=competency)
        slot(road, outcomes=[(competency.code, 1, 4)])
        matching.refresh_agency(agency_id=road.agency.pk)

    asn = as_user(road.applicant)
    grow()
    count_queries(asn, path)  # the model is read once a process
    one = count_queries(asn, path)
    grow()
    grow()
    assert count_queries(asn, path) == one
    assert one <= 20


def test_the_page_of_a_slot_costs_little(road: Road, asn: Client, count_queries) -> None:
    matching.refresh_agency(agency_id=road.agency.pk)
    count_queries(asn, f"/slots/{road.slot.pk}/")
    one = count_queries(asn, f"/slots/{road.slot.pk}/")
    for _ in range(3):
        SlotPrerequisiteFactory(slot=road.slot)
        PositionStandardFactory(position=road.employee.position)
    assert count_queries(asn, f"/slots/{road.slot.pk}/") == one
    assert one <= 20
