"""The made-up history that the demo's percentages are learnt from."""

from __future__ import annotations

from datetime import date

import pytest

from matching import services
from matching.models import Calibration, PairOutcome
from web.demo.builder import build
from web.demo.history import fit
from web.demo.world import plan

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize("seed", [1, 2])
def test_better_fits_ended_well_more_often(seed: int) -> None:
    world = plan(seed=seed, size="city", today=TODAY)
    people, slots = {e.key: e for e in world.employees}, {s.key: s for s in world.slots}
    assert len(world.past) > 500
    assert len({people[past.employee].city for past in world.past}) == 5
    rates = []
    for low, high in ((0.0, 0.3), (0.3, 0.6), (0.6, 1.01)):
        here = [p for p in world.past if low <= fit(people[p.employee], slots[p.slot]) < high]
        assert len(here) > 50
        rates.append(sum(p.ending == "completed" for p in here) / len(here))
    assert rates == sorted(rates)
    assert rates[0] < 0.35
    assert rates[2] > 0.7


@pytest.mark.django_db
def test_the_demo_shows_percentages_and_says_that_they_come_from_examples() -> None:
    world = plan(seed=1, size="small", today=date.today())
    assert build(world).past == PairOutcome.objects.filter(is_example=True).count()
    version = services.fit_model()
    calibration = Calibration.objects.get(version=version)
    assert calibration.abstains == ""
    assert calibration.outcomes == calibration.examples == len(world.past)
