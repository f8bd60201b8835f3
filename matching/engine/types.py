"""What the engine reads and what it answers: frozen dataclasses, nothing personal among their fields.

Levels run from 0 (nothing yet) to 5 (expert). A candidate is known by an opaque id only: name, NIP, sex and age have
no field here, so that no ranking can depend on them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

MAX_LEVEL = 5.0
STATUSES = frozenset({"gap", "unknown", "expired", "met"})


def _require_id(value: str, what: str) -> None:
    if not value:
        raise ValueError(f"{what} must not be empty")


def _require_level(value: float, what: str) -> None:
    if not 0.0 <= value <= MAX_LEVEL:  # a NaN fails both comparisons
        raise ValueError(f"{what} must be a level from 0 to {MAX_LEVEL:g}, not {value!r}")


def _require_amount(value: float, what: str) -> None:
    if not (value >= 0.0 and math.isfinite(value)):
        raise ValueError(f"{what} must be a finite number of at least 0, not {value!r}")


def _require_once(codes: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise ValueError(f"{what} names competency {code!r} twice")
        seen.add(code)


@dataclass(frozen=True, slots=True)
class Gap:
    """One competency of one candidate: what the position requires and what was found.

    For an unknown level the caller has already put the expected gap between `assessed` and `required`; `weight` below 1
    says how much less an unknown or expired level counts than a valid assessment. `priority` is the region's multiplier
    that `importance` holds already, and is only told.
    """

    competency: str
    required: float
    assessed: float
    importance: float = 1.0
    weight: float = 1.0
    status: str = "gap"
    priority: float = 1.0

    def __post_init__(self) -> None:
        _require_id(self.competency, "competency of a gap")
        _require_level(self.required, f"required level of {self.competency}")
        _require_level(self.assessed, f"assessed level of {self.competency}")
        _require_amount(self.importance, f"importance of {self.competency}")
        _require_amount(self.weight, f"weight of {self.competency}")
        if not (self.priority > 0.0 and math.isfinite(self.priority)):
            raise ValueError(f"priority of {self.competency} must be finite and above 0, not {self.priority!r}")
        if self.weight > 1.0:
            raise ValueError(f"weight of {self.competency} must not be above 1, not {self.weight!r}")
        if self.status not in STATUSES:
            raise ValueError(f"status of {self.competency} must be one of {sorted(STATUSES)}, not {self.status!r}")


@dataclass(frozen=True, slots=True)
class CompetencyText:
    """How the catalogue words a competency: its name, what it is, and what each level of it looks like."""

    code: str
    name: str
    text: str = ""
    level_texts: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _require_id(self.code, "code of a competency")
        for level in self.level_texts:
            _require_level(level, f"described level of {self.code}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A slot takes its people from one level of a competency to another."""

    competency: str
    from_level: float
    to_level: float

    def __post_init__(self) -> None:
        _require_id(self.competency, "competency of an outcome")
        _require_level(self.from_level, f"starting level of {self.competency}")
        _require_level(self.to_level, f"final level of {self.competency}")
        if self.from_level > self.to_level:
            raise ValueError(
                f"outcome {self.competency} ends at {self.to_level:g}, below its start {self.from_level:g}"
            )


@dataclass(frozen=True, slots=True)
class Prerequisite:
    """A level a person should already have; `required` blocks those known to be below it, otherwise it only lowers."""

    competency: str
    level: float
    required: bool = True

    def __post_init__(self) -> None:
        _require_id(self.competency, "competency of a prerequisite")
        _require_level(self.level, f"prerequisite level of {self.competency}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A civil servant as the engine sees one.

    `levels` are the assessed levels that prerequisites are held against, `busy` the inclusive day ranges that
    placements block, `jp_left` the learning hours left under a ceiling (None: no ceiling), `excluded` the ids of
    opportunities that must not be shown.
    """

    id: str
    gaps: tuple[Gap, ...] = ()
    text: str = ""
    agency: str = ""
    place: str = ""
    levels: Mapping[str, float] = field(default_factory=dict)
    busy: tuple[tuple[date, date], ...] = ()
    jp_left: int | None = None
    hours_per_week: float | None = None
    excluded: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        _require_id(self.id, "candidate id")
        _require_once((gap.competency for gap in self.gaps), f"candidate {self.id}")
        for code, level in self.levels.items():
            _require_level(level, f"level of {code}")
        for first, last in self.busy:
            if first > last:
                raise ValueError(f"busy period of candidate {self.id} ends {last} before it starts {first}")
        if self.hours_per_week is not None:
            _require_amount(self.hours_per_week, "hours per week")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opportunity:
    """A slot of any kind. `open` sums up status, deadline and agreement, which the caller has judged."""

    id: str
    outcomes: tuple[Outcome, ...] = ()
    prerequisites: tuple[Prerequisite, ...] = ()
    text: str = ""
    agency: str = ""
    partner: str = ""
    place: str = ""
    online: bool = False
    starts: date | None = None
    ends: date | None = None
    blocks_time: bool = True
    jp: int = 0
    seats_left: int = 1
    hours_per_week: float = 0.0
    open: bool = True

    def __post_init__(self) -> None:
        _require_id(self.id, "opportunity id")
        _require_once((outcome.competency for outcome in self.outcomes), f"opportunity {self.id}")
        _require_once(
            (p.competency for p in self.prerequisites),
            f"prerequisites of opportunity {self.id}",
        )
        if (self.starts is None) != (self.ends is None):
            raise ValueError(f"opportunity {self.id} needs both a start and an end, or neither")
        if self.starts is not None and self.ends is not None and self.starts > self.ends:
            raise ValueError(f"opportunity {self.id} ends {self.ends} before it starts {self.starts}")
        _require_amount(self.hours_per_week, "hours per week")


@dataclass(frozen=True, slots=True)
class Reason:
    """A coded part of a score. The points of all reasons of a match add up to the points of the match."""

    code: str
    points: int
    competency: str = ""
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """One candidate beside one opportunity, with points from 0 to 10,000."""

    candidate: str
    opportunity: str
    points: int
    reasons: tuple[Reason, ...] = ()
