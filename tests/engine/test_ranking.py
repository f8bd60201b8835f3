from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from matching.engine.ranking import Recommender, data_hash, dump, load
from matching.engine.types import (
    Candidate,
    Gap,
    Match,
    Opportunity,
    Outcome,
    Prerequisite,
)
from tests.engine.worlds import (
    CODES,
    PHRASES,
    candidates,
    city,
    gaps,
    opportunities,
    outcomes,
    worlds,
)

GAPS_ONLY = Recommender(text_weight=0.0, place_weight=0.0, rich_weight=0.0).fit([], [])
READER = Recommender().fit([], [Opportunity(id="o", text=phrase) for phrase in PHRASES])


def points(candidate: Candidate, opportunity: Opportunity, recommender: Recommender = GAPS_ONLY) -> int:
    return recommender.explain(candidate, opportunity).points


def oracle(
    recommender: Recommender, people: list[Candidate], slots: list[Opportunity], k: int
) -> tuple[dict[str, list[Match]], dict[str, list[Match]]]:
    """Pair by pair, in plain Python: every pair that nothing hinders, sorted."""
    pairs = [
        recommender.explain(person, slot)
        for person in people
        for slot in slots
        if not recommender.why_not(person, slot)
    ]
    return (
        {
            p.id: sorted(
                (m for m in pairs if m.candidate == p.id),
                key=lambda m: (-m.points, m.opportunity),
            )[:k]
            for p in people
        },
        {
            s.id: sorted(
                (m for m in pairs if m.opportunity == s.id),
                key=lambda m: (-m.points, m.candidate),
            )[:k]
            for s in slots
        },
    )


# --- exactness ----------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    worlds(),
    st.integers(1, 4),
    st.sampled_from([1, 3, 1000]),
    st.booleans(),
    st.randoms(),
)
def test_top_k_both_ways_equals_pair_by_pair_search(world, k, chunk, unknown_blocks, rnd) -> None:
    people, slots = world
    recommender = Recommender(chunk_cells=chunk, unknown_blocks=unknown_blocks).fit(people, slots)
    by_candidate, by_opportunity = oracle(recommender, people, slots, k)
    shuffled = (
        sorted(people, key=lambda _: rnd.random()),
        sorted(slots, key=lambda _: rnd.random()),
    )
    ranking = recommender.recommend(*shuffled, k=k, reasons=True)
    assert ranking.by_candidate == by_candidate
    assert ranking.by_opportunity == by_opportunity


def test_top_k_is_exact_in_many_chunks_and_for_any_part_of_the_crowd() -> None:
    people, slots = city(120, 40)
    recommender = Recommender(k=5).fit(people, slots)
    whole = recommender.recommend(people, slots)
    assert whole == recommender.set_params(chunk_cells=50).recommend(people, slots)
    some = recommender.recommend_for(people[10:13], slots)
    assert some == {person.id: whole.by_candidate[person.id] for person in people[10:13]}
    assert recommender.candidates_for(slots[3], people) == whole.by_opportunity[slots[3].id]
    assert any(whole.by_candidate.values())


def test_prepared_sides_can_be_used_again() -> None:
    people, slots = city(30, 10)
    recommender = Recommender().fit(people, slots)
    ready = recommender.profiles(people), recommender.catalogue(slots)
    assert recommender.recommend(*ready) == recommender.recommend(people, slots)


def test_equal_points_are_ordered_by_id_on_both_sides() -> None:
    people = [Candidate(id=name, gaps=(Gap("A", 3, 1),)) for name in ("b", "c", "a")]
    slots = [Opportunity(id=name, outcomes=(Outcome("A", 0, 3),)) for name in ("z", "x", "y")]
    ranking = GAPS_ONLY.recommend(people, slots, k=2)
    assert [m.opportunity for m in ranking.by_candidate["a"]] == ["x", "y"]
    assert [m.candidate for m in ranking.by_opportunity["z"]] == ["a", "b"]


# --- properties of the score ----------------------------------------------------------------------------------------


@settings(deadline=None)
@given(candidates(), opportunities(), st.data())
def test_raising_an_outcome_helps_up_to_the_required_level_and_not_beyond(candidate, opportunity, data) -> None:
    if not opportunity.outcomes:
        return
    first, *rest = opportunity.outcomes
    to_level = data.draw(st.integers(int(first.to_level * 16), 80)) / 16
    raised = replace(opportunity, outcomes=(replace(first, to_level=to_level), *rest))
    required = next((g.required for g in candidate.gaps if g.competency == first.competency), 0.0)
    before, after = (
        points(candidate, opportunity, READER),
        points(candidate, raised, READER),
    )
    assert after >= before
    if first.to_level >= required:
        assert after == before


