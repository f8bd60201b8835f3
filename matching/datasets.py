"""The only bridge between rows and the engine: employees and slots in, lists out by id.

Whatever the number of rows, each function costs a constant number of queries. NIP, name and dates of a person's life
are not even fetched.
"""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import struct
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import sklearn
from django.db import connection
from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.functions import Cast

from asn.models import Agency, Assessment, Competency, CompetencyLevel, Employee, Position, RegionalPriority, Unit
from asn.selectors import GapLine, GapRule, assessed_levels, gap_profiles, official_levels, required_levels
from asn.states import EmployeeKind
from matching import engine
from matching.engine.ranking import Recommender, dump, load
from matching.engine.retrieval import Catalogue
from matching.engine.types import Candidate, CompetencyText, Gap, Opportunity, Outcome, Prerequisite
from matching.models import EmployeeAvailability, EmployeeList, Generation, ModelVersion, SlotList
from matching.packing import FINGERPRINT, copy_stream
from partners.models import Slot, SlotOutcome
from partners.states import SlotMode, SlotStatus

# id, kind, unit, its place, position, interests, limits
_Person = tuple[str, str, str, str, uuid.UUID, str, Mapping[str, Any]]


# --- rows in ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Range:
    """People whose ids lie in ``(after, until]``; None leaves an end open."""

    after: uuid.UUID | None = None
    until: uuid.UUID | None = None

    def of(self, column: str) -> Q:
        """The condition on a column of employee ids."""
        within = Q()
        if self.after is not None:
            within &= Q(**{f"{column}__gt": self.after})
        if self.until is not None:
            within &= Q(**{f"{column}__lte": self.until})
        return within


def candidates(
    agency: Agency, *, today: date, only: Collection[uuid.UUID] | None = None, within: Range | None = None
) -> list[Candidate]:
    """The active employees of an agency, in ``only`` and ``within`` where given, as the engine sees them, by id.

    Made for thousands at a time: plain tuples, and whatever many people share is made once.
    """

    def those(column: str) -> Q:
        chosen = Q(agency=agency) & (within.of(column) if within else Q())
        return chosen & Q(**{f"{column}__in": only}) if only is not None else chosen

    people = list(
        Employee.objects.active()
        .filter(those("pk"))
        .annotate(key=Cast("pk", CharField()))
        .order_by("pk")
        .values_list("key", "kind", "unit__name", "unit__place", "position_id", "interests", "unit_id")
    )
    if not people:
        return []
    availability = {str(row.employee_id): row for row in EmployeeAvailability.objects.filter(those("employee_id"))}
    works = {row.pk: row for row in Position.objects.filter(pk__in={position for *_, position, _, _ in people})}
    kept_from = _kept_from(agency, today)
    return _candidates(
        agency,
        [
            (*person, kept_from(unit, _limits(agency, person[1], availability.get(person[0]))))
            for *person, unit in people
        ],
        works,
        Assessment.objects.filter(those("employee_id")),
        today,
    )


def candidates_for_reasons(agency: Agency, people: Sequence[Employee], *, today: date) -> list[Candidate]:
    """Employees with unit and position at hand, with what points and reasons rest on.

    What keeps slots away from them was asked when the list was made, and is not read again.
    """
    rows: list[_Person] = [
        (str(p.pk), p.kind, p.unit.name, p.unit.place, p.position_id, p.interests, {}) for p in people
    ]
    works = {person.position_id: person.position for person in people}
    return _candidates(agency, rows, works, Assessment.objects.filter(employee__in=people), today)


def _candidates(
    agency: Agency,
    people: Iterable[_Person],
    works: Mapping[uuid.UUID, Position],
    assessments: QuerySet[Assessment],
    today: date,
) -> list[Candidate]:
    required = {
        pk: sorted((code, requirement.level) for code, requirement in levels.items())
        for pk, levels in required_levels(works.values()).items()
    }
    measured: dict[str, dict[str, tuple[int, bool]]] = defaultdict(dict)
    for person, code, level, is_old in official_levels(assessments, today=today):
        measured[person][code] = (level, is_old)
    gap_of = _gaps(agency)
    nothing: dict[str, tuple[int, bool]] = {}
    found = []
    for key, _, unit, place, position, interests, limits in people:
        levels = measured.get(key, nothing)
        gaps = (gap_of(code, level, levels.get(code)) for code, level in required[position])
        work = works[position]
        found.append(
            Candidate(
                id=key,
                gaps=tuple(gap for gap in gaps if gap is not None),
                text=person_text(work.title, work.duties, unit, interests),
                agency=str(agency.pk),
                place=(place or agency.city).strip(),
                levels={code: float(level) for code, (level, _) in levels.items()},
                **limits,
            )
        )
    return found


