"""Retrieval: the linear score of every pair that the hard filters allow, and the best of it both ways.

Everything is counted in whole units (see fixedpoint), so a pair has the same units in every batch, shape and order, and
ties always go to the smaller id.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from matching.engine.competencies import Needs, Teaching, project
from matching.engine.fixedpoint import KEEP_ONE, ONE, Whole, to_points
from matching.engine.types import Candidate, Opportunity

Flags = NDArray[np.bool_]
NO_LIMIT = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Profiles:
    """Candidates made ready for ranking, sorted by id."""

    items: list[Candidate]
    needs: Needs
    text: sparse.csr_matrix


@dataclass(frozen=True)
class Catalogue:
    """Opportunities made ready for ranking, sorted by id."""

    items: list[Opportunity]
    teaching: Teaching
    text: sparse.csr_matrix


@dataclass(frozen=True)
class Meeting:
    """Both sides in one space: the gaps stand on the columns of what is taught."""

    people: Profiles
    slots: Catalogue
    gaps: sparse.csr_matrix

    @classmethod
    def of(cls, people: Profiles, slots: Catalogue) -> Self:
        """Bring the gaps of the people onto the columns of the slots."""
        return cls(people, slots, project(people.needs, slots.teaching))


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What is not a matter of vectors.

    place_units: what a place without travel adds. prerequisite_penalty: part of the score that each unmet, not blocking
    prerequisite takes away. unknown_blocks: whether a required prerequisite whose level is unknown blocks too.
    chunk_cells: pairs scored at a time, which bounds the memory.
    """

    place_units: int
    prerequisite_penalty: float
    unknown_blocks: bool
    chunk_cells: int

    def kept(self, most: int) -> Whole:
        """The part of a score, of KEEP_ONE, that is left by 0, 1, ... unmet prerequisites."""
        left = [(1.0 - self.prerequisite_penalty) ** n for n in range(most + 1)]
        return np.asarray([round(part * KEEP_ONE) for part in left], dtype=np.int64)


@dataclass(frozen=True)
class Lists:
    """The best of many, best first: row i lists positions on the other side with their points; -1 and 0 fill its end."""

    positions: NDArray[np.int32]
    points: NDArray[np.int32]


def entries(lists: Lists) -> Iterator[list[tuple[int, int]]]:
    """Each list as (position, points), without its empty end."""
    for positions, points in zip(lists.positions.tolist(), lists.points.tolist(), strict=True):
        yield [(position, value) for position, value in zip(positions, points, strict=True) if position >= 0]


def best_both_ways(meeting: Meeting, rules: Rules, depth: int) -> tuple[Lists, Lists]:
    """For every candidate the `depth` best opportunities, for every opportunity the `depth` best candidates."""
    people, slots = len(meeting.people.items), len(meeting.slots.items)
    for_people = np.full((people, min(depth, slots)), -1, dtype=np.int64)
    for_slots = np.full((min(depth, people), slots), -1, dtype=np.int64)
    for rows, columns, points in blocks(meeting, rules):
        _keep_rows(for_people, rows, columns, points, slots)
        _keep_columns(for_slots, rows, columns, points, people)
    return _unpack(for_people, slots), _unpack(for_slots.T, people)


