"""The score of one pair taken apart, and what keeps a pair apart. Codes and numbers only: sentences are made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from matching.engine.competencies import grains
from matching.engine.fixedpoint import ONE, apportion, to_points
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


def reasons(
    candidate: Candidate,
    opportunity: Opportunity,
    *,
    points: int,
    worth: Mapping[str, int],
    terms: Mapping[str, int],
    place_units: int,
    unknown_blocks: bool,
) -> tuple[Reason, ...]:
    """Spread the points of a pair over its reasons, strongest first, so that they add up exactly.

    `worth` holds the units that a sixteenth of a level of each gap is worth, `terms` the units of each shared word.
    """
    outcomes = {outcome.competency: outcome for outcome in opportunity.outcomes}
    parts: list[tuple[int, str, str, dict[str, object]]] = []
    for gap in candidate.gaps:
        if gap.competency in outcomes and gap.competency in worth:
            first, last = _closed(gap, outcomes[gap.competency])
            low, high = grains([first, last])
            if high > low:
                params: dict[str, object] = {
                    "from": first,
                    "to": last,
                    "required": gap.required,
                    "assessed": gap.assessed,
                    "status": gap.status,
                }
                parts.append(
                    (
                        int(high - low) * worth[gap.competency],
                        "competency_gap_closed",
                        gap.competency,
                        params,
                    )
                )
    if sum(terms.values()):
        parts.append((sum(terms.values()), "text_terms", "", {}))
    at_home = bool(candidate.place) and candidate.place == opportunity.place
    if place_units and any(units for units, *_ in parts) and (opportunity.online or at_home):
        parts.append(
            (
                place_units,
                "place_same" if at_home else "place_online",
                "",
                {"place": opportunity.place},
            )
        )

    total = min(sum(units for units, *_ in parts), ONE)
    before = to_points(total)
    shares = apportion(before, [units for units, *_ in parts])
    told = [
        Reason(
            code,
            share,
            competency,
            _term_params(candidate, opportunity, terms, share) if code == "text_terms" else params,
        )
        for (_, code, competency, params), share in zip(parts, shares, strict=True)
    ]
    told = sorted(
        (reason for reason in told if reason.points),
        key=lambda r: (-r.points, r.code, r.competency),
    )

    lowering = [(w, level) for w, level in _unmet(candidate, opportunity) if not _blocks(w, level, unknown_blocks)]
    for (wanted, level), share in zip(lowering, apportion(points - before, [1] * len(lowering)), strict=True):
        code = "prerequisite_unknown" if level is None else "prerequisite_missing_optional"
        told.append(
            Reason(
                code,
                share,
                wanted.competency,
                {"level": wanted.level, "assessed": level},
            )
        )
    return tuple(told)


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
