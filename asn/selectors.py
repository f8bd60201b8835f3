"""Reads of this room: required levels, assessed levels and the gaps between them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Exists,
    ExpressionWrapper,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    UUIDField,
    Value,
    When,
    prefetch_related_objects,
)
from django.db.models.functions import Cast

from asn.models import (
    OFFICIAL_SOURCES,
    Agency,
    AgencyStandard,
    Assessment,
    ClassStandard,
    Competency,
    Correction,
    Employee,
    Position,
    PositionStandard,
    RegionalPriority,
)
from asn.states import AssessmentSource, GapStatus, UnsureReason


@dataclass(frozen=True, slots=True)
class Requirement:
    """The level a position requires, and who says so: ``position``, ``agency`` or ``class``."""

    level: int
    source: str
    is_example: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """The latest word of one kind of source on one competency."""

    level: int
    source: str
    assessed_on: date
    valid_until: date
    assessment_id: uuid.UUID
    contested: bool


@dataclass(frozen=True, slots=True)
class GapLine:
    """One competency of one person: what is required, what was measured, and what that makes.

    ``contested`` says that the person has asked for a correction that nobody has decided. *Unknown* counts as the agency's expected gap at its weight, never as 0; *expired* keeps its level
    with lower weight. ``self_rating`` is shown beside, never counted.
    """

    competency: Competency
    required: int
    requirement_source: str
    is_example: bool
    assessed: int | None
    status: GapStatus
    gap: float
    weight: float
    importance: float
    assessed_on: date | None
    valid_until: date | None
    source: str
    self_rating: int | None
    assessment_id: uuid.UUID | None = None
    contested: bool = False

    @property
    def why(self) -> tuple[UnsureReason, ...]:
        """Why the level is not known for certain, the most telling first; empty where it is."""
        found = []
        if self.contested:
            found.append(UnsureReason.CONTESTED)
        if self.status == GapStatus.UNKNOWN:
            found.append(UnsureReason.NOT_ASSESSED if self.self_rating is None else UnsureReason.SELF_RATED_ONLY)
        elif self.status == GapStatus.EXPIRED:
            found.append(UnsureReason.EXPIRED)
        if self.is_example:
            found.append(UnsureReason.EXAMPLE_STANDARD)
        return tuple(found)

    @property
    def weighted(self) -> float:
        """What ranks the line: steps missing × how sure we are × how much the city wants it."""
        return self.gap * self.weight * self.importance


def required_levels(positions: Iterable[Position]) -> dict[uuid.UUID, dict[str, Requirement]]:
    """Per position and competency code; the position's own standard goes before the agency's, that before
    the class default. One query."""
    positions = list(positions)
    classes = {position.position_class_id for position in positions}
    agencies = {position.agency_id for position in positions}
    active = {"competency__is_active": True}
    nobody, no_example = Cast(Value(None), UUIDField()), Value(False, output_field=BooleanField())
    no_class = Cast(Value(None), CharField())
    rows = (
        ClassStandard.objects.filter(position_class__in=classes, **active)
        .values_list(nobody, nobody, "position_class_id", "competency_id", "level", no_example)
        .union(
            AgencyStandard.objects.filter(agency__in=agencies, position_class__in=classes, **active).values_list(
                "agency_id", nobody, "position_class_id", "competency_id", "level", no_example
            ),
            PositionStandard.objects.filter(position__in=[p.pk for p in positions], **active).values_list(
                nobody, "position_id", no_class, "competency_id", "level", "is_example"
            ),
            all=True,
        )
    )
    by_class: dict[str, dict[str, Requirement]] = defaultdict(dict)
    by_agency: dict[tuple[uuid.UUID, str], dict[str, Requirement]] = defaultdict(dict)
    by_position: dict[uuid.UUID, dict[str, Requirement]] = defaultdict(dict)
    for agency, position, klass, code, level, is_example in rows:
        if position is not None:
            by_position[position][code] = Requirement(level, "position", is_example)
        elif agency is not None:
            by_agency[agency, klass][code] = Requirement(level, "agency")
        else:
            by_class[klass][code] = Requirement(level, "class")
    return {
        p.pk: by_class[p.position_class_id] | by_agency[p.agency_id, p.position_class_id] | by_position[p.pk]
        for p in positions
    }


_RATED_BY_SELF = Case(When(source=AssessmentSource.SELF, then=Value(1)), default=Value(0), output_field=IntegerField())
# On the same day the stricter method speaks.
_METHOD = Case(
    *(When(source=source, then=Value(rank)) for rank, source in enumerate(OFFICIAL_SOURCES)),
    default=Value(len(OFFICIAL_SOURCES)),
    output_field=IntegerField(),
)


def latest_assessments(
    employees: Iterable[Employee],
) -> tuple[dict[uuid.UUID, dict[str, Measured]], dict[uuid.UUID, dict[str, int]]]:
    """(official levels, self-ratings) per employee and competency code; the latest of each. One query."""
    official: dict[uuid.UUID, dict[str, Measured]] = defaultdict(dict)
    own: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    contests = Correction.objects.open().filter(assessment=OuterRef("pk"))  # type: ignore[attr-defined]
    rows = (
        Assessment.objects.filter(employee__in=[employee.pk for employee in employees])
        .annotate(by_self=_RATED_BY_SELF, method=_METHOD)
        .order_by("employee_id", "competency_id", "by_self", "-assessed_on", "method", "-created_at")
        .distinct("employee_id", "competency_id", "by_self")
        .annotate(contested=Exists(contests))
        .values_list(
            "employee_id",
            "competency_id",
            "by_self",
            "level",
            "source",
            "assessed_on",
            "valid_until",
            "pk",
            "contested",
        )
    )
    for employee_id, code, by_self, level, source, assessed_on, valid_until, pk, contested in rows:
        if by_self:
            own[employee_id][code] = level
        else:
            official[employee_id][code] = Measured(level, source, assessed_on, valid_until, pk, contested)
    return official, own


def assessed_levels(employees: Iterable[Employee]) -> dict[uuid.UUID, dict[str, int]]:
    """Latest official level of everything that was ever assessed, required or not. One query."""
    official, _ = latest_assessments(employees)
    return {pk: {code: m.level for code, m in levels.items()} for pk, levels in official.items()}


def gap_profile(employee: Employee, *, today: date | None = None) -> list[GapLine]:
    """The person's gaps, largest weighted first."""
    return gap_profiles([employee], today=today)[employee.pk]


