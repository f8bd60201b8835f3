"""Reads of recommendations: always the generation that the agency sees, and only slots that are still open."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BinaryField, Case, Count, F, Prefetch, Q, QuerySet, When
from django.db.models.functions import Length
from django.utils import timezone

from asn.models import Agency, Competency, Employee
from asn.selectors import GapLine
from matching import datasets
from matching.engine.calibration import Curve
from matching.engine.explain import hindrances
from matching.engine.paths import Change, cheapest_change
from matching.engine.ranking import Recommender
from matching.engine.types import Candidate, Match, Opportunity, Reason
from matching.models import Calibration, EmployeeList, MatchPolicy, MatchRun, MatchState, ModelVersion, SlotList
from matching.packing import FINGERPRINT, unpack_person, unpack_slot
from partners.models import Slot, SlotOutcome


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggested pair, never a decision: where it stands on its list, and why.

    Points and reasons are worked out anew from the slot as it was matched, the model that matched it and the person's
    data of this moment, so they add up; both are those stored unless the person's data have changed since.
    """

    employee: Employee
    slot: Slot
    place: int
    points: int
    reasons: tuple[Reason, ...]
    version_number: int

    @property
    def employee_id(self) -> uuid.UUID:
        return self.employee.pk

    @property
    def slot_id(self) -> uuid.UUID:
        return self.slot.pk


def recommendations_for_employee(
    employee: Employee, limit: int = 20, *, profile: Iterable[GapLine] | None = None
) -> list[Suggestion]:
    """The best open slots of a person, with partner and outcomes at hand.

    ``profile`` is the person's gap profile when the caller has it already, which saves its queries.
    """
    row = (
        EmployeeList.objects.filter(employee=employee, generation__in=shown_generations(employee.agency_id))
        .values_list("generation", "generation__entry_bytes", "generation__version", "packed")
        .annotate(number=F("generation__version__number"), made_by=F("generation__version__parameters"))
        .first()
    )
    if row is None:
        return []
    generation, entry_bytes, version, packed, number, made_by = row
    _, entries = unpack_person(packed, entry_bytes=entry_bytes)
    today = employee.agency.today()
    rows = _slot_lists(generation, [ordinal for ordinal, _ in entries], employee, today)
    if entries and not rows and not shown_generations(employee.agency_id).filter(generation=generation).exists():
        return recommendations_for_employee(employee, limit, profile=profile)  # it was switched between two queries
    chosen = [(rows[ordinal], points) for ordinal, points in entries if ordinal in rows][:limit]
    told: dict[str, Match] | None = None
    if chosen and datasets.is_of_this_code(made_by):
        slots = [datasets.thaw(row.frozen) for row, _ in chosen]
        needs_levels = any(slot.prerequisites for slot in slots)
        candidate = datasets.candidate_for_reasons(employee, today=today, profile=profile, with_levels=needs_levels)
        best = datasets.recommender_of(version).recommend([candidate], slots, k=len(slots), reasons=True)
        told = {match.opportunity: match for match in best.by_candidate[candidate.id]}
    found = [(row.slot, _told(told, str(row.slot_id), points)) for row, points in chosen]
    return [
        Suggestion(employee, slot, place, match.points, match.reasons, number)
        for place, (slot, match) in enumerate(((slot, match) for slot, match in found if match.points), start=1)
    ]


def _told(told: Mapping[str, Match] | None, key: str, points: int) -> Match:
    """What the model says of a pair now; what it said then, without reasons, where its code is gone."""
    return Match("", key, points) if told is None else told.get(key, Match("", key, 0))


def _slot_lists(generation: int, ordinals: Sequence[int], employee: Employee, today: date) -> dict[int, SlotList]:
    """Slots of a generation that still have a seat for a person, by ordinal, with what a card shows."""
    rows = (
        SlotList.objects.filter(generation=generation, ordinal__in=ordinals, is_open=True)
        .filter(slot__in=Slot.objects.filter(agency=employee.agency_id).open(today, employee.unit_id).values("pk"))
        .select_related("slot__partner", "slot__agreement", "slot__reserve_unit")
        .defer("packed")
        .prefetch_related(Prefetch("slot__outcomes", SlotOutcome.objects.select_related("competency")))
    )
    return {row.ordinal: row for row in rows}


