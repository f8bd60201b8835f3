"""The health page."""

import pytest
from django.test import Client
from pytest_django import Settings


@pytest.mark.django_db
def test_all_is_well(client: Client) -> None:
    response = client.get("/health/")
    assert (response.status_code, response.json()) == (200, {"database": "up", "queue": "up"})
    assert client.post("/health/").status_code == 405


@pytest.mark.django_db
def test_a_queue_that_is_away_is_named(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/health/")
    assert (response.status_code, response.json()) == (503, {"database": "up", "queue": "down"})
