"""What the API of matching takes and gives. Reasons are codes with numbers; their points add up to the whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema

from core.api import Input
from matching.models import MatchRun
from matching.selectors import progress
from matching.states import LEAST_CEILING
from partners.schemas import SlotOut


class ReasonOut(Schema):
    """One part of the points, or one thing that stands in the way."""

    code: str = Field(examples=["competency_gap_closed"])
    points: int
    competency: str = Field("", examples=["TEK-501-04"])
    params: dict[str, Any] = Field(default_factory=dict, examples=[{"from": 1, "to": 3}])


class MatchOut(Schema):
    """How well one person and one slot fit: a rank value, not a probability; never a decision."""

    employee_id: UUID
    slot_id: UUID
    points: int = Field(ge=0, le=10000)
    reasons: list[ReasonOut]


class RecommendationOut(MatchOut):
    """A suggested slot."""

    version: int = Field(description="Number of the model version that said so.", alias="version_number")
    place: int = Field(description="Its place on the list, from 1.")
    slot: SlotOut


class CandidateMatchOut(MatchOut):
    """A suggested person, for HR."""

    version: int = Field(alias="version_number")
    place: int = Field(description="Its place on the list, from 1.")
    name: str = Field(alias="employee.full_name")


class ChangeOut(Schema):
    """One thing that would have to be different."""

    code: str = Field(examples=["raise_level"])
    params: dict[str, Any] = Field(default_factory=dict, examples=[{"competency": "TEK-501-04", "level": 2}])
    points_after: int = Field(description="Points that the pair would then have.")


class HindrancesOut(Schema):
    """Why a slot is not recommended; empty when nothing stands in the way."""

    employee_id: UUID
    slot_id: UUID
    reasons: list[ReasonOut]
    cheapest_change: ChangeOut | None = Field(
        description="The smallest single change that would bring the slot among the person's first five; null when it "
        "is there already or no single change does."
    )


class MatchRunIn(Input):
    """Which agency shall be matched anew."""

    agency_id: UUID


class MatchRunOut(Schema):
    """A refresh of one agency and how far it has come."""

    id: UUID
    agency_id: UUID
    reason: str
    total_employees: int
    total_slots: int
    done_employees: int
    total_shards: int
    done_shards: int
    rate: float | None = Field(description="People a second; empty until some are done.")
    eta_seconds: float | None = Field(description="Time left at that rate.")
    pairs_stored: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str

    @staticmethod
    def resolve_rate(run: MatchRun) -> float | None:
        return progress(run).rate

    @staticmethod
    def resolve_eta_seconds(run: MatchRun) -> float | None:
        return progress(run).eta_seconds


class SkillTextIn(Input):
    """A text to read competencies in: of a slot, a position, or an SKP."""

    text: str = Field(max_length=20_000, examples=["Menyusun dasbor data kependudukan bersama analis."])
    limit: int = Field(5, ge=1, le=20)


class SkillReadingOut(Schema):
    """A competency that the text speaks of, with the levels it seems to lead from and to."""

    competency: str = Field(alias="competency.pk", examples=["TEK-501-04"])
    name: str = Field(alias="competency.name")
    from_level: int = Field(ge=0, le=5)
    to_level: int = Field(ge=1, le=5)
    confidence: float = Field(ge=0, le=1, description="The chance that an author would declare it.")
    phrase: str = Field(description="The words it was read from.")
    start: int = Field(description="Where they start in the text.")
    end: int


class ModelVersionOut(Schema):
    """What the recommendations of an agency were made with."""

    number: int
    created_at: datetime
    parameters: dict[str, Any]
    data_hash: str = Field(description="SHA-256 of the texts it has learnt from.")
    metrics: dict[str, Any]
    artifact_sha256: str


class ReliabilityBinOut(Schema):
    """Outcomes with similar predictions: the mean prediction, the share completed, and its 95% interval."""

    predicted: float
    observed: float
    low: float
    high: float
    count: int


class CalibrationOut(Schema):
    """What the points have meant: the chance that such a pair, once applied for, was completed."""

    fitted_at: datetime
    outcomes: int
    completed: int
    examples: int = Field(description="How many of the outcomes were made up for a demonstration.")
    abstains: str = Field(description="Why no percentage is shown; empty when one is.")
    curve: dict[str, float] | None
    metrics: dict[str, float]
    reliability: list[ReliabilityBinOut]


class MatchQualityOut(Schema):
    """How sure the recommendations of an agency are, and whom they reach. Groups of fewer than ten are not named."""

    version: ModelVersionOut | None
    calibration: CalibrationOut | None
    reported_at: datetime | None
    report: dict[str, Any] = Field(description="people, shown, by (sex, age, unit, place), first_places.")


class MatchPolicyIn(Input):
    """How much of the first places one partner may have."""

    first_place_ceiling: int = Field(ge=LEAST_CEILING, le=100, description="Percent.", examples=[40])
    basis: str = Field(min_length=1, max_length=300, examples=["SE Wali Kota 12/2026"])


class MatchPolicyOut(Schema):
    """What the agency has decided; an empty basis means that the default is in force."""

    first_place_ceiling: int
    basis: str