def recommendations_for_slot(slot: Slot, limit: int = 20) -> list[Suggestion]:
    """The best people for an open slot, for HR's eyes."""
    today = slot.agency.today()
    row = (
        SlotList.objects.filter(generation__in=shown_generations(slot.agency_id), is_open=True)
        .filter(slot__in=Slot.objects.filter(pk=slot.pk).open(today).values("pk"))
        .select_related("generation__version")
        .defer("generation__catalogue", "generation__version__artifact")
        .first()
    )
    if row is None:
        return []
    version = row.generation.version
    places = unpack_slot(row.packed)
    people = Employee.objects.active().filter(
        agency=slot.agency_id, pk__in=[person for person, _ in places[: 2 * limit]]
    )
    rows = {person.pk: person for person in people.select_related("agency", "unit", "position")}
    if slot.reserve_left(today):
        rows = {pk: person for pk, person in rows.items() if slot.seats_for(person.unit_id, today)}
    chosen = [(rows[person], points) for person, points in places if person in rows][:limit]
    told: dict[str, Match] | None = None
    if chosen and datasets.is_of_this_code(version.parameters):
        candidates = datasets.candidates_for_reasons(slot.agency, [person for person, _ in chosen], today=today)
        best = datasets.recommender_of(version.pk).recommend(
            candidates, [datasets.thaw(row.frozen)], k=len(candidates), reasons=True
        )
        told = {match.candidate: match for match in best.by_opportunity[str(slot.pk)]}
    matches = [(person, _told(told, str(person.pk), points)) for person, points in chosen]
    return [
        Suggestion(person, slot, place, match.points, match.reasons, version.number)
        for place, (person, match) in enumerate(((p, m) for p, m in matches if m.points), start=1)
    ]


def shown_generations(agency_id: uuid.UUID) -> QuerySet[MatchState, Any]:
    """The generation that an agency sees, to be compared within the query that reads its lists."""
    return MatchState.objects.filter(agency=agency_id).values("generation")


def stored_points(*, employee_id: uuid.UUID, slot_id: uuid.UUID) -> int | None:
    """The points that a pair has on the person's list or on the slot's; None when it is on neither."""
    row = (
        SlotList.objects.filter(slot=slot_id, generation__in=MatchState.objects.values("generation"))
        .values_list("generation", "ordinal", "packed", "generation__entry_bytes")
        .first()
    )
    if row is None:
        return None
    generation, ordinal, packed, entry_bytes = row
    points = dict(unpack_slot(packed)).get(employee_id)
    if points is None:
        mine = EmployeeList.objects.filter(generation=generation, employee=employee_id).first()
        points = dict(unpack_person(mine.packed, entry_bytes=entry_bytes)[1]).get(ordinal) if mine else None
    return points


@dataclass(frozen=True, slots=True)
class Pair:
    """One person beside one slot: what speaks for it, and each reason why it cannot be recommended (0 points)."""

    match: Match
    hindrances: tuple[Reason, ...]
    candidate: Candidate
    opportunity: Opportunity
    generation: (
        tuple[int, uuid.UUID, Mapping[str, Any], str] | None
    )  # id, version, its parameters, SHA-256 of its slots


