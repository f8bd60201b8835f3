"""Reads of recommendations: always the agency's current version, and only slots that are still open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Prefetch, QuerySet, Subquery

from asn.models import Agency, Competency, Employee
from asn.selectors import GapLine
from asn.states import EmployeeStatus
from matching import datasets
from matching.engine.calibration import Curve
from matching.engine.explain import hindrances
from matching.engine.ranking import Recommender
from matching.engine.types import Match, Reason
from matching.models import Calibration, MatchPolicy, MatchRun, MatchState, ModelVersion, Recommendation
from partners.models import Slot, SlotOutcome


def current_recommendations(agency: Agency) -> QuerySet[Recommendation]:
    """Pairs of the version that the agency sees, of slots open today, best first."""
    state = MatchState.objects.filter(agency=agency)
    return Recommendation.objects.filter(
        agency=agency,
        version=Subquery(state.values("version")[:1]),
        slot__in=Slot.objects.filter(agency=agency).open(agency.today()).values("pk"),
    )


def recommendations_for_employee(employee: Employee, limit: int = 20) -> list[Recommendation]:
    """The best open slots of a person, with partner and outcomes at hand."""
    rows = current_recommendations(employee.agency).filter(employee=employee)
    rows = rows.select_related("slot__partner", "slot__agreement", "version").defer("version__artifact")
    outcomes = Prefetch("slot__outcomes", SlotOutcome.objects.select_related("competency"))
    return list(rows.prefetch_related(outcomes).order_by("-points", "slot_id")[:limit])


def recommendations_for_slot(slot: Slot, limit: int = 20) -> list[Recommendation]:
    """The best people for an open slot, for HR's eyes."""
    rows = current_recommendations(slot.agency).filter(slot=slot, employee__status=EmployeeStatus.ACTIVE)
    rows = rows.select_related("employee__unit", "employee__position", "version").defer("version__artifact")
    return list(rows.order_by("-points", "employee_id")[:limit])


@dataclass(frozen=True, slots=True)
class Pair:
    """One person beside one slot: what speaks for it, and each reason why it cannot be recommended (0 points)."""

    match: Match
    hindrances: tuple[Reason, ...]


def look_at_pair(employee: Employee, slot: Slot, *, profile: Iterable[GapLine] | None = None) -> Pair:
    """Any pair by the agency's version and today's data; before the first match nothing speaks for it.

    ``profile`` is the person's gap profile when the caller has it already, which saves its queries.
    """
    today = slot.agency.today()
    candidate = datasets.candidate_of(employee, today=today, profile=profile)
    opportunity = datasets.opportunity(slot, today)
    version_id = MatchState.objects.filter(agency=slot.agency_id).values_list("version", flat=True).first()
    if version_id is None:
        blocks = Recommender().unknown_blocks
        return Pair(Match(candidate.id, opportunity.id, 0), hindrances(candidate, opportunity, unknown_blocks=blocks))
    recommender = datasets.recommender_of(version_id)
    return Pair(recommender.explain(candidate, opportunity), recommender.why_not(candidate, opportunity))


def explain_pair(employee: Employee, slot: Slot) -> Match:
    """Points and reasons of any pair, whether or not it can be recommended."""
    return look_at_pair(employee, slot).match


def why_not(employee: Employee, slot: Slot) -> tuple[Reason, ...]:
    """Each reason why a pair cannot be recommended; empty when it can."""
    return look_at_pair(employee, slot).hindrances


def current_version(agency: Agency) -> ModelVersion | None:
    """The version whose recommendations the agency sees, without its bytes."""
    return (
        ModelVersion.objects.defer("artifact")
        .filter(pk__in=MatchState.objects.filter(agency=agency).values("version"))
        .first()
    )


def current_run(agency: Agency) -> MatchRun | None:
    """The newest run: under way while ``finished_at`` is empty."""
    return MatchRun.objects.filter(agency=agency).order_by("-created_at").first()


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
    pairs = current_recommendations(agency).filter(employee__status=EmployeeStatus.ACTIVE)
    reached = pairs.aggregate(people=Count("employee", distinct=True), slots=Count("slot", distinct=True))
    open_slots = Slot.objects.filter(agency=agency).open(agency.today()).count()
    return Coverage(
        employees=Employee.objects.active().filter(agency=agency).count(),
        matched_employees=reached["people"],
        open_slots=open_slots,
        slots_without_candidates=open_slots - reached["slots"],
    )


def slots_without_candidates(agency: Agency) -> QuerySet[Slot]:
    """Open slots that are on nobody's list."""
    reached = current_recommendations(agency).values("slot")
    return Slot.objects.filter(agency=agency).open(agency.today()).exclude(pk__in=reached).select_related("partner")


# --- how sure it is, and what the agency has decided ------------------------------------------------------------------


def calibration_of(agency: Agency) -> Calibration | None:
    """The latest calibration of the version whose recommendations the agency sees; None before the first match."""
    state = MatchState.objects.filter(agency=agency)
    return Calibration.objects.filter(version=Subquery(state.values("version")[:1])).order_by("-fitted_at").first()


def chance_of(points: int, calibration: Calibration | None) -> int | None:
    """How likely it is, in percent, that such a pair, once applied for, is completed; None: not enough is known.

    Never 0 nor 100: no history makes anything certain.
    """
    if calibration is None or calibration.abstains or calibration.curve is None or points <= 0:
        return None
    return min(99, max(1, round(100 * float(Curve(**calibration.curve)(points)))))


def policy_of(agency: Agency) -> MatchPolicy:
    """What the agency has decided, or the defaults."""
    return MatchPolicy.objects.filter(agency=agency).first() or MatchPolicy(agency=agency)
