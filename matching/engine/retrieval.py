"""Retrieval: the linear score of every pair that the hard filters allow, and the best of it both ways.

Everything is counted in whole units (see fixedpoint), so a pair has the same units in every batch, shape and order, and
ties always go to the smaller id.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from matching.engine import kernel
from matching.engine.competencies import Needs, Teaching, project
from matching.engine.fixedpoint import KEEP_ONE, Whole
from matching.engine.kernel import ANY_PLACE, BLOCKED, NOWHERE, Groups, Ints, Kernel, Lists, Prerequisites, Problem
from matching.engine.types import Candidate, Opportunity

__all__ = ["Catalogue", "Lists", "Meeting", "Profiles", "Rules", "best_both_ways", "entries"]

Flags = NDArray[np.bool_]
NO_LIMIT = np.iinfo(np.int32).max
_NOT_GIVEN = -1  # the place of a person; that of a slot is another number, since it equals no other
_NO_PLACE = -3
_NEVER = (np.iinfo(np.int32).max, 0)  # a period that meets no other
Hashed = TypeVar("Hashed", bound=Hashable)


@dataclass(frozen=True)
class Profiles:
    """Candidates made ready for ranking, sorted by id."""

    items: list[Candidate]
    needs: Needs
    text: sparse.csr_matrix
    dense: NDArray[np.int8]  # see condense

    @cached_property
    def terms(self) -> _PersonTerms:
        """What the hard filters ask about them."""
        return _PersonTerms.of(self.items)

    @cached_property
    def levels(self) -> _Levels:
        """What is known of their levels."""
        return _Levels.of(self.items)


@dataclass(frozen=True)
class Catalogue:
    """Opportunities made ready for ranking, sorted by id."""

    items: list[Opportunity]
    teaching: Teaching
    text: sparse.csr_matrix
    dense: NDArray[np.int8]  # see condense

    def only(self, rows: Sequence[int]) -> Catalogue:
        """Some of them, by position in ascending order; as they are read, not read anew."""
        if len(rows) == len(self.items):
            return self
        teaching = Teaching(self.teaching.codes, self.teaching.cuts, self.teaching.matrix[rows])
        return Catalogue([self.items[row] for row in rows], teaching, self.text[rows], self.dense[rows])

    @cached_property
    def terms(self) -> _SlotTerms:
        """What the hard filters ask about them."""
        return _SlotTerms.of(self.items)

    @cached_property
    def conditions(self) -> _Conditions:
        """Their prerequisites."""
        return _Conditions.of(self.items)


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
    chunk_cells: pairs that the plain pass scores at a time, which bounds its memory. kernel: how to go about it, which
    changes no list.
    """

    place_units: int
    prerequisite_penalty: float
    unknown_blocks: bool
    chunk_cells: int
    kernel: Kernel = "auto"

    def kept(self, most: int) -> Whole:
        """The part of a score, of KEEP_ONE, that is left by 0, 1, ... unmet prerequisites."""
        left = [(1.0 - self.prerequisite_penalty) ** n for n in range(most + 1)]
        return np.asarray([round(part * KEEP_ONE) for part in left], dtype=np.int64)


def entries(lists: Lists) -> Iterator[list[tuple[int, int]]]:
    """Each list as (position, points), without its empty end."""
    for positions, points in zip(lists.positions.tolist(), lists.points.tolist(), strict=True):
        yield [(position, value) for position, value in zip(positions, points, strict=True) if position >= 0]


def best_both_ways(meeting: Meeting, rules: Rules, depth: int) -> tuple[Lists, Lists]:
    """For every candidate the `depth` best opportunities, for every opportunity the `depth` best candidates."""
    return kernel.best(problem_of(meeting, rules), depth, kernel=rules.kernel, cells=rules.chunk_cells)


