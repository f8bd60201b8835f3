"""What everyone may read, and where each person starts."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import UserFactory
from tests.factories.placements import make_road
from web.consent import PARTNER_SEES
from web.nav import PLACES
from web.views.public import HOMES

pytestmark = pytest.mark.django_db


def test_a_visitor_reads_what_padan_is_and_finds_the_way_in(client: Client) -> None:
    page = client.get("/").content.decode()
    assert "Tempat belajar yang tepat bagi setiap ASN" in page
    assert 'href="/accounts/login/"' in page


def test_the_language_can_be_switched(client: Client) -> None:
    client.post(reverse("set_language"), {"language": "en", "next": "/"})
    assert "The right learning place for every civil servant" in client.get("/").content.decode()


def test_the_privacy_note_lists_what_a_partner_sees(client: Client) -> None:
    page = client.get("/privacy/").content.decode()
    assert all(str(row.what) in page for row in PARTNER_SEES)


def test_an_asn_starts_at_home(as_user) -> None:
    road = make_road(employee={"name": "Ratna Sari"})
    assert "Ratna" in as_user(road.applicant).get("/").context["greeting"]


def test_an_account_without_a_role_is_told_so(as_user) -> None:
    assert "belum memiliki peran" in as_user(UserFactory()).get("/").content.decode()


@pytest.mark.parametrize("path", ["/slots/", "/applications/", "/competencies/", "/clearances/", "/notifications/"])
def test_a_visitor_is_sent_to_sign_in(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("path", ["/slots/", "/applications/", "/hours/", "/clearances/", "/team/"])
def test_who_is_no_employee_may_not_enter(as_user, path: str) -> None:
    assert as_user(make_road().member).get(path).status_code == 403


def test_an_asn_without_a_team_is_no_supervisor(as_user) -> None:
    assert as_user(make_road().applicant).get("/clearances/").status_code == 403


def test_every_place_of_the_navigation_and_every_home_exists() -> None:
    for route in {place.route for place in PLACES} | {route for _, route in HOMES}:
        assert reverse(route).startswith("/")
