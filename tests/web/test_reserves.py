"""A reserve on the pages of partner, HR and employees."""

from __future__ import annotations

import pytest
from django.urls import reverse

from partners.models import Slot
from tests.factories.partners import days
from tests.factories.placements import Road, make_road
from tests.web.agency import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def road() -> Road:
    road = make_road(seats=3)
    Slot.objects.filter(pk=road.slot.pk).update(
        reserved_seats=2, reserve_unit=road.employee.unit_id, reserve_until=days(10)
    )
    return road


def test_everybody_reads_how_many_seats_are_kept_for_whom_until_when(road: Road) -> None:
    words = f"2 kursi untuk {road.employee.unit.name} sampai"
    pages = [
        (road.applicant, reverse("employee_slots")),
        (road.applicant, reverse("employee_slot", args=[road.slot.pk])),
        (road.member, reverse("partner_slot", args=[road.slot.pk])),
        (road.hr, reverse("agency_slot", args=[road.slot.pk])),
    ]
    for user, address in pages:
        assert words in signed_in(user).get(address).content.decode(), address
    Slot.objects.filter(pk=road.slot.pk).update(reserve_until=days(-1))
    assert words not in signed_in(road.applicant).get(reverse("employee_slots")).content.decode()


def test_where_only_reserved_seats_are_left_others_read_why_and_do_not_find_it(road: Road) -> None:
    Slot.objects.filter(pk=road.slot.pk).update(filled_seats=1)
    other = road.beside()
    client = signed_in(other.applicant)
    assert road.slot.title not in client.get(reverse("employee_slots")).content.decode()
    page = client.get(reverse("employee_slot", args=[road.slot.pk])).content.decode()
    assert f"untuk pegawai {road.employee.unit.name} sampai" in page
    assert road.slot.title in signed_in(road.applicant).get(reverse("employee_slots")).content.decode()


def test_hr_keeps_seats_at_review() -> None:
    road = make_road(submitted=True)
    client, address = signed_in(road.hr), reverse("agency_slot_reserve", args=[road.slot.pk])
    assert address in client.get(reverse("agency_slot", args=[road.slot.pk])).content.decode()
    assert client.get(address).status_code == 200
    answers = {"seats": 1, "unit_id": str(road.employee.unit_id), "until": ""}
    refused = client.post(address, answers)
    assert refused.status_code == 422
    assert refused.context["form"].errors["until"]
    assert client.post(address, answers | {"until": days(10).isoformat()}).status_code == 302
    assert Slot.objects.get(pk=road.slot.pk).reserve_unit_id == road.employee.unit_id


def test_the_partners_form_asks_for_it(road: Road) -> None:
    page = signed_in(road.member).get(reverse("partner_slot_create")).content.decode()
    assert 'name="reserved_seats"' in page
    assert road.employee.unit.name in page
