"""What the API of partners, agreements and slots takes and gives."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from ninja import Field, FilterLookup, Schema

from core.api import Day, Filters, Input, Level, LevelOrNone
from partners.models import Agreement
from partners.states import (
    AgreementClause,
    AgreementKind,
    AgreementStatus,
    CancelReason,
    EvaluationStage,
    EvaluatorRole,
    PartnerKind,
    PartnerRole,
    ReturnReason,
    SlotMode,
    SlotStatus,
    VerificationStatus,
    VerificationWord,
)

DIGITS = r"^[0-9]*$"


class PartnerDataIn(Input):
    """What an organisation says about itself."""

    kind: PartnerKind
    name: str = Field(min_length=2, max_length=200, examples=["PT Solo Data Nusantara"])
    city: str = Field(min_length=2, max_length=80, examples=["Surakarta"])
    about: str = Field("", max_length=3000)
    sector: str = Field("", max_length=80)
    address: str = Field("", max_length=300)
    website: str = Field("", max_length=200, examples=["https://example.com"])
    email: str = Field("", max_length=254)
    phone: str = Field("", max_length=30)
    nib: str = Field("", max_length=13, pattern=DIGITS, description="13 digits.")
    npwp: str = Field("", max_length=16, pattern=DIGITS, description="15 or 16 digits.")
    university_code: str = Field("", max_length=6, pattern=DIGITS)


class PartnerIn(PartnerDataIn):
    """An organisation that registers."""

    agency_ids: list[UUID] = Field(
        min_length=1, max_length=20, description="Agencies that are asked to verify the partner."
    )


class PartnerOut(Schema):
    """A partner as everybody sees it who sees its slots."""

    id: UUID
    kind: PartnerKind
    name: str
    about: str
    sector: str
    city: str
    website: str
    university_code: str


class VerificationOut(Schema):
    """One agency's word on a partner."""

    agency_id: UUID
    partner_id: UUID
    status: VerificationStatus
    reason: str
    asked_at: datetime
    decided_at: datetime | None


class PartnerRecordOut(PartnerOut):
    """A partner as its members and the agencies it asked see it."""

    address: str
    email: str
    phone: str
    nib: str
    npwp: str
    verifications: list[VerificationOut]


class PartnerFilters(Filters):
    """Which partners."""

    q: Annotated[str | None, FilterLookup("name__icontains"), Field(max_length=80)] = None
    kind: PartnerKind | None = None
    city: Annotated[str | None, FilterLookup("city__iexact"), Field(max_length=80)] = None


class VerifyIn(Input):
    """Which agency trusts the partner."""

    agency_id: UUID


class RefuseIn(VerifyIn):
    """Which agency does not, and why."""

    reason: str = Field(min_length=3, max_length=300)


class AskAgainIn(VerifyIn):
    """Which agency is asked to look again, and what has changed since its refusal."""

    note: str = Field("", max_length=300)


class StepOut(Schema):
    """What was said about a partner's standing, and when."""

    word: VerificationWord
    note: str
    at: datetime


class MemberOut(Schema):
    """Somebody who acts for a partner."""

    id: UUID
    partner_id: UUID
    name: str = Field(alias="user.name")
    role: PartnerRole


class RoleIn(Input):
    """In which role."""

    role: PartnerRole


class HandOverIn(Input):
    """Whose turn it is to be owner."""

    membership_id: UUID


class InvitationIn(Input):
    """Whom to invite, and in which role."""

    email: str = Field(min_length=3, max_length=254, examples=["ratna@example.com"])
    role: PartnerRole = PartnerRole.MEMBER


class InvitationOut(Schema):
    """An invitation to act for a partner; its link goes to the invited address alone."""

    id: UUID
    partner_id: UUID
    email: str
    role: PartnerRole
    sendings: int
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None


class AcceptIn(Input):
    """The token of the link, as the mail has it."""

    token: str = Field(min_length=1, max_length=100)


class AgreementDataIn(Input):
    """What the document says."""

    kind: AgreementKind
    number_agency: str = Field(min_length=1, max_length=80, examples=["074/12/PKS/2026"])
    number_partner: str = Field("", max_length=80)
    subject: str = Field(min_length=3, max_length=300)
    signer_agency: str = Field("", max_length=160)
    signer_partner: str = Field("", max_length=160)
    starts_on: Day
    ends_on: Day
    parent_id: UUID | None = None
    predecessor_id: UUID | None = Field(None, description="The agreement it renews.")
    mandate_number: str = Field("", max_length=80, description="Surat kuasa of whoever signs for the city.")
    cost_bearer: str = Field("", max_length=200)
    clauses: dict[AgreementClause, Annotated[str, Field(max_length=300)]] = Field(
        default_factory=dict, description="What it settles beside its subject, with a note."
    )