def _gaps(agency: Agency) -> Callable[[str, int, tuple[int, bool] | None], Gap | None]:
    """A function (code, required, measured) -> gap, which makes equal gaps of many people once."""
    rule = GapRule.of(agency)
    priorities = {
        code: float(weight)
        for code, weight in RegionalPriority.objects.filter(agency=agency).values_list("competency_id", "weight")
    }

    @cache
    def gap_of(code: str, required: int, measured: tuple[int, bool] | None) -> Gap | None:
        level, is_old = measured if measured else (None, False)
        status, gap, weight = rule.judge(required, level, is_expired=is_old)
        return _gap(code, required, gap, priorities.get(code, 1.0), weight, status) if gap > 0 else None

    return gap_of


def candidate_for_reasons(
    employee: Employee, *, today: date, profile: Iterable[GapLine] | None, with_levels: bool
) -> Candidate:
    """One employee with what points and reasons rest on; what keeps slots away was asked when the list was made.

    Levels beyond the gap profile matter only ``with_levels``, where some slot has prerequisites.
    """
    if profile is None:
        profile = gap_profiles([employee], today=today)[employee.pk]
    levels = assessed_levels([employee]).get(employee.pk, {}) if with_levels else {}
    return replace(_candidate(employee, profile, levels, None), jp_left=None)


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
    lines = sorted(profile, key=lambda line: line.competency.code)
    return Candidate(
        id=str(person.pk),
        gaps=tuple(
            _gap(line.competency.code, line.required, line.gap, line.importance, line.weight, line.status)
            for line in lines
            if line.gap > 0
        ),
        text=person_text(person.position.title, person.position.duties, person.unit.name, person.interests),
        agency=str(person.agency_id),
        place=(person.unit.place or person.agency.city).strip(),
        levels={code: float(level) for code, level in levels.items()},
        **_limits(person.agency, person.kind, availability),
    )


def _limits(agency: Agency, kind: str, availability: EmployeeAvailability | None) -> dict[str, Any]:
    """What keeps slots away from a person: days taken, hours left, applications made."""
    if availability is None:
        return {"jp_left": agency.pppk_contract_hours if kind == EmployeeKind.PPPK else None}
    return {
        "busy": tuple(
            (span.lower, span.upper - timedelta(days=1))  # PostgreSQL keeps day ranges half open
            for span in availability.busy
        ),
        "jp_left": availability.hours_left,
        "excluded": frozenset(str(slot) for slot in availability.applied_slots),
    }


def _kept_from(agency: Agency, today: date) -> Callable[[uuid.UUID, dict[str, Any]], dict[str, Any]]:
    """A function (unit, limits) -> limits, which hides the slots whose last seats are kept for people of other units.

    The engine gets slots to leave out, as of those applied for, and learns nothing of units.
    """
    left_for_others = Slot.objects.filter(agency=agency).open(today).with_seat_for(None, today)
    kept = dict(
        Slot.objects.filter(agency=agency, reserved_seats__gt=0)
        .open(today)
        .exclude(pk__in=left_for_others.values("pk"))
        .values_list("pk", "reserve_unit")
    )
    above = dict(Unit.objects.filter(agency=agency).values_list("pk", "parent")) if kept else {}

    @cache
    def hidden_from(unit: uuid.UUID) -> frozenset[str]:
        own: list[uuid.UUID | None] = [unit]
        for _ in range(2):  # as partners.models.units_above
            own.append(above.get(own[-1]) if own[-1] else None)
        return frozenset(str(slot) for slot, kept_for in kept.items() if kept_for not in own)

    def hide(unit: uuid.UUID, limits: dict[str, Any]) -> dict[str, Any]:
        return {**limits, "excluded": limits.get("excluded", frozenset()) | hidden_from(unit)} if kept else limits

    return hide


def _gap(code: str, required: int, gap: float, importance: float, weight: float, status: str) -> Gap:
    return Gap(
        competency=code,
        required=float(required),
        assessed=max(0.0, required - gap),  # for an unknown level the gap is the agency's expected one
        importance=importance,
        priority=importance,  # the region's multiplier is all there is to importance so far
        weight=weight,
        status=str(status),
    )


def person_text(title: str, duties: str, unit: str, interests: str) -> str:
    """What of a person is read as text."""
    return ". ".join(words for words in (title, duties, unit, interests) if words)


UPDATED_AT_ONCE = 10_000
_GAP_FIELDS = attrgetter(*(field.name for field in fields(Gap)))
_CANDIDATE_FIELDS = [field.name for field in fields(Candidate) if field.name != "id"]


