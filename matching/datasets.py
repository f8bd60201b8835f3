"""The only bridge between rows and the engine: employees and slots in, recommendations out by id.

Whatever the number of rows, each function costs a constant number of queries. NIP, name and dates of a person's life
are not even fetched.
"""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import sklearn
from django.db import connection
from django.utils import timezone

from asn.models import Agency, Competency, CompetencyLevel, Employee
from asn.selectors import GapLine, assessed_levels, gap_profiles
from asn.states import EmployeeKind
from matching import engine
from matching.engine.ranking import Recommender, dump, load
from matching.engine.types import Candidate, CompetencyText, Gap, Match, Opportunity, Outcome, Prerequisite, Reason
from matching.models import EmployeeAvailability, ModelVersion, Recommendation
from partners.models import Slot, SlotOutcome
from partners.states import SlotMode, SlotStatus

Pair = tuple[str, str]  # employee id, slot id: the ids of the engine


# --- rows in ------------------------------------------------------------------------------------------------------


def candidates(agency: Agency, *, today: date, only: Collection[uuid.UUID] | None = None) -> list[Candidate]:
    """The active employees of an agency, or those of them in ``only``, as the engine sees them."""
    rows = (
        Employee.objects.active()
        .filter(agency=agency)
        .select_related("agency", "unit", "position")
        .defer(*Employee.PERSONAL_FIELDS)
        .order_by("pk")
    )
    if only is not None:
        rows = rows.filter(pk__in=only)
    people = list(rows)
    profiles = gap_profiles(people, today=today)
    levels = assessed_levels(people)
    availability = {row.employee_id: row for row in EmployeeAvailability.objects.filter(employee__in=people)}
    return [
        _candidate(person, profiles[person.pk], levels.get(person.pk, {}), availability.get(person.pk))
        for person in people
    ]


def candidate_of(employee: Employee, *, today: date, profile: Iterable[GapLine] | None = None) -> Candidate:
    """One employee, active or not; a gap profile that is at hand already saves its queries."""
    if profile is None:
        profile = gap_profiles([employee], today=today)[employee.pk]
    levels = assessed_levels([employee])
    availability = EmployeeAvailability.objects.filter(employee=employee).first()
    return _candidate(employee, profile, levels.get(employee.pk, {}), availability)


def _candidate(
    person: Employee,
    profile: Iterable[GapLine],
    levels: Mapping[str, int],
    availability: EmployeeAvailability | None,
) -> Candidate:
    words = (person.position.title, person.position.duties, person.unit.name, person.interests)
    hours_left = person.agency.pppk_contract_hours if person.kind == EmployeeKind.PPPK else None
    if availability is not None:
        hours_left = availability.hours_left
    return Candidate(
        id=str(person.pk),
        gaps=tuple(_gap(line) for line in profile if line.gap > 0),
        text=". ".join(word for word in words if word),
        agency=str(person.agency_id),
        place=(person.unit.place or person.agency.city).strip(),
        levels={code: float(level) for code, level in levels.items()},
        busy=tuple(
            (span.lower, span.upper - timedelta(days=1))  # PostgreSQL keeps day ranges half open
            for span in (availability.busy if availability else ())
        ),
        jp_left=hours_left,
        excluded=frozenset(str(slot) for slot in (availability.applied_slots if availability else ())),
    )


def _gap(line: GapLine) -> Gap:
    required = float(line.required)
    return Gap(
        competency=line.competency.code,
        required=required,
        assessed=max(0.0, required - float(line.gap)),  # for an unknown level the gap is the agency's expected one
        importance=float(line.importance),
        weight=float(line.weight),
        status=str(line.status),
    )


def opportunities(agency: Agency, *, today: date) -> list[Opportunity]:
    """The slots of an agency that are open today."""
    slots = Slot.objects.filter(agency=agency).open(today).select_related("agreement")
    return [opportunity(slot, today) for slot in slots.prefetch_related("outcomes", "prerequisites")]


def opportunity(slot: Slot, today: date) -> Opportunity:
    """A slot, open or not, as the engine sees it; ``today`` is the date in the agency's zone."""
    return Opportunity(
        id=str(slot.pk),
        outcomes=tuple(Outcome(o.competency_id, o.from_level, o.to_level) for o in slot.outcomes.all()),
        prerequisites=tuple(Prerequisite(p.competency_id, p.level, p.is_required) for p in slot.prerequisites.all()),
        text=slot_text(slot.title, slot.description),
        agency=str(slot.agency_id),
        partner=str(slot.partner_id),
        place=slot.place.strip(),
        online=slot.mode == SlotMode.ONLINE,
        starts=slot.starts_on,
        ends=slot.ends_on,
        blocks_time=slot.policy.blocks_time,
        jp=slot.policy.jp_planned,
        seats_left=slot.seats_left,
        hours_per_week=float(slot.hours_per_week),
        open=is_open(slot, today),
    )


