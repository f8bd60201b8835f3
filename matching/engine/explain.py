"""The score of one pair taken apart, and what keeps a pair apart. Codes and numbers only: sentences are made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matching.engine.competencies import grains
from matching.engine.condense import Parts
from matching.engine.fixedpoint import KEEP_ONE, ONE, apportion, final_points, spread, to_points
from matching.engine.text import spellings
from matching.engine.types import (
    Candidate,
    Gap,
    Opportunity,
    Outcome,
    Prerequisite,
    Reason,
)

MOST_TERMS = 8


def _unmet(candidate: Candidate, opportunity: Opportunity) -> list[tuple[Prerequisite, float | None]]:
    """Prerequisites that are not met, with the level that is known."""
    found = []
    for wanted in opportunity.prerequisites:
        level = candidate.levels.get(wanted.competency)
        if wanted.level > 0 and (level is None or level < wanted.level):
            found.append((wanted, level))
    return found


def _blocks(wanted: Prerequisite, level: float | None, unknown_blocks: bool) -> bool:
    return wanted.required and (level is not None or unknown_blocks)


def _closed(gap: Gap, outcome: Outcome) -> tuple[float, float]:
    """The levels of a gap that an outcome closes; the second is not above the first when there are none."""
    return max(gap.assessed, outcome.from_level), min(gap.required, outcome.to_level)


def taken_apart(
    candidate: Candidate,
    opportunity: Opportunity,
    *,
    worth: Mapping[str, int],
    terms: Mapping[str, int],
    rich: Parts,
    place_units: int,
    kept: Sequence[int],
    unknown_blocks: bool,
) -> tuple[int, tuple[Reason, ...]]:
    """The points of a pair and the reasons that add up to them exactly: strongest first, then what lowers.

    `worth` holds the units that a sixteenth of a level of each gap is worth, `terms` the units of each shared word,
    `kept` the part of the linear score, of KEEP_ONE, that 0, 1, ... unmet prerequisites leave.
    """
    parts = _closings(candidate, opportunity, worth)
    if sum(terms.values()):
        parts.append(_Part(sum(terms.values()), "text_terms", "", {}))
    at_home = bool(candidate.place) and candidate.place == opportunity.place
    if place_units and any(part.units for part in parts) and (opportunity.online or at_home):
        code = "place_same" if at_home else "place_online"
        parts.append(_Part(place_units, code, "", {"place": opportunity.place}))
    units = min(sum(part.units for part in parts), ONE)
    before = to_points(units)
    told = _told(before, parts, candidate, opportunity, terms)

    lowering = [(w, level) for w, level in _unmet(candidate, opportunity) if not _blocks(w, level, unknown_blocks)]
    linear = to_points(units * kept[len(lowering)] // KEEP_ONE)
    points = final_points(linear, sum((rich.meaning, *rich.read.values(), rich.level)))
    told += _told(points - linear, _rich_parts(candidate, rich) if linear else [], candidate, opportunity, {})
    told = sorted(told, key=lambda r: (-r.points, r.code, r.competency))

    for (wanted, level), share in zip(lowering, apportion(linear - before, [1] * len(lowering)), strict=True):
        code = "prerequisite_unknown" if level is None else "prerequisite_missing_optional"
        told.append(Reason(code, share, wanted.competency, {"level": wanted.level, "assessed": level}))
    return points, tuple(told)


@dataclass(frozen=True, slots=True)
class _Part:
    units: int
    code: str
    competency: str
    params: dict[str, object]


def _closings(candidate: Candidate, opportunity: Opportunity, worth: Mapping[str, int]) -> list[_Part]:
    """What closing each gap is worth, and how much of that is the region's doing."""
    outcomes = {outcome.competency: outcome for outcome in opportunity.outcomes}
    parts: list[_Part] = []
    for gap in candidate.gaps:
        if gap.competency in outcomes and gap.competency in worth:
            first, last = _closed(gap, outcomes[gap.competency])
            low, high = grains([first, last])
            if high > low:
                units = int(high - low) * worth[gap.competency]
                params: dict[str, object] = {
                    "from": first,
                    "to": last,
                    "required": gap.required,
                    "assessed": gap.assessed,
                    "status": gap.status,
                }
                own = round(units / gap.priority)
                parts.append(_Part(own, "competency_gap_closed", gap.competency, params))
                if own != units:
                    parts.append(_Part(units - own, "regional_priority", gap.competency, {"priority": gap.priority}))
    return parts


def _rich_parts(candidate: Candidate, rich: Parts) -> list[_Part]:
    needed = {gap.competency: gap for gap in candidate.gaps}
    parts = [_Part(rich.meaning, "text_meaning", "", {})]
    parts += [
        _Part(units, "competency_read", code, {"required": needed[code].required})
        for code, units in sorted(rich.read.items())
    ]
    return [*parts, _Part(rich.level, "level_of_work", "", {"demanding": rich.demanding})]


def _told(
    points: int, parts: Sequence[_Part], candidate: Candidate, opportunity: Opportunity, terms: Mapping[str, int]
) -> list[Reason]:
    """Points spread over parts; those that come to nothing are left out."""
    return [
        Reason(
            part.code,
            share,
            part.competency,
            _term_params(candidate, opportunity, terms, share) if part.code == "text_terms" else part.params,
        )
        for part, share in zip(parts, spread(points, [part.units for part in parts]), strict=True)
        if share
    ]


def _term_params(
    candidate: Candidate,
    opportunity: Opportunity,
    terms: Mapping[str, int],
    points: int,
) -> dict[str, object]:
    """The strongest shared words, as the candidate writes them and as the opportunity does."""
    order = sorted(terms, key=lambda term: (-terms[term], term))
    shares = dict(zip(order, apportion(points, [terms[term] for term in order]), strict=True))
    mine, theirs = spellings(candidate.text), spellings(opportunity.text)
    best = order[:MOST_TERMS]
    return {
        "terms": [mine[term] for term in best],
        "slot_terms": [theirs[term] for term in best],
        "term_points": [shares[term] for term in best],
        "more": len(order) - len(best),
    }


def hindrances(candidate: Candidate, opportunity: Opportunity, *, unknown_blocks: bool) -> tuple[Reason, ...]:
    """Each hard filter that excludes the pair, as a reason without points."""
    found: list[Reason] = []

    def say(code: str, competency: str = "", **params: object) -> None:
        found.append(Reason(code, 0, competency, params))

    if candidate.agency != opportunity.agency:
        say("other_agency")
    if not opportunity.open:
        say("not_open")
    if opportunity.seats_left <= 0:
        say("no_seats_left")
    if opportunity.id in candidate.excluded:
        say("excluded")
    if opportunity.blocks_time and opportunity.starts is not None and opportunity.ends is not None:
        for first, last in candidate.busy:
            if opportunity.starts <= last and opportunity.ends >= first:
                say(
                    "period_overlaps",
                    busy_from=first.isoformat(),
                    busy_to=last.isoformat(),
                )
    if candidate.jp_left is not None and opportunity.jp > candidate.jp_left:
        say("jp_exceeded", jp=opportunity.jp, jp_left=candidate.jp_left)
    if candidate.hours_per_week is not None and opportunity.hours_per_week > candidate.hours_per_week:
        say(
            "hours_exceeded",
            hours=opportunity.hours_per_week,
            hours_free=candidate.hours_per_week,
        )
    for wanted, level in _unmet(candidate, opportunity):
        if _blocks(wanted, level, unknown_blocks):
            say(
                "prerequisite_missing",
                wanted.competency,
                level=wanted.level,
                assessed=level,
            )
    return tuple(found)
