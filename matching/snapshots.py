"""The engine's inputs of one pair as JSON, to be scored by whatever version is in force later.

Today's data would not do: who has completed a slot has a smaller gap now, and would look like a worse match for it. What
is kept is what the points depend on. Ids, periods and availability are left out, and of the levels only those that the
slot presupposes stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, TypeVar

from matching.engine.types import Candidate, Gap, Opportunity, Outcome, Prerequisite

Row = TypeVar("Row", Gap, Outcome, Prerequisite)
NOBODY = "-"


def pair_inputs(candidate: Candidate, opportunity: Opportunity) -> dict[str, Any]:
    """What the points of a pair depend on."""
    presupposed = {prerequisite.competency for prerequisite in opportunity.prerequisites}
    return {
        "candidate": {
            "gaps": [asdict(gap) for gap in candidate.gaps],
            "text": candidate.text,
            "place": candidate.place,
            "levels": {code: level for code, level in candidate.levels.items() if code in presupposed},
        },
        "opportunity": {
            "outcomes": [asdict(outcome) for outcome in opportunity.outcomes],
            "prerequisites": [asdict(prerequisite) for prerequisite in opportunity.prerequisites],
            "text": opportunity.text,
            "place": opportunity.place,
            "online": opportunity.online,
        },
    }


def pair_of(inputs: Mapping[str, Any]) -> tuple[Candidate, Opportunity]:
    """The pair again, with nobody's id; what an older release did not keep has its default."""
    person, slot = inputs["candidate"], inputs["opportunity"]
    return (
        Candidate(
            id=NOBODY,
            gaps=tuple(_row(Gap, row) for row in person["gaps"]),
            text=person["text"],
            place=person["place"],
            levels=person["levels"],
        ),
        Opportunity(
            id=NOBODY,
            outcomes=tuple(_row(Outcome, row) for row in slot["outcomes"]),
            prerequisites=tuple(_row(Prerequisite, row) for row in slot["prerequisites"]),
            text=slot["text"],
            place=slot["place"],
            online=slot["online"],
        ),
    )


def _row(kind: type[Row], row: Mapping[str, Any]) -> Row:
    known = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in row.items() if name in known})
