"""How good and how fair a ranking is: plain functions over lists, for evaluation and for reports."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np


def gains(grades: Sequence[float], k: int) -> float:
    """Discounted cumulative gain of grades in the order in which they are shown."""
    return sum(grade / math.log2(place + 2) for place, grade in enumerate(grades[:k]))


def ndcg(ranked: Sequence[str], grades: Mapping[str, float], k: int = 10) -> float:
    """Normalised discounted cumulative gain of the first k; 0 where nothing has a grade."""
    ideal = gains(sorted(grades.values(), reverse=True), k)
    return gains([grades.get(item, 0.0) for item in ranked], k) / ideal if ideal else 0.0


def coverage(lists: Iterable[Collection[str]], everything: Collection[str]) -> float:
    """The share of all items that appears in at least one list; 1 where there is nothing to show."""
    shown = {item for items in lists for item in items}
    return len(shown & set(everything)) / len(everything) if everything else 1.0


def exposure(lists: Iterable[Sequence[str]]) -> dict[str, float]:
    """How much attention each item gets: the sum of 1/log2(place + 1) over the lists that show it."""
    seen: dict[str, float] = {}
    for items in lists:
        for place, item in enumerate(items):
            seen[item] = seen.get(item, 0.0) + 1.0 / math.log2(place + 2)
    return seen


def exposure_ratio(lists: Iterable[Sequence[str]], groups: Mapping[str, str]) -> float:
    """Smallest over largest mean exposure of the groups; 1 is equal treatment, also where fewer than two groups are.

    `groups` names the group of every item that could have been shown. It comes from outside: the engine's own input
    says nothing of who a person is.
    """
    seen = exposure(lists)
    members: dict[str, list[float]] = {}
    for item, group in groups.items():
        members.setdefault(group, []).append(seen.get(item, 0.0))
    return ratio_of_means(list(members.values()))


def ratio_of_means(groups: Sequence[Sequence[float]]) -> float:
    """Smallest over largest mean of groups that are not empty; 1 where all are 0."""
    means = [sum(values) / len(values) for values in groups]
    return min(means) / max(means) if means and max(means) > 0 else 1.0


def ratio_by_chance(groups: Sequence[Sequence[float]], *, rounds: int = 200, random_state: int = 0) -> float:
    """The ratio of means that one in twenty random divisions into groups of the same sizes falls below.

    Few people differ a lot by chance: a ratio above this says nothing about the groups.
    """
    values = np.sort(np.concatenate([np.asarray(group, dtype=np.float64) for group in groups]))
    sizes = np.asarray([len(group) for group in groups])
    starts = np.cumsum(sizes) - sizes
    random = np.random.default_rng(random_state)
    ratios = []
    for _ in range(rounds):
        means = np.add.reduceat(random.permutation(values), starts) / sizes
        ratios.append(means.min() / means.max() if means.max() > 0 else 1.0)
    return float(np.quantile(ratios, 0.05))