def fingerprint(candidate: Candidate) -> bytes:
    """6 bytes that change with anything the engine reads of a person."""
    told = json.dumps([getattr(candidate, name) for name in _CANDIDATE_FIELDS], default=_plain, sort_keys=True)
    return hashlib.blake2b(told.encode(), digest_size=FINGERPRINT).digest()


def _plain(value: object) -> object:
    if isinstance(value, Gap):
        return _GAP_FIELDS(value)
    if isinstance(value, date):
        return value.toordinal()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"cannot tell a {type(value).__name__} in a fingerprint")


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
        jp=slot.jp_planned,
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


def is_of_this_code(made_with: Mapping[str, Any]) -> bool:
    """Whether a version's bytes were made by the code and libraries that run now; others are not to be read."""
    return bool(made_with == parameters(Recommender()))


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


# --- generations --------------------------------------------------------------------------------------------------


def freeze(what: Catalogue | Opportunity) -> bytes:
    """Slots as the engine read them, to be stored with their generation."""
    return pickle.dumps(what, protocol=5)


@lru_cache(maxsize=4)
def catalogue_of(generation_id: int, sha256: str) -> Catalogue:
    """The frozen slots of a generation, read once in each process. Raises when they do not have their SHA-256."""
    data = bytes(Generation.objects.values_list("catalogue", flat=True).get(pk=generation_id))
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"the catalogue of generation {generation_id} does not have the SHA-256 it was stored with")
    catalogue = pickle.loads(data)  # noqa: S301 - our own bytes, as compared
    if not isinstance(catalogue, Catalogue):
        raise ValueError("these bytes do not hold a catalogue")
    return catalogue


def thaw(frozen: bytes | memoryview) -> Opportunity:
    """One slot of `freeze`. Only for bytes that this code stored: unpickling runs code."""
    opportunity = pickle.loads(bytes(frozen))  # noqa: S301 - our own bytes, of a version of this code
    if not isinstance(opportunity, Opportunity):
        raise ValueError("these bytes do not hold a slot")
    return opportunity


def write_employee_lists(generation_id: int, lists: Iterable[tuple[str, bytes]]) -> None:
    """Add lists of people to a generation: COPY takes a packed row a person."""
    key = struct.pack("!i", generation_id)
    rows = ((key, uuid.UUID(person).bytes, packed) for person, packed in lists)
    _copy(EmployeeList, ("generation_id", "employee_id", "packed"), rows)


def update_employee_lists(generation_id: int, lists: Mapping[uuid.UUID, bytes]) -> set[uuid.UUID]:
    """Put lists in place of those from before; the people who had one."""
    people = sorted(lists)
    found: set[uuid.UUID] = set()
    with connection.cursor() as cursor:
        for start in range(0, len(people), UPDATED_AT_ONCE):
            some = people[start : start + UPDATED_AT_ONCE]
            cursor.execute(
                "UPDATE matching_employeelist AS l SET packed = n.packed"
                " FROM unnest(%s::uuid[], %s::bytea[]) AS n (employee, packed)"
                " WHERE l.generation_id = %s AND l.employee_id = n.employee RETURNING l.employee_id",
                [some, [lists[person] for person in some], generation_id],
            )
            found.update(row[0] for row in cursor.fetchall())
    return found


def write_slot_lists(
    generation: Generation, lists: Iterable[tuple[Opportunity, bytes, bool]], *, now: datetime
) -> None:
    """Add the slots of a generation's catalogue with their lists, in the order of their ordinals."""
    moment = struct.pack("!q", (now - _POSTGRES_EPOCH) // timedelta(microseconds=1))
    key, agency = struct.pack("!i", generation.pk), generation.agency_id.bytes
    rows = (
        (
            uuid.uuid4().bytes,
            moment,
            moment,
            agency,
            key,
            uuid.UUID(slot.id).bytes,
            struct.pack("!i", ordinal),
            freeze(slot),
            packed,
            bytes([is_cut]),
            b"\0",
            b"\1",
        )
        for ordinal, (slot, packed, is_cut) in enumerate(lists)
    )
    columns = ("id", "created_at", "updated_at", "agency_id", "generation_id", "slot_id", "ordinal", "frozen", "packed")
    _copy(SlotList, (*columns, "is_cut", "is_changed", "is_open"), rows)


_POSTGRES_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _copy(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[bytes]]) -> None:
    names = ", ".join(columns)
    with connection.wrap_database_errors, connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY {model._meta.db_table} ({names}) FROM STDIN (FORMAT binary)", io.BytesIO(copy_stream(rows))
        )
