from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.paths import FIRST_PLACES, cheapest_change, options
from matching.engine.ranking import Recommender
from matching.engine.types import Candidate, Gap, Opportunity, Outcome, Prerequisite
from tests.engine.worlds import CODES, PHRASES, candidates, opportunities

MODEL = Recommender().fit(
    [],
    [
        Opportunity(id=f"t{n}", text=phrase, outcomes=(Outcome(code, 0, 3),))
        for n, (code, phrase) in enumerate(zip(CODES, PHRASES, strict=True))
    ],
)


def is_among_the_first(candidate: Candidate, opportunity: Opportunity, rivals: list[Opportunity]) -> bool:
    """By the recommender alone: all slots, this one as it is, ranked for the person."""
    slots = [*(rival for rival in rivals if rival.id != opportunity.id), opportunity]
    return (
        opportunity.id
        in [m.opportunity for m in MODEL.recommend([candidate], slots).by_candidate[candidate.id]][:FIRST_PLACES]
    )


@st.composite
def places(draw: st.DrawFn) -> tuple[Candidate, Opportunity, list[Opportunity]]:
    """A person, a slot and the others on the person's shelf; in half of the cases nothing stands in the way."""
    candidate = replace(draw(candidates()), agency="solo")
    opportunity = replace(draw(opportunities("o4")), agency="solo", open=True)
    shelf = [replace(draw(opportunities(f"o{n}")), agency="solo", open=True) for n in range(draw(st.integers(0, 9)))]
    if draw(st.booleans()):
        plain = {"seats_left": 1, "jp": 0, "hours_per_week": 0.0, "starts": None, "ends": None}
        opportunity = replace(opportunity, **plain)
        candidate = replace(candidate, excluded=frozenset())
        shelf = [replace(slot, **plain, prerequisites=()) for slot in shelf]
    return candidate, opportunity, shelf


@settings(max_examples=250, deadline=None)
@given(places(), st.booleans())
def test_the_change_lifts_the_slot_and_no_cheaper_one_does(place, split) -> None:
    candidate, opportunity, shelf = place
    parts = [shelf[:4], shelf[4:]] if split else [shelf]
    change = cheapest_change(MODEL, candidate, opportunity, [MODEL.catalogue(part) for part in parts])
    found = options(candidate, opportunity)
    works = [is_among_the_first(option.candidate, option.opportunity, shelf) for option in found]
    if is_among_the_first(candidate, opportunity, shelf) or not any(works):
        assert change is None
        return
    cheapest = found[works.index(True)]
    assert change is not None
    assert (change.code, change.params) == (cheapest.code, cheapest.params)
    assert change.points_after == MODEL.explain(cheapest.candidate, cheapest.opportunity).points > 0


@given(candidates(), opportunities())
def test_options_cost_more_and_more_and_change_something(candidate, opportunity) -> None:
    found = options(candidate, opportunity)
    costs = [option.cost for option in found]
    assert costs == sorted(set(costs))
    assert all((option.candidate, option.opportunity) != (candidate, opportunity) for option in found)
    assert all((option.candidate is candidate) != (option.opportunity is opportunity) for option in found)


PERSON = Candidate(
    id="c",
    gaps=(Gap("A", 4, 1), Gap("B", 3, 2)),
    place="solo",
    levels={"A": 1.0, "B": 2.0},
    jp_left=20,
    hours_per_week=10,
    busy=((date(2026, 3, 1), date(2026, 3, 9)),),
)
SLOT = Opportunity(id="o", outcomes=(Outcome("A", 1, 3),))
BETTER = [Opportunity(id=f"x{n}", outcomes=(Outcome("A", 1, 3), Outcome("B", 2, 2.5))) for n in range(5)]
MARCH = {"starts": date(2026, 3, 5), "ends": date(2026, 4, 1)}


@pytest.mark.parametrize(
    ("person", "slot", "code", "params"),
    [
        (
            {},
            {"prerequisites": (Prerequisite("B", 3),)},
            "raise_level",
            {"competency": "B", "level": 3, "assessed": 2.0},
        ),
        ({}, {"hours_per_week": 12}, "more_hours", {"hours": 12, "hours_free": 10}),
        ({}, {"jp": 30}, "more_jp", {"jp": 30, "jp_left": 20}),
        ({}, MARCH, "free_period", {"busy_from": "2026-03-01", "busy_to": "2026-03-09"}),
        ({}, {"seats_left": 0}, "add_seat", {}),
        ({}, {"seats_left": 0, "jp": 30}, None, {}),
        ({"busy": ((date(2026, 3, 1), date(2026, 3, 9)), (date(2026, 3, 20), date(2026, 3, 21)))}, MARCH, None, {}),
        ({}, {"open": False}, None, {}),
        ({"excluded": frozenset({"o"})}, {}, None, {}),
        ({}, {}, None, {}),
    ],
)
def test_what_stands_in_the_way_is_what_is_changed(person, slot, code, params) -> None:
    change = cheapest_change(MODEL, replace(PERSON, **person), replace(SLOT, **slot), [])
    assert (change and change.code) == code
    if change:
        assert dict(change.params) == params


def test_without_a_hindrance_it_is_points_that_are_missing() -> None:
    change = cheapest_change(MODEL, PERSON, SLOT, [MODEL.catalogue(BETTER)])
    assert change is not None
    assert (change.code, change.points_after) == ("hold_online", MODEL.explain(PERSON, SLOT).points + 500)
    near = replace(SLOT, online=True)
    much_better = [replace(rival, online=True, outcomes=(Outcome("A", 1, 3.5),)) for rival in BETTER]
    change = cheapest_change(MODEL, PERSON, near, [MODEL.catalogue(much_better)])
    assert change is not None
    assert (change.code, dict(change.params)) == ("raise_outcome", {"competency": "A", "from": 3, "to": 4})
    best = [replace(rival, outcomes=(Outcome("A", 1, 4), Outcome("B", 2, 3))) for rival in much_better]
    assert cheapest_change(MODEL, PERSON, near, [MODEL.catalogue(best)]) is None


def test_an_assessment_comes_first() -> None:
    rivals = [Opportunity(id=f"x{n}", outcomes=(Outcome("A", 1, 2.75),)) for n in range(5)]
    asks = replace(SLOT, prerequisites=(Prerequisite("C", 2),))
    change = cheapest_change(MODEL, PERSON, asks, [MODEL.catalogue(rivals)])
    assert change is not None
    assert (change.code, dict(change.params)) == ("assess", {"competency": "C", "level": 2, "status": "unknown"})
    unknown = replace(PERSON, gaps=(Gap("A", 4, 1, weight=0.5, status="unknown"), Gap("B", 3, 2)), levels={"B": 2.0})
    rivals = [Opportunity(id=f"x{n}", outcomes=(Outcome("B", 2, 3),), online=True) for n in range(5)]
    slot = replace(SLOT, outcomes=(Outcome("A", 1, 1.75),), online=True)
    change = cheapest_change(MODEL, unknown, slot, [MODEL.catalogue(rivals)])
    assert change is not None
    assert (change.code, dict(change.params)) == ("assess", {"competency": "A", "level": 1, "status": "unknown"})
