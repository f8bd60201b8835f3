"""Finding people by name: by beginnings, in any order, with slips, among visible rows only."""

from __future__ import annotations

import pytest
from django.urls import reverse

from asn.models import Employee
from core.search import by_words
from tests.factories.asn import EmployeeFactory
from tests.factories.placements import make_road
from tests.web.agency import another, signed_in

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "typed", ["ratna s", "Sri Ratna", "RATNA", "ratan", "ratnna", "sri, ratna", "Ratna  Sri", "rátna"]
)
def test_what_is_remembered_finds_the_name(typed: str) -> None:
    EmployeeFactory(name="Sri Ratna")
    EmployeeFactory(name="Budi Hartono")
    assert [row.name for row in by_words(Employee.objects.all(), typed, "name")] == ["Sri Ratna"]


@pytest.mark.parametrize(
    "typed", ["atna", "zul", "ratna budi", r"\m.*", "(", "[", "%", "_", "'; drop", "x" * 100, "\\"]
)
def test_what_is_not_in_a_name_finds_nobody(typed: str) -> None:
    EmployeeFactory(name="Sri Dewi Lestari")
    assert not by_words(Employee.objects.all(), typed, "name").filter(name="Sri Dewi Lestari").exists()


@pytest.mark.parametrize("name", ["agency_people", "agency_placements", "agency_queue"])
def test_only_rows_of_ones_own_are_searched(name: str) -> None:
    road = make_road(employee={"name": "Sri Ratna Dewi"})
    stranger = make_road(employee={"name": "Sri Ratna Dewi"})
    road.accept()
    stranger.accept()
    asked = {"q": "ratna", "status": "all"} if name == "agency_queue" else {"q": "ratna"}
    found = list(signed_in(road.hr).get(reverse(name), asked).context["rows"])
    assert len(found) == 1
    assert getattr(found[0], "employee", found[0]) == road.employee


def test_slots_and_partners_are_found_by_nearly_their_words() -> None:
    road = make_road(title="Magang analisis data layanan")
    another(road, title="Mentoring pariwisata")
    client = signed_in(road.hr)
    slots = client.get(reverse("agency_slots"), {"q": "analisa data", "status": "all"}).context["rows"]
    assert [row.title for row in slots] == ["Magang analisis data layanan"]


def test_a_nip_is_found_by_its_end_only() -> None:
    road = make_road()
    client, address = signed_in(road.hr), reverse("agency_people")
    tail = road.employee.nip[-3:]
    assert road.employee in client.get(address, {"q": tail}).context["rows"]
    for longer in (road.employee.nip, road.employee.nip[-4:], road.employee.nip[:8]):
        assert len(client.get(address, {"q": longer}).context["rows"]) == 0


@pytest.mark.parametrize("name", ["agency_people", "agency_placements", "agency_queue", "agency_slots"])
def test_filters_stay_in_the_address_with_and_without_htmx(name: str) -> None:
    road = make_road()
    road.accept()
    client = signed_in(road.hr)
    asked = {"q": "a", "kind": ""}
    for headers in ({}, {"HX-Request": "true"}):
        page = client.get(reverse(name), asked, headers=headers).content.decode()
        assert "q=a" in page
        assert "format=xlsx" in page
