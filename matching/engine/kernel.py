"""The best of many both ways, exactly, with hard filters inside: one compiled pass, and a plain one that says the same.

A `Problem` is what ranking and bench have in common: vectors of whole units on both sides, and what keeps pairs apart
as small whole numbers. Scores are counted in units and ordered by points, ties by position, so that both ways of
working it out give the same lists on every machine. docs/speed.md tells how the compiled pass works and what it costs.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise, repeat
from threading import Lock
from types import ModuleType
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from matching.engine.fixedpoint import KEEP_ONE, MAX_POINTS, ONE, Whole, to_points

Kernel = Literal["auto", "compiled", "plain"]
Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]

KERNELS = ("auto", "compiled", "plain")
EVERYWHERE, NOWHERE = -1, -2  # zones of slots: met by all, met by nobody
ANY_PLACE = -2  # place of a slot that is near to everyone; -1 is a place that is not given
BLOCKED = 1 << 20  # an unmet prerequisite that blocks counts as this many that lower
WORTH_COMPILING = 4_000_000  # pairs from which "auto" takes the compiled pass
THREADS = 2

_CHUNK = 512  # people that share a tile of slots while it is in the cache
_CELLS = 8192  # slots of a tile: sums and thresholds stay in the first-level cache
_DENSE = 0.06  # share of the slots from which a column is kept as a row
_REGISTERS = 32  # a segment is filled up to a multiple of this many slots, so that no loop has a rest
_DENSE_BYTES = 64 << 20
_BLOCK = 64  # people of one kind that a new slot passes over at once


def _none() -> Ints:
    return np.zeros(0, dtype=np.int32)


@dataclass(frozen=True)
class Groups:
    """Lists of whole numbers: list g is values[..., start[g]:start[g + 1]]."""

    start: Whole
    values: Ints

    @classmethod
    def of(cls, lists: list[list[int]] | list[list[tuple[int, int]]], width: int = 1) -> Groups:
        """From Python lists of numbers, or of tuples of `width` numbers."""
        start = np.concatenate([[0], np.cumsum([len(values) for values in lists], dtype=np.int64)])
        flat = np.asarray([value for values in lists for value in values], dtype=np.int32)
        return cls(start.astype(np.int64), np.ascontiguousarray(flat.reshape(-1, width).T))


@dataclass(frozen=True)
class Prerequisites:
    """What slots ask for beforehand, as a second pair of vectors.

    asked: slots x conditions, 1 where a slot has a condition. count: unmet conditions of each slot as long as nothing is
    known of a person. answers: people x conditions, what is added to the count where a slot has that condition (-1: met
    after all). A count of BLOCKED or more blocks. kept: the part of a score, of KEEP_ONE, left by each count below it.
    """

    asked: sparse.csr_matrix
    count: Ints
    answers: sparse.csr_matrix
    kept: Whole


@dataclass(frozen=True, kw_only=True)
class Problem:
    """N people and M slots. The score of a pair is the sum over `vectors` of people @ slots.T, in units, at most ONE.

    All values are whole and not negative. A pair is possible where all of these hold:
    the slot's zone is that of the person or EVERYWHERE; slot_limits[k] <= person_limits[k] for every k;
    slot_bits & person_bits (where given); no range [first, last] of the person's group of `busy` meets the slot's
    [starts, ends]; the slot is not in the person's group of `hidden` (group -1: none); no prerequisite blocks.
    A possible pair whose units are above 0 gains `place_units` where the places are equal or the slot's is ANY_PLACE.
    """

    vectors: tuple[tuple[sparse.csr_matrix, sparse.csr_matrix], ...]
    person_zone: Ints
    slot_zone: Ints
    person_limits: Ints  # limits x N
    slot_limits: Ints  # limits x M
    person_bits: Ints = field(default_factory=_none)
    slot_bits: Ints = field(default_factory=_none)
    slot_period: Ints = field(default_factory=lambda: np.zeros((2, 0), dtype=np.int32))  # 2 x M, or 2 x 0
    busy_group: Ints = field(default_factory=_none)
    busy: Groups | None = None
    hidden_group: Ints = field(default_factory=_none)
    hidden: Groups | None = None
    place_units: int = 0
    person_place: Ints = field(default_factory=_none)
    slot_place: Ints = field(default_factory=_none)
    prerequisites: Prerequisites | None = None

    @property
    def people(self) -> int:
        """N."""
        return len(self.person_zone)

    @property
    def slots(self) -> int:
        """M."""
        return len(self.slot_zone)


@dataclass(frozen=True)
class Lists:
    """The best of many, best first: row i lists positions on the other side with their points; -1 and 0 fill its end."""

    positions: NDArray[np.int32]
    points: NDArray[np.int32]


def best(
    problem: Problem,
    depth: int,
    *,
    both: bool = True,
    kernel: Kernel = "auto",
    threads: int = THREADS,
    cells: int = 1_000_000,
    ready: Ready | None = None,
) -> tuple[Lists, Lists]:
    """For every person the `depth` best slots and, if `both`, for every slot the `depth` best people (else nobody).

    Pairs without points are left out. `kernel` says how: both ways give the same lists, "auto" goes by size. The plain
    one scores `cells` pairs at a time; the compiled one runs in `threads` threads and can be given the slots `ready`.
    """
    if kernel not in KERNELS:
        raise ValueError(f"kernel must be one of {', '.join(KERNELS)}, not {kernel!r}")
    for_people, for_slots = min(depth, problem.slots), min(depth, problem.people) if both else 0
    if kernel == "auto":
        kernel = "compiled" if problem.people * problem.slots >= WORTH_COMPILING else "plain"
    if kernel == "compiled" and problem.people and problem.slots and depth:
        return _compiled(problem, ready or Ready.of(problem), for_people, for_slots, threads)
    return _plain(problem, for_people, for_slots, cells)


# --- the plain pass -----------------------------------------------------------------------------------------------


def _plain(problem: Problem, for_people: int, for_slots: int, cells: int) -> tuple[Lists, Lists]:
    people, slots = problem.people, problem.slots
    of_people = np.full((people, for_people), -1, dtype=np.int64)
    of_slots = np.full((for_slots, slots), -1, dtype=np.int64)
    for rows, columns in _blocks(problem, cells):
        units, blocked = pair_units(problem, rows, columns)
        points = to_points(units)
        points[blocked | ~possible(problem, rows, columns)] = 0
        _keep_rows(of_people, rows, columns, points, slots)
        if for_slots:
            _keep_columns(of_slots, rows, columns, points, people)
    return _unpack(of_people, slots), _unpack(of_slots.T, people)


def _blocks(problem: Problem, cells: int) -> Iterator[tuple[Whole, Whole]]:
    """Zone by zone and chunk by chunk: people, and slots that their zone lets them meet."""
    order = np.argsort(problem.person_zone, kind="stable")
    zones, starts = np.unique(problem.person_zone[order], return_index=True)
    for zone, (first, stop) in zip(zones, pairwise([*starts.tolist(), len(order)]), strict=True):
        everyone = order[first:stop]
        columns = np.flatnonzero((problem.slot_zone == EVERYWHERE) | (problem.slot_zone == zone))
        step = max(1, cells // max(len(columns), 1))
        for start in range(0, len(everyone) if len(columns) else 0, step):
            yield everyone[start : start + step], columns


def pair_units(problem: Problem, rows: Whole, columns: Whole) -> tuple[Whole, Flags]:
    """The score of each pair in units, and whether a prerequisite blocks it (which leaves its units as they are)."""
    units = np.zeros((len(rows), len(columns)), dtype=np.int64)
    for people, slots in problem.vectors:
        units += (people[rows] @ slots[columns].T).toarray()
    return _with_place_and_prerequisites(problem, units, rows, columns)


def _with_place_and_prerequisites(problem: Problem, units: Whole, rows: Whole, columns: Whole) -> tuple[Whole, Flags]:
    """The same from the sums over `vectors`, which it changes."""
    if problem.place_units:
        place = problem.slot_place[columns]
        near = (place == ANY_PLACE)[None, :] | (place[None, :] == problem.person_place[rows][:, None])
        units += np.where((units > 0) & near, problem.place_units, 0)
    np.minimum(units, ONE, out=units)
    asked = problem.prerequisites
    if asked is None:
        return units, np.zeros(units.shape, dtype=bool)
    unmet = asked.count[columns] + (asked.answers[rows] @ asked.asked[columns].T).toarray()
    return units * asked.kept[unmet % BLOCKED] // KEEP_ONE, unmet >= BLOCKED


def possible(problem: Problem, rows: Whole, columns: Whole) -> Flags:
    """Whether the filters within a zone let each pair be."""
    allowed = _terms_allow(problem, rows, columns)
    if problem.hidden is not None:
        where = np.full(problem.slots, -1)
        where[columns] = np.arange(len(columns))
        some = np.flatnonzero(problem.hidden_group[rows] >= 0)
        owner, gone = _members(problem.hidden, problem.hidden_group[rows[some]])
        here = where[gone[0]]
        allowed[some[owner[here >= 0]], here[here >= 0]] = False
    return allowed


def _terms_allow(problem: Problem, rows: Whole, columns: Whole) -> Flags:
    """The same without what is hidden from single people."""
    allowed = np.ones((len(rows), len(columns)), dtype=bool)
    for most, least in zip(problem.person_limits, problem.slot_limits, strict=True):
        allowed &= least[columns][None, :] <= most[rows][:, None]
    if len(problem.slot_bits):
        allowed &= (problem.slot_bits[columns][None, :] & problem.person_bits[rows][:, None]) != 0
    if problem.busy is not None:
        groups, mine = np.unique(problem.busy_group[rows], return_inverse=True)
        owner, ranges = _members(problem.busy, groups)
        starts, ends = problem.slot_period[:, columns]
        clash = np.zeros((len(groups), len(columns)), dtype=bool)
        np.logical_or.at(clash, owner, (starts <= ranges[1][:, None]) & (ends >= ranges[0][:, None]))
        allowed &= ~clash[mine]
    return allowed


def _members(lists: Groups, groups: Ints) -> tuple[Whole, Ints]:
    """The lists of some groups one after the other: position of the group among those asked for, and the values."""
    first = lists.start[groups]
    size = lists.start[groups + 1] - first
    owner = np.repeat(np.arange(len(groups)), size)
    return owner, lists.values[:, np.arange(len(owner)) + np.repeat(first - (np.cumsum(size) - size), size)]


# A key holds points and, below them, the reversed position: larger is better, all keys of a row differ.


def _keys(points: Whole, positions: Whole, size: int) -> Whole:
    return np.where(points > 0, points * size + (size - 1 - positions), -1)


def _keep_rows(best_of: Whole, rows: Whole, columns: Whole, points: Whole, size: int) -> None:
    """Every person is seen once, so the best of a block are the best of all."""
    keys, depth = _keys(points, columns[None, :], size), best_of.shape[1]
    if depth < keys.shape[1]:
        keys = np.partition(keys, keys.shape[1] - depth, axis=1)[:, -depth:]
    best_of[rows, : keys.shape[1]] = np.sort(keys, axis=1)[:, ::-1]


def _keep_columns(best_of: Whole, rows: Whole, columns: Whole, points: Whole, size: int) -> None:
    """A slot meets its people in many blocks: merge what it has with what it sees."""
    depth = best_of.shape[0]
    keys = np.concatenate([best_of[:, columns], _keys(points, rows[:, None], size)])
    keys = np.partition(keys, len(keys) - depth, axis=0)[-depth:]
    best_of[:, columns] = np.sort(keys, axis=0)[::-1]


def _unpack(keys: Whole, size: int) -> Lists:
    """Keys back to positions and points."""
    there = keys >= 0
    positions = np.where(there, size - 1 - keys % max(size, 1), -1)
    return Lists(positions.astype(np.int32), np.where(there, keys // max(size, 1), 0).astype(np.int32))


# --- the compiled pass --------------------------------------------------------------------------------------------


def _machine() -> ModuleType:
    """The compiled half. Imported late: numba costs time and memory that a web request never needs."""
    from matching.engine import compiled

    return compiled


def warm_up() -> None:
    """Compile, or fetch what was compiled before, so that the first real problem need not wait for it."""
    one = sparse.csr_matrix(np.ones((1, 1), dtype=np.int32))
    none, nothing = np.zeros(1, dtype=np.int32), np.zeros((0, 1), dtype=np.int32)
    problem = Problem(
        vectors=((one, one),), person_zone=none, slot_zone=none, person_limits=nothing, slot_limits=nothing
    )
    lists, _ = best(problem, 1, kernel="compiled", threads=2)
    Audience.of(problem, lists).meet(problem, 1)


def floors() -> NDArray[np.float32]:
    """For 0 to 10,000 points the smallest number of units that earns them."""
    points = np.arange(MAX_POINTS + 1, dtype=np.int64)
    return np.maximum(-((ONE // 2 - points * ONE) // MAX_POINTS), 0).astype(np.float32)


def _asked(problem: Problem) -> list[Ints]:
    """All that filters ask about people, but for what is hidden from single ones; the zone first."""
    more = (problem.person_bits, problem.busy_group, problem.person_place)
    return [problem.person_zone, *problem.person_limits, *(values for values in more if len(values))]


def _one_key(columns: list[Ints]) -> Whole:
    """Equal where all columns are equal, and ordered by the first of them first."""
    key, span = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if span * (high - low + 1) >= 1 << 62:
            key, span = np.unique(key, return_inverse=True)[1].astype(np.int64), len(key)
        if span * (high - low + 1) >= 1 << 62:
            column, low = np.unique(column, return_inverse=True)[1].astype(np.int32), 0
            high = len(column) - 1
        key = key * (high - low + 1) + (column.astype(np.int64) - low)
        span *= high - low + 1
    return key


@dataclass(frozen=True)
class _Crowd:
    """People in the order in which they are ranked: by zone, then by what else the filters ask; and in chunks."""

    order: Ints
    same: Flags  # whether one meets the same filters as the one before
    chunk_start: Whole
    chunk_zone: Whole  # position of the zone on the floor

    @classmethod
    def of(cls, problem: Problem, zones: Whole) -> _Crowd:
        key = _one_key(_asked(problem))
        order = np.argsort(key, kind="stable").astype(np.int32)
        key = key[order]
        same = np.concatenate([[False], key[1:] == key[:-1]])
        here, starts = np.unique(problem.person_zone[order], return_index=True)
        at = np.searchsorted(zones, here)
        at[~np.isin(here, zones)] = len(zones)
        cuts = [
            (start, zone)
            for zone, (first, stop) in zip(at.tolist(), pairwise([*starts.tolist(), len(order)]), strict=True)
            for start in range(first, stop, _CHUNK)
        ]
        return cls(
            order,
            same,
            np.asarray([start for start, _ in cuts] + [len(order)], dtype=np.int64),
            np.asarray([zone for _, zone in cuts], dtype=np.int64),
        )


@dataclass(frozen=True)
class _Floor:
    """Slots in the order in which they are kept, in segments of one zone, and the tiles that each zone's people walk."""

    order: Ints  # position of the slot in each place; -1 fills a segment up to whole vector registers
    segment_start: Whole
    zones: Whole  # sorted; people of any other zone walk the last tiles
    zone_tile: Whole
    tile_piece: Whole
    piece_segment: Whole

    @classmethod
    def of(cls, slot_zone: Ints) -> _Floor:
        met = np.flatnonzero(slot_zone >= EVERYWHERE)
        met = met[np.argsort(slot_zone[met], kind="stable")].astype(np.int32)
        of_zone: dict[int, list[int]] = {}
        starts = [0]
        parts: list[Ints] = []
        kept, first = np.unique(slot_zone[met], return_index=True)
        for zone, (start, stop) in zip(kept.tolist(), pairwise([*first.tolist(), len(met)]), strict=True):
            for at in range(start, stop, _CELLS):
                of_zone.setdefault(zone, []).append(len(parts))
                part = met[at : min(at + _CELLS, stop)]
                parts.append(np.append(part, np.full(-len(part) % _REGISTERS, -1, dtype=np.int32)))
                starts.append(starts[-1] + len(parts[-1]))
        everywhere = of_zone.pop(EVERYWHERE, [])
        zone_tile, tile_piece = [0], [0]
        pieces: list[int] = []
        for own in [*of_zone.values(), []]:
            filled = 0
            for segment in everywhere + own:
                size = starts[segment + 1] - starts[segment]
                if filled and filled + size > _CELLS:
                    tile_piece.append(len(pieces))
                    filled = 0
                pieces.append(segment)
                filled += size
            if filled:
                tile_piece.append(len(pieces))
            zone_tile.append(len(tile_piece) - 1)
        return cls(
            np.concatenate([_none(), *parts]),
            np.asarray(starts, dtype=np.int64),
            np.asarray(list(of_zone), dtype=np.int64),
            np.asarray(zone_tile, dtype=np.int64),
            np.asarray(tile_piece, dtype=np.int64),
            np.asarray(pieces, dtype=np.int64),
        )

    def carry(self, values: Ints) -> Ints:
        """Values of the slots, along the last axis, in the order of the floor; any value where there is no slot."""
        return np.ascontiguousarray(values[..., self.order]) if values.shape[-1] else values