def is_open(slot: Slot, today: date) -> bool:
    """Whether one may apply, seats aside: published, in time, and covered by its agreement."""
    return (
        slot.status == SlotStatus.PUBLISHED
        and slot.apply_by >= today
        and slot.agreement.covers(slot.starts_on, slot.ends_on)
    )


def slot_text(title: str, description: str) -> str:
    """What of a slot is read as text."""
    return f"{title}. {description}"


@dataclass(frozen=True, slots=True)
class Corpus:
    """What a model learns from: every slot that was ever published, and the reference catalogue."""

    opportunities: list[Opportunity]
    competencies: list[CompetencyText]


def corpus() -> Corpus:
    """Texts, declared outcomes and the catalogue. A competency without levels of its own has those of all."""
    levels: dict[str | None, dict[int, str]] = {}
    for code, level, text in CompetencyLevel.objects.values_list("competency_id", "level", "descriptor_id"):
        levels.setdefault(code, {})[level] = text
    general = levels.get(None, {})
    competencies = [
        CompetencyText(code, name, description, levels.get(code, general))
        for code, name, description in Competency.objects.filter(is_active=True).values_list(
            "code", "name_id", "description_id"
        )
    ]
    outcomes: dict[uuid.UUID, list[Outcome]] = {}
    published = Slot.objects.exclude(published_at=None)
    for pk, code, low, high in SlotOutcome.objects.filter(slot__in=published, competency__is_active=True).values_list(
        "slot_id", "competency_id", "from_level", "to_level"
    ):
        outcomes.setdefault(pk, []).append(Outcome(code, low, high))
    opportunities = [
        Opportunity(
            id=str(pk),
            text=slot_text(title, description),
            outcomes=tuple(sorted(outcomes.get(pk, ()), key=lambda outcome: outcome.competency)),
        )
        for pk, title, description in published.values_list("pk", "title", "description")
    ]
    return Corpus(opportunities, competencies)


# --- models -------------------------------------------------------------------------------------------------------


@cache
def _engine_code() -> str:
    """A fingerprint of the engine's source: other code may read a stored model otherwise."""
    digest = hashlib.sha256()
    for path in sorted(Path(engine.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def parameters(recommender: Recommender) -> dict[str, Any]:
    """What a version is made with. Other code, or another release of scikit-learn, makes another model."""
    return {**recommender.get_params(), "engine_code": _engine_code(), "scikit_learn": sklearn.__version__}


def artifact(recommender: Recommender) -> tuple[bytes, str]:
    """A fitted recommender as bytes, and their SHA-256."""
    data = dump(recommender)
    return data, hashlib.sha256(data).hexdigest()


@lru_cache(maxsize=4)
def recommender_of(version_id: uuid.UUID) -> Recommender:
    """The fitted recommender of a version, read once in each process. Raises when its bytes were tampered with."""
    version = ModelVersion.objects.get(pk=version_id)
    data = bytes(version.artifact)
    if hashlib.sha256(data).hexdigest() != version.artifact_sha256:
        raise ValueError(f"the artifact of model {version} does not have the SHA-256 it was stored with")
    return load(data)


# --- recommendations out ------------------------------------------------------------------------------------------


def reasons_as_json(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    """Reasons as they are stored (see matching/states.py)."""
    return [{"code": r.code, "points": r.points, "competency": r.competency, "params": dict(r.params)} for r in reasons]


def write_pairs(
    *, agency_id: uuid.UUID, version_id: uuid.UUID, stored: Iterable[Recommendation], wanted: Mapping[Pair, Match]
) -> int:
    """Make the ``stored`` rows those ``wanted``: rows that are right already stay untouched; returns how many changed."""
    wrong: list[uuid.UUID] = []
    missing = {pair: (match.points, reasons_as_json(match.reasons)) for pair, match in wanted.items()}
    for row in stored:
        pair = (str(row.employee_id), str(row.slot_id))
        if missing.get(pair) == (row.points, row.reasons):
            del missing[pair]
        else:
            wrong.append(row.pk)
    if wrong:
        Recommendation.objects.filter(pk__in=wrong).delete()
    _copy(agency_id, version_id, missing)
    return len(wrong) + len(missing)


def _copy(agency_id: uuid.UUID, version_id: uuid.UUID, rows: Mapping[Pair, tuple[int, list[dict[str, Any]]]]) -> None:
    """COPY is twenty times as fast as INSERT here."""
    if not rows:
        return
    now = timezone.now().isoformat()
    lines = io.StringIO()
    for (employee, slot), (points, reasons) in rows.items():
        told = json.dumps(reasons, ensure_ascii=False).replace("\\", "\\\\")  # JSON has no bare tab or line end
        lines.write(f"{uuid.uuid4()}\t{now}\t{now}\t{agency_id}\t{version_id}\t{employee}\t{slot}\t{points}\t{told}\n")
    lines.seek(0)
    columns = "id, created_at, updated_at, agency_id, version_id, employee_id, slot_id, points, reasons"
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY {Recommendation._meta.db_table} ({columns}) FROM STDIN", lines)