def blocks(meeting: Meeting, rules: Rules) -> Iterator[tuple[Whole, Whole, Whole]]:
    """Points agency by agency and chunk by chunk: (rows, columns, points), 0 where a filter excludes."""
    at_home: dict[str, list[int]] = {}
    for j, slot in enumerate(meeting.slots.items):
        if slot.open and slot.seats_left > 0:
            at_home.setdefault(slot.agency, []).append(j)
    residents: dict[str, list[int]] = {}
    for i, person in enumerate(meeting.people.items):
        if person.agency in at_home:
            residents.setdefault(person.agency, []).append(i)
    for agency in sorted(residents):
        columns = np.asarray(at_home[agency], dtype=np.int64)
        everyone = np.asarray(residents[agency], dtype=np.int64)
        step = max(1, rules.chunk_cells // len(columns))
        for start in range(0, len(everyone), step):
            rows = everyone[start : start + step]
            units, blocked = pair_units(meeting, rules, rows, columns)
            points = to_points(units)
            points[blocked | ~_available(meeting, rows, columns)] = 0
            yield rows, columns, points


def pair_units(meeting: Meeting, rules: Rules, rows: Whole, columns: Whole) -> tuple[Whole, Flags]:
    """The score of each pair in units, and whether a prerequisite blocks it; other filters are not asked."""
    people, slots = meeting.people, meeting.slots
    gap = meeting.gaps[rows] @ slots.teaching.matrix[columns].T
    text = people.text[rows] @ slots.text[columns].T
    units = np.asarray((gap + text).toarray(), dtype=np.int64)
    if rules.place_units:
        near = _near(people, slots, rows, columns)
        units += np.where((units > 0) & near, rules.place_units, 0)
    np.minimum(units, ONE, out=units)
    unmet, blocked = _prerequisites(people, slots, rules, rows, columns)
    if unmet.any():
        units = np.floor_divide(units * rules.kept(int(unmet.max()))[unmet], KEEP_ONE)
    return units, blocked


def _near(people: Profiles, slots: Catalogue, rows: Whole, columns: Whole) -> Flags:
    places: dict[str, int] = {"": -1}
    there = np.asarray([places.setdefault(slots.items[j].place, len(places)) for j in columns])
    online = np.asarray([slots.items[j].online for j in columns], dtype=bool)
    here = np.asarray([places.get(people.items[i].place, -2) for i in rows])
    here[here == -1] = -2  # a place that is not given equals no other
    near: Flags = online[None, :] | (here[:, None] == there[None, :])
    return near


def _prerequisites(
    people: Profiles, slots: Catalogue, rules: Rules, rows: Whole, columns: Whole
) -> tuple[Whole, Flags]:
    """For each pair the number of unmet prerequisites that lower, and whether one blocks."""
    shape = (len(rows), len(columns))
    unmet, blocked = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool)
    users: dict[tuple[str, float], tuple[list[int], list[int]]] = {}
    for at, j in enumerate(columns):
        for wanted in slots.items[j].prerequisites:
            users.setdefault((wanted.competency, wanted.level), ([], []))[wanted.required].append(at)
    levels: dict[str, NDArray[np.float64]] = {}
    for (code, level), (optional, required) in users.items():
        if code not in levels:
            levels[code] = np.asarray(
                [people.items[i].levels.get(code, np.nan) for i in rows],
                dtype=np.float64,
            )
        unknown, below = np.isnan(levels[code]), levels[code] < level
        if level > 0:
            unmet[:, optional] += (unknown | below)[:, None]
            if rules.unknown_blocks:
                blocked[:, required] |= (unknown | below)[:, None]
            else:
                blocked[:, required] |= below[:, None]
                unmet[:, required] += unknown[:, None]
    return unmet, blocked


def _available(meeting: Meeting, rows: Whole, columns: Whole) -> Flags:
    """The hard filters of time, learning hours and exclusions within one agency's open slots."""
    who, what = (
        [meeting.people.items[i] for i in rows],
        [meeting.slots.items[j] for j in columns],
    )
    available = np.ones((len(who), len(what)), dtype=bool)
    left = np.asarray([NO_LIMIT if c.jp_left is None else c.jp_left for c in who], dtype=np.int64)
    available &= np.asarray([o.jp for o in what], dtype=np.int64)[None, :] <= left[:, None]
    hours = np.asarray([np.inf if c.hours_per_week is None else c.hours_per_week for c in who])
    available &= np.asarray([o.hours_per_week for o in what])[None, :] <= hours[:, None]
    timed = [at for at, o in enumerate(what) if o.blocks_time and o.starts is not None]
    starts = np.asarray([_day(what[at].starts) for at in timed])
    ends = np.asarray([_day(what[at].ends) for at in timed])
    position = {o.id: at for at, o in enumerate(what)}
    for i, person in enumerate(who):
        for first, last in person.busy if timed else ():
            clash = (starts <= last.toordinal()) & (ends >= first.toordinal())
            available[i, np.asarray(timed)[clash]] = False
        for slot_id in person.excluded:
            if slot_id in position:
                available[i, position[slot_id]] = False
    return available


def _day(day: date | None) -> int:
    return 0 if day is None else day.toordinal()


# A key holds points and, below them, the reversed position in id order: larger is better, all keys of a row differ.


def _keys(points: Whole, positions: Whole, size: int) -> Whole:
    return np.where(points > 0, points * size + (size - 1 - positions), -1)


def _keep_rows(best: Whole, rows: Whole, columns: Whole, points: Whole, size: int) -> None:
    """Every candidate is seen once, so the best of a block are the best of all."""
    keys, depth = _keys(points, columns[None, :], size), best.shape[1]
    if depth < keys.shape[1]:
        keys = np.partition(keys, keys.shape[1] - depth, axis=1)[:, -depth:]
    best[rows, : keys.shape[1]] = np.sort(keys, axis=1)[:, ::-1]


def _keep_columns(best: Whole, rows: Whole, columns: Whole, points: Whole, size: int) -> None:
    """A slot meets its candidates in many blocks: merge what it has with what it sees."""
    depth = best.shape[0]
    keys = np.concatenate([best[:, columns], _keys(points, rows[:, None], size)])
    keys = np.partition(keys, len(keys) - depth, axis=0)[-depth:]
    best[:, columns] = np.sort(keys, axis=0)[::-1]


def _unpack(keys: Whole, size: int) -> Lists:
    """Keys back to positions and points."""
    there = keys >= 0
    positions = np.where(there, size - 1 - keys % max(size, 1), -1)
    return Lists(positions.astype(np.int32), np.where(there, keys // max(size, 1), 0).astype(np.int32))