@settings(deadline=None)
@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.sampled_from([1.0, 2.0]),
    st.sampled_from([1.0, 2.0]),
    gaps(),
)
def test_a_larger_or_more_important_gap_never_loses_by_being_closed(one, other, weigh, also, rest) -> None:
    others = tuple(g for g in rest if g.competency not in ("TEK-0", "TEK-1"))
    low, high = sorted([one, other])
    light, heavy = sorted([weigh, also])
    small, large = (
        Gap("TEK-0", low, 0, importance=light),
        Gap("TEK-1", high, 0, importance=heavy),
    )
    candidate = Candidate(id="c", gaps=(small, large, *others))
    closes_small = Opportunity(id="o", outcomes=(Outcome("TEK-0", 0, 5),))
    closes_large = Opportunity(id="p", outcomes=(Outcome("TEK-1", 0, 5),))
    assert points(candidate, closes_large) >= points(candidate, closes_small) - 1  # a point lies below the grain
    assert points(candidate, closes_large) > 0


@settings(deadline=None)
@given(
    candidates(),
    opportunities(),
    st.sampled_from(CODES),
    st.integers(1, 80),
    st.booleans(),
)
def test_an_unmet_prerequisite_never_raises(candidate, opportunity, code, level, required) -> None:
    plain = replace(
        opportunity,
        prerequisites=tuple(p for p in opportunity.prerequisites if p.competency != code),
    )
    asking = replace(
        plain,
        prerequisites=(*plain.prerequisites, Prerequisite(code, level / 16, required)),
    )
    before, after = points(candidate, plain, READER), points(candidate, asking, READER)
    assert after <= before
    if candidate.levels.get(code, 0.0) >= level / 16:
        assert after == before
    elif before > 100:
        assert after < before or any(r.code == "prerequisite_missing" for r in READER.why_not(candidate, asking))


@settings(deadline=None)
@given(candidates(), st.lists(outcomes(), min_size=2, max_size=4), st.data())
def test_teaching_what_nobody_lacks_changes_no_order(candidate, offered, data) -> None:
    slots = [Opportunity(id=f"o{n}", outcomes=o) for n, o in enumerate(offered)]
    more = [
        replace(slot, outcomes=(*slot.outcomes, Outcome("TEK-99", 0, 4))) if data.draw(st.booleans()) else slot
        for slot in slots
    ]
    candidate = replace(candidate, agency="", excluded=frozenset())
    assert GAPS_ONLY.recommend([candidate], slots) == GAPS_ONLY.recommend([candidate], more)


@given(st.integers(1, 5))
def test_an_unknown_gap_counts_less_than_an_assessed_one_but_not_nothing(
    size: int,
) -> None:
    slot = Opportunity(id="o", outcomes=(Outcome("A", 0, 5),))
    known = Candidate(id="c", gaps=(Gap("A", size, 0),))
    unknown = Candidate(id="c", gaps=(Gap("A", size, 0, weight=0.5, status="unknown"),))
    assert points(known, slot) == 10_000
    assert points(unknown, slot) == 5_000


def test_large_gaps_pull_more_than_their_size_when_gap_power_is_above_one() -> None:
    candidate = Candidate(id="c", gaps=(Gap("A", 3, 0), Gap("B", 1, 0)))
    slot = Opportunity(id="o", outcomes=(Outcome("A", 0, 3),))
    shares = [
        points(
            candidate,
            slot,
            Recommender(text_weight=0, place_weight=0, rich_weight=0, gap_power=power).fit([], []),
        )
        for power in (1.0, 1.5, 2.0)
    ]
    assert shares == [7500, 8386, 9000]


# --- hard filters ---------------------------------------------------------------------------------------------------

