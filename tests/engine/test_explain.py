from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings

from matching.engine.ranking import Recommender
from matching.engine.types import Candidate, Gap, Opportunity, Outcome, Prerequisite
from tests.engine.worlds import CODES, PHRASES, candidates, opportunities

READER = Recommender().fit(
    [],
    [
        Opportunity(id=f"o{n}", text=f"{phrase} merancang", outcomes=(Outcome(code, 0, 3),))
        for n, (code, phrase) in enumerate(zip(CODES, PHRASES, strict=True))
    ],
)


@settings(max_examples=300, deadline=None)
@given(candidates(), opportunities())
def test_reasons_add_up_to_the_points_of_the_ranking(candidate: Candidate, opportunity: Opportunity) -> None:
    told = READER.explain(candidate, opportunity)
    assert sum(reason.points for reason in told.reasons) == told.points
    assert 0 <= told.points <= 10_000
    json.dumps([dict(reason.params) for reason in told.reasons])
    possible = not READER.why_not(candidate, opportunity)
    ranked = READER.recommend_for([candidate], [opportunity], reasons=True)[candidate.id]
    assert ranked == ([told] if possible else [])


def test_a_score_is_told_in_levels_and_in_the_words_of_both_sides() -> None:
    candidate = Candidate(
        id="c",
        gaps=(
            Gap("TEK-1", 3, 1),
            Gap("TEK-2", 3, 1.5, weight=0.5, status="unknown"),
            Gap("TEK-3", 1, 1, status="met"),
        ),
        text="Pengelolaan Arsip dinamis",
        place="Surakarta",
        levels={"TEK-1": 1},
    )
    opportunity = Opportunity(
        id="o",
        outcomes=(Outcome("TEK-1", 0, 2), Outcome("TEK-2", 1, 4)),
        prerequisites=(
            Prerequisite("TEK-1", 2, required=False),
            Prerequisite("TEK-4", 1),
        ),
        text="Peserta mengelola dokumen dan kearsipan",
        place="Surakarta",
    )
    match = Recommender().fit([candidate], [opportunity]).explain(candidate, opportunity)
    told = {(reason.code, reason.competency): reason for reason in match.reasons}
    assert set(told) == {
        ("competency_gap_closed", "TEK-1"),
        ("competency_gap_closed", "TEK-2"),
        ("text_terms", ""),
        ("place_same", ""),
        ("prerequisite_missing_optional", "TEK-1"),
        ("prerequisite_unknown", "TEK-4"),
    }
    assert told["competency_gap_closed", "TEK-2"].params == {
        "from": 1.5,
        "to": 3,
        "required": 3,
        "assessed": 1.5,
        "status": "unknown",
    }
    words = told["text_terms", ""]
    assert words.params["terms"] == ["Arsip", "Pengelolaan"]
    assert words.params["slot_terms"] == ["kearsipan", "mengelola"]
    assert sum(words.params["term_points"]) == words.points  # type: ignore[call-overload]
    assert told["place_same", ""].points == 500
    assert told["prerequisite_unknown", "TEK-4"].params == {
        "level": 1,
        "assessed": None,
    }
    assert told["prerequisite_missing_optional", "TEK-1"].points < 0
    positive = [reason.points for reason in match.reasons if reason.points > 0]
    assert positive == sorted(positive, reverse=True)


def test_online_counts_as_near_and_an_unnamed_place_does_not() -> None:
    candidate = Candidate(id="c", gaps=(Gap("A", 2, 1),))
    slot = Opportunity(id="o", outcomes=(Outcome("A", 1, 2),))
    assert READER.explain(candidate, slot).points == 5500
    online = READER.explain(candidate, replace(slot, online=True))
    assert (online.points, online.reasons[-1].code) == (6000, "place_online")
