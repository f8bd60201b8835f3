from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone

from matching.engine import kernel
from matching.engine.bench import one_slot
from matching.engine.fixedpoint import KEEP_ONE, ONE, to_points
from matching.engine.kernel import (
    ANY_PLACE,
    EVERYWHERE,
    NOWHERE,
    Audience,
    Groups,
    Lists,
    Prerequisites,
    Problem,
    best,
)
from matching.engine.ranking import Recommender, dump, load
from matching.engine.types import Candidate, Gap, Opportunity, Outcome
from tests.engine.worlds import city, worlds


def same(one: tuple[Lists, Lists], other: tuple[Lists, Lists]) -> None:
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_array_equal(mine.points, theirs.points)
        np.testing.assert_array_equal(mine.positions, theirs.positions)


def agree(problem: Problem, depth: int, both: bool = True, threads: int = 2) -> tuple[Lists, Lists]:
    plain = best(problem, depth, both=both, kernel="plain")
    same(best(problem, depth, both=both, kernel="compiled", threads=threads), plain)
    return plain


def vectors(rng: np.random.Generator, rows: int, columns: int, density: float, most: int) -> sparse.csr_matrix:
    there = rng.random((rows, columns)) < density * rng.random(columns) * 2  # some columns are common, some rare
    return sparse.csr_matrix(np.where(there, rng.integers(1, most + 1, (rows, columns)), 0).astype(np.int32))


def whole(rng: np.random.Generator, low: int, high: int, *shape: int) -> np.ndarray:
    return rng.integers(low, high, shape).astype(np.int32)


def groups(rng: np.random.Generator, count: int, high: int, most: int) -> list[list[int]]:
    return [sorted(set(rng.integers(0, high, rng.integers(0, most + 1)).tolist())) for _ in range(count)]


def chance(
    seed: int, people: int, slots: int, *, columns: int = 12, zones: int = 3, grain: int = 1 << 10, terms: bool = True
) -> Problem:
    """A problem with everything in it. A coarse grain makes many ties, a fine one scores above ONE."""
    rng = np.random.default_rng(seed)
    sides = [
        (vectors(rng, people, width, 0.4, ONE // grain), vectors(rng, slots, width, 0.4, grain // 4))
        for width in (columns, columns // 2)
    ]
    plain = Problem(
        vectors=tuple(sides),
        person_zone=whole(rng, 0, zones, people),
        slot_zone=whole(rng, NOWHERE, zones, slots),
        person_limits=np.zeros((0, people), np.int32),
        slot_limits=np.zeros((0, slots), np.int32),
    )
    if not terms:
        return plain
    starts = whole(rng, 0, 20, slots)
    busy = [[(d, d + int(rng.integers(0, 4))) for d in days] for days in groups(rng, 4, 20, 2)]
    answers = vectors(rng, people, 5, 0.5, 1)
    answers.data = rng.choice(np.asarray([-1, 0, kernel.BLOCKED], np.int32), len(answers.data))
    asked = vectors(rng, slots, 5, 0.3, 1)
    return Problem(
        **{
            **plain.__dict__,
            "person_limits": whole(rng, 1, 5, 2, people),
            "slot_limits": whole(rng, 0, 4, 2, slots),
            "person_bits": whole(rng, 1, 4, people),
            "slot_bits": whole(rng, 1, 4, slots),
            "slot_period": np.stack([starts, starts + whole(rng, 0, 5, slots)]),
            "busy_group": whole(rng, 0, 4, people),
            "busy": Groups.of(busy, width=2),
            "hidden_group": whole(rng, -1, 3, people),
            "hidden": Groups.of(groups(rng, 3, slots, 4) if slots else [[], [], []]),
            "place_units": int(rng.integers(0, 2)) * ONE // 20,
            "person_place": whole(rng, -1, 3, people),
            "slot_place": np.where(whole(rng, 0, 2, slots) == 1, ANY_PLACE, whole(rng, 0, 3, slots)).astype(np.int32),
            "prerequisites": Prerequisites(
                asked,
                np.asarray(asked.sum(axis=1), dtype=np.int32).ravel(),
                answers,
                np.asarray([round(0.85**n * KEEP_ONE) for n in range(6)]),
            ),
        }
    )


# --- the compiled pass says what the plain one says -----------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 60),
    st.integers(0, 90),
    st.sampled_from([1, 2, 7, 200]),
    st.sampled_from([1 << 3, 1 << 10, 1 << 16]),
    st.booleans(),
    st.booleans(),
)
def test_both_kernels_give_the_same_lists(seed, people, slots, depth, grain, both, terms) -> None:
    agree(chance(seed, people, slots, grain=grain, terms=terms), depth, both)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 200),
    st.sampled_from([1, 4, 30]),
    st.sampled_from([1 << 3, 1 << 10, 1 << 16]),
    st.booleans(),
)
def test_a_new_slot_meets_whom_a_plain_pass_says(seed, people, depth, grain, terms) -> None:
    problem = chance(seed, people, 12, grain=grain, terms=terms)
    by_person, by_slot = best(problem, depth, kernel="plain")
    everything, _ = best(problem, 12, both=False, kernel="plain")
    audience = Audience.of(problem, by_person)
    for slot in range(12):
        (who, points), (there, worth) = audience.meet(one_slot(problem, slot), depth)
        row, at = np.nonzero(everything.positions == slot)
        earned = everything.points[row, at]
        inside = earned >= np.maximum(by_person.points[row, -1], 1)
        assert dict(zip(who.tolist(), points.tolist(), strict=True)) == dict(
            zip(row[inside].tolist(), earned[inside].tolist(), strict=True)
        )
        some = by_slot.positions[slot] >= 0
        assert there.tolist() == by_slot.positions[slot][some].tolist()
        assert worth.tolist() == by_slot.points[slot][some].tolist()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 20, 100]), st.sampled_from([0.0, 0.06, 1.1]), st.integers(1, 4))