def problem_of(meeting: Meeting, rules: Rules) -> Problem:
    """What the kernel has to solve. Agencies are zones: people meet the open slots of their own agency."""
    people, slots = meeting.people.terms, meeting.slots.terms
    conditions, agencies, places = meeting.slots.conditions, people.agency.known, people.place.known
    return Problem(
        vectors=((meeting.gaps, meeting.slots.teaching.matrix), (meeting.people.text, meeting.slots.text)),
        person_zone=people.agency.codes,
        slot_zone=np.where(slots.open, slots.agency.numbers(lambda name: agencies.get(name, NOWHERE)), NOWHERE),
        person_limits=np.stack([people.jp_left, _at_most(slots.hours_known, people.hours)]),
        slot_limits=np.stack([slots.jp, slots.hours]),
        slot_period=slots.period,
        busy_group=people.busy_group,
        busy=people.busy,
        hidden_group=people.excluded_group,
        hidden=Groups.of(
            [[slots.position[it] for it in sorted(ids) if it in slots.position] for ids in people.excluded]
        ),
        place_units=rules.place_units,
        person_place=people.place.numbers(lambda name: places[name] if name else _NOT_GIVEN),
        slot_place=np.where(
            slots.online,
            ANY_PLACE,
            slots.place.numbers(lambda name: places.get(name, _NO_PLACE) if name else _NO_PLACE),
        ),
        prerequisites=conditions.put_to(meeting.people.levels, rules) if conditions.codes else None,
    )