def look_at_pair(employee: Employee, slot: Slot, *, profile: Iterable[GapLine] | None = None) -> Pair:
    """Any pair by the agency's version and today's data; before the first match nothing speaks for it.

    ``profile`` is the person's gap profile when the caller has it already, which saves its queries.
    """
    today = slot.agency.today()
    candidate = datasets.candidate_of(employee, today=today, profile=profile)
    opportunity = datasets.opportunity(slot, today)
    generation = (
        MatchState.objects.filter(agency=slot.agency_id, generation__isnull=False)
        .values_list(
            "generation_id", "generation__version", "generation__version__parameters", "generation__catalogue_sha256"
        )
        .first()
    )
    kept = _kept_for_others(employee, slot, today)
    if generation is None:
        blocks = hindrances(candidate, opportunity, unknown_blocks=Recommender().unknown_blocks) + kept
        return Pair(Match(candidate.id, opportunity.id, 0), blocks, candidate, opportunity, None)
    recommender = datasets.recommender_of(generation[1])
    match, blocks = recommender.explain(candidate, opportunity), recommender.why_not(candidate, opportunity) + kept
    return Pair(match, blocks, candidate, opportunity, generation)


def _kept_for_others(employee: Employee, slot: Slot, today: date) -> tuple[Reason, ...]:
    """That the seats left are kept for another unit: the engine knows no units, and is not asked."""
    if slot.seats_left < 1 or slot.reserve_until is None or slot.seats_for(employee.unit_id, today):
        return ()
    name = slot.reserve_unit.name if slot.reserve_unit else ""
    return (Reason("seats_reserved", 0, "", {"unit": name, "until": slot.reserve_until.isoformat()}),)


def cheapest_path(employee: Employee, slot: Slot, *, pair: Pair | None = None) -> Change | None:
    """The smallest single change that would bring a slot among the first places of a person's list.

    None where it is there already, where no single change helps, and before the first match. ``pair`` saves what
    ``look_at_pair`` has read.
    """
    pair = look_at_pair(employee, slot) if pair is None else pair
    if pair.generation is None or any(reason.code == "seats_reserved" for reason in pair.hindrances):
        return None
    generation, version, made_by, sha256 = pair.generation
    if not datasets.is_of_this_code(made_by):
        return None
    rows = SlotList.objects.filter(generation=generation).filter(
        slot__in=Slot.objects.filter(agency=slot.agency_id).open(slot.agency.today(), employee.unit_id).values("pk")
    )
    anew = Case(When(is_changed=True, is_open=True, then=F("frozen")), default=None, output_field=BinaryField())
    open_now = list(rows.order_by("ordinal").values_list("ordinal", "is_changed", anew))
    recommender = datasets.recommender_of(version)
    frozen = datasets.catalogue_of(generation, sha256).only(
        [ordinal for ordinal, changed, _ in open_now if not changed]
    )
    fresh = recommender.catalogue([datasets.thaw(row) for _, _, row in open_now if row is not None])
    return cheapest_change(recommender, pair.candidate, pair.opportunity, [frozen, fresh])


def explain_pair(employee: Employee, slot: Slot) -> Match:
    """Points and reasons of any pair, whether or not it can be recommended."""
    return look_at_pair(employee, slot).match


def why_not(employee: Employee, slot: Slot) -> tuple[Reason, ...]:
    """Each reason why a pair cannot be recommended; empty when it can."""
    return look_at_pair(employee, slot).hindrances


def current_version(agency: Agency) -> ModelVersion | None:
    """The version whose recommendations the agency sees, without its bytes."""
    return ModelVersion.objects.defer("artifact").filter(generations__in=shown_generations(agency.pk)).first()


