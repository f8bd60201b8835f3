"""A ceiling on one partner's share of the first places, kept at the smallest cost in points.

Whoever heads a list gets most of the attention, so a partner with many or loud slots could draw a whole agency. Where
one heads more lists than the ceiling allows, the best of another partner moves up in some of them. Which lists those
are is a minimum-cost flow between the partners that have no room left. Each of them heads as many lists as the ceiling
allows, so there are only about 1/ceiling of them, however many partners there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

from matching.engine.retrieval import Lists

Whole = NDArray[np.int64]
ROOM = -1  # stands for every partner that may still head one list more
Step = tuple[int, int, int]  # from partner, to partner (or ROOM), by which entry


@dataclass(frozen=True)
class Limited:
    """Lists under a ceiling.

    most: how many first places one partner may have. moved: lists with another first entry than before. points_lost:
    what their first entries lost together. above: first places beyond the ceiling, for which no other partner is left.
    """

    lists: Lists
    most: int
    moved: int = 0
    points_lost: int = 0
    above: int = 0


def limit_first_places(lists: Lists, partner_of: Sequence[str], ceiling: float) -> Limited:
    """At most the share `ceiling` (above 0, up to 1) of the first places for one partner, at least one place each.

    `partner_of` names the partner of each position. Lists keep their members and points: one of them moves to the
    front. First as few places as possible stay above the ceiling, then as few points as possible are lost; ties go to
    the earlier list and the smaller name. Raises ValueError for lists that are not best first, for positions without a
    partner and for another ceiling.
    """
    if not 0.0 < ceiling <= 1.0:  # a NaN fails both comparisons
        raise ValueError(f"the ceiling must be a share above 0 and up to 1, not {ceiling!r}")
    if lists.positions.shape != lists.points.shape:
        raise ValueError("positions and points must have the same shape")
    if (np.diff(lists.points, axis=1) > 0).any():
        raise ValueError("lists must be best first")
    there = lists.positions >= 0
    if int(lists.positions.max(initial=-1)) >= len(partner_of):
        raise ValueError("a list names a position that has no partner")
    full_lists = np.flatnonzero(there[:, 0]) if there.shape[1] else np.zeros(0, dtype=np.int64)
    most = max(1, int(ceiling * len(full_lists) + 1e-9))
    if not len(full_lists):
        return Limited(lists, most)
    _, codes = np.unique(np.asarray(partner_of, dtype=str), return_inverse=True)
    flow = _Flow(codes[lists.positions[full_lists]], there[full_lists], lists.points[full_lists].astype(np.int64), most)
    flow.run()
    column = flow.columns[flow.head]
    moved = np.flatnonzero(column)
    positions, points = lists.positions.copy(), lists.points.copy()
    for at in moved.tolist():
        row, best = full_lists[at], column[at]
        for matrix in (positions, points):
            matrix[row, : best + 1] = np.roll(matrix[row, : best + 1], 1)
    return Limited(
        Lists(positions, points),
        most,
        moved=len(moved),
        points_lost=int(flow.costs[flow.head].sum()),
        above=int(np.maximum(flow.heads - most, 0).sum()),
    )


class _Flow:
    """Successive shortest paths from partners above the ceiling, over partners at it, to partners with room.

    An entry is the best of one partner in one list; `head` says which entry heads each list. The entries that could
    take a list from partner p lie in heaps by where they would take it: to a partner without room, or to any other.
    Keys hold the cost above the entry's number, so that ties go to the earlier one.
    """

    def __init__(self, partners: Whole, there: NDArray[np.bool_], points: Whole, most: int) -> None:
        rows, width = partners.shape
        count = int(partners.max()) + 1
        labels = np.arange(rows, dtype=np.int64)[:, None] * count + partners
        keys, first = np.unique(labels[there], return_index=True)  # the first of a partner is its best
        row, column = np.divmod(np.flatnonzero(there)[first], width)
        self.most = most
        self.rows, self.columns, self.partners = row, column, keys % count
        self.costs = points[row, 0] - points[row, column]
        self.starts = np.searchsorted(row, np.arange(rows + 1))
        self.head = np.flatnonzero(column == 0)
        self.heads = np.bincount(self.partners[self.head], minlength=count)
        self.full: list[int] = []
        self.heaps: dict[tuple[int, int], list[int]] = {}

    def run(self) -> None:
        """Move until no partner is above the ceiling or none of those above has a way out."""
        if self.heads.max() <= self.most:
            return
        for partner in np.flatnonzero(self.heads >= self.most).tolist():
            self._fill(partner)
        while path := self._shortest():
            for source, target, entry in path:
                self._move(source, entry, target != ROOM)
            last = int(self.partners[path[-1][2]])
            if self.heads[last] == self.most:
                self._fill(last)

    def _fill(self, partner: int) -> None:
        """Note that a partner has no room left: what leads to it is no longer free, and it may pass lists on."""
        size = len(self.rows)
        for source in self.full:
            here: list[int] = []
            rest: list[int] = []
            for key in self.heaps[source, ROOM]:
                (here if self.partners[key % size] == partner else rest).append(key)
            heapify(here)
            heapify(rest)
            self.heaps[source, partner], self.heaps[source, ROOM] = here, rest
        self.full.append(partner)
        for target in (*self.full, ROOM):
            self.heaps.setdefault((partner, target), [])
        mine = np.flatnonzero(self.partners[self.head] == partner)
        for row in mine.tolist():
            self._offer(row)

    def _offer(self, row: int) -> None:
        """Put what could take a list from its present head into the heaps."""
        size, now = len(self.rows), int(self.head[row])
        source = int(self.partners[now])
        for entry in range(self.starts[row], self.starts[row + 1]):
            if entry != now:
                target = int(self.partners[entry])
                key = int(self.costs[entry] - self.costs[now]) * size + entry
                heappush(self.heaps[source, target if target in self.full else ROOM], key)

    def _cheapest(self, source: int, target: int) -> int | None:
        """The key of the cheapest move that is still possible."""
        heap, size = self.heaps[source, target], len(self.rows)
        while heap and self.partners[self.head[self.rows[heap[0] % size]]] != source:
            heappop(heap)
        return heap[0] if heap else None

    def _shortest(self) -> list[Step]:
        """The cheapest way by which one partner above the ceiling loses a list; empty when there is none."""
        size, ends = len(self.rows), sorted(self.full)
        moves = [(p, q, key) for p in ends for q in (*ends, ROOM) if (key := self._cheapest(p, q)) is not None]
        cost = {p: 0 for p in ends if self.heads[p] > self.most}
        came: dict[int, Step] = {}
        for _ in range(len(ends) + 1):
            changed = False
            for p, q, key in moves:
                if p in cost and (q not in cost or cost[p] + key // size < cost[q]):
                    cost[q], came[q] = cost[p] + key // size, (p, q, key % size)
                    changed = True
            if not changed:
                break
        path: list[Step] = []
        at = ROOM
        while at in came:
            path.append(came[at])
            at = came[at][0]
        return path[::-1]

    def _move(self, source: int, entry: int, on: bool) -> None:
        row, target = int(self.rows[entry]), int(self.partners[entry])
        self.head[row] = entry
        self.heads[source] -= 1
        self.heads[target] += 1
        if on:
            self._offer(row)
