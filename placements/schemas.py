"""What the API of applications and placements takes and gives.

Two audiences see an application: those inside the agency by name, the partner by an alias until HR has approved.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, FilterLookup, Schema

from asn.states import EmploymentChange
from core.api import Day, Filters, Input, Level, LevelOrNone, Moment
from placements.models import Application, Certificate, ChangeTask, Paper, Placement
from placements.permissions import PARTNER_SEES_NAME
from placements.selectors import Waiting
from placements.states import (
    ApplicationStatus,
    AttendanceStatus,
    CertificateKind,
    ChangeChoice,
    ChangeStatus,
    ConflictOutcome,
    DecisionReason,
    EndReason,
    EvaluationStage,
    EvaluatorRole,
    LogbookStatus,
    MilestoneStatus,
    NoteVisibility,
    PaperKind,
    PlacementStatus,
    SessionCancelReason,
    SessionStatus,
)

NOTE = 1000


class DraftIn(Input):
    """What the applicant writes; may be sent again and again until it is handed in."""

    slot_id: UUID
    motivation: str = Field("", max_length=3000)
    has_conflict: bool = Field(False, description="The applicant has an interest in this partner.")
    conflict_note: str = Field("", max_length=600)


class SubmitIn(Input):
    """Handing in needs consent to what the partner will see."""

    consent: bool


class NoteIn(Input):
    """A word with a positive decision."""

    note: str = Field("", max_length=NOTE)


class ReasonIn(NoteIn):
    """A negative or returning decision has a coded reason; ``other`` needs a note."""

    reason: DecisionReason


class WithdrawIn(NoteIn):
    """Why the applicant takes it back."""

    reason: DecisionReason = DecisionReason.PERSONAL


class ConflictIn(Input):
    """The supervisor's word on a declared interest."""

    outcome: ConflictOutcome


class AcceptIn(NoteIn):
    """The partner takes the person, and may name the mentor at once."""

    mentor_id: UUID | None = None


class SlotRefOut(Schema):
    """The slot in one line."""

    id: UUID
    title: str
    kind: str
    partner: str = Field(alias="partner.name")
    starts_on: date
    ends_on: date


class PersonOut(Schema):
    """A person in one line."""

    id: UUID
    name: str = Field(alias="full_name")
    unit: str = Field(alias="unit.name")
    position: str = Field(alias="position.title")


class ApplicationOut(Schema):
    """An application as the applicant, the supervisor, HR and auditors see it."""

    id: UUID
    agency_id: UUID
    status: ApplicationStatus
    attempt: int
    applicant: PersonOut = Field(alias="employee")
    slot: SlotRefOut
    motivation: str
    has_conflict: bool
    conflict_note: str
    conflict_outcome: ConflictOutcome | str
    consent_at: datetime | None
    submitted_at: datetime | None
    due_at: datetime | None = Field(description="Until when the present holder should decide.")
    waitlist_position: int | None = Field(description="Rises along the waitlist; the place is told by /place.")
    offered_at: datetime | None
    match_points: int | None


class PlaceOut(Schema):
    """How long the queue is: a place among those who wait, or a seat that is held until the deadline."""

    status: ApplicationStatus
    place: int | None = Field(description="Counted from 1 among those who wait now; empty for who does not wait.")
    waiting: int = Field(description="How many wait, this one included.")
    offered_at: datetime | None
    due_at: datetime | None = Field(description="Until when an offered seat is held.")


class WaitingOut(Schema):
    """Somebody in the order of a slot, as HR and auditors see it."""

    application_id: UUID = Field(alias="application.pk")
    status: ApplicationStatus = Field(alias="application.status")
    applicant: PersonOut = Field(alias="application.employee")
    place: int | None = Field(description="Empty while a seat is held.")
    offered_at: datetime | None = Field(alias="application.offered_at")
    due_at: datetime | None = Field(alias="application.due_at")
    obstacle: str = Field(description="Code of the rule because of which the person is passed over for now, if any.")

    @staticmethod
    def resolve_obstacle(row: Waiting) -> str:
        return row.obstacle.code if row.obstacle else ""


class ApplicationFilters(Filters):
    """Which applications."""

    status: ApplicationStatus | None = None
    slot_id: UUID | None = None
    employee_id: UUID | None = None