class AgreementIn(AgreementDataIn):
    """A KB or PKS as both sides drafted it."""

    agency_id: UUID
    partner_id: UUID


class TerminateIn(Input):
    """Why it ends before its time."""

    reason: str = Field(min_length=3, max_length=300)


class AgreementOut(Schema):
    """An agreement between one agency and one partner."""

    id: UUID
    agency_id: UUID
    partner_id: UUID
    kind: AgreementKind
    status: AgreementStatus
    number_agency: str
    number_partner: str
    subject: str
    signer_agency: str
    signer_partner: str
    starts_on: date
    ends_on: date
    parent_id: UUID | None
    predecessor_id: UUID | None
    mandate_number: str
    cost_bearer: str
    clauses: dict[str, str]
    has_file: bool

    @staticmethod
    def resolve_has_file(row: Any) -> bool:
        """Whether the signed document is there; it is downloaded from the page of the agreement."""
        return row.file_id is not None


class AgreementFilters(Filters):
    """Which agreements."""

    agency_id: UUID | None = None
    partner_id: UUID | None = None
    status: AgreementStatus | None = None
    ends_soon: bool = Field(False, description="Within 90 days, and not renewed without a gap.")

    def filter_ends_soon(self, value: bool) -> Q:
        """By each agency's own date, as the reminders."""
        return Q(pk__in=Agreement.objects.ending().values("pk")) if value else Q()


class QuestionOut(Schema):
    """What a kind asks for in the slot form, beside what every kind is asked."""

    code: str
    label: str
    help_text: str
    required: bool
    limit: int


class EvaluationFormOut(Schema):
    """What one side is asked of a placement."""

    role: EvaluatorRole
    stage: EvaluationStage
    required: bool
    overall: str
    questions: list[QuestionOut]
    ratings: str = Field(description="none, offered, or asked: whether each competency is rated.")


class SlotKindOut(Schema):
    """A kind of slot: what it brings, and all it asks for."""

    code: str = Field(examples=["internship"])
    label: str
    description: str
    jp_planned: int
    blocks_time: bool
    uses_sessions: bool
    minimum_cohort: int
    icon: str
    jp_form: str
    jp_basis: str = Field(description="What hours are counted by: activity, session, day or manual.")
    rhythm: str = Field(description="How time is spent: period, sessions, meetings or milestones.")
    documents: list[str] = Field(description="What must be there before the start.")
    evidence: list[str] = Field(description="What must be there before completion, beside required evaluations.")
    evaluations: list[EvaluationFormOut]
    questions: list[QuestionOut] = Field(description="Asked in the slot form; answer them under answers.")


class OutcomeIn(Input):
    """What the slot teaches."""

    competency: str = Field(min_length=1, max_length=20, examples=["TEK-501-04"])
    from_level: LevelOrNone
    to_level: Level


class PrerequisiteIn(Input):
    """What the slot presupposes."""

    competency: str = Field(min_length=1, max_length=20, examples=["MAN-03"])
    level: Level
    is_required: bool = True


class MeetingIn(Input):
    """A date on which the group meets, in the agency's time."""

    held_on: Day
    begins_at: time
    ends_at: time
    place: str = Field("", max_length=200, description="Room or link, where it is not the slot's place.")


class MilestoneIn(Input):
    """What the team has reached by a day, in the agency's time."""

    title: str = Field(min_length=1, max_length=160, examples=["Data terkumpul dan diperiksa"])
    due_on: Day
    proof: str = Field("", max_length=300, description="What shows that it is reached.")


