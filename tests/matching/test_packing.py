"""Packed lists say what went in, in as few bytes as their generation needs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.retrieval import Lists
from matching.packing import (
    FINGERPRINT,
    entry_bytes_for,
    most_slots,
    pack_people,
    pack_person,
    unpack_people,
    unpack_person,
)

SIZES = st.integers(3, 5)


@st.composite
def ranked(draw: st.DrawFn) -> tuple[int, list[list[tuple[int, int]]]]:
    """Bytes of an entry, and lists of people: best points first, ties by ordinal."""
    size = draw(SIZES)
    highest = min(most_slots(size), 1 << 31) - 1
    entry = st.tuples(st.integers(0, highest), st.integers(1, 10_000))
    lists = st.lists(entry, max_size=6, unique_by=lambda one: one[0])
    people = draw(st.lists(lists, min_size=1, max_size=5))
    return size, [sorted(one, key=lambda entry: (-entry[1], entry[0])) for one in people]


@given(ranked())
def test_lists_come_back_as_they_were(given: tuple[int, list[list[tuple[int, int]]]]) -> None:
    size, people = given
    width = max(map(len, people))
    positions = np.full((len(people), width), -1, dtype=np.int32)
    points = np.zeros_like(positions)
    for row, entries in enumerate(people):
        for column, (ordinal, value) in enumerate(entries):
            positions[row, column], points[row, column] = ordinal, value
    told = [bytes([number]) * FINGERPRINT for number in range(len(people))]

    packed = pack_people(told, Lists(positions, points), width, entry_bytes=size)

    assert packed == [pack_person(t, e, entry_bytes=size) for t, e in zip(told, people, strict=True)]
    assert [unpack_person(row, entry_bytes=size) for row in packed] == list(zip(told, people, strict=True))
    again, lists = unpack_people(packed, entry_bytes=size)
    assert again == told
    assert np.array_equal(lists.positions, positions)
    assert np.array_equal(lists.points, points)
    assert [len(row) for row in packed] == [FINGERPRINT + size * len(entries) for entries in people]


@pytest.mark.parametrize(("slots", "size"), [(0, 3), (1024, 3), (1025, 4), (262_144, 4), (262_145, 5)])
def test_an_entry_takes_what_the_ordinals_need(slots: int, size: int) -> None:
    assert entry_bytes_for(slots) == size
    assert most_slots(size) >= slots