@dataclass(frozen=True)
class _Shelf:
    """The slots' vectors turned over: common columns as rows of all slots, the others as lists by segment."""

    role: Ints  # of each column: below `denses` a row, else denses + list; -1 nobody has it
    dense: NDArray[np.float32]
    denses: int
    lists: int
    list_ptr: NDArray[np.uint32]
    list_slot: NDArray[np.uint16]
    list_val: NDArray[np.float32]
    asked_from: int  # the list of the first prerequisite

    @classmethod
    def of(cls, problem: Problem, floor: _Floor) -> _Shelf:
        width, real = len(floor.order), np.flatnonzero(floor.order >= 0)
        slots = _side([slots for _, slots in problem.vectors])[floor.order[real]]
        counts = np.bincount(slots.indices, minlength=slots.shape[1])
        common = np.flatnonzero(counts > _DENSE * width)
        common = common[np.argsort(-counts[common], kind="stable")][: _DENSE_BYTES // (4 * max(width, 1))]
        role = np.full(slots.shape[1], -1, dtype=np.int32)
        rest = counts > 0
        rest[common] = False
        role[common] = np.arange(len(common))
        role[rest] = len(common) + np.arange(int(rest.sum()))
        row = np.repeat(real, np.diff(slots.indptr))
        part = role[slots.indices]
        dense = _aligned(len(common) * width).reshape(len(common), width)
        often = part < len(common)
        dense[part[often], row[often]] = slots.data[often]
        part, row, data = part[~often] - len(common), row[~often], slots.data[~often]
        lists = asked_from = int(rest.sum())
        if problem.prerequisites is not None:
            asked = sparse.csr_matrix(problem.prerequisites.asked)[floor.order[real]]
            part = np.concatenate([part, asked_from + asked.indices])
            row = np.concatenate([row, np.repeat(real, np.diff(asked.indptr))])
            data = np.concatenate([data, asked.data])
            lists += asked.shape[1]
        segment = np.repeat(np.arange(len(floor.segment_start) - 1), np.diff(floor.segment_start))[row]
        turned = sparse.coo_matrix(
            (data.astype(np.float32), (row - floor.segment_start[segment], segment * (lists + 1) + part)),
            shape=(_CELLS, (len(floor.segment_start) - 1) * (lists + 1)),
        ).tocsc()
        return cls(
            role,
            dense.ravel(),
            len(common),
            lists,
            turned.indptr.astype(np.uint32),
            turned.indices.astype(np.uint16),
            turned.data,
            asked_from,
        )


def _aligned(size: int) -> NDArray[np.float32]:
    """Zeros that start on a cache line."""
    room = np.zeros(size + 16, dtype=np.float32)
    skip = -room.ctypes.data % 64 // 4
    return room[skip : skip + size]


def _side(blocks: list[sparse.csr_matrix]) -> sparse.csr_matrix:
    return blocks[0] if len(blocks) == 1 else sparse.hstack(blocks, format="csr")


def _csr(matrix: sparse.csr_matrix) -> tuple[Whole, Ints, Ints]:
    return (
        matrix.indptr.astype(np.int64, copy=False),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(np.int32, copy=False),
    )


class _Desk:
    """What one thread holds of the slots' lists: heaps of keys, and the units below which a person need not ask."""

    def __init__(self, slots: int, depth: int, lowest: np.float32) -> None:
        self.heap = np.zeros(slots * depth, dtype=np.int64)
        self.threshold = np.full(slots if depth else 0, lowest, dtype=np.float32)


@dataclass(frozen=True)
class Ready:
    """The slots of a problem made ready for the compiled pass, to meet other people as often as they come."""

    floor: _Floor
    shelf: _Shelf
    real: Whole  # the places of the floor where a slot stands
    moved: Ints  # the place of each slot

    @classmethod
    def of(cls, problem: Problem) -> Ready:
        """Only the slots' side of the problem is read."""
        floor = _Floor.of(problem.slot_zone)
        real = np.flatnonzero(floor.order >= 0)
        moved = np.full(problem.slots, -1, dtype=np.int32)
        moved[floor.order[real]] = real
        return cls(floor, _Shelf.of(problem, floor), real, moved)


def _compiled(problem: Problem, ready: Ready, for_people: int, for_slots: int, threads: int) -> tuple[Lists, Lists]:
    machine, floor, shelf = _machine(), ready.floor, ready.shelf
    width = len(floor.order)
    crowd = _Crowd.of(problem, floor.zones)
    floor_of = floors()
    of_people = np.zeros(problem.people * for_people, dtype=np.int64)
    desks = [_Desk(width, for_slots, floor_of[1]) for _ in range(threads)]
    shared = (
        *(crowd.chunk_start, crowd.chunk_zone, crowd.order, crowd.same),
        *_person_arrays(problem),
        *(shelf.role, np.uint64(problem.vectors[0][0].shape[1])),
        *(shelf.dense, np.uint64(width), np.int32(shelf.denses)),
        *(shelf.list_ptr, np.uint64(shelf.lists), shelf.list_slot, shelf.list_val),
        *(floor.zone_tile, floor.tile_piece, floor.piece_segment, floor.segment_start, floor.order),
        *_filter_arrays(problem, ready, machine.HIDDEN),
        *_prerequisite_arrays(problem, ready),
        *(np.uint64(for_people), np.uint64(for_slots), *_sizes(for_people)),
        *(floor_of, of_people),
    )
    chunks, step = len(crowd.chunk_zone), 4

    def work(desk: _Desk, todo: Iterator[int], lock: Lock, stop: int) -> None:
        while True:
            with lock:
                chunk = next(todo, None)
            if chunk is None:
                return
            machine.rank_chunks(chunk, min(chunk + step, stop), *shared, desk.heap, desk.threshold)

    for start, stop in _waves(chunks, threads) if for_slots else [(0, chunks)]:
        todo, lock = iter(range(start, stop, step)), Lock()
        if threads == 1 or stop - start <= step:
            work(desks[0], todo, lock, stop)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(work, desks, repeat(todo), repeat(lock), repeat(stop)))
        for desk in desks[1:] if for_slots else ():
            machine.merge(desks[0].heap, desk.heap, desks[0].threshold, np.uint64(for_slots), floor_of)
        for desk in desks[1:]:
            desk.threshold[:] = desks[0].threshold
    of_slots = np.zeros((problem.slots, for_slots), dtype=np.int64)
    of_slots[floor.order[ready.real]] = np.sort(desks[0].heap.reshape(width, for_slots)[ready.real], axis=1)[:, ::-1]
    return _read(of_people.reshape(problem.people, for_people), machine.POSITIONS), _read(of_slots, machine.POSITIONS)


