"""The frame around every page: where one may go, whose data it is, and what stands there when things go wrong."""

from __future__ import annotations

import json
import re

import pytest
from django.core import mail
from django.db import connection
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from asn.models import Agency, AgencyMembership
from web.models import Notification
from web.nav import PLACES, nav_items

pytestmark = pytest.mark.django_db
PASSWORD = "kata-sandi-contoh"


@pytest.fixture
def user() -> User:
    return User.objects.create_superuser("ratna", "ratna@example.id", PASSWORD, name="Ratna Sari")


@pytest.fixture
def agency(user: User) -> Agency:
    agency = Agency.objects.create(
        code="palu", name="Pemerintah Kota Palu", city="Palu", region_code="72.71", time_zone="Asia/Makassar"
    )
    AgencyMembership.objects.create(agency=agency, user=user, role="auditor")
    return agency


def text_of(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def test_the_frame_of_a_signed_in_person(client: Client, user: User, agency: Agency) -> None:
    Notification.objects.create(user=user, event_key="a", code="b")
    client.force_login(user)

    page = text_of(client.get(reverse("gallery")))

    assert '<html lang="id">' in page
    assert 'href="#isi"' in page
    assert '<main id="isi"' in page
    assert "Pemerintah Kota Palu" in page
    assert "Ratna Sari" in page
    assert 'aria-live="polite"' in page
    assert re.search(
        r'<form method="post" action="/accounts/logout/">\s*<input type="hidden" name="csrfmiddlewaretoken"', page
    )
    assert page.count('aria-current="page"') >= 2, "the bar of the wide screen and that of the phone"
    assert "DATA CONTOH" not in page


def test_sample_data_says_so_to_its_people_and_to_visitors(client: Client, user: User, agency: Agency) -> None:
    Agency.objects.update(is_demo=True)
    assert "DATA CONTOH" in text_of(client.get(reverse("account_login")))

    client.force_login(user)
    assert "DATA CONTOH" in text_of(client.get(reverse("gallery")))


def test_an_agency_of_its_own_is_no_sample_beside_one(client: Client, user: User, agency: Agency) -> None:
    Agency.objects.create(code="contoh", name="Kota Contoh", city="Contoh", region_code="1", is_demo=True)
    client.force_login(user)

    assert "DATA CONTOH" not in text_of(client.get(reverse("gallery")))


def test_the_frame_costs_few_queries(
    client: Client, user: User, agency: Agency, django_assert_max_num_queries: object
) -> None:
    client.force_login(user)
    client.get(reverse("gallery"))

    with django_assert_max_num_queries(10):  # type: ignore[operator]
        client.get(reverse("gallery"))


def test_a_partial_pays_nothing_for_the_frame(client: Client, user: User, agency: Agency) -> None:
    client.force_login(user)

    with CaptureQueriesContext(connection) as partial:
        client.get(reverse("gallery_job"))
    with CaptureQueriesContext(connection) as whole:
        client.get(reverse("gallery"))

    def asks_for_the_frame(queries: CaptureQueriesContext) -> list[str]:
        return [query["sql"] for query in queries if "web_notification" in query["sql"] or "is_demo" in query["sql"]]

    assert asks_for_the_frame(partial) == []
    assert asks_for_the_frame(whole)


def test_htmx_is_told_to_keep_nothing_and_evaluate_nothing(client: Client) -> None:
    page = text_of(client.get(reverse("account_login")))

    config = json.loads(re.search(r"<meta name=\"htmx-config\"\s+content='([^']+)'", page)[1])  # type: ignore[index]
    assert config["allowEval"] is config["includeIndicatorStyles"] is False
    assert config["historyCacheSize"] == 0
    assert {"code": "409|422", "swap": True} in config["responseHandling"]
    assert re.search(r"<body [^>]*hx-headers='{\"X-CSRFToken\": \"\w{64}\"}'", page)


def test_the_language_can_be_switched(client: Client) -> None:
    assert "Kata sandi" in text_of(client.get(reverse("account_login")))

    answer = client.post(reverse("set_language"), {"language": "en", "next": reverse("account_login")}, follow=True)

    assert '<html lang="en">' in text_of(answer)
    assert "Password" in text_of(answer)


def test_each_role_sees_its_places_only_and_one_is_the_present_one(user: User) -> None:
    request = RequestFactory().get("/gallery/job/")

    items = nav_items(request, {Role.SIGNED_IN, Role.OPERATOR}, {"gallery": 3})

    assert [(item.count, item.current) for item in items if item.url == "/gallery/"] == [(3, True)]
    assert sum(item.current for item in items) == 1
    assert not [item for item in nav_items(request, {Role.SIGNED_IN, Role.EMPLOYEE}, {}) if item.url == "/gallery/"]
    assert nav_items(request, {Role.PUBLIC}, {}) == []


def test_nobody_has_two_home_pages() -> None:
    homes = [place for place in PLACES if place.icon == "house"]
    for held in ({Role.EMPLOYEE}, {Role.EMPLOYEE, Role.HR}, {Role.PARTNER, Role.MENTOR}, {Role.MENTOR}):
        roles = held | {Role.SIGNED_IN}
        assert len([place for place in homes if place.roles & roles and not place.unless & roles]) == 1, held


def test_signing_in_wrong_and_right(client: Client, user: User) -> None:
    wrong = text_of(client.post(reverse("account_login"), {"login": "ratna", "password": "salah"}))
    assert 'class="error-summary" role="alert"' in wrong
    assert 'value="ratna"' in wrong, "what was typed is kept"

    right = client.post(f"{reverse('account_login')}?next=/gallery/", {"login": "ratna", "password": PASSWORD})
    assert right.status_code == 302
    assert right["Location"] == "/gallery/"


def test_a_forgotten_password_is_replaced_through_the_mail(client: Client, user: User) -> None:
    asked = client.post(reverse("account_reset_password"), {"email": "ratna@example.id"}, follow=True)
    assert "Periksa surel Anda" in text_of(asked)
    link = re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[0].body)[1]  # type: ignore[index]

    form = client.get(link, follow=True)
    assert "Kata sandi baru" in text_of(form)
    answer = client.post(
        form.request["PATH_INFO"], {"password1": "sandi-yang-baru-9", "password2": "sandi-yang-baru-9"}, follow=True
    )
    assert "Kata sandi Anda sudah diganti" in text_of(answer)
    assert client.login(username="ratna", password="sandi-yang-baru-9")

    client.logout()
    assert "Tautan ini tidak berlaku lagi" in text_of(client.get(link, follow=True))


