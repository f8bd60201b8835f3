"""The one way from points to the percentage that a page shows."""

from __future__ import annotations

from matching.models import Calibration
from matching.selectors import chance_of
from web.components import Chance


def chance(points: int, calibration: Calibration | None) -> Chance:
    """What a page says of a pair with so many points."""
    percent = chance_of(points, calibration)
    if calibration is None or percent is None:
        return Chance()
    nearest = min(calibration.reliability, key=lambda one: abs(100 * one["predicted"] - percent))
    return Chance(
        percent,
        of=round(nearest["observed"] * nearest["count"]),
        similar=nearest["count"],
        is_example=calibration.examples > 0,
    )