class CandidateOut(Schema):
    """An application as the partner sees it: an alias until HR has approved, then the name the person agreed to show."""

    id: UUID
    status: ApplicationStatus
    alias: str = Field(examples=["K-4F1A"])
    name: str | None
    position: str = Field(alias="employee.position.title")
    slot: SlotRefOut
    motivation: str
    match_points: int | None
    due_at: datetime | None

    @staticmethod
    def resolve_alias(application: Application) -> str:
        return f"K-{application.pk.hex[:4].upper()}"

    @staticmethod
    def resolve_name(application: Application) -> str | None:
        return application.employee.full_name if application.status in PARTNER_SEES_NAME else None


class CandidateFilters(Filters):
    """Which candidates."""

    status: ApplicationStatus | None = None
    slot_id: UUID | None = None


class StepOut(Schema):
    """One step of the road: done, now or next."""

    step: str
    state: str = Field(examples=["now"])
    who: str
    at: datetime | None
    due_at: datetime | None
    outcome: str
    capacity: str = Field(description="As what the superior decided: supervisor, head, plt, plh or delegate.")
    reason: str
    note: str


class ActionsOut(Schema):
    """What I may do with it now."""

    actions: list[str] = Field(examples=[["approve", "reject"]])


class MentorRefOut(Schema):
    """The mentor in one line."""

    id: UUID
    name: str


class ObjectiveIn(Input):
    """One line of the learning plan."""

    competency: str = Field(min_length=1, max_length=20, examples=["TEK-501-04"])
    from_level: LevelOrNone
    to_level: Level
    activity: str = Field("", max_length=400)
    evidence: str = Field("", max_length=400)


class PlanIn(Input):
    """The whole learning plan."""

    objectives: list[ObjectiveIn] = Field(max_length=20)


class ObjectiveOut(Schema):
    """One line of the learning plan."""

    competency: str = Field(alias="competency_id")
    from_level: int
    to_level: int
    activity: str
    evidence: str


class PlacementOut(Schema):
    """A placement in a list."""

    id: UUID
    agency_id: UUID
    application_id: UUID
    status: PlacementStatus
    participant: PersonOut = Field(alias="employee")
    slot: SlotRefOut
    starts_on: date
    ends_on: date
    mentor: MentorRefOut | None


class PlacementDetailOut(PlacementOut):
    """A placement with its papers and plan."""

    letter_number: str
    letter_date: date | None
    letter_signer: str
    has_letter_file: bool
    plan_agreed_at: datetime | None
    started_at: datetime | None
    completed_at: datetime | None
    end_reason: EndReason | str
    end_note: str
    ended_at: datetime | None
    objectives: list[ObjectiveOut]

    @staticmethod
    def resolve_has_letter_file(placement: Placement) -> bool:
        return placement.letter_file_id is not None


class PlacementFilters(Filters):
    """Which placements."""

    status: PlacementStatus | None = None
    slot_id: UUID | None = None
    employee_id: UUID | None = None


class CheckOut(Schema):
    """One thing that must be there."""

    code: str
    label: str
    done: bool
    detail: str


class MentorChoiceIn(Input):
    """Who guides the participant."""

    mentor_id: UUID


class LetterIn(Input):
    """The surat tugas that goes with the uploaded file."""

    number: str = Field(min_length=1, max_length=80, examples=["800.1.4.1/0012/BKPSDM/2027"])
    letter_date: Day
    signer: str = Field(min_length=1, max_length=160)


class LetterMakeIn(Input):
    """A surat tugas that Padan numbers and makes."""

    letter_date: Day
    signer_post: str = Field(min_length=1, max_length=120, examples=["Kepala BKPSDM"])
    signer_name: str = Field(min_length=1, max_length=120)


class PaperOut(Schema):
    """A numbered paper of a placement; its PDF follows within a minute."""

    id: UUID
    placement_id: UUID
    kind: PaperKind
    number: str
    issued_on: date
    signer: str
    is_uploaded: bool
    has_file: bool
    superseded_at: datetime | None

    @staticmethod
    def resolve_has_file(paper: Paper) -> bool:
        return paper.file_id is not None


class RevokeIn(Input):
    """Why a certificate is taken back."""

    reason: str = Field(min_length=1, max_length=300)


class RequiredNoteIn(Input):
    """Why."""

    note: str = Field(min_length=1, max_length=600)


class OptionalNoteIn(Input):
    """Why, if there is something to say."""

    note: str = Field("", max_length=600)


class EndIn(Input):
    """Why a placement ends before its time."""

    reason: EndReason
    note: str = Field("", max_length=600)


