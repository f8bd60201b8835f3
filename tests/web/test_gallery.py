from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator", "operator@example.id", "rahasia", name="Ratna Sari"))
    return client


def test_gallery_shows_every_component_within_the_content_policy(operator: Client) -> None:
    answer = operator.get(reverse("gallery"))

    assert answer.status_code == 200
    page = answer.content.decode()
    assert "<c-" not in page, "a component was not compiled"
    assert not re.search(r"<[^>]+\s(style|on\w+|hx-on[\w:-]*)=", page)
    assert not re.search(r"<script(?![^>]*\ssrc=)", page)
    assert "<style" not in page


def test_gallery_is_for_operators(client: Client) -> None:
    address = reverse("gallery")
    assert client.get(address).status_code == 302

    client.force_login(User.objects.create_user("ratna", "ratna@example.id", "rahasia", name="Ratna"))
    assert client.get(address).status_code == 403


def test_confirmation_works_as_a_page_and_its_message_can_be_undone(operator: Client) -> None:
    address = reverse("gallery_confirm")
    assert f'action="{address}"' in operator.get(address).content.decode()

    page = operator.post(address, follow=True).content.decode()

    assert "Pengajuan dibatalkan." in page
    assert "Urungkan" in page


def test_job_stops_asking_when_it_is_done(operator: Client) -> None:
    running = operator.get(reverse("gallery_job"), {"done": "25"}).content.decode()
    assert 'hx-trigger="every 2s"' in running
    assert 'value="50"' in running

    done = operator.get(reverse("gallery_job"), {"done": "75"}).content.decode()
    assert "hx-trigger" not in done
    assert "Selesai" in done
