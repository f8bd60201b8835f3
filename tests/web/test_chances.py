"""The percentages that pages show, and what they say beside them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from matching import services
from matching.models import Calibration
from matching.selectors import calibration_of
from tests.factories.placements import Road, make_road
from tests.web.agency import queries_of, signed_in
from web.chances import chance
from web.components import Chance

pytestmark = pytest.mark.django_db
BIN = {"low": 0.2, "high": 0.8}


@pytest.fixture
def road() -> Road:
    found = make_road()
    services.refresh_agency(agency_id=found.agency.pk)
    return found


def calibrate(road: Road, **more: Any) -> Calibration:
    """A curve that gives every pair of points between 40 and 60 percent."""
    before = calibration_of(road.agency)
    assert before is not None
    facts: dict[str, Any] = {
        "outcomes": 200,
        "completed": 100,
        "examples": 0,
        "curve": {"intercept": -0.4, "slope": 0.00008, "low": 0.0, "high": 10000.0},
        "reliability": [
            {"predicted": 0.2, "observed": 0.1, "count": 60, **BIN},
            {"predicted": 0.5, "observed": 0.6, "count": 40, **BIN},
        ],
    }
    return Calibration.objects.create(
        version=before.version, fitted_at=timezone.now(), data_hash="a" * 64, parameters={}, **facts | more
    )


def words(client: Client, path: str) -> str:
    page = client.get(path)
    assert page.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


def test_a_percentage_comes_with_what_it_was_learnt_from(road: Road) -> None:
    calibration = calibrate(road)
    assert chance(5000, calibration) == Chance(50, of=24, similar=40)
    assert chance(5000, calibrate(road, examples=3)).is_example
    assert (
        chance(5000, calibrate(road, abstains="no_skill")) == chance(5000, None) == chance(0, calibration) == Chance()
    )


def test_every_page_shows_it(road: Road) -> None:
    calibrate(road, examples=200)
    application = road.apply()
    mine = signed_in(road.applicant)
    for client, path in (
        (mine, f"/slots/{road.slot.pk}/"),
        (signed_in(road.boss), f"/clearances/{application.pk}/"),
        (signed_in(road.hr), f"/agency/applications/{application.pk}/"),
    ):
        told = words(client, path)
        assert re.search(r"bila diajukan: [45]\d%", told), path
        assert "Dari 40 pengajuan terdahulu" in told
        assert "riwayat contoh" in told
        assert ("dasar keputusan" in told) == (client is not mine)


def test_lists_show_it_once_explained(road: Road) -> None:
    calibrate(road, examples=200)
    for client, path in (
        (signed_in(road.applicant), "/recommendations/"),
        (signed_in(road.applicant), "/"),
        (signed_in(road.hr), f"/agency/slots/{road.slot.pk}/"),
    ):
        told = words(client, path)
        assert re.search(r"Peluang [45]\d%", told), path
        assert told.count("riwayat contoh") == 1
        queries_of(client, path)


def test_without_enough_outcomes_it_says_so(road: Road) -> None:
    mine = signed_in(road.applicant)
    for path in ("/", "/recommendations/", f"/slots/{road.slot.pk}/"):
        told = words(mine, path)
        assert "belum cukup data" in told
        assert "%" not in told.replace("100%", "")


def test_a_real_history_is_not_called_a_sample(road: Road) -> None:
    calibrate(road)
    told = words(signed_in(road.applicant), f"/slots/{road.slot.pk}/")
    assert "Dari 40 pengajuan terdahulu" in told
    assert "riwayat contoh" not in told