class LogbookIn(Input):
    """One day: what was done, what came of it, what was learnt."""

    entry_date: Day
    hours: Annotated[Decimal, Field(gt=0, le=24, max_digits=4, decimal_places=1)] = Field(examples=["6.5"])
    activity: str = Field(min_length=1, max_length=2000)
    output: str = Field("", max_length=600)
    lesson: str = Field("", max_length=600)


class LogbookOut(Schema):
    """One day of a placement."""

    id: UUID
    placement_id: UUID
    entry_date: date
    hours: Decimal
    activity: str
    output: str
    lesson: str
    status: LogbookStatus
    reviewer_note: str
    verified_at: datetime | None


class MilestoneReportIn(Input):
    """What the team says of a milestone. A PDF is uploaded on the page."""

    text: str = Field(min_length=1, max_length=2000)
    reached_on: Day
    link: str = Field("", max_length=300, examples=["https://data.example.go.id/hasil"])


class MilestoneReportOut(Schema):
    """The report of a team and what the host says to it."""

    status: MilestoneStatus
    text: str
    reached_on: date
    link: str
    note: str
    reported_by: str = Field(alias="reported_by.name")
    reported_at: datetime
    decided_at: datetime | None


class PlacementMilestoneOut(Schema):
    """A milestone of the slot with the report of the team, if there is one."""

    id: UUID
    title: str
    due_on: date
    proof: str
    report: MilestoneReportOut | None

    @staticmethod
    def resolve_report(obj: Any) -> Any:
        """A milestone that nobody has reported has none."""
        return getattr(obj, "report", None)


class LogbookFilters(Filters):
    """Which days."""

    status: LogbookStatus | None = None
    since: Annotated[Day | None, FilterLookup("entry_date__gte")] = None
    until: Annotated[Day | None, FilterLookup("entry_date__lte")] = None


class SessionIn(Input):
    """A mentoring session that took place without having been booked."""

    held_on: Day
    minutes: int = Field(60, ge=15, le=480)
    agenda: str = Field(min_length=1, max_length=600)
    notes: str = Field("", max_length=3000)
    visibility: NoteVisibility = Field(NoteVisibility.PAIR, description="Who reads the notes.")


class FreeTimesIn(Input):
    """Which days of the agency's calendar, and how long."""

    since: Day | None = Field(None, description="The first day; today where none is given.")
    days: int = Field(7, ge=1, le=31)
    minutes: int = Field(60, ge=30, le=120)


class FreeTimeOut(Schema):
    """A time in which mentor and participant are both free."""

    starts_at: datetime
    ends_at: datetime


class BookingIn(Input):
    """A session to come."""

    starts_at: Moment
    minutes: int = Field(60, ge=30, le=120)
    agenda: str = Field(min_length=1, max_length=600)
    place: str = Field("", max_length=200, description="A place or a link, or both.")
    link: str = Field("", max_length=300, examples=["https://meet.example.go.id/dasbor"])


class MoveIn(Input):
    """Another time for a booked session; its length stays where none is given."""

    starts_at: Moment
    minutes: int | None = Field(None, ge=30, le=120)


class SessionCancelIn(Input):
    """Why a booked session does not take place."""

    reason: SessionCancelReason
    note: str = Field("", max_length=600)


class SessionAnswerIn(Input):
    """My word on whether it took place."""

    held: bool


class SessionNoteIn(Input):
    """My note for those whom ``visibility`` names; an empty text removes it."""

    text: str = Field(max_length=3000)
    visibility: NoteVisibility


class SessionNoteOut(Schema):
    """A note that I may read."""

    author: str = Field(alias="author.name")
    visibility: NoteVisibility
    text: str


class SessionFilters(Filters):
    """Which sessions."""

    status: SessionStatus | None = None
    since: Annotated[Day | None, FilterLookup("held_on__gte")] = None
    until: Annotated[Day | None, FilterLookup("held_on__lte")] = None


class SessionOut(Schema):
    """A mentoring session; it counts once both sides say that it was held. ``notes`` are those I may read."""

    id: UUID
    placement_id: UUID
    status: SessionStatus
    held_on: date = Field(description="The day in the agency's zone.")
    starts_at: datetime | None
    ends_at: datetime | None
    minutes: int
    agenda: str
    place: str
    link: str
    participant_says: bool | None = Field(description="Held, not held, or no word yet.")
    mentor_says: bool | None
    participant_confirmed_at: datetime | None
    mentor_confirmed_at: datetime | None
    is_confirmed: bool
    cancel_reason: SessionCancelReason | str
    cancel_note: str
    notes: list[SessionNoteOut] = Field(alias="readable_notes")


