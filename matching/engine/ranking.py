"""Exact top-k both ways with the hard filters inside.

The score of a pair is the weighted share of the gap that the opportunity closes, plus the likeness of the texts, plus a
little for a place that needs no travel; each unmet prerequisite that does not block takes a part away. Everything is
counted in whole units (see fixedpoint), so a pair has the same points in every batch, shape and order.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from matching.engine import explain as explanations
from matching.engine.competencies import Needs, Teaching, needs_of, project, teaching_of
from matching.engine.fixedpoint import KEEP_ONE, ONE, SIDE, Whole, quantise, to_points
from matching.engine.text import TextFeatures
from matching.engine.types import Candidate, Match, Opportunity, Reason

Flags = NDArray[np.bool_]
Item = TypeVar("Item", Candidate, Opportunity)
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
class _Meeting:
    """Both sides in one space: the gaps stand on the columns of what is taught."""

    people: Profiles
    slots: Catalogue
    gaps: sparse.csr_matrix


@dataclass(frozen=True)
class Ranking:
    """The best matches both ways, best first. Everyone asked about has an entry, be it empty."""

    by_candidate: dict[str, list[Match]] = field(default_factory=dict)
    by_opportunity: dict[str, list[Match]] = field(default_factory=dict)


def _sorted_by_id(items: Iterable[Item]) -> list[Item]:
    ordered = sorted(items, key=lambda item: item.id)
    for one, other in pairwise(ordered):
        if one.id == other.id:
            raise ValueError(f"the id {one.id!r} appears twice")
    return ordered


class Recommender(BaseEstimator):
    """Ranks opportunities for candidates and candidates for opportunities.

    Parameters
    ----------
    k: how many matches to keep on either side.
    text_weight, place_weight: shares of a full score for likeness of the texts and for a place without travel; closing
        the whole gap earns the rest.
    gap_power: 1 counts gaps in proportion to their size, above 1 puts large gaps first.
    prerequisite_penalty: part of the score that each unmet, not blocking prerequisite takes away.
    unknown_blocks: whether a required prerequisite whose level is unknown blocks too; otherwise it lowers.
    chunk_cells: pairs scored at a time, which bounds the memory.
    """

    def __init__(
        self,
        *,
        k: int = 20,
        text_weight: float = 0.35,
        place_weight: float = 0.05,
        gap_power: float = 1.5,
        prerequisite_penalty: float = 0.15,
        unknown_blocks: bool = False,
        chunk_cells: int = 1_000_000,
    ) -> None:
        self.k = k
        self.text_weight = text_weight
        self.place_weight = place_weight
        self.gap_power = gap_power
        self.prerequisite_penalty = prerequisite_penalty
        self.unknown_blocks = unknown_blocks
        self.chunk_cells = chunk_cells

    def fit(self, candidates: Iterable[Candidate], opportunities: Iterable[Opportunity]) -> Self:
        """Learn the vocabulary and the rarity of its words from the texts of both sides, each text counted once."""
        self._check_parameters()
        texts = {c.text for c in candidates} | {o.text for o in opportunities}
        self.text_ = TextFeatures().fit(sorted(texts))
        return self

    # --- making ready -------------------------------------------------------------------------------------------

    def profiles(self, candidates: Iterable[Candidate] | Profiles) -> Profiles:
        """Candidates as vectors; the answer can stand wherever candidates are asked for."""
        if isinstance(candidates, Profiles):
            return candidates
        check_is_fitted(self, "text_")
        items = _sorted_by_id(candidates)
        share = 1.0 - self.text_weight - self.place_weight
        needs = needs_of(items, share=share, gap_power=self.gap_power)
        return Profiles(items, needs, self._text(items, self.text_weight))

    def catalogue(self, opportunities: Iterable[Opportunity] | Catalogue) -> Catalogue:
        """Opportunities as vectors; the answer can stand wherever opportunities are asked for."""
        if isinstance(opportunities, Catalogue):
            return opportunities
        check_is_fitted(self, "text_")
        items = _sorted_by_id(opportunities)
        return Catalogue(items, teaching_of(items), self._text(items, 1.0))

    def _text(self, items: Sequence[Candidate] | Sequence[Opportunity], weight: float) -> sparse.csr_matrix:
        rows: dict[str, int] = {}
        where = [rows.setdefault(item.text, len(rows)) for item in items]  # equal texts are read once
        matrix = self.text_.transform(list(rows))
        matrix.data = quantise(matrix.data * weight, SIDE)
        matrix = matrix.astype(np.int32)
        matrix.eliminate_zeros()
        return matrix[where]

    # --- ranking ------------------------------------------------------------------------------------------------

    def recommend(
        self,
        candidates: Iterable[Candidate] | Profiles,
        opportunities: Iterable[Opportunity] | Catalogue,
        *,
        k: int | None = None,
        reasons: bool = False,
    ) -> Ranking:
        """The k best opportunities of every candidate and the k best candidates of every opportunity.

        Ties go to the smaller id. Pairs that a hard filter excludes, or that have no points, never appear. Reasons are
        left out unless asked for: `explain` gives those of one pair.
        """
        people, slots = self.profiles(candidates), self.catalogue(opportunities)
        depth = self._depth(k)
        best_for_candidate = np.full((len(people.items), min(depth, len(slots.items))), -1, dtype=np.int64)
        best_for_slot = np.full((min(depth, len(people.items)), len(slots.items)), -1, dtype=np.int64)
        for rows, columns, points in self._blocks(_meet(people, slots)):
            _keep_rows(best_for_candidate, rows, columns, points, len(slots.items))
            _keep_columns(best_for_slot, rows, columns, points, len(people.items))
        seen: dict[tuple[int, int], Match] = {}

        def match(i: int, j: int, points: int) -> Match:
            if (i, j) not in seen:
                told = self._reasons(people, slots, i, j, points) if reasons else ()
                seen[i, j] = Match(people.items[i].id, slots.items[j].id, points, told)
            return seen[i, j]

        return Ranking(
            {
                person.id: [match(i, j, points) for j, points in _unpack(best_for_candidate[i], len(slots.items))]
                for i, person in enumerate(people.items)
            },
            {
                slot.id: [match(i, j, points) for i, points in _unpack(best_for_slot[:, j], len(people.items))]
                for j, slot in enumerate(slots.items)
            },
        )

    def recommend_for(
        self,
        candidates: Iterable[Candidate] | Profiles,
        opportunities: Iterable[Opportunity] | Catalogue,
        *,
        k: int | None = None,
        reasons: bool = False,
    ) -> dict[str, list[Match]]:
        """The k best opportunities of some candidates: what a changed assessment asks."""
        return self.recommend(candidates, opportunities, k=k, reasons=reasons).by_candidate

    def candidates_for(
        self,
        opportunity: Opportunity,
        candidates: Iterable[Candidate] | Profiles,
        *,
        k: int | None = None,
    ) -> list[Match]:
        """The k best candidates of one opportunity: what a new slot asks."""
        return self.recommend(candidates, [opportunity], k=k).by_opportunity[opportunity.id]

    def explain(self, candidate: Candidate, opportunity: Opportunity) -> Match:
        """The score of one pair taken apart: its points are those of `recommend`, and its reasons add up to them.

        Whether the pair is possible at all is another question, which `why_not` answers.
        """
        people, slots = self.profiles([candidate]), self.catalogue([opportunity])
        first = np.zeros(1, dtype=np.int64)
        points = int(to_points(self._units(_meet(people, slots), first, first)[0])[0, 0])
        return Match(
            candidate.id,
            opportunity.id,
            points,
            self._reasons(people, slots, 0, 0, points),
        )

    def why_not(self, candidate: Candidate, opportunity: Opportunity) -> tuple[Reason, ...]:
        """Every reason why the pair cannot be recommended; empty when it can."""
        hindrances = explanations.hindrances(candidate, opportunity, unknown_blocks=self.unknown_blocks)
        if not hindrances and self.explain(candidate, opportunity).points == 0:
            return (Reason("nothing_in_common", 0),)
        return hindrances

    # --- inside -------------------------------------------------------------------------------------------------

    def _check_parameters(self) -> None:
        if not (self.text_weight >= 0 and self.place_weight >= 0 and self.text_weight + self.place_weight <= 1):
            raise ValueError("text_weight and place_weight must be at least 0 and together at most 1")
        if not 0.0 <= self.prerequisite_penalty <= 1.0:
            raise ValueError("prerequisite_penalty must be between 0 and 1")
        if not self.gap_power > 0.0:
            raise ValueError("gap_power must be above 0")
        if self.k < 1 or self.chunk_cells < 1:
            raise ValueError("k and chunk_cells must be at least 1")

    def _depth(self, k: int | None) -> int:
        depth = self.k if k is None else k
        if depth < 1:
            raise ValueError("k must be at least 1")
        return depth

    def _blocks(self, meeting: _Meeting) -> Iterator[tuple[Whole, Whole, Whole]]:
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
            step = max(1, self.chunk_cells // len(columns))
            for start in range(0, len(everyone), step):
                rows = everyone[start : start + step]
                units, blocked = self._units(meeting, rows, columns)
                points = to_points(units)
                points[blocked | ~self._available(meeting, rows, columns)] = 0
                yield rows, columns, points

    def _units(self, meeting: _Meeting, rows: Whole, columns: Whole) -> tuple[Whole, Flags]:
        """The score of each pair in units, and whether a prerequisite blocks it; other filters are not asked."""
        people, slots = meeting.people, meeting.slots
        gap = meeting.gaps[rows] @ slots.teaching.matrix[columns].T
        text = people.text[rows] @ slots.text[columns].T
        units = np.asarray((gap + text).toarray(), dtype=np.int64)
        if self.place_weight:
            near = self._near(people, slots, rows, columns)
            units += np.where((units > 0) & near, self._place_units(), 0)
        np.minimum(units, ONE, out=units)
        unmet, blocked = self._prerequisites(people, slots, rows, columns)
        if unmet.any():
            units = np.floor_divide(units * self._kept(int(unmet.max()))[unmet], KEEP_ONE)
        return units, blocked

    def _place_units(self) -> int:
        return round(self.place_weight * ONE)

    def _kept(self, most: int) -> Whole:
        """The part of a score, of KEEP_ONE, that is left by 0, 1, ... unmet prerequisites."""
        left = [(1.0 - self.prerequisite_penalty) ** n for n in range(most + 1)]
        return np.asarray([round(part * KEEP_ONE) for part in left], dtype=np.int64)

    def _near(self, people: Profiles, slots: Catalogue, rows: Whole, columns: Whole) -> Flags:
        places: dict[str, int] = {"": -1}
        there = np.asarray([places.setdefault(slots.items[j].place, len(places)) for j in columns])
        online = np.asarray([slots.items[j].online for j in columns], dtype=bool)
        here = np.asarray([places.get(people.items[i].place, -2) for i in rows])
        here[here == -1] = -2  # a place that is not given equals no other
        near: Flags = online[None, :] | (here[:, None] == there[None, :])
        return near

    def _prerequisites(self, people: Profiles, slots: Catalogue, rows: Whole, columns: Whole) -> tuple[Whole, Flags]:
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
                if self.unknown_blocks:
                    blocked[:, required] |= (unknown | below)[:, None]
                else:
                    blocked[:, required] |= below[:, None]
                    unmet[:, required] += unknown[:, None]
        return unmet, blocked

    def _available(self, meeting: _Meeting, rows: Whole, columns: Whole) -> Flags:
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

    def _reasons(self, people: Profiles, slots: Catalogue, i: int, j: int, points: int) -> tuple[Reason, ...]:
        candidate, opportunity = people.items[i], slots.items[j]
        mine = slice(*np.searchsorted(people.needs.row, (i, i + 1)))
        worth = {
            people.needs.codes[code]: int(value)
            for code, value in zip(people.needs.code[mine], people.needs.worth[mine], strict=True)
        }
        theirs = _row(slots.text, j)
        names = self.text_.feature_names_
        terms = {
            names[column]: value * theirs[column] for column, value in _row(people.text, i).items() if column in theirs
        }
        return explanations.reasons(
            candidate,
            opportunity,
            points=points,
            worth=worth,
            terms=terms,
            place_units=self._place_units(),
            unknown_blocks=self.unknown_blocks,
        )


def _meet(people: Profiles, slots: Catalogue) -> _Meeting:
    return _Meeting(people, slots, project(people.needs, slots.teaching))


def _row(matrix: sparse.csr_matrix, i: int) -> dict[int, int]:
    span = slice(matrix.indptr[i], matrix.indptr[i + 1])
    columns, values = matrix.indices[span].tolist(), matrix.data[span].tolist()
    return dict(zip(columns, values, strict=True))


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


def _unpack(keys: Whole, size: int) -> list[tuple[int, int]]:
    """Keys back to (position, points)."""
    return [(size - 1 - key % size, key // size) for key in keys.tolist() if key >= 0]


# --- model versions -----------------------------------------------------------------------------------------------


def dump(recommender: Recommender) -> bytes:
    """A fitted recommender as bytes, to be stored with its model version."""
    return pickle.dumps(recommender, protocol=5)


def load(data: bytes) -> Recommender:
    """The recommender of `dump`. Only for bytes that this system stored itself: unpickling runs code."""
    recommender = pickle.loads(data)  # noqa: S301 - our own bytes, as said
    if not isinstance(recommender, Recommender):
        raise ValueError("these bytes do not hold a recommender")
    return recommender


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"cannot hash {type(value).__name__}")


def data_hash(candidates: Iterable[Candidate], opportunities: Iterable[Opportunity]) -> str:
    """A fingerprint of what a model was fitted on; the same in every process and for every order of the input."""
    digest = hashlib.sha256()
    for items in (_sorted_by_id(candidates), _sorted_by_id(opportunities)):
        for item in items:
            row: dict[str, Any] = asdict(item)
            digest.update(json.dumps(row, default=_plain, sort_keys=True, separators=(",", ":")).encode())
            digest.update(b"\n")
        digest.update(b"--\n")
    return digest.hexdigest()
