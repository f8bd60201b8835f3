"""Scores as whole numbers, so that every order of adding gives the same rank everywhere.

A score of 1 is `ONE` units. Every product that makes up a score is a whole number of units and their sum stays within
what float32 holds exactly, so a sparse product, a compiled kernel and the explanation of a single pair all agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

ONE = 1 << 24
SIDE = 1 << 12  # scale of each of the two vectors whose product is a text similarity: SIDE * SIDE == ONE
KEEP_ONE = 1 << 16  # scale of the factor that unmet prerequisites leave
MAX_POINTS = 10_000

Whole = NDArray[np.int64]
WholeOrOne = TypeVar("WholeOrOne", Whole, int)


def to_points(units: WholeOrOne) -> WholeOrOne:
    """Units from 0 to ONE to points from 0 to 10,000, halves upwards."""
    return (units * MAX_POINTS + ONE // 2) // ONE


def final_points(linear: WholeOrOne, rich: WholeOrOne) -> WholeOrOne:
    """Final points from linear points and units of the rich part.

    The rich part takes at most half away, and where the linear part has found nothing there is nothing.
    """
    if isinstance(linear, int):
        return min(max(linear + to_points(rich), (linear + 1) // 2), MAX_POINTS) if linear > 0 else 0
    points = np.clip(linear + to_points(rich), (linear + 1) // 2, MAX_POINTS)
    return np.where(linear > 0, points, 0)


def quantise(values: NDArray[Any], scale: int) -> NDArray[np.int32]:
    """The nearest whole multiples of 1/scale."""
    return np.rint(np.asarray(values, dtype=np.float64) * scale).astype(np.int32)


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` in proportion to non-negative weights by largest remainder: the parts add up exactly.

    With no weight at all everything is 0, so `total` must then be 0.
    """
    whole = sum(weights)
    if whole == 0:
        if total:
            raise ValueError("cannot split points over parts that weigh nothing")
        return [0] * len(weights)
    sign = -1 if total < 0 else 1
    parts = [abs(total) * weight // whole for weight in weights]
    rest = abs(total) - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(abs(total) * weights[i] % whole), i))
    for i in by_remainder[:rest]:
        parts[i] += 1
    return [sign * part for part in parts]


def spread(total: int, units: Sequence[int]) -> list[int]:
    """Split `total` points over parts in units that lift or lower; they add up exactly.

    Where the parts come to more or less than the total, because it was capped, those of the side that is too loud are
    cut in proportion.
    """
    up, down = [max(part, 0) for part in units], [max(-part, 0) for part in units]
    lifted, lowered = to_points(sum(up)), to_points(sum(down))
    if lifted - lowered > total:
        lifted = max(total + lowered, 0)
        lowered = lifted - total
    elif lifted - lowered < total:
        lowered = max(lifted - total, 0)
        lifted = total + lowered
    return [rise - fall for rise, fall in zip(apportion(lifted, up), apportion(lowered, down), strict=True)]