def current_run(agency: Agency) -> MatchRun | None:
    """The newest run: under way while ``finished_at`` is empty."""
    return MatchRun.objects.filter(agency=agency).order_by("-created_at").first()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: ``rate`` in people a second, ``eta_seconds`` until its end at that rate; None: not known yet."""

    done: int
    total: int
    shards_done: int
    shards: int
    rate: float | None
    eta_seconds: float | None


def progress(run: MatchRun, *, now: datetime | None = None) -> Progress:
    """Done, total, rate and the time that is left."""
    rate = eta = None
    until = run.finished_at or now or timezone.now()
    if run.started_at is not None and run.done_employees:
        rate = run.done_employees / max((until - run.started_at).total_seconds(), 0.001)
        left = max(run.total_employees - run.done_employees, 0)
        eta = 0.0 if run.finished_at else left / rate
    return Progress(run.done_employees, run.total_employees, run.done_shards, run.total_shards, rate, eta)


@dataclass(frozen=True, slots=True)
class SkillReading:
    """A competency that a text speaks of: from which level to which, how surely, and by which words (text[start:end])."""

    competency: Competency
    from_level: int
    to_level: int
    confidence: float
    phrase: str
    start: int
    end: int

    @property
    def percent(self) -> int:
        """The confidence in whole percent, never a certainty."""
        return min(99, max(1, round(100 * self.confidence)))


def read_skills(text: str, limit: int = 5) -> list[SkillReading]:
    """What the newest model reads in a text of a slot, a position or an SKP, the surest first; nothing is stored.

    Empty before the first model is fitted, and where the text says too little.
    """
    version_id = ModelVersion.objects.order_by("-number").values_list("pk", flat=True).first()
    if version_id is None:
        return []
    found = datasets.recommender_of(version_id).reader_.read(text, limit)
    named = Competency.objects.filter(is_active=True).in_bulk([reading.code for reading in found])
    return [
        SkillReading(
            named[reading.code],
            round(reading.from_level),
            round(reading.to_level),
            reading.confidence,
            reading.phrase,
            reading.start,
            reading.end,
        )
        for reading in found
        if reading.code in named
    ]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the recommendations of an agency reach."""

    employees: int
    matched_employees: int
    open_slots: int
    slots_without_candidates: int


def coverage(agency: Agency) -> Coverage:
    """How many people have at least one recommendation, and how many open slots have no candidate."""
    people = EmployeeList.objects.filter(generation__in=shown_generations(agency.pk))
    slots = (
        Slot.objects.filter(agency=agency)
        .open(agency.today())
        .aggregate(open=Count("pk"), lonely=Count("pk", filter=~Q(pk__in=_reached(agency).values("slot"))))
    )
    return Coverage(
        employees=Employee.objects.active().filter(agency=agency).count(),
        matched_employees=people.alias(size=Length("packed")).filter(size__gt=FINGERPRINT).count(),
        open_slots=slots["open"],
        slots_without_candidates=slots["lonely"],
    )


def _reached(agency: Agency) -> QuerySet[SlotList]:
    return SlotList.objects.filter(generation__in=shown_generations(agency.pk)).exclude(packed=b"")


def slots_without_candidates(agency: Agency) -> QuerySet[Slot]:
    """Open slots that are on nobody's list."""
    open_slots = Slot.objects.filter(agency=agency).open(agency.today())
    return open_slots.exclude(pk__in=_reached(agency).values("slot")).select_related("partner")


# --- how sure it is, and what the agency has decided ------------------------------------------------------------------


def calibration_of(agency: Agency) -> Calibration | None:
    """The latest calibration of the version whose recommendations the agency sees; None before the first match."""
    shown = Calibration.objects.filter(version__generations__in=shown_generations(agency.pk))
    return shown.order_by("-fitted_at").first()


def chance_of(points: int, calibration: Calibration | None) -> int | None:
    """How likely it is, in percent, that such a pair, once applied for, is completed; None: not enough is known.

    Never 0 nor 100: no history makes anything certain.
    """
    if calibration is None or calibration.abstains or calibration.curve is None or points <= 0:
        return None
    return min(99, max(1, round(100 * float(Curve(**calibration.curve)(points)))))


def last_report(agency: Agency) -> MatchRun | None:
    """The newest run that has a report, which comes a moment after its lists are shown."""
    done = MatchRun.objects.filter(agency=agency, finished_at__isnull=False, failure="").exclude(report={})
    return done.order_by("-finished_at").first()


def policy_of(agency: Agency) -> MatchPolicy:
    """What the agency has decided, or the defaults."""
    return MatchPolicy.objects.filter(agency=agency).first() or MatchPolicy(agency=agency)
