"""The final score: linear and rich part, re-ranking, and what it promises."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.condense import EXACT, TOP, Condenser
from matching.engine.fixedpoint import MAX_POINTS, final_points, spread
from matching.engine.ranking import Recommender, dump, load
from matching.engine.reader import SkillReader
from matching.engine.reranking import reranked
from matching.engine.retrieval import Lists
from matching.engine.types import Candidate, CompetencyText, Gap, Match, Opportunity, Outcome, Prerequisite
from tests.engine.worlds import CODES, PHRASES, candidates, city, opportunities, outcomes, worlds

CATALOGUE = [CompetencyText(code, phrase, f"Kemampuan {phrase}") for code, phrase in zip(CODES, PHRASES, strict=True)]
TEACHING = [
    Opportunity(id=f"t{n}", text=f"{phrase} {PHRASES[n - 1]} {work}", outcomes=(Outcome(code, 0, 3),))
    for n, (code, phrase) in enumerate(zip(CODES, PHRASES, strict=True))
    for work in ("merancang strategi dan mengevaluasi kebijakan" if n % 2 else "mencatat dan menata harian",)
]
MODEL = Recommender().fit([], TEACHING, CATALOGUE)


def points(candidate: Candidate, opportunity: Opportunity) -> int:
    return MODEL.explain(candidate, opportunity).points


# --- exactness ----------------------------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(worlds(), st.integers(1, 4), st.sampled_from([1, 3, 1000]), st.randoms())
def test_batch_chunk_and_single_pair_have_the_same_points(world, k, chunk, rnd) -> None:
    people, slots = world
    model = load(dump(MODEL)).set_params(chunk_cells=chunk)
    shuffled = sorted(people, key=lambda _: rnd.random()), sorted(slots, key=lambda _: rnd.random())
    ranking = model.recommend(*shuffled, k=k)
    told = {(p.id, s.id): MODEL.explain(p, s).points for p in people for s in slots if not MODEL.why_not(p, s)}
    for person in people:
        wanted = sorted((-value, s) for (p, s), value in told.items() if p == person.id)[:k]
        assert [(-m.points, m.opportunity) for m in ranking.by_candidate[person.id]] == wanted
    for slot in slots:
        wanted = sorted((-value, p) for (p, s), value in told.items() if s == slot.id)[:k]
        assert [(-m.points, m.candidate) for m in ranking.by_opportunity[slot.id]] == wanted
    assert model.recommend(*shuffled, k=k, reasons=True).by_candidate == {
        person: [
            MODEL.explain(next(p for p in people if p.id == person), next(s for s in slots if s.id == m.opportunity))
            for m in row
        ]
        for person, row in ranking.by_candidate.items()
    }


def test_texts_are_condensed_alike_alone_and_among_others() -> None:
    people, slots = city(90, 40)
    model = Recommender().fit(people, slots, CATALOGUE)
    crowd, shelf = model.profiles(people), model.catalogue(slots)
    assert np.abs(crowd.dense).max() > 20
    assert np.abs(shelf.dense).max() > 20
    for at in (0, 7, 31):
        assert (model.profiles([crowd.items[at]]).dense[0] == crowd.dense[at]).all()
        assert (model.catalogue([shelf.items[at]]).dense[0] == shelf.dense[at]).all()
    assert crowd.dense.dtype == shelf.dense.dtype == np.int8


def test_sums_stay_within_what_float32_holds() -> None:
    condenser = Condenser()
    assert (condenser.components + condenser.labels + 1) * TOP * TOP < EXACT
    with pytest.raises(ValueError, match="sums stay exact"):
        Condenser(components=2000).fit([], reader=SkillReader().fit([], []))
    with pytest.raises(ValueError, match="shares from 0 to 1"):
        Condenser(meaning=-1).fit([], reader=SkillReader().fit([], []))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(1, 40), st.integers(1, 30), st.integers(1, 12), st.integers(0, 9999))
def test_both_ways_of_multiplying_rerank_alike(owners, others, listed, depth, seed) -> None:
    rng = np.random.default_rng(seed)
    listed = min(listed, others)
    own = rng.integers(-127, 128, (owners, 9)).astype(np.int8)
    facing = rng.integers(-127, 128, (others, 9)).astype(np.int8)
    positions = np.stack([rng.permutation(others)[:listed] for _ in range(owners)]).astype(np.int32)
    linear = rng.integers(1, 400, positions.shape).astype(np.int32)
    positions[:, listed // 2 + 1 :] = -1
    lists = Lists(positions, np.where(positions >= 0, linear, 0).astype(np.int32))
    got = reranked(lists, own, facing, 83, depth)
    # Many more on the other side: vectors are picked instead of multiplying all.
    padded = np.concatenate([facing, np.zeros((400, 9), np.int8)])
    picked = reranked(lists, own, padded, 83, depth)
    assert (got.positions == picked.positions).all()
    assert (got.points == picked.points).all()
    for i in range(owners):
        rows = []
        for j, value in zip(positions[i], linear[i], strict=True):
            if j >= 0:
                product = int(own[i].astype(int) @ facing[j].astype(int)) * 83
                rows.append((-final_points(int(value), product), int(j)))
        rows = sorted(rows)[:depth]
        assert [
            (-v, p) for v, p in zip(got.points[i].tolist(), got.positions[i].tolist(), strict=True) if p >= 0
        ] == rows


@given(st.integers(0, MAX_POINTS), st.integers(-(1 << 23), 1 << 23))
def test_final_points_grow_with_the_linear_ones_and_are_the_same_as_arrays(linear, rich) -> None:
    final = final_points(linear, rich)
    assert (linear + 1) // 2 <= final <= MAX_POINTS
    assert final <= final_points(min(linear + 1, MAX_POINTS), rich)
    assert final_points(np.array([linear]), np.array([rich]))[0] == final


@given(st.lists(st.integers(-(1 << 22), 1 << 22), min_size=1, max_size=6), st.integers(-2000, 2000))
def test_points_are_spread_over_parts_that_lift_and_lower(units, change) -> None:
    up, down = any(u > 0 for u in units), any(u < 0 for u in units)
    total = change if (change >= 0 or down) and (change <= 0 or up) else 0
    assert sum(spread(total, units)) == total


# --- re-ranking ---------------------------------------------------------------------------------------------------


def test_reranking_of_the_best_half_loses_little() -> None:
    people, slots = city(150, 250)
    people = [replace(p, agency="") for p in people]
    slots = [replace(s, agency="") for s in slots]
    model = Recommender(rerank=120, k=10).fit(people, slots, CATALOGUE)
    found = model.rank(model.profiles(people), model.catalogue(slots))
    everything = model.set_params(rerank=250).rank(found.people, found.slots)
    for some, best in (
        (found.by_candidate, everything.by_candidate),
        (found.by_opportunity, everything.by_opportunity),
    ):
        assert some.points.sum() > 0.99 * best.points.sum()
        same = sum(len({*a} & {*b}) for a, b in zip(some.positions.tolist(), best.positions.tolist(), strict=True))
        assert same > 0.9 * best.positions.size
        assert (np.diff(some.points, axis=1) <= 0).all()


def test_the_rich_part_orders_slots_that_the_linear_part_cannot_tell_apart() -> None:
    person = Candidate(id="c", gaps=(Gap("TEK-2", 4, 3), Gap("TEK-7", 4, 3)), text="kepala kantor")
    teaches = (Outcome("TEK-7", 3, 4),)
    plain = Opportunity(id="a", outcomes=teaches, text="peserta hadir")
    speaks = Opportunity(id="b", outcomes=teaches, text="keamanan jaringan komputer")
    demanding = Opportunity(id="c", outcomes=teaches, text="merancang strategi dan mengevaluasi kebijakan")
    order = [m.opportunity for m in MODEL.recommend([person], [plain, speaks, demanding]).by_candidate["c"]]
    assert order.index("a") == 2
    told = {r.code: r for r in MODEL.explain(person, speaks).reasons}
    assert told["competency_read"].competency == "TEK-2"
    assert told["competency_read"].points > 0
    assert {r.code: r.points for r in MODEL.explain(person, demanding).reasons}["level_of_work"] > 0
    beginner = replace(person, gaps=(Gap("TEK-7", 1, 0),))
    assert {
        r.code: r.points
        for r in MODEL.explain(beginner, replace(demanding, outcomes=(Outcome("TEK-7", 0, 1),))).reasons
    }["level_of_work"] < 0


def test_a_misspelt_word_still_means_something() -> None:
    person = Candidate(id="c", text="promsi pariwista", gaps=(Gap("TEK-0", 3, 1),))
    slot = Opportunity(id="o", text="promosi pariwisata", outcomes=(Outcome("TEK-0", 0, 3),))
    told = {r.code: r.points for r in MODEL.explain(person, slot).reasons}
    assert "text_terms" not in told
    assert told["text_meaning"] > 0


def test_a_large_catalogue_is_condensed_and_still_adds_up() -> None:
    model = Recommender().fit([], TEACHING, CATALOGUE)
    documents = model.text_.documents([slot.text for slot in TEACHING])
    model.condenser_ = Condenser(labels=3).fit(documents, reader=model.reader_)
    person = Candidate(id="c", gaps=tuple(Gap(code, 3, 1) for code in CODES), text=PHRASES[2])
    for slot in TEACHING:
        match = model.explain(person, slot)
        assert sum(r.points for r in match.reasons) == match.points
        assert model.recommend_for([person], [slot])["c"] == [Match("c", slot.id, match.points)]


# --- promises -----------------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(candidates(), opportunities(), st.data())
def test_raising_an_outcome_helps_up_to_the_required_level_and_not_beyond(candidate, opportunity, data) -> None:
    if not opportunity.outcomes:
        return
    first, *rest = opportunity.outcomes
    to_level = data.draw(st.integers(int(first.to_level * 16), 80)) / 16
    raised = replace(opportunity, outcomes=(replace(first, to_level=to_level), *rest))
    required = next((g.required for g in candidate.gaps if g.competency == first.competency), 0.0)
    before, after = points(candidate, opportunity), points(candidate, raised)
    assert after >= before
    if first.to_level >= required:
        assert after == before


@settings(deadline=None)
@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.sampled_from([1.0, 2.0]),
    st.sampled_from([1.0, 2.0]),
    st.sampled_from(PHRASES),
)
def test_a_larger_or_more_important_gap_never_loses_by_being_closed(one, other, weigh, also, text) -> None:
    low, high = sorted([one, other])
    light, heavy = sorted([weigh, also])
    candidate = Candidate(
        id="c", gaps=(Gap("TEK-0", low, 0, importance=light), Gap("TEK-1", high, 0, importance=heavy)), text=text
    )
    small = Opportunity(id="o", outcomes=(Outcome("TEK-0", 0, 5),), text=text)
    large = Opportunity(id="p", outcomes=(Outcome("TEK-1", 0, 5),), text=text)
    assert points(candidate, large) >= points(candidate, small) - 1  # a point lies below the grain
    assert points(candidate, large) > 0


@settings(deadline=None)
@given(candidates(), opportunities(), st.sampled_from(CODES), st.integers(1, 80), st.booleans())
def test_an_unmet_prerequisite_never_raises(candidate, opportunity, code, level, required) -> None:
    rest = tuple(p for p in opportunity.prerequisites if p.competency != code)
    plain = replace(opportunity, prerequisites=rest)
    asking = replace(plain, prerequisites=(*rest, Prerequisite(code, level / 16, required)))
    assert points(candidate, asking) <= points(candidate, plain)


@settings(deadline=None)
@given(candidates(), st.lists(st.tuples(outcomes(), st.sampled_from(PHRASES)), min_size=2, max_size=4), st.data())
def test_teaching_what_nobody_lacks_changes_no_order(candidate, offered, data) -> None:
    slots = [Opportunity(id=f"o{n}", outcomes=taught, text=text) for n, (taught, text) in enumerate(offered)]
    more = [
        replace(slot, outcomes=(*slot.outcomes, Outcome("TEK-99", 0, 4))) if data.draw(st.booleans()) else slot
        for slot in slots
    ]
    candidate = replace(candidate, agency="", excluded=frozenset())
    assert MODEL.recommend([candidate], slots) == MODEL.recommend([candidate], more)


@settings(max_examples=200, deadline=None)
@given(candidates(), opportunities(), st.sampled_from([0.5, 1.0, 1.5, 3.0]))
def test_reasons_add_up_whatever_the_priority(candidate, opportunity, priority) -> None:
    weighed = tuple(replace(g, priority=priority, importance=g.importance * priority) for g in candidate.gaps)
    match = MODEL.explain(replace(candidate, gaps=weighed), opportunity)
    assert sum(reason.points for reason in match.reasons) == match.points
    assert 0 <= match.points <= MAX_POINTS
    told = {r.competency: r.points for r in match.reasons if r.code == "regional_priority"}
    closed = {r.competency: r.points for r in match.reasons if r.code == "competency_gap_closed"}
    for code, extra in told.items():
        assert (extra > 0) == (priority > 1.0)
        assert extra == pytest.approx(closed.get(code, 0) * (priority - 1.0), abs=3)


# --- loud texts ---------------------------------------------------------------------------------------------------


def _reach(model: Recommender, people: list[Candidate], slots: list[Opportunity], which: int) -> tuple[int, float]:
    ranked = model.rank(model.profiles(people), model.catalogue(slots))
    place = next(at for at, slot in enumerate(ranked.slots.items) if slot.id == slots[which].id)
    hit = ranked.by_candidate.positions == place
    return int(hit.sum()), float((hit / np.log2(np.arange(hit.shape[1]) + 2.0)).sum())


@pytest.mark.parametrize("refit", [False, True], ids=["known model", "model fitted on it"])
@pytest.mark.parametrize(
    "loud", ["dictionary", "dictionary first", "all skills", "all skills five times", "what people say"]
)
def test_a_stuffed_text_gains_no_reach(loud: str, refit: bool) -> None:
    rng = random.Random(5)
    syllables = [a + b for a in "bcdfghjklmnprstw" for b in "aiueo"]
    lexicon = sorted({"".join(rng.choices(syllables, k=3)) for _ in range(900)})
    skills = [CompetencyText(f"K{n:03}", " ".join(rng.sample(lexicon, 3))) for n in range(120)]

    def person(n: int) -> Candidate:
        mine = rng.sample(skills, 5)
        text = " ".join([*(s.name for s in mine[:3]), *rng.sample(lexicon, 12)])
        return Candidate(id=f"c{n:03}", gaps=tuple(Gap(s.code, 3, rng.randint(1, 2)) for s in mine), text=text)

    def slot(n: int) -> Opportunity:
        mine = rng.sample(skills, 3)
        text = " ".join([*(s.name for s in mine), *rng.sample(lexicon, 30)])
        return Opportunity(id=f"o{n:03}", outcomes=tuple(Outcome(s.code, 0, 3) for s in mine), text=text)

    people, slots = [person(n) for n in range(200)], [slot(n) for n in range(60)]
    model = Recommender(k=10).fit([], slots, skills)
    stuffing = {
        "dictionary": " ".join(lexicon),
        "dictionary first": " ".join(lexicon),
        "all skills": ". ".join(skill.name for skill in skills),
        "all skills five times": ". ".join([skill.name for skill in skills] * 5),
        "what people say": " ".join(sorted({word for p in people for word in p.text.split()})),
    }[loud]
    plain, stuffed = np.zeros(2), np.zeros(2)
    for which in (0, 17, 33):
        own = slots[which].text
        text = f"{stuffing} {own}" if loud.endswith("first") else f"{own} {stuffing}"
        louder = [replace(s, text=text) if s is slots[which] else s for s in slots]
        plain += _reach(model, people, slots, which)
        stuffed += _reach(Recommender(k=10).fit([], louder, skills) if refit else model, people, louder, which)
    assert plain[0] > 10
    assert (stuffed <= 1.1 * plain).all()


def test_a_text_of_usual_breadth_counts_whole() -> None:
    words = [f"kata{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(400)]
    focus = MODEL.text_.focus([words[:120], words[:240], words, words[:60] * 9, []])
    assert focus.tolist() == pytest.approx([1.0, 0.25, 0.09, 1.0, 1.0])


# --- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "dan yang untuk", "\u0000\ufffd 123 …", "arsip jaringan " * 7_000, "xqzw " * 3])
def test_any_text_has_points(text: str) -> None:
    person = Candidate(id="c", gaps=(Gap("TEK-0", 3, 1), Gap("unheard", 3, 1)), text=text)
    slot = Opportunity(id="o", outcomes=(Outcome("TEK-0", 1, 3), Outcome("unheard too", 1, 3)), text=text)
    match = MODEL.explain(person, slot)
    assert match.points > 0
    assert sum(reason.points for reason in match.reasons) == match.points
    assert MODEL.recommend_for([person], [slot])["c"] == [Match("c", "o", match.points)]
    assert Recommender().fit([person], [slot], CATALOGUE).explain(person, slot).points > 0


def test_nobody_and_nothing() -> None:
    assert MODEL.recommend([], []).by_candidate == {}
    assert MODEL.recommend([Candidate(id="c")], TEACHING).by_candidate == {"c": []}
    assert MODEL.recommend([Candidate(id="c", gaps=(Gap("TEK-0", 3, 1),))], []).by_candidate == {"c": []}
    with pytest.raises(ValueError, match="appears twice"):
        MODEL.recommend([Candidate(id="c")] * 2, [])
    with pytest.raises(ValueError, match="priority of TEK-0"):
        Gap("TEK-0", 3, 1, priority=float("nan"))
