"""Gap and teaching levels as vectors whose inner product is exactly the weighted share of the gap that is closed.

Each competency has one column for every stretch of levels between two neighbouring cuts. The cuts are all levels at
which some opportunity starts or stops teaching, so an opportunity covers a stretch wholly or not at all (1 or 0) and a
candidate carries the weight of the part of the gap inside it. Fractional levels therefore stay exact, teaching beyond
the required level adds nothing, and with whole levels this is the familiar thermometer code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from matching.engine.fixedpoint import ONE
from matching.engine.types import Candidate, Opportunity

GRAIN = 16  # levels are read to the nearest sixteenth

Ints = NDArray[np.int64]


def grains(levels: Sequence[float]) -> Ints:
    """Levels as whole sixteenths."""
    return np.rint(np.asarray(levels, dtype=np.float64) * GRAIN).astype(np.int64)


@dataclass(frozen=True)
class Needs:
    """The positive gaps of many candidates, flat: units of score for each sixteenth of a level that is closed."""

    count: int
    row: Ints
    code: Ints
    low: Ints
    high: Ints
    worth: Ints
    codes: list[str]


def needs_of(candidates: Sequence[Candidate], *, share: float, gap_power: float) -> Needs:
    """Read the gaps. All gaps of a candidate closed, and all of them surely known, are worth `share` of a score.

    A gap counts importance x gap ** gap_power. The weight of an unknown or expired level lowers what closing the gap is
    worth but not what it is compared with: a person of whom nothing is known gets modest scores, not loud ones.
    """
    codes: dict[str, int] = {}
    row, code, low, high, importance, weight = [], [], [], [], [], []
    for i, candidate in enumerate(candidates):
        for gap in candidate.gaps:
            if gap.required > gap.assessed and gap.importance > 0.0:
                row.append(i)
                code.append(codes.setdefault(gap.competency, len(codes)))
                low.append(gap.assessed)
                high.append(gap.required)
                importance.append(gap.importance)
                weight.append(gap.weight)
    rows, first, last = np.asarray(row, dtype=np.int64), grains(low), grains(high)
    wide = last > first  # a gap below a thirty-second of a level vanishes in the grain
    width = np.where(wide, last - first, 1)
    pull = np.where(
        wide,
        np.asarray(importance, dtype=np.float64) * (width / GRAIN) ** gap_power,
        0.0,
    )
    total = np.bincount(rows, pull, minlength=len(candidates))[rows]
    part = np.divide(
        pull * np.asarray(weight, dtype=np.float64),
        total,
        out=np.zeros_like(pull),
        where=total > 0,
    )
    worth = np.rint(part * share * ONE / width).astype(np.int64)
    return Needs(
        len(candidates),
        rows,
        np.asarray(code, dtype=np.int64),
        first,
        last,
        worth,
        list(codes),
    )


@dataclass(frozen=True)
class Teaching:
    """What many opportunities teach: `matrix` has a row for each and a column for each (competency, stretch)."""

    codes: dict[str, int]
    cuts: Ints
    matrix: sparse.csr_matrix


def _spread(low: Ints, high: Ints, cuts: Ints) -> tuple[Ints, Ints]:
    """For every range the stretches it touches: (which range, which stretch), both flat."""
    first = np.maximum(np.searchsorted(cuts, low, side="right") - 1, 0)
    stop = np.minimum(np.searchsorted(cuts, high, side="left"), len(cuts) - 1)
    width = np.maximum(stop - first, 0)
    which = np.repeat(np.arange(len(low)), width)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(width) - width, width)
    return which, first[which] + offset


def teaching_of(opportunities: Sequence[Opportunity]) -> Teaching:
    """Read the outcomes: 1 in each stretch that lies in (from, to]."""
    codes: dict[str, int] = {}
    row, code, low, high = [], [], [], []
    for j, opportunity in enumerate(opportunities):
        for outcome in opportunity.outcomes:
            row.append(j)
            code.append(codes.setdefault(outcome.competency, len(codes)))
            low.append(outcome.from_level)
            high.append(outcome.to_level)
    first, last = grains(low), grains(high)
    cuts = np.unique(np.concatenate([first, last]))
    stretches = max(len(cuts) - 1, 0)
    which, stretch = _spread(first, last, cuts) if stretches else (np.zeros(0, np.int64), np.zeros(0, np.int64))
    rows, columns = (
        np.asarray(row, dtype=np.int64)[which],
        np.asarray(code, dtype=np.int64)[which] * stretches + stretch,
    )
    matrix = sparse.csr_matrix(
        (np.ones(len(rows), dtype=np.int32), (rows, columns)),
        shape=(len(opportunities), len(codes) * stretches),
    )
    return Teaching(codes, cuts, matrix)


def project(needs: Needs, teaching: Teaching) -> sparse.csr_matrix:
    """Candidates over the columns of `teaching`: needs that nobody teaches fall away."""
    stretches = max(len(teaching.cuts) - 1, 0)
    shape = (needs.count, len(teaching.codes) * stretches)
    if not stretches or not len(needs.row):
        return sparse.csr_matrix(shape, dtype=np.int32)
    known = np.asarray([teaching.codes.get(code, -1) for code in needs.codes], dtype=np.int64)[needs.code]
    keep = known >= 0
    low, high, cuts = needs.low[keep], needs.high[keep], teaching.cuts
    which, stretch = _spread(low, high, cuts)
    overlap = np.minimum(high[which], cuts[stretch + 1]) - np.maximum(low[which], cuts[stretch])
    values = (needs.worth[keep][which] * overlap).astype(np.int32)
    rows, columns = needs.row[keep][which], known[keep][which] * stretches + stretch
    return sparse.csr_matrix((values, (rows, columns)), shape=shape)