# The arguments of `compiled.rank_chunks`, in its order. Types never vary, so that there is one thing to compile.


def _person_arrays(problem: Problem) -> tuple[object, ...]:
    people = [people for people, _ in problem.vectors]
    rest = _side(people[1:]) if len(people) > 1 else sparse.csr_matrix((problem.people, 1), dtype=np.int32)
    return *_csr(people[0]), *_csr(rest)


def _filter_arrays(problem: Problem, ready: Ready, shut: np.float32) -> tuple[object, ...]:
    floor, nothing = ready.floor, Groups(np.zeros(1, dtype=np.int64), np.zeros((2, 0), dtype=np.int32))
    busy, hidden = problem.busy or nothing, problem.hidden or nothing
    return (
        np.uint64(len(problem.slot_limits)),
        np.where(floor.order < 0, shut, np.float32(0)),
        floor.carry(problem.slot_limits).ravel(),
        np.ascontiguousarray(problem.person_limits).ravel(),
        floor.carry(problem.slot_bits),
        problem.person_bits,
        *(floor.carry(problem.slot_period) if problem.busy is not None else nothing.values),
        problem.busy_group if problem.busy is not None else _none(),
        busy.start,
        *busy.values,
        np.float32(problem.place_units),
        floor.carry(problem.slot_place) if problem.place_units else _none(),
        problem.person_place,
        problem.hidden_group if problem.hidden is not None else _none(),
        hidden.start,
        ready.moved[hidden.values[0]],
    )


