"""What the API of awards takes and gives."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Schema

from core.api import Day, Filters, Input
from incentives.models import Award
from incentives.states import ProposalStatus
from placements.schemas import PersonOut


class AwardRuleIn(Input):
    """A criterion to publish."""

    agency_id: UUID
    code: str = Field(min_length=2, max_length=60, pattern=r"^[a-z0-9-]+$", examples=["magang-teladan"])
    name: str = Field(min_length=2, max_length=160)
    decided_by: str = Field(min_length=1, max_length=120, examples=["Wali Kota"])
    document: str = Field(min_length=1, max_length=80, examples=["Piagam"])
    description: str = Field("", max_length=2000)
    legal_basis: str = Field("", max_length=200)
    kinds: list[Annotated[str, Field(max_length=30)]] = Field(
        default_factory=list, max_length=10, description="Slot kinds; empty for all."
    )
    minimum_mentor_rating: Decimal = Field(Decimal("4"), ge=1, le=5, max_digits=2, decimal_places=1)
    needs_level_gain: bool = True
    points: int = Field(0, ge=0, le=1000)


class AwardRuleOut(Schema):
    """A published criterion."""

    id: UUID
    agency_id: UUID
    code: str
    name: str
    description: str
    decided_by: str
    document: str
    legal_basis: str
    kinds: list[str]
    minimum_mentor_rating: Decimal
    needs_level_gain: bool
    points: int
    is_active: bool


class ProposalOut(Schema):
    """What the worker suggests and people decide."""

    id: UUID
    agency_id: UUID
    rule: str = Field(alias="rule.name")
    placement_id: UUID
    employee: PersonOut
    status: ProposalStatus
    facts: dict[str, Any] = Field(description="The figures the rule looked at.")
    verified_at: datetime | None
    decline_reason: str
    declined_at: datetime | None


class ProposalFilters(Filters):
    """Which proposals."""

    status: ProposalStatus | None = None


class GrantIn(Input):
    """The decree: no award without number, date and signer."""

    decree_number: str = Field(min_length=1, max_length=80)
    decree_date: Day
    signer: str = Field(min_length=1, max_length=160)


class DeclineIn(Input):
    """Why not."""

    reason: str = Field(min_length=3, max_length=400)


class HandOverIn(Input):
    """When it was handed over."""

    handed_over_on: Day


class AwardOut(Schema):
    """A granted award."""

    id: UUID
    agency_id: UUID
    proposal_id: UUID
    rule: str
    employee_id: UUID
    employee: str = Field(alias="employee.full_name")
    decree_number: str
    decree_date: date
    signer: str
    granted_at: datetime
    handed_over_on: date | None

    @staticmethod
    def resolve_rule(award: Award) -> str:
        return award.proposal.rule.name


class PointsOut(Schema):
    """One line of points: a count of activity without legal value."""

    id: UUID
    points: int
    reason: str
    placement_id: UUID | None
    created_at: datetime
