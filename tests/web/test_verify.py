"""The public page for checking a certificate: the minimum, one answer for all that is unknown, and a pace."""

from __future__ import annotations

import re
import secrets

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from core.models import StoredFile
from placements.models import Certificate
from tests.factories.placements import Road, make_road
from tests.web.agency import signed_in
from web.services import make_certificate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_pace() -> None:
    cache.clear()


@pytest.fixture
def road() -> Road:
    road = make_road(employee={"name": "Ratna Sari Dewi"})
    road.complete()
    make_certificate(certificate_id=Certificate.objects.get().pk)
    return road


def address(code: str) -> str:
    return reverse("verify_code", args=[code])


def test_anybody_reads_that_it_is_valid_and_no_more(road: Road, client: Client) -> None:
    certificate = Certificate.objects.get()
    answer = client.get(address(certificate.code))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    said = answer.content.decode()
    assert "Berlaku" in said
    assert road.slot.title in said
    for secret in (road.employee.nip, road.employee.name, road.employee.unit.name, road.employee.position.title):
        assert secret not in said
    english = client.get(address(certificate.code), headers={"Accept-Language": "en"}).content.decode()
    assert "Its signature is genuine." in english


def test_a_typed_code_leads_to_its_answer(road: Road, client: Client) -> None:
    code = Certificate.objects.get().code
    assert client.get(reverse("verify")).status_code == 200
    typed = " ".join(code[i : i + 4] for i in range(0, 32, 4)).upper()
    assert client.get(reverse("verify"), {"code": typed})["Location"] == address(code)


def test_unknown_and_malformed_codes_get_the_same_answer(client: Client) -> None:
    answers = []
    for code in (secrets.token_hex(16), "0" * 31, "x", "f" * 79, "é-ü"):
        answer = client.get(address(code))
        assert answer.status_code == 404
        body = answer.content.decode().replace(f'value="{code}"', "").replace(address(code), "")
        body = re.sub(r'name="sending" value="[^"]+"', "", body)
        answers.append(re.sub(r"[A-Za-z0-9]{64}", "token", body))
    assert answers == answers[:1] * 5
    assert client.get(reverse("verify"), {"code": "x"}).status_code == 404


def test_one_address_may_not_guess_for_ever(client: Client, settings: Settings) -> None:
    settings.VERIFY_RATE = "5/m"
    statuses = [client.get(address(secrets.token_hex(16))).status_code for _ in range(7)]
    assert statuses == [404] * 5 + [429] * 2
    refused = client.get(address("x"))
    assert int(refused["Retry-After"]) > 0
    # Somebody else is not kept waiting.
    assert client.get(address("x"), REMOTE_ADDR="10.0.0.9").status_code == 404


def test_a_pdf_is_compared_and_not_kept(road: Road, client: Client) -> None:
    certificate = Certificate.objects.get()
    assert certificate.file is not None
    with certificate.file.content.open("rb") as file:
        content = file.read()
    kept = StoredFile.objects.count()

    def compare(sent: bytes) -> bool | None:
        upload = SimpleUploadedFile("x.pdf", sent, "application/pdf")
        answer = client.post(address(certificate.code), {"file": upload})
        assert answer.status_code == 200
        same: bool | None = answer.context["same"]
        return same

    assert compare(content) is True
    assert compare(content.replace(b"%PDF-1", b"%PDF-2", 1)) is False
    assert client.post(address(certificate.code), {}).status_code == 422
    assert StoredFile.objects.count() == kept


def test_a_foreign_site_cannot_post(road: Road) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address(Certificate.objects.get().code), {}).status_code == 403


def test_hr_revokes_on_its_page_and_the_public_learns(road: Road, client: Client) -> None:
    hr = signed_in(road.hr)
    revoke = reverse("agency_revoke", args=[road.placement.pk])
    assert "agency/placements" in hr.get(revoke).request["PATH_INFO"]
    assert hr.post(revoke, {"reason": ""}).status_code == 422
    assert hr.post(revoke, {"reason": "Logbook dipalsukan"}).status_code == 302
    assert hr.post(revoke, {"reason": "lagi"}).status_code == 409
    said = client.get(address(Certificate.objects.get().code)).content.decode()
    assert "Dicabut" in said
    assert "Logbook dipalsukan" not in said
    assert (
        "Logbook dipalsukan"
        in signed_in(road.applicant).get(reverse("employee_placement", args=[road.placement.pk])).content.decode()
    )
    assert signed_in(make_road().hr).post(revoke, {"reason": "x"}).status_code == 404


def test_a_placement_without_certificate_has_none_to_revoke() -> None:
    road = make_road()
    road.accept()
    revoke = reverse("agency_revoke", args=[road.placement.pk])
    assert signed_in(road.hr).post(revoke, {"reason": "x"}).status_code == 404