def test_an_unknown_address_gets_the_same_answer(client: Client, user: User) -> None:
    asked = client.post(reverse("account_reset_password"), {"email": "siapa@example.id"}, follow=True)
    assert "Periksa surel Anda" in text_of(asked)


def test_changing_the_password_and_leaving(client: Client, user: User) -> None:
    client.force_login(user)
    page = text_of(client.get(reverse("account_change_password")))
    assert page.count('type="password"') == 3

    client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": "sandi-yang-baru-9", "password2": "sandi-yang-baru-9"},
    )
    user.refresh_from_db()
    assert user.check_password("sandi-yang-baru-9")

    assert "Keluar dari Padan?" in text_of(client.get(reverse("account_logout")))
    client.post(reverse("account_logout"))
    assert client.get(reverse("gallery")).status_code == 302


def test_a_missing_page_keeps_the_frame(client: Client, user: User) -> None:
    client.force_login(user)
    answer = client.get("/tidak-ada/")

    assert answer.status_code == 404
    assert "Halaman ini tidak ada" in text_of(answer)
    assert "Ratna Sari" in text_of(answer)


def test_a_forged_form_is_told_what_to_do(user: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    answer = client.post(reverse("gallery_confirm"))

    assert answer.status_code == 403
    assert "Silakan kirim sekali lagi" in text_of(answer)


@pytest.mark.parametrize(
    ("name", "words"), [("500.html", "Ada gangguan di pihak kami"), ("503.html", "Sedang sangat sibuk")]
)
def test_pages_of_a_broken_day_need_nothing(name: str, words: str, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        page = render_to_string(name)

    assert words in page
    assert "padan.css" in page
    assert "<script" not in page
