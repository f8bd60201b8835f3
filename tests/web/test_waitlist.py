"""The pages of those who wait, of HR and of the partner."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from partners.models import Slot
from placements import services
from placements.models import Application
from tests.api import ask, told
from tests.factories.asn import AgencyMembershipFactory
from tests.placements.test_waitlist import offered, queue, states, user_of
from tests.web.agency import queries_of, signed_in

pytestmark = pytest.mark.django_db


def test_who_waits_reads_the_place_and_what_happens_next() -> None:
    _road, rows = queue(3)
    page = signed_in(user_of(rows[1])).get(reverse("employee_application", args=[rows[1].pk])).content.decode()
    assert "Urutan 2 dari 3 dalam daftar tunggu" in page
    assert "Anda menunggu kursi" in page


def test_one_press_and_a_confirmation_take_the_seat() -> None:
    _road, (row,) = offered()
    client = signed_in(user_of(row))
    assert "Konfirmasikan kursi Anda" in client.get(reverse("home"), follow=True).content.decode()
    address = reverse("employee_confirm_seat", args=[row.pk])
    assert address in client.get(reverse("employee_application", args=[row.pk])).content.decode()
    asked = client.get(address).content.decode()
    assert "Konfirmasikan kursi ini?" in asked
    assert "Ditahan sampai" in asked
    after = client.post(address, follow=True).content.decode()
    assert "mitra menjawab berikutnya" in after
    assert states([row]) == ["approved"]
    again = client.post(address)
    assert again.status_code == 409
    assert "sudah diputuskan" in again.content.decode()


def test_declining_asks_for_the_reason_first() -> None:
    _road, rows = offered(2)
    client, address = signed_in(user_of(rows[0])), reverse("employee_decline_seat", args=[rows[0].pk])
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert states(rows) == ["offered", "waitlisted"]
    client.post(address, {"reason": "timing"})
    assert states(rows) == ["withdrawn", "offered"]


def test_hr_sees_the_order_the_held_seat_and_who_is_passed_over() -> None:
    road, rows = offered(3)
    type(rows[1].employee).objects.filter(pk=rows[1].employee_id).update(retires_on=road.slot.ends_on)
    client, address = signed_in(road.hr), reverse("agency_waitlist", args=[road.slot.pk])
    page = client.get(address)
    assert [(row.application.pk, row.place) for row in page.context["rows"]] == [
        (rows[0].pk, None),
        (rows[1].pk, 1),
        (rows[2].pk, 2),
    ]
    assert "Untuk sementara dilewati" in page.content.decode()
    assert address in client.get(reverse("agency_slot", args=[road.slot.pk])).content.decode()
    workbook = load_workbook(BytesIO(b"".join(client.get(address, {"format": "xlsx"}).streaming_content)))
    assert [line[0] for line in workbook.active.iter_rows(min_row=2, values_only=True)][-2:] == [1, 2]


def test_an_empty_list_says_when_it_fills() -> None:
    road, _ = queue(0)
    assert (
        "Tidak ada yang menunggu"
        in signed_in(road.hr).get(reverse("agency_waitlist", args=[road.slot.pk])).content.decode()
    )


def test_the_page_of_an_application_offers_to_take_it_off_the_list_with_a_reason() -> None:
    road, rows = queue(2)
    client, address = signed_in(road.hr), reverse("agency_application", args=[rows[0].pk])
    assert "Urutan 1 dari 2 dalam daftar tunggu" in client.get(address).content.decode()
    assert client.post(address, {"decision": "reject"}).status_code == 422
    assert client.post(address, {"decision": "reject", "reason": "other_candidates"}).status_code == 302
    assert states(rows) == ["rejected", "waitlisted"]


def test_other_cities_and_other_roles_do_not_see_the_list() -> None:
    road, rows = queue(1)
    address = reverse("agency_waitlist", args=[road.slot.pk])
    assert signed_in(AgencyMembershipFactory().user).get(address).status_code == 404
    assert signed_in(road.member).get(address).status_code == 403
    assert signed_in(user_of(rows[0])).get(address).status_code == 403
    assert signed_in(AgencyMembershipFactory(agency=road.agency, role="auditor").user).get(address).status_code == 200


def test_the_partner_sees_a_held_seat_without_a_name_until_it_is_confirmed() -> None:
    road, (row,) = offered()
    client = signed_in(road.member)
    for address in (reverse("partner_applications"), reverse("partner_application", args=[row.pk])):
        page = client.get(address).content.decode()
        assert row.employee.full_name not in page
        assert row.pk.hex[:4].upper() in page
    services.confirm_offer(actor=user_of(row), application_id=row.pk)
    assert row.employee.full_name in client.get(reverse("partner_application", args=[row.pk])).content.decode()


def test_who_waits_is_not_shown_to_the_partner() -> None:
    road, (row,) = queue(1)
    assert signed_in(road.member).get(reverse("partner_application", args=[row.pk])).status_code == 404


def test_the_list_keeps_within_its_queries_however_many_wait() -> None:
    road, rows = offered(2)
    assert queries_of(signed_in(road.hr), reverse("agency_application", args=[rows[1].pk]))


def test_by_api() -> None:
    road, rows = offered(2)
    path = f"applications/{rows[0].pk}"
    assert told(ask(user_of(rows[1]), "GET", f"applications/{rows[1].pk}/place")) == {
        "status": "waitlisted",
        "place": 1,
        "waiting": 1,
        "offered_at": None,
        "due_at": None,
    }
    assert told(ask(user_of(rows[0]), "GET", f"{path}/place"))["due_at"]
    listed = told(ask(road.hr, "GET", f"slots/{road.slot.pk}/waitlist"))
    assert [(line["application_id"], line["place"], line["obstacle"]) for line in listed] == [
        (str(rows[0].pk), None, ""),
        (str(rows[1].pk), 1, ""),
    ]
    assert told(ask(AgencyMembershipFactory().user, "GET", f"slots/{road.slot.pk}/waitlist"), 404)
    assert "confirm_offer" in told(ask(user_of(rows[0]), "GET", f"{path}/actions"))["actions"]
    candidate = told(ask(road.member, "GET", f"candidates/{rows[0].pk}"))
    assert (candidate["status"], candidate["name"]) == ("offered", None)
    assert told(ask(user_of(rows[1]), "POST", f"{path}/confirm-offer"), 404)
    assert told(ask(user_of(rows[0]), "POST", f"{path}/decline-offer", {"reason": "personal"}))["status"] == "withdrawn"
    assert told(ask(user_of(rows[1]), "POST", f"applications/{rows[1].pk}/confirm-offer"))["status"] == "approved"
    assert Application.objects.filter(holds_seat=True).count() == Slot.objects.get(pk=road.slot.pk).held_seats == 1