def _prerequisite_arrays(problem: Problem, ready: Ready) -> tuple[object, ...]:
    asked = problem.prerequisites
    if asked is None:
        none = _none()
        return False, none, np.zeros(0, dtype=np.float32), np.zeros(1, dtype=np.int64), none, none
    start, condition, added = _csr(asked.answers)
    kept = np.append(asked.kept, -1).astype(np.float32)  # what is beyond the table blocks
    return True, ready.floor.carry(asked.count), kept, start, condition + np.int32(ready.shelf.asked_from), added


def _sizes(depth: int) -> tuple[np.uint64, np.uint64]:
    """How many maxima are taken of a tile, several for each place in the list, and the room for its sums."""
    block = 256
    while block < min(4 * depth, _CELLS):
        block *= 2
    return np.uint64(block), np.uint64(_CELLS + _REGISTERS + block)


def _waves(chunks: int, threads: int) -> list[tuple[int, int]]:
    """After each wave the threads tell each other what the slots hold: often at first, when it changes fast."""
    cuts = [0]
    while cuts[-1] < chunks:
        cuts.append(min(chunks, max(2 * cuts[-1], threads)))
    return list(pairwise(cuts))


def _read(keys: Whole, positions: int) -> Lists:
    """Keys back to positions and points: the two halves of each number, without a copy of them all."""
    halves = keys.view(np.int32).reshape(*keys.shape, 2)
    low, points = (halves[..., 0], halves[..., 1]) if sys.byteorder == "little" else (halves[..., 1], halves[..., 0])
    where = np.subtract(positions, low, dtype=np.int32)
    where[points == 0] = -1
    return Lists(where, points.copy())