def gap_profiles(employees: Iterable[Employee], *, today: date | None = None) -> dict[uuid.UUID, list[GapLine]]:
    """Like ``gap_profile`` for many, in a number of queries that does not depend on how many."""
    employees = list(employees)
    prefetch_related_objects(employees, "agency", "position")  # asks for those only that are not at hand
    agencies = {employee.agency_id: employee.agency for employee in employees}
    days = {pk: today or agency.today() for pk, agency in agencies.items()}
    required = required_levels({employee.position for employee in employees})
    official, own = latest_assessments(employees)
    priorities: dict[tuple[uuid.UUID, str], float] = {
        (agency, code): float(weight)
        for agency, code, weight in RegionalPriority.objects.filter(agency__in=agencies).values_list(
            "agency_id", "competency_id", "weight"
        )
    }
    catalogue = Competency.objects.in_bulk()
    profiles = {}
    for employee in employees:
        agency = agencies[employee.agency_id]
        lines = [
            _line(
                agency,
                days[agency.pk],
                catalogue[code],
                requirement,
                official[employee.pk].get(code),
                own[employee.pk].get(code),
                priorities.get((agency.pk, code), 1.0),
            )
            for code, requirement in required[employee.position_id].items()
        ]
        profiles[employee.pk] = sorted(lines, key=lambda line: (-line.weighted, line.competency.code))
    return profiles


@dataclass(frozen=True, slots=True)
class GapRule:
    """What an agency makes of a level that is missing or too old, read once for many people."""

    expected: float
    unknown: float
    expired: float

    @classmethod
    def of(cls, agency: Agency) -> GapRule:
        """The rule that the agency's numbers make."""
        return cls(
            float(agency.expected_unknown_gap), float(agency.unknown_gap_weight), float(agency.expired_gap_weight)
        )

    def judge(self, required: int, level: int | None, *, is_expired: bool) -> tuple[GapStatus, float, float]:
        """Status, steps missing and weight of one required level; ``level`` is None where nobody measured."""
        if level is None:
            return GapStatus.UNKNOWN, min(self.expected, float(required)), self.unknown
        gap = float(max(0, required - level))
        if is_expired:
            return GapStatus.EXPIRED, gap, self.expired
        return GapStatus.GAP if gap else GapStatus.MET, gap, 1.0


def official_levels(assessments: QuerySet[Assessment], *, today: date) -> Iterable[tuple[str, str, int, bool]]:
    """(employee id, competency code, level, whether it is too old) of the latest official word on each pair.

    For many thousands of people at once: one query, no rows of models.
    """
    return (
        assessments.exclude(source=AssessmentSource.SELF)
        .annotate(method=_METHOD, person=Cast("employee_id", CharField()), old=_before(today))
        .order_by("employee_id", "competency_id", "-assessed_on", "method", "-created_at")
        .distinct("employee_id", "competency_id")
        .values_list("person", "competency_id", "level", "old")
    )


def _before(today: date) -> ExpressionWrapper:
    return ExpressionWrapper(Q(valid_until__lt=today), output_field=BooleanField())


def _line(
    agency: Agency,
    today: date,
    competency: Competency,
    requirement: Requirement,
    measured: Measured | None,
    self_rating: int | None,
    importance: float,
) -> GapLine:
    status, gap, weight = GapRule.of(agency).judge(
        requirement.level,
        measured.level if measured else None,
        is_expired=measured is not None and measured.valid_until < today,
    )
    return GapLine(
        competency=competency,
        required=requirement.level,
        requirement_source=requirement.source,
        is_example=requirement.is_example,
        assessed=measured.level if measured else None,
        status=status,
        gap=gap,
        weight=weight,
        importance=importance,
        assessed_on=measured.assessed_on if measured else None,
        valid_until=measured.valid_until if measured else None,
        source=measured.source if measured else "",
        self_rating=self_rating,
        assessment_id=measured.assessment_id if measured else None,
        contested=measured is not None and measured.contested,
    )