class AttendanceIn(Input):
    """Who was at a meeting and who was not: ids of placements."""

    held_on: Day
    present: list[UUID] = Field(default_factory=list, max_length=500)
    absent: list[UUID] = Field(default_factory=list, max_length=500)


class AttendanceFilters(Filters):
    """Which meeting."""

    held_on: Day | None = None


class AttendanceOut(Schema):
    """A mark of one participant at one meeting."""

    id: UUID
    placement_id: UUID
    held_on: date = Field(alias="meeting.held_on")
    is_present: bool
    status: AttendanceStatus
    note: str
    recorded_at: datetime
    answered_at: datetime | None


class RatingIn(Input):
    """A level seen for one objective."""

    competency: str = Field(min_length=1, max_length=20)
    level: LevelOrNone


class EvaluationIn(Input):
    """What one side says; who I am decides which."""

    overall: int = Field(ge=1, le=5, description="1 poor to 5 excellent.")
    strengths: str = Field("", max_length=2000)
    improvements: str = Field("", max_length=2000)
    applied: str = Field("", max_length=2000)
    ratings: list[RatingIn] = Field(default_factory=list, max_length=20)
    stage: EvaluationStage = EvaluationStage.FINAL


class RatingOut(Schema):
    """A level seen for one objective."""

    competency: str = Field(alias="competency_id")
    level: int


class EvaluationOut(Schema):
    """What one side said."""

    id: UUID
    placement_id: UUID
    role: EvaluatorRole
    stage: EvaluationStage
    overall: int
    strengths: str
    improvements: str
    applied: str
    submitted_at: datetime
    ratings: list[RatingOut]


class CertificateOut(Schema):
    """Proof of a placement."""

    id: UUID
    placement_id: UUID
    kind: CertificateKind
    number: str
    code: str
    issued_on: date
    key_id: str
    has_file: bool
    revoked_at: datetime | None
    revoked_reason: str

    @staticmethod
    def resolve_has_file(certificate: Certificate) -> bool:
        return certificate.file_id is not None


class HoursIn(Input):
    """JP of a form without a fixed rule, entered by HR with the reason."""

    hours: int = Field(ge=1, le=200)
    note: str = Field(min_length=1, max_length=300)


class HourEntryOut(Schema):
    """One line of the JP account."""

    id: UUID
    placement_id: UUID | None
    form: str = Field(alias="rule.form")
    rule_version: int
    occurs_on: date
    hours: int
    counted_hours: int
    not_counted: str
    note: str
    reverses_id: UUID | None


class ChangeTaskOut(Schema):
    """Somebody's employment has changed while an application or placement is under way: HR says what becomes of it."""

    id: UUID
    employee_id: UUID
    application_id: UUID
    placement_id: UUID | None
    kinds: list[EmploymentChange]
    changed_at: datetime
    status: ChangeStatus
    due_at: datetime
    choices: list[ChangeChoice]
    choice: ChangeChoice | Literal[""]
    note: str
    decided_at: datetime | None

    @staticmethod
    def resolve_placement_id(row: ChangeTask) -> UUID | None:
        return row.placement.pk if row.placement is not None else None

    @staticmethod
    def resolve_choices(row: ChangeTask) -> list[ChangeChoice]:
        return row.open_choices if row.status == ChangeStatus.OPEN else []


class ChangeTaskFilters(Filters):
    """Which tasks."""

    status: ChangeStatus | None = None
    employee_id: UUID | None = None


class ChangeDecisionIn(Input):
    """What becomes of it; ``known`` is the ``changed_at`` that was read."""

    choice: ChangeChoice
    note: str = Field("", max_length=300)
    supervisor_id: UUID | None = None
    known: datetime | None = None


class AccountOut(Schema):
    """Learning hours of one account year: a floor for PNS, a ceiling for PPPK."""

    year_start: date
    year_end: date
    target: int | None
    ceiling: int | None
    counted: int
    planned: int
    entries: list[HourEntryOut]


def candidate_steps(items: list[Any]) -> list[dict[str, Any]]:
    """The road as the partner may see it: no names, no words of the people inside."""
    return [
        {
            "step": item.step,
            "state": item.state,
            "who": "",
            "at": item.at,
            "due_at": item.due_at,
            "outcome": item.outcome,
            "capacity": "",
            "reason": "",
            "note": "",
        }
        for item in items
    ]
