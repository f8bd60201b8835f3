"""The replaceable reference data: competency catalogue, level descriptors, position classes, class standards."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from asn.models import ClassStandard, Competency, CompetencyLevel, PositionClass
from asn.services.checks import check_choice, check_level
from asn.states import CompetencyKind
from core import audit
from core.errors import at_row
from core.services import service

DATA = Path(__file__).resolve().parent.parent / "data"


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    """How many rows are in force after a load."""

    competencies: int
    levels: int
    position_classes: int
    class_standards: int


@service
def load_reference(*, folder: Path | None = None) -> ReferenceReport:
    """Make the database say what the CSV files say (our own unless ``folder`` holds others).

    Safe to repeat. A competency that is no longer listed is switched off, not deleted, for history points at it.
    """
    folder = folder or DATA
    competencies = _load_competencies(folder / "competencies.csv")
    levels = _load_levels(folder / "competency_levels.csv", set(competencies))
    classes = _load_classes(folder / "position_classes.csv")
    standards = _load_standards(folder / "position_standards.csv", set(competencies), set(classes))
    report = ReferenceReport(len(competencies), levels, len(classes), standards)
    audit.record(
        actor=None,
        action="asn.load_reference",
        obj=Competency(pk="*"),
        after={name: getattr(report, name) for name in ReferenceReport.__slots__},
    )
    return report


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from enumerate(csv.DictReader(file), start=1)


def _load_competencies(path: Path) -> list[str]:
    found: dict[str, Competency] = {}
    for number, row in _rows(path):
        with at_row(number):
            found[row["code"]] = Competency(
                code=row["code"],
                kind=check_choice(row["kind"], CompetencyKind.values, code="unknown_competency_kind", field="kind"),
                name_id=row["name_id"],
                name_en=row["name_en"],
                field=row["field"],
                field_code=row["field_code"],
                description_id=row["description_id"],
                source=row["sources"],
                is_active=True,
            )
    Competency.objects.exclude(pk__in=found).update(is_active=False)
    fields = [f.name for f in Competency._meta.concrete_fields if not f.primary_key]
    Competency.objects.bulk_create(found.values(), update_conflicts=True, unique_fields=("code",), update_fields=fields)
    return list(found)


def _load_levels(path: Path, competencies: set[str]) -> int:
    rows = []
    for number, row in _rows(path):
        with at_row(number):
            code = row["code"] and check_choice(row["code"], competencies, code="unknown_competency", field="code")
            rows.append(
                CompetencyLevel(
                    competency_id=code or None,
                    level=check_level(int(row["level"]), field="level"),
                    name_id=row["level_name_id"],
                    name_en=row["level_name_en"],
                    descriptor_id=row["descriptor_id"],
                    descriptor_en=row["descriptor_en"],
                )
            )
    CompetencyLevel.objects.all().delete()
    return len(CompetencyLevel.objects.bulk_create(rows))


def _load_classes(path: Path) -> list[str]:
    rows = [PositionClass(code=r["code"], name=r["name"], rank=int(r["rank"])) for _, r in _rows(path)]
    PositionClass.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=("code",), update_fields=("name", "rank")
    )
    return [row.code for row in rows]


def _load_standards(path: Path, competencies: set[str], classes: set[str]) -> int:
    rows = []
    for number, row in _rows(path):
        with at_row(number):
            rows.append(
                ClassStandard(
                    position_class_id=check_choice(
                        row["position_class"], classes, code="unknown_position_class", field="position_class"
                    ),
                    competency_id=check_choice(
                        row["competency_code"], competencies, code="unknown_competency", field="competency_code"
                    ),
                    level=check_level(int(row["required_level"]), field="required_level"),
                    source=row["source"],
                    confidence=row["confidence"],
                )
            )
    ClassStandard.objects.all().delete()
    return len(ClassStandard.objects.bulk_create(rows))