# --- a new slot ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Audience:
    """People made ready to meet new slots: by kind, their vectors turned over, and what each one's list ends with."""

    order: Ints  # people by kind: all of one kind meet the same filters, but for what is hidden from single ones
    first: Whole  # a person of each kind
    block_start: Ints  # of at most _BLOCK people of one kind
    block_kind: Ints
    start: Whole  # their vectors by column
    who: Ints
    worth: NDArray[np.float32]
    least: NDArray[np.float32]  # units from which a slot comes into a person's list, or ties with its end
    sums: NDArray[np.float32]  # and the rest: room for what `meet` works out
    tops: NDArray[np.float32]
    gains: NDArray[np.float32]

    @classmethod
    def of(cls, problem: Problem, by_person: Lists) -> Audience:
        """Only the people's side of the problem is read."""
        _, first, kind, size = np.unique(
            _one_key(_asked(problem)), return_index=True, return_inverse=True, return_counts=True
        )
        order = np.argsort(kind, kind="stable").astype(np.int32)
        turned = _side([people for people, _ in problem.vectors])[order].tocsc()
        blocks = -(-size // _BLOCK)
        block_kind = np.repeat(np.arange(len(size)), blocks)
        within_kind = np.arange(len(block_kind)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
        block_start = np.append(np.repeat(np.cumsum(size) - size, blocks) + _BLOCK * within_kind, problem.people)
        last = by_person.points[:, -1] if by_person.points.shape[1] else np.zeros(problem.people, dtype=np.int32)
        return cls(
            order,
            first,
            block_start.astype(np.int32),
            block_kind.astype(np.int32),
            turned.indptr.astype(np.int64),
            turned.indices.astype(np.int32, copy=False),
            turned.data.astype(np.float32),
            floors()[np.maximum(last, 1)][order],
            np.zeros(problem.people, dtype=np.float32),
            *np.zeros((2, len(block_kind)), dtype=np.float32),
        )

    def meet(self, problem: Problem, depth: int) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
        """The only slot of a problem with the same people: whose lists it reaches, and its own `depth` best people.

        Each as positions and points, the first in no order. Not for two threads at once.
        """
        machine, zero = _machine(), np.float32(0)
        row = _side([slots for _, slots in problem.vectors])
        verdict = self._verdict(problem, machine.HIDDEN)
        blocks = (self.block_start, self.block_kind, verdict)
        machine.meet_people(
            *(self.start, self.who, self.worth, row.indices.astype(np.int64), row.data.astype(np.float32)),
            *(self.least, *blocks, self.sums, self.tops, self.gains),
        )
        hidden_of, gone = self._gone(problem)
        look = partial(machine.those_above, self.sums, self.least)
        rest = (*blocks, self.order, hidden_of, gone)
        who, units = look(zero, self.gains, zero, *rest)
        points = self._points(problem, who, units)
        if problem.prerequisites is not None:  # which may lower what came in below the end of a list again
            ends = np.empty_like(self.least)
            ends[self.order] = self.least
            comes_in = points >= to_points(ends[who].astype(np.int64))
            who, points = who[comes_in], points[comes_in]
        # of so many blocks of people the best come to `within`
        enough = min(4 * depth, len(self.tops))
        within = max(np.partition(self.tops, len(self.tops) - enough)[len(self.tops) - enough], np.float32(1))
        while True:
            there, units = look(within, self.tops, within, *rest)
            worth = self._points(problem, there, units)
            best = np.lexsort((there, -worth))[:depth]
            best = best[worth[best] > 0]
            # whoever was not looked at has fewer units than `within`
            if within <= 1 or (len(best) == depth and worth[best[-1]] > to_points(int(within))):
                break
            within = max(np.float32(within // 2), np.float32(1))
        return (who, points), (there[best], worth[best])

    def _verdict(self, problem: Problem, shut: np.float32) -> NDArray[np.float32]:
        """What each kind of person gains at this slot, or that it may not meet it."""
        zone, only = problem.slot_zone[0], np.zeros(1, dtype=np.int64)
        allowed = _terms_allow(problem, self.first, only)[:, 0]
        allowed &= (zone == EVERYWHERE) | (zone == problem.person_zone[self.first])
        gain = np.zeros(len(self.first), dtype=np.float32)
        if problem.place_units:
            place = problem.slot_place[0]
            gain[(place == ANY_PLACE) | (place == problem.person_place[self.first])] = problem.place_units
        return np.where(allowed, gain, shut)

    def _gone(self, problem: Problem) -> tuple[Ints, Flags]:
        """The group of each person, and of each group, with nobody's as the last, whether the slot is hidden from it."""
        if problem.hidden is None:
            return _none(), np.zeros(1, dtype=bool)
        gone = np.zeros(len(problem.hidden.start), dtype=bool)
        gone[:-1] = np.diff(problem.hidden.start) > 0
        return problem.hidden_group, gone

    def _points(self, problem: Problem, who: Ints, units: Ints) -> Ints:
        asked = problem.prerequisites
        worth = units.astype(np.int64)
        if asked is not None:
            unmet = asked.count[0] + (asked.answers[who] @ asked.asked[:1].T).toarray()[:, 0]
            worth = worth * asked.kept[unmet % BLOCKED] // KEEP_ONE
            worth[unmet >= BLOCKED] = 0
        return to_points(worth).astype(np.int32)