# --- what filters ask, as numbers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Names:
    """Names as numbers from 0 in order of appearance."""

    known: dict[str, int]
    codes: Ints

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Number the names of one side."""
        known: dict[str, int] = {}
        codes = [known.setdefault(name, len(known)) for name in names]
        return cls(known, np.asarray(codes, dtype=np.int32))

    def numbers(self, of: Callable[[str], int]) -> Ints:
        """What `of` says to each name."""
        table = np.asarray([of(name) for name in self.known], dtype=np.int32)
        return table[self.codes]


def _whole(values: Iterable[int]) -> Ints:
    """Whole numbers of any size, those beyond int32 cut to its ends."""
    return np.asarray([max(-NO_LIMIT, min(value, NO_LIMIT)) for value in values], dtype=np.int32)


def _at_most(known: NDArray[np.float64], values: NDArray[np.float64]) -> Ints:
    """How far up the sorted numbers each value reaches: number n is not above the value where n <= answer."""
    return (np.searchsorted(known, values, side="right") - 1).astype(np.int32)


def _groups(lists: Iterable[Hashed]) -> tuple[Ints, list[Hashed]]:
    """Equal things get the same number."""
    seen: dict[Hashed, int] = {}
    numbers = np.asarray([seen.setdefault(value, len(seen)) for value in lists], dtype=np.int32)
    return numbers, list(seen)


@dataclass(frozen=True)
class _PersonTerms:
    agency: _Names
    place: _Names
    jp_left: Ints
    hours: NDArray[np.float64]
    busy_group: Ints
    busy: Groups | None  # None: nobody is ever busy
    excluded_group: Ints
    excluded: list[frozenset[str]]

    @classmethod
    def of(cls, people: Sequence[Candidate]) -> Self:
        busy_group, busy = _groups(person.busy for person in people)
        excluded_group, excluded = _groups(person.excluded for person in people)
        days = [[(first.toordinal(), last.toordinal()) for first, last in periods] for periods in busy]
        return cls(
            _Names.of(person.agency for person in people),
            _Names.of(person.place for person in people),
            _whole(NO_LIMIT if person.jp_left is None else person.jp_left for person in people),
            np.asarray([np.inf if person.hours_per_week is None else person.hours_per_week for person in people]),
            busy_group,
            Groups.of(days, width=2) if any(days) else None,
            excluded_group,
            excluded,
        )


@dataclass(frozen=True)
class _SlotTerms:
    agency: _Names
    place: _Names
    open: Flags
    online: Flags
    jp: Ints
    hours: Ints  # positions in `hours_known`
    hours_known: NDArray[np.float64]
    period: Ints
    position: dict[str, int]

    @classmethod
    def of(cls, slots: Sequence[Opportunity]) -> Self:
        hours_known, hours = np.unique(np.asarray([slot.hours_per_week for slot in slots]), return_inverse=True)
        period = [
            (slot.starts.toordinal(), slot.ends.toordinal())
            if slot.blocks_time and slot.starts and slot.ends
            else _NEVER
            for slot in slots
        ]
        return cls(
            _Names.of(slot.agency for slot in slots),
            _Names.of(slot.place for slot in slots),
            np.asarray([slot.open and slot.seats_left > 0 for slot in slots], dtype=bool),
            np.asarray([slot.online for slot in slots], dtype=bool),
            _whole(slot.jp for slot in slots),
            hours.astype(np.int32),
            hours_known,
            np.asarray(period, dtype=np.int32).reshape(-1, 2).T,
            {slot.id: position for position, slot in enumerate(slots)},
        )


# --- prerequisites --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Levels:
    """The known levels of all people, flat."""

    names: dict[str, int]
    row: Ints
    code: Ints
    level: NDArray[np.float64]
    people: int

    @classmethod
    def of(cls, people: Sequence[Candidate]) -> Self:
        names: dict[str, int] = {}
        sizes = [len(person.levels) for person in people]
        codes = [names.setdefault(code, len(names)) for person in people for code in person.levels]
        levels = np.fromiter(chain.from_iterable(p.levels.values() for p in people), np.float64, len(codes))
        row = np.repeat(np.arange(len(people), dtype=np.int32), sizes)
        return cls(names, row, np.asarray(codes, dtype=np.int32), levels, len(people))


@dataclass(frozen=True)
class _Conditions:
    """The different (competency, level, required) that slots ask for, sorted, and which slot asks for which."""

    codes: list[str]
    level: NDArray[np.float64]
    required: Flags
    asked: sparse.csr_matrix

    @classmethod
    def of(cls, slots: Sequence[Opportunity]) -> Self:
        asked = [
            (at, (wanted.competency, wanted.level, wanted.required))
            for at, slot in enumerate(slots)
            for wanted in slot.prerequisites
            if wanted.level > 0
        ]
        different = sorted({condition for _, condition in asked})
        number = {condition: at for at, condition in enumerate(different)}
        rows, columns = [at for at, _ in asked], [number[condition] for _, condition in asked]
        return cls(
            [code for code, _, _ in different],
            np.asarray([level for _, level, _ in different], dtype=np.float64),
            np.asarray([required for _, _, required in different], dtype=bool),
            sparse.csr_matrix(
                (np.ones(len(rows), dtype=np.int32), (rows, columns)), shape=(len(slots), len(different))
            ),
        )

    def put_to(self, levels: _Levels, rules: Rules) -> Prerequisites:
        """What the levels of people say to the conditions."""
        unknown = np.where(self.required & rules.unknown_blocks, BLOCKED, 1).astype(np.int32)
        below = np.where(self.required, BLOCKED, 1).astype(np.int32)
        # each known level meets all conditions of its competency, which stand side by side
        span: dict[str, tuple[int, int]] = {}
        for at, code in enumerate(self.codes):
            span[code] = (span.get(code, (at, at))[0], at + 1)
        spans = np.asarray([span.get(code, (0, 0)) for code in levels.names], dtype=np.int64).reshape(-1, 2)[
            levels.code
        ]
        width = spans[:, 1] - spans[:, 0]
        known = np.repeat(np.arange(len(width)), width)
        column = spans[known, 0] + np.arange(len(known)) - np.repeat(np.cumsum(width) - width, width)
        met = levels.level[known] >= self.level[column]
        answer = np.where(met, 0, below[column]) - unknown[column]
        says = answer != 0
        answers = sparse.csr_matrix(
            (answer[says].astype(np.int32), (levels.row[known][says], column[says])),
            shape=(levels.people, len(self.codes)),
        )
        most = int(np.diff(self.asked.indptr).max(initial=0))
        return Prerequisites(self.asked, (self.asked @ unknown).astype(np.int32), answers, rules.kept(most))
