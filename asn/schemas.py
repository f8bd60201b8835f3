"""What the API of agencies and their people takes and gives. A NIP leaves as its last three digits only."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, FilterLookup, Schema

from asn.models import ActingPeriod, Assessment, Correction, Employee, Letterhead
from asn.states import (
    ActingReason,
    AssessmentSource,
    Capacity,
    CompetencyKind,
    CorrectionRefusal,
    CorrectionStatus,
    EmployeeKind,
    EmployeeStatus,
    GapStatus,
    UnsureReason,
)
from core.api import Day, Filters, Input, LevelOrNone


class AgencyOut(Schema):
    """What everybody may know of a city government."""

    id: UUID
    code: str = Field(examples=["surakarta"])
    name: str = Field(examples=["Pemerintah Kota Surakarta"])
    city: str
    time_zone: str = Field(examples=["Asia/Jakarta"])
    hr_office: str
    hr_office_short: str = Field(examples=["BKPSDM"])
    is_demo: bool


class DeadlinesIn(Input):
    """Days that a city gives each side; what is left out stays."""

    clearance_days: int | None = Field(None, ge=1, le=60)
    approval_days: int | None = Field(None, ge=1, le=60)
    acceptance_days: int | None = Field(None, ge=1, le=60)
    offer_days: int | None = Field(None, ge=1, le=60, description="To confirm a seat from the waitlist.")
    reminder_days: int | None = Field(
        None, ge=1, le=364, description="Until a partner is asked whether an offer stands."
    )
    pause_days: int | None = Field(None, ge=2, le=365, description="Without confirmation, until a slot is paused.")


class LetterheadIn(Input):
    """Head and foot of the agency's letters; each text one line. The logo is uploaded on the page."""

    address: str = Field("", max_length=200)
    contact: str = Field("", max_length=200)
    place: str = Field("", max_length=80)
    signer_post: str = Field("", max_length=120, examples=["Kepala BKPSDM"])
    signer_name: str = Field("", max_length=120)
    signer_rank: str = Field("", max_length=80)
    signer_nip: str = Field("", max_length=18, description="Printed below the signature; never answered back.")


class LetterheadOut(Schema):
    """Head and foot of the agency's letters."""

    address: str
    contact: str
    place: str
    signer_post: str
    signer_name: str
    signer_rank: str
    nip_last3: str
    has_logo: bool

    @staticmethod
    def resolve_nip_last3(row: Letterhead) -> str:
        return row.signer_nip[-3:]

    @staticmethod
    def resolve_has_logo(row: Letterhead) -> bool:
        return bool(row.logo)


class AgencyDetailOut(AgencyOut):
    """An agency of one's own, with the numbers of its policy."""

    expected_unknown_gap: Decimal
    unknown_gap_weight: Decimal
    expired_gap_weight: Decimal
    assessment_valid_years: int
    clearance_days: int
    approval_days: int
    acceptance_days: int
    offer_days: int
    reminder_days: int
    pause_days: int
    pns_yearly_hours: int
    pppk_contract_hours: int
    max_placement_months: int


class UnitOut(Schema):
    """An organisational unit."""

    id: UUID
    agency_id: UUID
    code: str
    name: str
    parent_id: UUID | None
    place: str
    head_id: UUID | None = Field(description="Who holds the leading post; empty while it is vacant.")


class NamedOut(Schema):
    """A thing by its id and name."""

    id: UUID
    name: str


class PositionOut(Schema):
    """What a person does."""

    id: UUID
    agency_id: UUID
    code: str
    title: str
    position_class: str = Field(alias="position_class_id", examples=["PELAKSANA"])
    duties: str


class RequiredLevelOut(Schema):
    """A level that a position requires, and which standard says so."""

    competency: str
    level: int
    source: str = Field(description="position, agency or class.")
    is_example: bool


class PositionDetailOut(PositionOut):
    """A position with the levels it requires."""

    required: list[RequiredLevelOut]


class CompetencyOut(Schema):
    """A line of the catalogue."""

    code: str = Field(examples=["MAN-03"])
    kind: CompetencyKind
    name: str
    field: str
    is_active: bool


class CompetencyLevelOut(Schema):
    """What a level means."""

    level: int
    name: str
    descriptor: str


class CompetencyDetailOut(CompetencyOut):
    """A line of the catalogue with its levels; where it has none of its own, the general ones."""

    description: str
    source: str
    levels: list[CompetencyLevelOut]


class CompetencyFilters(Filters):
    """Which lines of the catalogue."""

    q: Annotated[
        str | None, FilterLookup(["name_id__icontains", "name_en__icontains", "code__iexact"]), Field(max_length=80)
    ] = None
    kind: CompetencyKind | None = None
    is_active: bool | None = True


class EmployeeOut(Schema):
    """A person as HR and the supervisor see them in a list."""

    id: UUID
    agency_id: UUID
    name: str = Field(alias="full_name")
    nip_last3: str = Field(examples=["901"], description="The last three digits; no more of a NIP ever leaves.")
    kind: EmployeeKind
    status: EmployeeStatus
    grade: str
    unit: NamedOut
    position_id: UUID
    position: str = Field(alias="position.title")
    supervisor_id: UUID | None

    @staticmethod
    def resolve_nip_last3(employee: Employee) -> str:
        return employee.nip[-3:]


class ProfileOut(EmployeeOut):
    """Oneself."""

    email: str
    interests: str
    supervisor_name: str
    contract_starts_on: date | None
    contract_ends_on: date | None

    @staticmethod
    def resolve_supervisor_name(employee: Employee) -> str:
        return employee.supervisor.full_name if employee.supervisor else ""


