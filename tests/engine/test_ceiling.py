from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matching.engine.ceiling import limit_first_places
from matching.engine.retrieval import Lists, entries


def lists_of(*rows: list[tuple[int, int]]) -> Lists:
    """Rows of (position, points), filled up with empty ends."""
    width = max((len(row) for row in rows), default=0)
    positions, points = np.full((len(rows), width), -1, np.int32), np.zeros((len(rows), width), np.int32)
    for at, row in enumerate(rows):
        for place, (position, value) in enumerate(row):
            positions[at, place], points[at, place] = position, value
    return Lists(positions, points)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Lists, list[str]]:
    partner_of = draw(st.lists(st.sampled_from(["alfa", "beta", "citra", "delta"]), min_size=1, max_size=5))
    rows = []
    for _ in range(draw(st.integers(0, 6))):
        chosen = draw(st.lists(st.sampled_from(range(len(partner_of))), unique=True, max_size=3))
        values = sorted(draw(st.lists(st.integers(1, 9), min_size=len(chosen), max_size=len(chosen))), reverse=True)
        rows.append(list(zip(chosen, values, strict=True)))
    return lists_of(*rows), partner_of


def firsts(lists: Lists, partner_of: list[str]) -> list[str]:
    return [partner_of[row[0][0]] for row in entries(lists) if row]


def cheapest(lists: Lists, partner_of: list[str], most: int) -> tuple[int, int]:
    """Every choice of first entries tried: the fewest places above the ceiling, then the fewest points lost."""
    rows = [row for row in entries(lists) if row]
    best = (len(rows) + 1, 0)
    for chosen in product(*rows):
        heads = [partner_of[position] for position, _ in chosen]
        above = sum(max(0, heads.count(name) - most) for name in set(heads))
        lost = sum(row[0][1] - points for row, (_, points) in zip(rows, chosen, strict=True))
        best = min(best, (above, lost))
    return best


@settings(max_examples=400, deadline=None)
@given(worlds(), st.sampled_from([0.1, 0.25, 0.34, 0.5, 0.7, 1.0]))
@example((lists_of([(0, 9), (1, 8)], [(0, 9), (1, 5)], [(1, 7), (2, 7)]), ["alfa", "beta", "citra"]), 0.34)
def test_the_ceiling_holds_at_the_smallest_cost(world: tuple[Lists, list[str]], ceiling: float) -> None:
    lists, partner_of = world
    limited = limit_first_places(lists, partner_of, ceiling)
    assert (limited.above, limited.points_lost) == cheapest(lists, partner_of, limited.most)
    heads = firsts(limited.lists, partner_of)
    assert sum(max(0, heads.count(name) - limited.most) for name in set(heads)) == limited.above
    assert limited.most == max(1, int(ceiling * len(heads) + 1e-9))


@settings(max_examples=200, deadline=None)
@given(worlds(), st.sampled_from([0.1, 0.34, 0.5]))
def test_lists_keep_their_members_their_points_and_the_order_of_the_rest(
    world: tuple[Lists, list[str]], ceiling: float
) -> None:
    lists, partner_of = world
    limited = limit_first_places(lists, partner_of, ceiling)
    moved = 0
    for before, after in zip(entries(lists), entries(limited.lists), strict=True):
        assert sorted(before) == sorted(after)
        if before != after:
            moved += 1
            assert partner_of[before[0][0]] != partner_of[after[0][0]]
            assert [entry for entry in before if entry != after[0]] == after[1:]
            same = [entry for entry in before if partner_of[entry[0]] == partner_of[after[0][0]]]
            assert after[0] == same[0]
    assert moved == limited.moved
    again = limit_first_places(lists, partner_of, ceiling)
    assert (again.lists.positions == limited.lists.positions).all()


def test_a_way_over_a_full_partner_is_found() -> None:
    """Beta is full, so alfa can only give way when one of beta's lists goes to citra."""
    world = lists_of([(0, 9), (1, 8)], [(0, 9), (1, 6)], [(1, 7), (2, 4)])
    limited = limit_first_places(world, ["alfa", "beta", "citra"], 0.34)
    assert firsts(limited.lists, ["alfa", "beta", "citra"]) == ["beta", "alfa", "citra"]
    assert (limited.most, limited.moved, limited.points_lost, limited.above) == (1, 2, 4, 0)


def test_nothing_changes_where_there_is_no_alternative() -> None:
    world = lists_of([(0, 9), (1, 8)], [(0, 5)], [], [(1, 5)])
    limited = limit_first_places(world, ["alfa", "alfa"], 0.5)
    assert (limited.lists.positions == world.positions).all()
    assert (limited.most, limited.moved, limited.above) == (1, 0, 2)
    assert limit_first_places(world, ["alfa", "beta"], 1.0).moved == 0


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_no_lists_or_only_empty_ones(shape: tuple[int, int]) -> None:
    nothing = Lists(np.full(shape, -1, np.int32), np.zeros(shape, np.int32))
    limited = limit_first_places(nothing, [], 0.5)
    assert (limited.moved, limited.above) == (0, 0)
    assert limited.lists.positions.shape == shape


@pytest.mark.parametrize("ceiling", [0.0, -0.1, 1.01, float("nan")])
def test_a_ceiling_is_a_share(ceiling: float) -> None:
    with pytest.raises(ValueError, match="share above 0"):
        limit_first_places(lists_of([(0, 1)]), ["alfa"], ceiling)


def test_bad_lists_are_refused() -> None:
    with pytest.raises(ValueError, match="best first"):
        limit_first_places(lists_of([(0, 1), (1, 2)]), ["alfa", "beta"], 0.5)
    with pytest.raises(ValueError, match="no partner"):
        limit_first_places(lists_of([(1, 1)]), ["alfa"], 0.5)
    with pytest.raises(ValueError, match="same shape"):
        limit_first_places(Lists(np.zeros((1, 2), np.int32), np.zeros((1, 1), np.int32)), ["alfa"], 0.5)
