"""The compiled half of `kernel`: one pass over people and slots. Import it only where compiling may take its time.

Loops count in uint64 and index flat arrays, without views: signed indices and views cost more than the additions. All
sums are of whole numbers that are not negative, so float32 holds them exactly up to ONE, and above it they only need to
stay above it, which rounding cannot undo.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np

from matching.engine.fixedpoint import KEEP_ONE, MAX_POINTS, ONE

Function = TypeVar("Function", bound=Callable[..., Any])

HIDDEN = np.float32(-1e30)  # far below every sum, so that adding to it changes nothing
POSITIONS = (1 << 31) - 1  # a key is points * 2^32 + (POSITIONS - position): larger is better, all keys differ
FEW = 64
_QUICK = {"nnan", "ninf", "nsz", "contract", "reassoc"}
_TOP, _HALF = np.int64(ONE), np.int64(ONE // 2)
_FULL, _KEEP = np.float32(ONE), np.float64(1.0 / KEEP_ONE)


def _compiled(function: Function) -> Any:
    """Compile at the first call and keep the result on disk, where there is a disk to keep it on."""
    options: dict[str, Any] = {"nogil": True, "fastmath": _QUICK, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no folder may be written to
        return numba.njit(**options)(function)


@_compiled
def _points(units):  # type: ignore[no-untyped-def]
    return (min(np.int64(units), _TOP) * MAX_POINTS + _HALF) // _TOP


@_compiled
def _sort(keys, count):  # type: ignore[no-untyped-def]
    """Shell sort of the first keys, largest first: they are few, and mostly in no order."""
    one, three = np.uint64(1), np.uint64(3)
    gap: Any = one
    while gap < count // three:
        gap = gap * three + one
    while gap > np.uint64(0):
        for start in range(gap, count):
            key, at = keys[start], start
            while at >= gap and keys[at - gap] < key:
                keys[at] = keys[at - gap]
                at -= gap
            keys[at] = key
        gap = gap // three


@_compiled
def _sort_few(keys, count, ordered):  # type: ignore[no-untyped-def]
    """The same for at most FEW keys: each goes where the number of larger ones says, which needs no branch."""
    eight = np.uint64(8)
    wide = (count + eight - np.uint64(1)) // eight * eight
    for h in range(count, wide):
        keys[h] = 0
    for h in range(count):
        key, rank = keys[h], np.int64(0)
        for g in range(wide):
            rank += np.int64(keys[g] > key)
        ordered[np.uint64(rank)] = key


@_compiled
def _replace_least(heap, base, size, key):  # type: ignore[no-untyped-def]
    """Put a key in the place of the least, which stands first."""
    one, at = np.uint64(1), np.uint64(0)
    while True:
        child = at + at + one
        if child >= size:
            break
        if child + one < size and heap[base + child + one] < heap[base + child]:
            child += one
        if heap[base + child] >= key:
            break
        heap[base + at] = heap[base + child]
        at = child
    heap[base + at] = key


@_compiled
def rank_chunks(  # type: ignore[no-untyped-def]
    chunk_from,
    chunk_to,
    chunk_start,
    chunk_zone,
    order,
    same,
    a_ptr,
    a_col,
    a_val,
    b_ptr,
    b_col,
    b_val,
    role,
    b_offset,
    dense,
    width,
    denses,
    list_ptr,
    lists,
    list_slot,
    list_val,
    zone_tile,
    tile_piece,
    piece_segment,
    segment_start,
    slot_id,
    limits,
    shut,
    slot_limit,
    person_limit,
    slot_bits,
    person_bits,
    slot_starts,
    slot_ends,
    busy_of,
    busy_ptr,
    busy_first,
    busy_last,
    bonus,
    slot_place,
    person_place,
    hidden_of,
    hidden_ptr,
    hidden_slot,
    asks,
    base_count,
    kept,
    answer_ptr,
    answer_col,
    answer_val,
    k,
    slot_k,
    block,
    cells,
    floor_of,
    best,
    heap,
    threshold,
):
    """Rank the people of some chunks; see `kernel._Plan` for the arrays. The answers are in best, heap and threshold."""
    one, four = np.uint64(1), np.uint64(4)
    zero = np.float32(0.0)
    both = slot_k > np.uint64(0)
    people = np.uint64(len(order))
    acc = np.empty(cells, np.float32)
    row = np.empty(cells, np.float32)
    there = np.empty(cells, np.float32)
    factor = np.empty(cells, np.float32)
    unmet = np.empty(cells, np.int32)
    slot_of = np.empty(cells, np.uint64)
    id_of = np.empty(cells, np.int32)
    columns = np.empty(block + one, np.uint64)
    cell_of = np.empty(cells + one, np.uint64)
    tops = np.empty(block, np.float32)
    beyond = np.empty(block, np.float32)
    longest = np.uint64(1)
    for q in range(np.uint64(chunk_start[chunk_from]), np.uint64(chunk_start[chunk_to])):
        i = np.uint64(order[q])
        longest = max(longest, np.uint64(a_ptr[i + one] - a_ptr[i] + b_ptr[i + one] - b_ptr[i]))
    row_of = np.empty(longest + four, np.uint64)
    row_by = np.empty(longest + four, np.float32)
    list_of = np.empty(longest, np.uint64)
    list_by = np.empty(longest, np.float32)
    enough, unit = np.float32(k), np.float32(1.0)
    few = np.uint64(FEW)
    room = k + k + few + few
    keys = np.empty(room, np.int64)
    ordered = np.empty(few, np.int64)
    held = np.zeros(1, np.uint64)
    start_at = np.empty(len(segment_start) + 1, np.uint64)

    for chunk in range(chunk_from, chunk_to):
        first, stop = np.uint64(chunk_start[chunk]), np.uint64(chunk_start[chunk + 1])
        if len(held) < stop - first:
            held = np.zeros(stop - first, np.uint64)
        held[:] = 0
        zone = chunk_zone[chunk]
        for tile in range(zone_tile[zone], zone_tile[zone + 1]):
            piece_from, piece_to = np.uint64(tile_piece[tile]), np.uint64(tile_piece[tile + 1])
            n = np.uint64(0)
            for piece in range(piece_from, piece_to):
                start_at[piece - piece_from] = n
                segment = np.uint64(piece_segment[piece])
                s0, s1 = np.uint64(segment_start[segment]), np.uint64(segment_start[segment + one])
                for j in range(s1 - s0):
                    slot_of[n + j] = s0 + j
                    id_of[n + j] = slot_id[s0 + j]
                if both:
                    for j in range(s1 - s0):
                        there[n + j] = threshold[s0 + j]
                n += s1 - s0
            rows = (n + block - one) // block
            padded = rows * block
            for j in range(n, padded):
                acc[j] = HIDDEN
                there[j] = zero

            for q in range(first, stop):
                i = np.uint64(order[q])

                # what the filters leave of this tile for people like this one
                if q == first or not same[q]:
                    for piece in range(piece_from, piece_to):
                        segment = np.uint64(piece_segment[piece])
                        s0, s1 = np.uint64(segment_start[segment]), np.uint64(segment_start[segment + one])
                        size, at = s1 - s0, start_at[piece - piece_from]
                        if bonus > zero:
                            here = person_place[i]
                            for j in range(size):
                                place = slot_place[s0 + j]
                                row[at + j] = shut[s0 + j] + (bonus if (place == here) | (place == -2) else zero)
                        else:
                            for j in range(size):
                                row[at + j] = shut[s0 + j]
                        for m in range(limits):
                            most, from_ = person_limit[m * people + i], m * width + s0
                            for j in range(size):
                                row[at + j] = row[at + j] if slot_limit[from_ + j] <= most else HIDDEN
                        if len(slot_bits):
                            mine = person_bits[i]
                            for j in range(size):
                                row[at + j] = row[at + j] if (slot_bits[s0 + j] & mine) != 0 else HIDDEN
                        if len(busy_of):
                            group = np.uint64(busy_of[i])
                            for p in range(np.uint64(busy_ptr[group]), np.uint64(busy_ptr[group + one])):
                                begin, end = busy_first[p], busy_last[p]
                                for j in range(size):
                                    clash = (slot_starts[s0 + j] <= end) & (slot_ends[s0 + j] >= begin)
                                    row[at + j] = HIDDEN if clash else row[at + j]

                # the person's vector: columns kept as rows, and columns kept as lists
                dense_count, list_count = np.uint64(0), np.uint64(0)
                for p in range(np.uint64(a_ptr[i]), np.uint64(a_ptr[i + one])):
                    part = role[np.uint64(a_col[p])]
                    if part >= denses:
                        list_of[list_count] = np.uint64(part - denses)
                        list_by[list_count] = np.float32(a_val[p])
                        list_count += one
                    elif part >= 0:
                        row_of[dense_count] = np.uint64(part) * width
                        row_by[dense_count] = np.float32(a_val[p])
                        dense_count += one
                for p in range(np.uint64(b_ptr[i]), np.uint64(b_ptr[i + one])):
                    part = role[np.uint64(b_col[p]) + b_offset]
                    if part >= denses:
                        list_of[list_count] = np.uint64(part - denses)
                        list_by[list_count] = np.float32(b_val[p])
                        list_count += one
                    elif part >= 0:
                        row_of[dense_count] = np.uint64(part) * width
                        row_by[dense_count] = np.float32(b_val[p])
                        dense_count += one

                for piece in range(piece_from, piece_to):
                    segment = np.uint64(piece_segment[piece])
                    s0, s1 = np.uint64(segment_start[segment]), np.uint64(segment_start[segment + one])
                    size, at = s1 - s0, start_at[piece - piece_from]
                    if dense_count == 0:
                        for j in range(size):
                            acc[at + j] = row[at + j]
                    done = np.uint64(0)
                    while done < dense_count:
                        left = dense_count - done
                        w0, r0 = row_by[done], row_of[done] + s0
                        if left == one:
                            if done == 0:
                                for j in range(size):
                                    acc[at + j] = row[at + j] + w0 * dense[r0 + j]
                            else:
                                for j in range(size):
                                    acc[at + j] = acc[at + j] + w0 * dense[r0 + j]
                            done += one
                            continue
                        w1, r1 = row_by[done + one], row_of[done + one] + s0
                        if left < four:
                            if done == 0:
                                for j in range(size):
                                    acc[at + j] = row[at + j] + w0 * dense[r0 + j] + w1 * dense[r1 + j]
                            else:
                                for j in range(size):
                                    acc[at + j] = acc[at + j] + w0 * dense[r0 + j] + w1 * dense[r1 + j]
                            done += one + one
                            continue
                        w2, r2 = row_by[done + one + one], row_of[done + one + one] + s0
                        w3, r3 = row_by[done + four - one], row_of[done + four - one] + s0
                        if done == 0:
                            for j in range(size):
                                acc[at + j] = (
                                    row[at + j]
                                    + w0 * dense[r0 + j]
                                    + w1 * dense[r1 + j]
                                    + w2 * dense[r2 + j]
                                    + w3 * dense[r3 + j]
                                )
                        else:
                            for j in range(size):
                                acc[at + j] = (
                                    acc[at + j]
                                    + w0 * dense[r0 + j]
                                    + w1 * dense[r1 + j]
                                    + w2 * dense[r2 + j]
                                    + w3 * dense[r3 + j]
                                )
                        done += four
                    from_ = segment * (lists + one)
                    for e in range(list_count):
                        weight = list_by[e]
                        p0 = np.uint64(list_ptr[from_ + list_of[e]])
                        p1 = np.uint64(list_ptr[from_ + list_of[e] + one])
                        for p in range(p0, p1):
                            acc[at + np.uint64(list_slot[p])] += weight * list_val[p]

                if bonus > zero:  # a place alone is no match
                    for j in range(n):
                        acc[j] = acc[j] if acc[j] > row[j] else min(acc[j], zero)

                if asks:
                    for piece in range(piece_from, piece_to):
                        segment = np.uint64(piece_segment[piece])
                        s0, s1 = np.uint64(segment_start[segment]), np.uint64(segment_start[segment + one])
                        size, at = s1 - s0, start_at[piece - piece_from]
                        for j in range(size):
                            unmet[at + j] = base_count[s0 + j]
                        from_ = segment * (lists + one)
                        for p in range(np.uint64(answer_ptr[i]), np.uint64(answer_ptr[i + one])):
                            part = np.uint64(answer_col[p])
                            p0, p1 = np.uint64(list_ptr[from_ + part]), np.uint64(list_ptr[from_ + part + one])
                            for e in range(p0, p1):
                                unmet[at + np.uint64(list_slot[e])] += answer_val[p]
                    for j in range(n):
                        factor[j] = kept[min(unmet[j], np.int32(len(kept) - 1))]
                    for j in range(n):
                        lowered = np.floor(np.float64(min(acc[j], _FULL)) * np.float64(factor[j]) * _KEEP)
                        acc[j] = np.float32(lowered) if factor[j] >= zero else HIDDEN

                if len(hidden_of) and hidden_of[i] >= 0:
                    group = np.uint64(hidden_of[i])
                    for p in range(np.uint64(hidden_ptr[group]), np.uint64(hidden_ptr[group + one])):
                        s = np.uint64(hidden_slot[p])
                        for piece in range(piece_from, piece_to):
                            segment = np.uint64(piece_segment[piece])
                            s0, s1 = np.uint64(segment_start[segment]), np.uint64(segment_start[segment + one])
                            if s >= s0 and s < s1:
                                acc[start_at[piece - piece_from] + s - s0] = HIDDEN

                # the best of every `block`-th cell, and how far one passes what its slot holds already
                if both:
                    for c in range(block):
                        tops[c] = acc[c]
                        beyond[c] = acc[c] - there[c]
                    for r in range(one, rows):
                        from_ = r * block
                        for c in range(block):
                            value = acc[from_ + c]
                            tops[c] = max(tops[c], value)
                            beyond[c] = max(beyond[c], value - there[from_ + c])
                else:
                    for c in range(block):
                        tops[c] = acc[c]
                    for r in range(one, rows):
                        from_ = r * block
                        for c in range(block):
                            tops[c] = max(tops[c], acc[from_ + c])

                # k different cells reach `least`, so no worse one is among the best k
                count = held[q - first]
                least, most = floor_of[1], zero
                for c in range(block):
                    most = max(most, tops[c])
                if count == k:
                    least = floor_of[best[i * k + k - one] >> 32]
                if most >= least:
                    low, high = least, most
                    for _ in range(9):
                        middle = np.float32(0.5) * (low + high)
                        reached = zero
                        for c in range(block):
                            reached += unit if tops[c] >= middle else zero
                        if reached >= enough:
                            low = middle
                            if reached <= enough + unit + unit:
                                break
                        else:
                            high = middle
                    least = floor_of[max(_points(low), 1)]
                    for h in range(count):
                        keys[h] = best[i * k + h]
                    found = np.uint64(0)
                    for c in range(block):  # without a branch: which ones reach it is hard to guess
                        columns[found] = c
                        found += np.uint64(tops[c] >= least)
                    hits = np.uint64(0)
                    for f in range(found):
                        cell = columns[f]
                        for _ in range(rows):
                            cell_of[hits] = cell
                            hits += np.uint64(acc[cell] >= least)
                            cell += block
                    for g in range(hits):
                        cell = cell_of[g]
                        if count == room:
                            _sort(keys, count)
                            count = k
                        keys[count] = (_points(acc[cell]) << 32) + POSITIONS - np.int64(id_of[cell])
                        count += one
                    if count <= few:
                        _sort_few(keys, count, ordered)
                        count = min(count, k)
                        for h in range(count):
                            best[i * k + h] = ordered[h]
                    else:
                        _sort(keys, count)
                        count = min(count, k)
                        for h in range(count):
                            best[i * k + h] = keys[h]
                    held[q - first] = count

                if both:
                    found = np.uint64(0)
                    for c in range(block):
                        columns[found] = c
                        found += np.uint64(beyond[c] >= zero)
                    hits = np.uint64(0)
                    for f in range(found):
                        cell = columns[f]
                        for _ in range(rows):
                            cell_of[hits] = cell
                            hits += np.uint64(acc[cell] >= there[cell])
                            cell += block
                    for g in range(hits):
                        cell = cell_of[g]
                        key = (_points(acc[cell]) << 32) + POSITIONS - np.int64(i)
                        base = slot_of[cell] * slot_k
                        if key > heap[base]:  # empty places hold 0, less than any key
                            _replace_least(heap, base, slot_k, key)
                            if heap[base] > 0:
                                there[cell] = max(there[cell], floor_of[heap[base] >> 32])
            if both:
                for piece in range(piece_from, piece_to):
                    segment = np.uint64(piece_segment[piece])
                    s0, s1 = np.uint64(segment_start[segment]), np.uint64(segment_start[segment + one])
                    for j in range(s1 - s0):
                        threshold[s0 + j] = there[start_at[piece - piece_from] + j]


@_compiled
def merge(heap, other, threshold, depth, floor_of):  # type: ignore[no-untyped-def]
    """Bring the keys of other heaps into these, and empty the others."""
    for s in range(np.uint64(len(threshold))):
        base = s * depth
        for e in range(depth):
            if other[base + e] > heap[base]:
                _replace_least(heap, base, depth, other[base + e])
            other[base + e] = 0
        if heap[base] > 0:
            threshold[s] = floor_of[heap[base] >> 32]


@_compiled
def meet_people(  # type: ignore[no-untyped-def]
    start,
    who,
    worth,
    columns,
    values,
    least,
    block_start,
    block_kind,
    verdict,
    sums,
    tops,
    gains,
):
    """The linear units of everybody beside one slot. People stand by kind; verdict: what a kind gains, or HIDDEN.

    tops and gains: of every block of people of one kind the largest value, and the largest above the own least.
    """
    one, zero = np.uint64(1), np.float32(0.0)
    sums[:] = zero
    for c in range(np.uint64(len(columns))):
        column, value = np.uint64(columns[c]), values[c]
        for p in range(np.uint64(start[column]), np.uint64(start[column + one])):
            sums[np.uint64(who[p])] += worth[p] * value
    for b in range(np.uint64(len(block_kind))):
        added = verdict[np.uint64(block_kind[b])]
        top, gain = HIDDEN, HIDDEN
        if added >= zero:
            for i in range(np.uint64(block_start[b]), np.uint64(block_start[b + one])):
                value = sums[i] + added if sums[i] > zero else HIDDEN
                top = max(top, value)
                gain = max(gain, value - least[i])
        tops[b], gains[b] = top, gain


@_compiled
def those_above(  # type: ignore[no-untyped-def]
    sums,
    least,
    within,
    promise,
    bar,
    block_start,
    block_kind,
    verdict,
    order,
    hidden_of,
    gone,
):
    """Who comes to the own least, or to `within` where it is above 0, and with what units; only blocks whose promise
    comes to the bar are opened, and whoever is in a group that is gone is left out."""
    zero, one, count = np.float32(0.0), np.uint64(1), np.uint64(0)
    found = np.empty(len(order) + 1, np.int32)
    units = np.empty(len(order) + 1, np.int32)
    for b in range(np.uint64(len(promise))):
        if promise[b] >= bar:
            added = verdict[np.uint64(block_kind[b])]
            for i in range(np.uint64(block_start[b]), np.uint64(block_start[b + one])):
                # without a branch: who comes in is hard to guess
                value = sums[i] + added
                found[count] = order[i]
                units[count] = np.int32(min(value, _FULL))
                count += np.uint64((sums[i] > zero) & (value >= (within if within > zero else least[i])))
    if len(hidden_of):
        kept = np.uint64(0)
        for e in range(count):
            person, worth = found[e], units[e]
            found[kept] = person
            units[kept] = worth
            kept += np.uint64(not gone[hidden_of[np.uint64(person)]])
        count = kept
    return found[:count].copy(), units[:count].copy()
