from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.competencies import needs_of, project, teaching_of
from matching.engine.fixedpoint import ONE, apportion
from matching.engine.types import Candidate, Gap, Opportunity, Outcome
from tests.engine.worlds import gaps, outcomes


def share_closed(candidate: Candidate, opportunity: Opportunity, gap_power: float) -> float:
    """The definition, in words of arithmetic: what the inner product must equal."""
    taught = {outcome.competency: outcome for outcome in opportunity.outcomes}
    total = closed = 0.0
    for gap in candidate.gaps:
        size = gap.required - gap.assessed
        if size <= 0:
            continue
        pull = gap.importance * size**gap_power
        total += pull
        if gap.competency in taught:
            outcome = taught[gap.competency]
            step = min(gap.required, outcome.to_level) - max(gap.assessed, outcome.from_level)
            closed += pull * gap.weight * max(step, 0.0) / size
    return closed / total if total else 0.0


@given(
    gaps(),
    st.lists(outcomes(), min_size=1, max_size=3),
    st.sampled_from([1.0, 1.5, 2.0]),
)
def test_the_inner_product_is_the_weighted_share_of_the_gap_closed(wanted, offered, gap_power) -> None:
    candidate = Candidate(id="c", gaps=wanted)
    slots = [Opportunity(id=f"o{n}", outcomes=o) for n, o in enumerate(offered)]
    needs = needs_of([candidate], share=1.0, gap_power=gap_power)
    teaching = teaching_of(slots)
    products = (project(needs, teaching) @ teaching.matrix.T).toarray()[0]
    expected = [share_closed(candidate, slot, gap_power) for slot in slots]
    assert (products / ONE).tolist() == pytest.approx(expected, abs=2e-5)


def test_what_is_taught_beside_an_opportunity_does_not_change_its_product() -> None:
    needs = needs_of(
        [Candidate(id="c", gaps=(Gap("A", 3, 0.5), Gap("B", 2, 1)))],
        share=1.0,
        gap_power=1.5,
    )
    one = Opportunity(id="o", outcomes=(Outcome("A", 1, 3),))
    alone, together = (
        teaching_of([one]),
        teaching_of([one, Opportunity(id="p", outcomes=(Outcome("A", 0.3, 2.7),))]),
    )
    assert (project(needs, alone) @ alone.matrix.T).toarray()[0, 0] == (
        project(needs, together) @ together.matrix.T
    ).toarray()[0, 0]


@given(
    st.integers(-10_000, 10_000),
    st.lists(st.integers(0, 10**9), min_size=1, max_size=9),
)
def test_apportioned_parts_add_up_and_keep_their_proportion(total: int, weights: list[int]) -> None:
    if not sum(weights):
        total = 0
    parts = apportion(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - total * weight / (sum(weights) or 1)) < 1


def test_points_cannot_be_spread_over_nothing() -> None:
    with pytest.raises(ValueError, match="weigh nothing"):
        apportion(1, [0, 0])