class SlotIn(Input):
    """A slot as its partner describes it."""

    agreement_id: UUID
    kind: str = Field(min_length=1, max_length=30, examples=["internship"])
    title: str = Field(min_length=3, max_length=160, examples=["Magang analisis data layanan"])
    description: str = Field(min_length=1, max_length=6000)
    mode: SlotMode
    place: str = Field("", max_length=120, examples=["Surakarta"])
    starts_on: Day
    ends_on: Day
    hours_per_week: int = Field(ge=1, le=40, examples=[20])
    apply_by: Day
    seats: int = Field(ge=1, le=500, examples=[2])
    benefits: str = Field("", max_length=400)
    cost: str = Field("", max_length=200)
    answers: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=6000)]] = Field(
        default_factory=dict, max_length=20, description="By the code of the question the kind asks (GET /slot-kinds)."
    )
    minimum_cohort: int | None = Field(None, ge=1, le=500, description="It begins with so many; the kind's if empty.")
    meetings: list[MeetingIn] = Field(default_factory=list, max_length=40, description="For kinds that meet on dates.")
    milestones: list[MilestoneIn] = Field(
        default_factory=list, max_length=20, description="For kinds whose rhythm is milestones."
    )
    reserved_seats: int = Field(0, ge=0, le=500, description="Kept for people of one unit.")
    reserve_unit_id: UUID | None = None
    reserve_until: Day | None = Field(None, description="Last day of the reserve; then its seats are everybody's.")
    outcomes: list[OutcomeIn] = Field(max_length=8)
    prerequisites: list[PrerequisiteIn] = Field(default_factory=list, max_length=20)


class NewSlotIn(SlotIn):
    """A slot and the partner that offers it."""

    partner_id: UUID


class OutcomeOut(Schema):
    """What the slot teaches."""

    competency: str = Field(alias="competency_id")
    from_level: int
    to_level: int


class PrerequisiteOut(Schema):
    """What the slot presupposes."""

    competency: str = Field(alias="competency_id")
    level: int
    is_required: bool


class SlotOut(Schema):
    """A slot in a list."""

    id: UUID
    agency_id: UUID
    partner_id: UUID
    partner: str = Field(alias="partner.name")
    kind: str
    status: SlotStatus
    title: str
    mode: SlotMode
    place: str
    starts_on: date
    ends_on: date
    hours_per_week: int
    apply_by: date
    seats: int
    seats_left: int
    reserved_seats: int = Field(description="Seats kept for people of the unit below, until that day.")
    reserve_unit_id: UUID | None
    reserve_until: date | None
    minimum_cohort: int
    meeting_days: int
    jp_planned: int
    outcomes: list[OutcomeOut]


class MeetingOut(Schema):
    """A date on which the group meets, in the agency's time."""

    id: UUID
    held_on: date
    begins_at: time
    ends_at: time
    place: str


class MilestoneOut(Schema):
    """What the team has reached by a day, in the agency's time."""

    id: UUID
    title: str
    due_on: date
    proof: str


class SlotDetailOut(SlotOut):
    """A slot as those see it who may apply."""

    description: str
    benefits: str
    cost: str
    answers: dict[str, str]
    meetings: list[MeetingOut]
    milestones: list[MilestoneOut]
    prerequisites: list[PrerequisiteOut]


class SlotRecordOut(SlotDetailOut):
    """A slot as its partner and HR see it."""

    agreement_id: UUID
    confirmed_at: datetime
    confirm_by: datetime
    needs_confirmation: bool
    pause_cause: str
    submitted_at: datetime | None
    published_at: datetime | None
    return_reason: ReturnReason | str
    return_note: str
    cancel_reason: CancelReason | str
    cancel_note: str
    cohort_waived_at: datetime | None
    cohort_waiver: str


class SlotFilters(Filters):
    """Which slots."""

    text: Annotated[str | None, Field(max_length=80, description="In title, description or partner.")] = None
    status: SlotStatus | None = None
    kind: Annotated[str | None, Field(max_length=30)] = None
    mode: SlotMode | None = None
    place: Annotated[str | None, Field(max_length=120)] = None
    agency_id: UUID | None = None
    partner_id: UUID | None = None
    competency: Annotated[str | None, Field(max_length=20)] = None
    max_hours_per_week: Annotated[int | None, Field(ge=1, le=40)] = None
    open_only: bool = False
    needs_confirmation: bool = False


class ReturnIn(Input):
    """Why the slot goes back to its partner."""

    reason: ReturnReason
    note: str = Field("", max_length=500)


class CancelIn(Input):
    """Why the slot will not take place."""

    reason: CancelReason
    note: str = Field("", max_length=500)


class WaiveIn(Input):
    """Why the slot begins with fewer participants than it asked for."""

    reason: str = Field(min_length=1, max_length=500)


class ReserveIn(Input):
    """How many seats are kept for whom, until when; none with 0 seats."""

    seats: int = Field(ge=0, le=500)
    unit_id: UUID | None = None
    until: Day | None = None


class CloneIn(Input):
    """Under which agreement the copy shall stand, for another city; empty for the same. A new first day takes the
    other dates along; what is left out follows from it."""

    agreement_id: UUID | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    apply_by: Day | None = None