class EmployeeFilters(Filters):
    """Which people."""

    q: Annotated[str | None, FilterLookup("name__icontains"), Field(max_length=80)] = None
    unit_id: UUID | None = None
    position_id: UUID | None = None
    kind: EmployeeKind | None = None
    status: EmployeeStatus | None = None


class GapOut(Schema):
    """One competency of a person: required, assessed, and how far apart."""

    competency: str = Field(alias="competency.code", examples=["TEK-501-04"])
    name: str = Field(alias="competency.name")
    required: int
    requirement_source: str = Field(examples=["position"], description="position, agency or class.")
    is_example: bool = Field(description="The requirement is an example, not from a decree.")
    assessed: int | None = Field(description="Empty when nobody has assessed it: unknown is not zero.")
    status: GapStatus
    gap: float = Field(description="Levels to close; for an unknown one what the agency expects.")
    weight: float
    importance: float
    assessed_on: date | None
    valid_until: date | None
    self_rating: int | None
    assessment_id: UUID | None = Field(description="The assessment that counts.")
    contested: bool = Field(description="The person has asked for a correction that nobody has decided.")
    why: list[UnsureReason] = Field(description="Why the level is not known for certain; empty where it is.")


class AssessmentOut(Schema):
    """A measured level."""

    id: UUID
    employee_id: UUID
    competency: str = Field(alias="competency_id")
    competency_name: str
    level: int
    source: AssessmentSource
    assessed_on: date
    valid_until: date
    note: str

    @staticmethod
    def resolve_competency_name(assessment: Assessment) -> str:
        return assessment.competency.name


class AssessmentIn(Input):
    """A level that was measured."""

    competency: str = Field(min_length=1, max_length=20, examples=["MAN-03"])
    level: LevelOrNone
    source: AssessmentSource
    assessed_on: Day
    note: str = Field("", max_length=300)


class CorrectionIn(Input):
    """Which level is right, and why. A PDF that shows it is uploaded on the page."""

    claimed_level: LevelOrNone
    reason: str = Field(min_length=10, max_length=1000)


class CorrectionAcceptIn(Input):
    """The right level, as a new assessment."""

    level: LevelOrNone
    source: AssessmentSource
    assessed_on: Day
    note: str = Field("", max_length=300)


class CorrectionRefuseIn(Input):
    """Why the level stays."""

    reason: CorrectionRefusal
    note: str = Field("", max_length=300)


class CorrectionOut(Schema):
    """A request to correct a measured level."""

    id: UUID
    employee_id: UUID
    assessment_id: UUID
    competency: str = Field(alias="assessment.competency_id")
    measured_level: int = Field(alias="assessment.level")
    claimed_level: int
    reason: str
    has_evidence: bool
    status: CorrectionStatus
    submitted_at: datetime
    due_at: datetime = Field(description="3 × 24 clock hours after it was submitted.")
    decided_at: datetime | None
    refusal: CorrectionRefusal | Literal[""]
    answer: str
    result_id: UUID | None = Field(description="The new assessment of an accepted one.")

    @staticmethod
    def resolve_has_evidence(row: Correction) -> bool:
        return row.evidence_id is not None


class CorrectionFilters(Filters):
    """Which requests."""

    status: CorrectionStatus | None = None
    employee_id: UUID | None = None
    assessment_id: UUID | None = None


class SupervisorIn(Input):
    """Who a person answers to; empty for nobody."""

    supervisor_id: UUID | None


class EmploymentIn(Input):
    """Where somebody serves, as what, and until when."""

    unit_id: UUID
    position_id: UUID
    status: EmployeeStatus
    contract_starts_on: Day | None = None
    contract_ends_on: Day | None = None
    retires_on: Day | None = None


class UnitHeadIn(Input):
    """Who holds the leading post; empty while it is vacant."""

    employee_id: UUID | None


class SuperiorOut(Schema):
    """Who decides for a person today."""

    name: str
    capacity: Capacity | Literal[""] = Field(description="Empty where nobody can decide: HR has to name somebody.")
    in_place_of: str = Field(description="The absent holder; empty for a supervisor, a head or a vacant post.")
    until: Day | None = Field(description="Last day, where another's place is taken.")


class DelegationIn(Input):
    """Somebody decides in my place; both days included."""

    acting_id: UUID
    starts_on: Day
    ends_on: Day
    reason: ActingReason
    note: str = Field("", max_length=300)


class ActingPeriodIn(DelegationIn):
    """A Plh. names ``holder_id``, a Plt. ``unit_id``."""

    agency_id: UUID
    capacity: Literal["plt", "plh"]
    holder_id: UUID | None = None
    unit_id: UUID | None = None
    order_number: str = Field(min_length=1, max_length=80, examples=["800.1.11.1/412/2026"])
    order_date: Day


class ActingPeriodOut(Schema):
    """Somebody decides in another's place, or for a vacant post."""

    id: UUID
    agency_id: UUID
    capacity: Capacity
    acting: NamedOut
    holder: NamedOut | None
    unit: NamedOut | None
    starts_on: date
    ends_on: date
    reason: ActingReason
    note: str
    order_number: str
    order_date: date | None
    ended_at: datetime | None = Field(description="When it was ended before its last day.")

    @staticmethod
    def resolve_acting(row: ActingPeriod) -> dict[str, Any]:
        return {"id": row.acting.pk, "name": row.acting.full_name}

    @staticmethod
    def resolve_holder(row: ActingPeriod) -> dict[str, Any] | None:
        return {"id": row.holder.pk, "name": row.holder.full_name} if row.holder is not None else None


class ActingPeriodFilters(Filters):
    """Which periods."""

    capacity: Capacity | None = None
    acting_id: UUID | None = None
    holder_id: UUID | None = None
    unit_id: UUID | None = None