def test_many_tiles_chunks_and_threads_change_nothing(seed, depth, dense, threads) -> None:
    with pytest.MonkeyPatch.context() as change:
        change.setattr(kernel, "_CELLS", 64)
        change.setattr(kernel, "_CHUNK", 16)
        change.setattr(kernel, "_DENSE", dense)
        agree(chance(seed, 300, 400, zones=4), depth, threads=threads)


def test_thousands_of_slots_have_the_best_of_a_plain_product() -> None:
    problem = chance(5, 700, 9000, columns=60, grain=1 << 6, terms=False)
    by_person, _ = agree(problem, 20)
    units = sum((people @ slots.T).toarray().astype(np.int64) for people, slots in problem.vectors)
    met = (problem.slot_zone == EVERYWHERE) | (problem.slot_zone[None, :] == problem.person_zone[:, None])
    points = np.where(met, to_points(np.minimum(units, ONE)), 0)
    np.testing.assert_array_equal(by_person.points, -np.sort(-points, axis=1)[:, :20])


def test_equal_points_go_to_the_smaller_position_on_both_sides() -> None:
    ones = sparse.csr_matrix(np.ones((500, 1), dtype=np.int32) * (ONE // 2))
    twos = sparse.csr_matrix(np.ones((900, 1), dtype=np.int32))
    none = np.zeros(0, dtype=np.int32)
    problem = Problem(
        vectors=((ones, twos),),
        person_zone=np.zeros(500, np.int32),
        slot_zone=np.arange(900, dtype=np.int32) % 2 - 1,  # half of them are kept elsewhere in the order
        person_limits=none.reshape(0, 0),
        slot_limits=none.reshape(0, 0),
    )
    by_person, by_slot = agree(problem, 20)
    assert by_person.positions.tolist() == [list(range(20))] * 500
    assert by_slot.positions.tolist() == [list(range(20))] * 900
    assert by_person.points.tolist() == [[5000] * 20] * 500


def test_units_that_round_to_the_same_points_are_a_tie() -> None:
    units = np.arange(ONE // 2, ONE // 2 + 300, dtype=np.int32)  # all of them 5,000 points
    one = sparse.csr_matrix(np.ones((1, 1), dtype=np.int32))
    none = np.zeros((0, 0), dtype=np.int32)
    problem = Problem(
        vectors=((one, sparse.csr_matrix(units[:, None])),),
        person_zone=np.zeros(1, np.int32),
        slot_zone=np.zeros(300, np.int32),
        person_limits=none,
        slot_limits=none,
    )
    assert agree(problem, 5)[0].positions.tolist() == [[0, 1, 2, 3, 4]]


def test_a_place_alone_is_no_match() -> None:
    nobody = sparse.csr_matrix((3, 1), dtype=np.int32)
    problem = Problem(
        vectors=((nobody, nobody),),
        person_zone=np.zeros(3, np.int32),
        slot_zone=np.zeros(3, np.int32),
        person_limits=np.zeros((0, 3), np.int32),
        slot_limits=np.zeros((0, 3), np.int32),
        place_units=ONE // 20,
        person_place=np.zeros(3, np.int32),
        slot_place=np.zeros(3, np.int32),
    )
    assert not agree(problem, 2)[0].points.any()


def test_the_least_units_of_each_point() -> None:
    floors = kernel.floors().astype(np.int64)
    np.testing.assert_array_equal(to_points(floors), np.arange(10_001))
    np.testing.assert_array_equal(to_points(floors[1:] - 1), np.arange(10_000))


def test_an_unheard_of_kernel_is_refused() -> None:
    with pytest.raises(ValueError, match="kernel must be one of"):
        best(chance(0, 2, 2), 1, kernel="quantum")  # type: ignore[arg-type]


# --- under the recommender ------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(worlds(), st.integers(1, 4), st.booleans())
def test_the_recommender_ranks_alike_with_either(world, k, unknown_blocks) -> None:
    people, slots = world
    plain = Recommender(kernel="plain", unknown_blocks=unknown_blocks).fit(people, slots)
    compiled = clone(plain).set_params(kernel="compiled").fit(people, slots)
    assert compiled.recommend(people, slots, k=k, reasons=True) == plain.recommend(people, slots, k=k, reasons=True)


@pytest.mark.parametrize("agencies", [1, 5, 40])
def test_a_city_in_one_agency_or_in_many(agencies: int) -> None:
    people, slots = city(600, 120)
    people = [
        Candidate(**{**{f: getattr(p, f) for f in p.__slots__}, "agency": f"a{n % agencies}"})
        for n, p in enumerate(people)
    ]
    slots = [
        Opportunity(**{**{f: getattr(s, f) for f in s.__slots__}, "agency": f"a{n % agencies}"})
        for n, s in enumerate(slots)
    ]
    plain = Recommender(kernel="plain").fit(people, slots)
    compiled = Recommender(kernel="compiled").fit(people, slots)
    for k in (1, 20, 500):
        whole = plain.rank(plain.profiles(people), plain.catalogue(slots), k=k)
        again = compiled.rank(compiled.profiles(people), compiled.catalogue(slots), k=k)
        same((again.by_candidate, again.by_opportunity), (whole.by_candidate, whole.by_opportunity))
    assert whole.by_candidate.points.any()


def test_a_recommender_keeps_its_kernel_and_gives_up_on_none() -> None:
    people, slots = city(30, 10)
    recommender = Recommender(kernel="compiled").fit(people, slots)
    assert clone(recommender).get_params()["kernel"] == "compiled"
    assert load(dump(recommender)).recommend(people, slots) == recommender.recommend(people, slots)
    with pytest.raises(ValueError, match="kernel must be"):
        Recommender(kernel="quantum").fit([], [])  # type: ignore[arg-type]


def test_small_problems_never_meet_the_compiler() -> None:
    """What a page asks for: one person, one slot, one pair."""
    code = (
        "import sys; from tests.engine.worlds import city; from matching.engine.ranking import Recommender\n"
        "people, slots = city(40, 30); recommender = Recommender().fit(people, slots)\n"
        "recommender.recommend(people[:1], slots); recommender.candidates_for(slots[0], people)\n"
        "recommender.explain(people[0], slots[0]); recommender.recommend(people, slots)\n"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True)


def test_large_problems_are_compiled_by_default() -> None:
    """All the same person beside all the same slot: enough pairs, and little to prepare."""
    person = Candidate(id="c", gaps=(Gap("A", 3, 1),))
    people = [Candidate(id=f"c{n:05}", gaps=person.gaps) for n in range(4000)]
    slots = [Opportunity(id=f"o{n:05}", outcomes=(Outcome("A", 0, 2 + n % 2),)) for n in range(1000)]
    recommender = Recommender(k=3, text_weight=0, place_weight=0).fit([], [])
    ready = recommender.profiles(people), recommender.catalogue(slots)
    ranked = recommender.rank(*ready)
    assert "matching.engine.compiled" in sys.modules
    assert ranked.by_candidate.positions.tolist() == [[1, 3, 5]] * 4000
    plain = recommender.set_params(kernel="plain").rank(*ready)
    same((ranked.by_candidate, ranked.by_opportunity), (plain.by_candidate, plain.by_opportunity))