PERSON = Candidate(
    id="c",
    gaps=(Gap("A", 3, 1),),
    agency="solo",
    levels={"B": 2.0},
    busy=((date(2026, 3, 10), date(2026, 3, 20)),),
    jp_left=20,
    hours_per_week=10,
    excluded=frozenset({"gone"}),
)
SLOT = Opportunity(
    id="o",
    outcomes=(Outcome("A", 0, 3),),
    agency="solo",
    starts=date(2026, 3, 21),
    ends=date(2026, 4, 30),
    jp=20,
    hours_per_week=10,
    prerequisites=(Prerequisite("B", 2.0),),
)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"agency": "palu"}, "other_agency"),
        ({"open": False}, "not_open"),
        ({"seats_left": 0}, "no_seats_left"),
        ({"id": "gone"}, "excluded"),
        ({"starts": date(2026, 3, 20)}, "period_overlaps"),
        ({"starts": date(2026, 3, 1), "ends": date(2026, 3, 10)}, "period_overlaps"),
        ({"starts": date(2026, 3, 1), "ends": date(2026, 3, 9)}, None),
        ({"starts": date(2026, 3, 20), "blocks_time": False}, None),
        ({"starts": None, "ends": None}, None),
        ({"jp": 21}, "jp_exceeded"),
        ({"hours_per_week": 10.5}, "hours_exceeded"),
        ({"prerequisites": (Prerequisite("B", 3.0),)}, "prerequisite_missing"),
        ({"prerequisites": (Prerequisite("B", 3.0, required=False),)}, None),
        ({"prerequisites": (Prerequisite("unheard", 1.0),)}, None),
        ({"outcomes": (Outcome("unheard", 0, 3),)}, "nothing_in_common"),
    ],
)
def test_each_filter_excludes_and_is_named(change: dict[str, object], code: str | None) -> None:
    slot = replace(SLOT, **change)  # type: ignore[arg-type]
    assert [r.code for r in GAPS_ONLY.why_not(PERSON, slot)] == ([code] if code else [])
    assert bool(GAPS_ONLY.recommend_for([PERSON], [slot])["c"]) == (code is None)


def test_an_unknown_prerequisite_blocks_only_where_the_policy_says_so() -> None:
    slot = replace(SLOT, prerequisites=(Prerequisite("C", 1.0),))
    strict = clone(GAPS_ONLY).set_params(unknown_blocks=True).fit([], [])
    assert [r.code for r in strict.why_not(PERSON, slot)] == ["prerequisite_missing"]
    assert strict.recommend_for([PERSON], [slot]) == {"c": []}


# --- odd input ------------------------------------------------------------------------------------------------------


def test_nobody_and_nothing() -> None:
    assert GAPS_ONLY.recommend([], []).by_candidate == {}
    assert GAPS_ONLY.recommend([PERSON], []).by_candidate == {"c": []}
    assert GAPS_ONLY.recommend([], [SLOT]).by_opportunity == {"o": []}
    bare = Candidate(id="bare", agency="solo")
    assert Recommender().fit([bare], [SLOT]).recommend([bare], [SLOT]).by_candidate == {"bare": []}


@pytest.mark.parametrize("text", ["", "dan yang untuk", "\u0000\ufffd 123 …", "arsip " * 17_000])
def test_any_text_is_ranked(text: str) -> None:
    person, slot = replace(PERSON, text=text), replace(SLOT, text=text)
    recommender = Recommender().fit([person], [slot])
    match = recommender.recommend_for([person], [slot])["c"][0]
    assert match.points == pytest.approx(7500 if "arsip" in text else 5500, abs=1)


def test_ids_must_differ() -> None:
    with pytest.raises(ValueError, match="'c' appears twice"):
        GAPS_ONLY.recommend([PERSON, PERSON], [SLOT])
    with pytest.raises(ValueError, match="'o' appears twice"):
        GAPS_ONLY.recommend([PERSON], [SLOT, SLOT])


# --- scikit-learn manners and model versions --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "params",
    [
        {"text_weight": 0.8, "place_weight": 0.3},
        {"text_weight": -1},
        {"gap_power": 0},
        {"prerequisite_penalty": 2},
        {"k": 0},
    ],
)
def test_parameters_are_judged_in_fit(params: dict[str, float]) -> None:
    recommender = Recommender(**params)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be"):
        recommender.fit([], [])


def test_a_recommender_is_an_estimator() -> None:
    recommender = Recommender(k=3, gap_power=2.0)
    assert clone(recommender).get_params() == recommender.get_params()
    assert recommender.fit([], []) is recommender
    with pytest.raises(NotFittedError):
        Recommender().recommend([PERSON], [SLOT])
    with pytest.raises(ValueError, match="k must be"):
        GAPS_ONLY.recommend([PERSON], [SLOT], k=0)


def test_a_stored_model_gives_the_same_points() -> None:
    people, slots = city(20, 10)
    recommender = Recommender().fit(people, slots)
    again = load(dump(recommender))
    assert again.recommend(people, slots, reasons=True) == recommender.recommend(people, slots, reasons=True)


def test_other_bytes_are_not_a_model() -> None:
    import pickle

    with pytest.raises(ValueError, match="do not hold a recommender"):
        load(pickle.dumps({"a": 1}))


def test_the_data_hash_depends_on_the_data_only() -> None:
    people, slots = city(5, 4)
    here = data_hash(people, slots)
    assert here == data_hash(people[::-1], slots[::-1])
    assert here != data_hash(people[:-1], slots)
    assert here != data_hash([replace(people[0], text="lain"), *people[1:]], slots)
    code = "from tests.engine.worlds import city; from matching.engine.ranking import data_hash; print(data_hash(*city(5, 4)))"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == here
