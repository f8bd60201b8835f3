"""The cheapest path: the smallest single change that would lift a slot into the first places of a person's list.

Every change is worked out exactly: the pair, and with it the whole list where the change is the person's, are scored
anew by the recommender. Changes are tried in the order of what they ask, those of the person before those of the partner:

1. an assessment of what is unknown or has expired (`assess`)
2. more hours a week (`more_hours`)
3. learning hours under a ceiling (`more_jp`)
4. a period free of another placement (`free_period`)
5. a higher level of what the slot presupposes, fewer levels first (`raise_level`)
6. the slot held online (`hold_online`), or in the person's own place (`hold_nearby`)
7. a prerequisite dropped, the lowest first (`drop_prerequisite`)
8. an outcome that reaches higher, fewer levels first (`raise_outcome`)
9. one more seat (`add_seat`)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from matching.engine.explain import hindrances
from matching.engine.ranking import Recommender
from matching.engine.retrieval import Catalogue, entries
from matching.engine.types import Candidate, Opportunity

FIRST_PLACES = 5
ORDER = (
    "assess",
    "more_hours",
    "more_jp",
    "free_period",
    "raise_level",
    "hold_online",
    "hold_nearby",
    "drop_prerequisite",
    "raise_outcome",
    "add_seat",
)


@dataclass(frozen=True, slots=True)
class Change:
    """A single change and the points that the pair would then have."""

    code: str
    params: Mapping[str, object]
    points_after: int


@dataclass(frozen=True, slots=True)
class Option:
    """A pair with one thing changed; `size` tells larger from smaller among those of one code."""

    code: str
    size: float
    params: Mapping[str, object]
    candidate: Candidate
    opportunity: Opportunity

    @property
    def cost(self) -> tuple[int, float, str]:
        """Less is cheaper; no two options of a pair cost the same."""
        return ORDER.index(self.code), self.size, str(self.params.get("competency", ""))


def cheapest_change(
    recommender: Recommender, candidate: Candidate, opportunity: Opportunity, rivals: Sequence[Catalogue]
) -> Change | None:
    """The cheapest single change with which the slot would be among the first places of the person.

    `rivals` are all slots of the person's list, in one or several parts, this one among them or not. None where it is
    among the first places already, or no single change brings it there.
    """
    bar = _bar(recommender, candidate, opportunity, rivals)
    if _points(recommender, candidate, opportunity, bar) is not None:
        return None
    for option in options(candidate, opportunity):
        if hindrances(option.candidate, option.opportunity, unknown_blocks=recommender.unknown_blocks):
            continue
        facing = bar if option.candidate is candidate else _bar(recommender, option.candidate, opportunity, rivals)
        points = _points(recommender, option.candidate, option.opportunity, facing)
        if points is not None:
            return Change(option.code, option.params, points)
    return None


def options(candidate: Candidate, opportunity: Opportunity) -> list[Option]:
    """Every single change that might help the pair, the cheapest first."""
    found = [*_of_levels(candidate, opportunity), *_of_time(candidate, opportunity), *_of_slot(candidate, opportunity)]
    return sorted(found, key=lambda option: option.cost)


Bar = tuple[int, str] | None  # what must be beaten: minus points and id of the last of the first places


def _bar(recommender: Recommender, candidate: Candidate, opportunity: Opportunity, rivals: Sequence[Catalogue]) -> Bar:
    person = recommender.profiles([candidate])
    best: list[tuple[int, str]] = []
    for slots in rivals:
        if slots.items:
            (row,) = entries(recommender.rank(person, slots, k=FIRST_PLACES + 1).by_candidate)
            best += [(-points, slots.items[at].id) for at, points in row]
    best = sorted(entry for entry in best if entry[1] != opportunity.id)
    return best[FIRST_PLACES - 1] if len(best) >= FIRST_PLACES else None


def _points(recommender: Recommender, candidate: Candidate, opportunity: Opportunity, bar: Bar) -> int | None:
    """The points of a pair that would be among the first places, else None."""
    if recommender.why_not(candidate, opportunity):
        return None
    points = recommender.explain(candidate, opportunity).points
    return points if bar is None or (-points, opportunity.id) < bar else None


# --- the changes ----------------------------------------------------------------------------------------------------


def _known(candidate: Candidate, code: str, level: float) -> Candidate:
    """The person with a valid assessment."""
    gaps = tuple(
        replace(gap, assessed=min(level, gap.required), weight=1.0, status="gap") if gap.competency == code else gap
        for gap in candidate.gaps
    )
    return replace(candidate, gaps=gaps, levels={**candidate.levels, code: level})


def _of_levels(candidate: Candidate, opportunity: Opportunity) -> Iterator[Option]:
    gaps = {gap.competency: gap for gap in candidate.gaps}
    wanted = {p.competency: p.level for p in opportunity.prerequisites}
    taught = {outcome.competency for outcome in opportunity.outcomes}
    for code in sorted(taught | wanted.keys()):
        gap, level = gaps.get(code), candidate.levels.get(code)
        if (gap is not None and gap.status in ("unknown", "expired")) or (level is None and code in wanted):
            # As high as is expected of the person, and, where nothing is known, as high as the slot asks.
            expected = gap.assessed if level is None and gap is not None else level or 0.0
            shown = max(expected, wanted.get(code, 0.0)) if level is None else expected
            status = gap.status if gap is not None else "unknown"
            params = {"competency": code, "level": shown, "status": status}
            yield Option("assess", 0.0, params, _known(candidate, code, shown), opportunity)
        if level is not None and level < wanted.get(code, 0.0):
            params = {"competency": code, "level": wanted[code], "assessed": level}
            better = _known(candidate, code, wanted[code])
            yield Option("raise_level", wanted[code] - level, params, better, opportunity)


def _of_time(candidate: Candidate, opportunity: Opportunity) -> Iterator[Option]:
    free, left = candidate.hours_per_week, candidate.jp_left
    if free is not None and free < opportunity.hours_per_week:
        hours = opportunity.hours_per_week
        more = replace(candidate, hours_per_week=hours)
        yield Option("more_hours", hours - free, {"hours": hours, "hours_free": free}, more, opportunity)
    if left is not None and left < opportunity.jp:
        params: dict[str, object] = {"jp": opportunity.jp, "jp_left": left}
        yield Option(
            "more_jp", float(opportunity.jp - left), params, replace(candidate, jp_left=opportunity.jp), opportunity
        )
    if opportunity.blocks_time and opportunity.starts is not None and opportunity.ends is not None:
        meets = [span for span in candidate.busy if opportunity.starts <= span[1] and opportunity.ends >= span[0]]
        if len(meets) == 1:
            first, last = meets[0]
            rest = tuple(span for span in candidate.busy if span != meets[0])
            params = {"busy_from": first.isoformat(), "busy_to": last.isoformat()}
            yield Option("free_period", 0.0, params, replace(candidate, busy=rest), opportunity)


def _of_slot(candidate: Candidate, opportunity: Opportunity) -> Iterator[Option]:
    at_home = bool(candidate.place) and candidate.place == opportunity.place
    if not (opportunity.online or at_home):
        yield Option("hold_online", 0.0, {}, candidate, replace(opportunity, online=True))
        if candidate.place:
            nearby = replace(opportunity, place=candidate.place)
            yield Option("hold_nearby", 0.0, {"place": candidate.place}, candidate, nearby)
    for wanted in opportunity.prerequisites:
        level = candidate.levels.get(wanted.competency)
        if wanted.level > 0 and (level is None or level < wanted.level):
            rest = tuple(p for p in opportunity.prerequisites if p is not wanted)
            params = {"competency": wanted.competency, "level": wanted.level}
            yield Option("drop_prerequisite", wanted.level, params, candidate, replace(opportunity, prerequisites=rest))
    required = {gap.competency: gap.required for gap in candidate.gaps}
    for outcome in opportunity.outcomes:
        goal = required.get(outcome.competency, 0.0)
        for step in range(1, math.ceil(goal - outcome.to_level) + 1):
            to_level = min(outcome.to_level + step, goal)
            raised = tuple(
                replace(other, to_level=to_level) if other is outcome else other for other in opportunity.outcomes
            )
            params = {"competency": outcome.competency, "from": outcome.to_level, "to": to_level}
            higher = replace(opportunity, outcomes=raised)
            yield Option("raise_outcome", to_level - outcome.to_level, params, candidate, higher)
    if opportunity.seats_left <= 0:
        yield Option("add_seat", 0.0, {}, candidate, replace(opportunity, seats_left=1))
