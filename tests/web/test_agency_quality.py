"""The page that says how good the matching is, and the ceiling that HR sets there."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from core.models import AuditEvent
from matching import services
from matching.models import Calibration, MatchPolicy, MatchRun
from matching.selectors import current_version
from matching.states import FIRST_PLACE_CEILING
from tests.factories.asn import AgencyMembershipFactory
from tests.factories.placements import Road, make_road
from tests.web.agency import queries_of, signed_in

pytestmark = pytest.mark.django_db
PAGE, CEILING = "/agency/matching/quality/", "/agency/matching/ceiling/"


@pytest.fixture
def road() -> Road:
    found = make_road()
    services.refresh_agency(agency_id=found.agency.pk)
    return found


def report(road: Road, *, ratio: float | None = 0.9, by_chance: float | None = 0.85, top: int = 30) -> None:
    """What the last run has found."""
    sex = {"ratio": ratio, "by_chance": by_chance, "groups": [["female", 40, 0.4], ["male", 60, 0.5]], "left_out": 3}
    many = [[f"Dinas {n}", 12, 0.5] for n in range(9)]
    MatchRun.objects.filter(agency=road.agency).update(
        report={
            "people": 103,
            "shown": 88,
            "by": {"sex": sex, "unit": {"ratio": 1.0, "by_chance": 0.7, "groups": many, "left_out": 0}},
            "first_places": {"lists": 100, "ceiling": 40, "partners": [["PT Nusa Data", top], ["Kampus Lawu", 20]]},
        }
    )


def calibrate(road: Road, **more: Any) -> None:
    rows = [
        {"predicted": 0.2, "observed": 0.25, "low": 0.1, "high": 0.4, "count": 60},
        {"predicted": 0.7, "observed": 0.66, "low": 0.5, "high": 0.8, "count": 90},
    ]
    facts: dict[str, Any] = {
        "outcomes": 150,
        "completed": 80,
        "examples": 150,
        "curve": {"intercept": -1.0, "slope": 0.001, "low": 0.0, "high": 4000.0},
        "metrics": {"brier": 0.2, "brier_skill": 0.18, "brier_skill_low": 0.1, "brier_skill_high": 0.26, "ece": 0.031},
        "reliability": rows,
    }
    version = current_version(road.agency)
    Calibration.objects.create(
        version=version, fitted_at=timezone.now(), data_hash="a" * 64, parameters={}, **facts | more
    )


def shown(user: Any, path: str = PAGE) -> str:
    page = signed_in(user).get(path)
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def test_it_says_how_sure_it_is_and_from_what(road: Road) -> None:
    calibrate(road)
    told = shown(road.hr)
    assert "riwayat contoh" in told
    assert "0,18 (95%: 0,10 sampai 0,26)" in told
    assert "3,1%" in told
    assert 'aria-label="Keandalan: 20% → 25%; 70% → 66%"' in told
    assert told.count('class="reliability-point"') == 2
    assert ' cx="72.0" cy="158.0"' in told
    assert "style=" not in told
    assert "10%–40%" in told
    assert queries_of(signed_in(road.hr), PAGE) <= 20


def test_it_says_why_no_percentage_is_shown(road: Road) -> None:
    told = shown(road.hr)
    assert "belum cukup data" in told
    assert "Terlalu sedikit pengajuan" in told or "pengajuan" in told
    assert "reliability-point" not in told
    calibrate(road, abstains="no_skill")
    assert "belum cukup data" in shown(road.hr)


@pytest.mark.parametrize(
    ("ratio", "by_chance", "words"),
    [
        (0.9, 0.95, "Merata"),
        (0.7, 0.6, "karena kebetulan"),
        (0.7, 0.75, "Tidak merata"),
        (None, None, "Kelompok terlalu sedikit"),
    ],
)
def test_ratios_are_read_out(road: Road, ratio: float | None, by_chance: float | None, words: str) -> None:
    report(road, ratio=ratio, by_chance=by_chance)
    told = shown(road.hr)
    assert words in told
    assert "Perempuan" in told
    assert "88 dari 103 orang" in told
    assert "3 orang tidak dihitung" in told
    assert "Semua 9 kelompok" in told


@pytest.mark.parametrize(("top", "is_above"), [(40, False), (41, True)])
def test_first_places_stand_beside_the_ceiling(road: Road, top: int, is_above: bool) -> None:
    report(road, top=top)
    told = shown(road.hr)
    assert "PT Nusa Data" in told
    assert f"{top}%" in told
    assert ("melampaui batas" in told) == is_above


def test_who_reads_it_and_who_decides(road: Road) -> None:
    for reader in ({"auditor": True}, {"leadership": True}):
        user = AgencyMembershipFactory(agency=road.agency, **reader).user
        assert CEILING not in shown(user)
        assert signed_in(user).get(CEILING).status_code == 403
        assert PAGE in shown(user, "/agency/")
    assert CEILING in shown(road.hr)
    for stranger in (road.applicant, road.boss, road.member):
        assert signed_in(stranger).get(PAGE).status_code == 403


def test_hr_sets_the_ceiling_with_a_basis_and_on_purpose(road: Road) -> None:
    client = signed_in(road.hr)
    answers = {"first_place_ceiling": "25", "basis": "SE Wali Kota 12/2026", "confirm": "on"}
    for missing in answers:
        page = client.post(CEILING, {name: value for name, value in answers.items() if name != missing})
        assert page.status_code == 422
    assert client.post(CEILING, answers | {"first_place_ceiling": "4"}).status_code == 422
    assert not MatchPolicy.objects.exists()
    assert client.post(CEILING, answers).status_code == 302
    policy = MatchPolicy.objects.get(agency=road.agency)
    assert (policy.first_place_ceiling, policy.basis, policy.decided_by) == (25, "SE Wali Kota 12/2026", road.hr)
    assert AuditEvent.objects.filter(action="matching.policy_set", actor_id=road.hr.pk).count() == 1
    assert MatchRun.objects.filter(agency=road.agency, finished_at=None).count() == 1
    assert "SE Wali Kota 12/2026" in shown(road.hr)
    assert f"{FIRST_PLACE_CEILING}%" not in shown(road.hr, CEILING)


def test_before_the_first_match_there_is_nothing_to_say() -> None:
    road = make_road()
    assert "Belum ada yang dicocokkan" in shown(road.hr)
