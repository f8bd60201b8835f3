"""From application to learning hours: the road of one person through one slot."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django_fsm import transition

from asn.models import ActingPeriod, Competency, Employee, Position, Unit
from asn.states import ACTING, Capacity, EmploymentChange, Level
from core.models import BaseModel, StateField, StoredFile, TenantModel, ordered, paired
from mentors.models import Mentor
from partners.kinds import Document, KindPolicy, get_kind
from partners.models import Slot, SlotMeeting, SlotMilestone
from placements.states import (
    KEEPING_SESSION,
    LATER_STEPS,
    LIVE_APPLICATION,
    RESERVING_PLACEMENT,
    STARTED_PLACEMENT,
    ApplicationStatus,
    AttendanceStatus,
    CertificateKind,
    ChangeChoice,
    ChangeStatus,
    ConflictOutcome,
    DecisionOutcome,
    DecisionReason,
    DecisionStep,
    EndReason,
    EvaluationStage,
    EvaluatorRole,
    LogbookStatus,
    MilestoneStatus,
    NotCounted,
    NoteVisibility,
    PaperKind,
    PlacementStatus,
    SessionCancelReason,
    SessionStatus,
)

USER = settings.AUTH_USER_MODEL
SHORTEST_BOOKING, LONGEST_BOOKING = 30, 120  # minutes
S = ApplicationStatus


class ApplicationQuerySet(models.QuerySet["Application"]):
    def live(self) -> ApplicationQuerySet:
        return self.filter(status__in=LIVE_APPLICATION)


class Application(TenantModel):
    """One person's request for one slot. ``attempt`` rises each time it comes back from a return."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="applications")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="applications")
    status = StateField(max_length=30, choices=S.choices, default=S.DRAFT)
    attempt = models.PositiveSmallIntegerField(default=1)
    motivation = models.TextField(max_length=3000, blank=True)
    consent_at = models.DateTimeField(null=True, help_text="When the person agreed to what the partner will see.")
    consent_version = models.CharField(max_length=20, blank=True)
    has_conflict = models.BooleanField(default=False, help_text="Interest declared by the applicant.")
    conflict_note = models.CharField(max_length=600, blank=True)
    conflict_outcome = models.CharField(max_length=20, choices=ConflictOutcome, blank=True)
    conflict_decided_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    conflict_decided_at = models.DateTimeField(null=True)
    conflict_capacity = models.CharField(
        max_length=20, choices=Capacity, blank=True, help_text="As what the superior judged the interest."
    )
    conflict_acting_period = models.ForeignKey(
        ActingPeriod, null=True, on_delete=models.PROTECT, related_name="+", help_text="What that power rested on."
    )
    submitted_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="Until when the present holder should decide.")
    waitlist_position = models.PositiveIntegerField(null=True)
    offered_at = models.DateTimeField(null=True, help_text="When a seat came free for it.")
    holds_seat = models.BooleanField(default=False, help_text="One of the slot's held seats is kept for it.")
    uses_reserve = models.BooleanField(default=False, help_text="Its seat counts against the reserve of a unit.")
    match_points = models.PositiveSmallIntegerField(null=True, help_text="Points when applied, for later study.")

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("employee", "slot"),
                condition=Q(status__in=LIVE_APPLICATION),
                name="application_one_live",
            ),
            models.UniqueConstraint(
                fields=("slot", "waitlist_position"),
                condition=Q(waitlist_position__isnull=False),
                name="application_waitlist_position_once",
            ),
            models.CheckConstraint(
                condition=Q(status=S.WAITLISTED, waitlist_position__isnull=False)
                | (~Q(status=S.WAITLISTED) & Q(waitlist_position__isnull=True)),
                name="application_waitlist_paired",
            ),
            models.CheckConstraint(
                condition=~Q(status=S.OFFERED) | Q(holds_seat=True, offered_at__isnull=False, due_at__isnull=False),
                name="application_offer_with_seat_and_deadline",
            ),
            models.CheckConstraint(
                condition=Q(holds_seat=False) | Q(status__in=[S.OFFERED, S.APPROVED]),
                name="application_seat_held_on_the_way",
            ),
            models.CheckConstraint(
                condition=Q(uses_reserve=False) | Q(holds_seat=True) | Q(status=S.ACCEPTED),
                name="application_reserve_used_with_seat",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[S.DRAFT, S.WITHDRAWN, S.EXPIRED, S.INELIGIBLE])
                | Q(submitted_at__isnull=False, consent_at__isnull=False),
                name="application_submitted_with_consent",
            ),
            models.CheckConstraint(
                condition=Q(conflict_decided_at__isnull=False) | Q(conflict_capacity=""),
                name="application_conflict_capacity_decided",
            ),
            models.CheckConstraint(
                condition=Q(conflict_capacity__in=ACTING, conflict_acting_period__isnull=False)
                | ~Q(conflict_capacity__in=ACTING) & Q(conflict_acting_period__isnull=True),
                name="application_conflict_by_period",
            ),
            paired(
                "conflict_decided_by",
                "conflict_decided_at",
                name="application_conflict_paired",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[S.OFFERED, S.APPROVED, S.ACCEPTED])
                | Q(has_conflict=False)
                | Q(
                    conflict_outcome__in=[
                        ConflictOutcome.NO_CONFLICT,
                        ConflictOutcome.CONTROLLED,
                    ]
                ),
                name="application_no_open_conflict",
            ),
        )
        indexes = (models.Index(fields=("agency", "status", "due_at"), name="application_queue_idx"),)

    def __str__(self) -> str:
        return f"{self.employee_id} → {self.slot_id} ({self.status})"

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_APPLICATION

    @transition(status, source=S.DRAFT, target=S.AWAITING_CLEARANCE)
    def submit(self) -> None:
        """The applicant hands it in."""

    @transition(status, source=S.AWAITING_CLEARANCE, target=S.SUBMITTED)
    def clear(self) -> None:
        """The supervisor lets the person go."""

    @transition(status, source=S.AWAITING_CLEARANCE, target=S.REJECTED)
    def refuse(self) -> None:
        """The supervisor does not."""

    @transition(
        status,
        source=[S.AWAITING_CLEARANCE, S.SUBMITTED, S.SHORTLISTED],
        target=S.RETURNED,
    )
    def send_back(self) -> None:
        """Whoever holds it asks for a revision."""

    @transition(status, source=S.RETURNED, target=S.DRAFT)
    def revise(self) -> None:
        """The applicant takes it up again."""

    @transition(status, source=S.SUBMITTED, target=S.SHORTLISTED)
    def shortlist(self) -> None:
        """HR keeps it among the best."""

    @transition(status, source=[S.SUBMITTED, S.SHORTLISTED], target=S.WAITLISTED)
    def waitlist(self) -> None:
        """HR approves it for the next free seat, in order."""

    @transition(status, source=S.WAITLISTED, target=S.OFFERED)
    def offer(self) -> None:
        """A seat has come free and is held for the first in order."""

    @transition(status, source=S.OFFERED, target=S.APPROVED)
    def confirm(self) -> None:
        """The applicant still wants it; the partner has it next."""

    @transition(status, source=S.OFFERED, target=S.WITHDRAWN)
    def turn_down(self) -> None:
        """The applicant does not want the offered seat any more."""

    @transition(status, source=[S.SUBMITTED, S.SHORTLISTED], target=S.APPROVED)
    def approve(self) -> None:
        """HR offers the candidate to the partner."""

    @transition(status, source=[S.SUBMITTED, S.SHORTLISTED, S.WAITLISTED, S.OFFERED], target=S.REJECTED)
    def reject(self) -> None:
        """HR says no, with a reason."""

    @transition(status, source=S.APPROVED, target=S.ACCEPTED)
    def accept(self) -> None:
        """The partner takes the person: a seat and a placement."""

    @transition(status, source=S.APPROVED, target=S.DECLINED)
    def decline(self) -> None:
        """The partner does not, with a reason."""

    @transition(
        status,
        source=[
            S.DRAFT,
            S.AWAITING_CLEARANCE,
            S.SUBMITTED,
            S.RETURNED,
            S.SHORTLISTED,
            S.WAITLISTED,
            S.OFFERED,
            S.APPROVED,
        ],
        target=S.WITHDRAWN,
    )
    def withdraw(self) -> None:
        """The applicant takes it back."""

    @transition(
        status,
        source=[
            S.DRAFT,
            S.AWAITING_CLEARANCE,
            S.SUBMITTED,
            S.RETURNED,
            S.SHORTLISTED,
            S.WAITLISTED,
            S.OFFERED,
            S.APPROVED,
        ],
        target=S.EXPIRED,
    )
    def expire(self) -> None:
        """The slot began or closed before everyone had decided, or an offered seat was not answered in time."""

    @transition(
        status,
        source=[S.AWAITING_CLEARANCE, S.SUBMITTED, S.RETURNED, S.SHORTLISTED, S.WAITLISTED, S.OFFERED, S.APPROVED],
        target=S.INELIGIBLE,
    )
    def rule_out(self) -> None:
        """The person's employment has changed, and HR cancels it."""


class Decision(TenantModel):
    """One step decided once, by a named person, at a time. Rows are never changed."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    attempt = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=20, choices=DecisionStep)
    outcome = models.CharField(max_length=20, choices=DecisionOutcome)
    reason = models.CharField(max_length=40, choices=DecisionReason, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    capacity = models.CharField(
        max_length=20, choices=Capacity, blank=True, help_text="As what the superior decided; empty for other steps."
    )
    acting_period = models.ForeignKey(
        ActingPeriod,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="What the power rested on where another's place was taken.",
    )
    decided_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ("decided_at", "created_at")
        constraints = (
            models.UniqueConstraint(fields=("application", "attempt", "step"), name="decision_once_a_step"),
            models.UniqueConstraint(
                fields=("application", "attempt", "decided_by"),
                condition=~Q(step__in=LATER_STEPS),
                name="decision_by_different_people",
            ),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        DecisionOutcome.SUBMITTED,
                        DecisionOutcome.CLEARED,
                        DecisionOutcome.APPROVED,
                        DecisionOutcome.WAITLISTED,
                        DecisionOutcome.CONFIRMED,
                        DecisionOutcome.ACCEPTED,
                        DecisionOutcome.WITHDRAWN,
                    ]
                )
                | ~Q(reason=""),
                name="decision_negative_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(step=DecisionStep.EMPLOYEE, outcome=DecisionOutcome.SUBMITTED)
                | Q(
                    step=DecisionStep.SUPERVISOR,
                    outcome__in=[
                        DecisionOutcome.CLEARED,
                        DecisionOutcome.REFUSED,
                        DecisionOutcome.RETURNED,
                    ],
                )
                | Q(
                    step=DecisionStep.HR,
                    outcome__in=[
                        DecisionOutcome.APPROVED,
                        DecisionOutcome.WAITLISTED,
                        DecisionOutcome.REJECTED,
                        DecisionOutcome.RETURNED,
                    ],
                )
                | Q(step=DecisionStep.OFFER, outcome__in=[DecisionOutcome.CONFIRMED, DecisionOutcome.DECLINED])
                | Q(step=DecisionStep.REMOVAL, outcome=DecisionOutcome.REJECTED)
                | Q(
                    step=DecisionStep.PARTNER,
                    outcome__in=[DecisionOutcome.ACCEPTED, DecisionOutcome.DECLINED],
                )
                | Q(step=DecisionStep.WITHDRAWAL, outcome=DecisionOutcome.WITHDRAWN),
                name="decision_outcome_fits_step",
            ),
            models.CheckConstraint(
                condition=Q(step=DecisionStep.SUPERVISOR) | Q(capacity="", acting_period__isnull=True),
                name="decision_capacity_of_superior",
            ),
            models.CheckConstraint(
                condition=Q(capacity__in=ACTING, acting_period__isnull=False)
                | ~Q(capacity__in=ACTING) & Q(acting_period__isnull=True),
                name="decision_acting_by_period",
            ),
        )
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="decision_insert_only",
                operation=pgtrigger.Update | pgtrigger.Delete,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.outcome}"


def _there_if_asked(document: Document, there: Q) -> Q:
    return ~Q(documents__contains=[document.value]) | there


class Placement(TenantModel):
    """The approved stay of one person in one slot."""

    application = models.OneToOneField(Application, on_delete=models.PROTECT, related_name="placement")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="placements")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="placements")
    status = StateField(
        max_length=20,
        choices=PlacementStatus.choices,
        default=PlacementStatus.PREPARING,
    )
    starts_on = models.DateField()
    ends_on = models.DateField()
    blocks_time = models.BooleanField(help_text="From the kind's policy when the seat was taken.")
    documents = ArrayField(
        models.CharField(max_length=30),
        help_text="What must be there before the start: from the kind's policy when the seat was taken.",
    )
    mentor = models.ForeignKey(Mentor, null=True, on_delete=models.PROTECT, related_name="placements")
    letter_number = models.CharField(max_length=80, blank=True)
    letter_date = models.DateField(null=True)
    letter_signer = models.CharField(max_length=160, blank=True)
    letter_file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    plan_agreed_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    plan_agreed_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    completed_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=30, choices=EndReason, blank=True)
    end_note = models.CharField(max_length=600, blank=True)
    ended_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-starts_on",)
        constraints = (
            ordered("starts_on", "ends_on", name="placement_ordered"),
            ExclusionConstraint(
                name="placement_no_overlap",
                expressions=(
                    (F("employee"), RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_on"),
                            F("ends_on"),
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ),
                condition=Q(blocks_time=True, status__in=RESERVING_PLACEMENT),
            ),
            models.CheckConstraint(
                condition=~Q(status__in=STARTED_PLACEMENT)
                | (
                    Q(started_at__isnull=False)
                    & _there_if_asked(
                        Document.ASSIGNMENT_LETTER,
                        ~Q(letter_number="")
                        & ~Q(letter_signer="")
                        & Q(letter_date__isnull=False, letter_file__isnull=False),
                    )
                    & _there_if_asked(Document.LEARNING_PLAN, Q(plan_agreed_at__isnull=False))
                    & _there_if_asked(Document.MENTOR, Q(mentor__isnull=False))
                ),
                name="placement_started_with_checklist",
            ),
            paired("plan_agreed_by", "plan_agreed_at", name="placement_plan_paired"),
            paired("started_by", "started_at", name="placement_started_paired"),
            paired("completed_by", "completed_at", name="placement_completed_paired"),
            paired("ended_by", "ended_at", name="placement_ended_paired"),
            models.CheckConstraint(
                condition=(Q(status=PlacementStatus.COMPLETED) & Q(completed_at__isnull=False))
                | (~Q(status=PlacementStatus.COMPLETED) & Q(completed_at__isnull=True)),
                name="placement_completed_fields",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[PlacementStatus.ENDED_EARLY, PlacementStatus.NO_SHOW])
                | (~Q(end_reason="") & Q(ended_at__isnull=False)),
                name="placement_ended_with_reason",
            ),
        )
        indexes = (models.Index(fields=("agency", "status"), name="placement_agency_status_idx"),)

    def __str__(self) -> str:
        return f"{self.employee_id} @ {self.slot_id} ({self.status})"

    @property
    def policy(self) -> KindPolicy:
        return get_kind(self.slot.kind)

    @transition(status, source=PlacementStatus.PREPARING, target=PlacementStatus.ACTIVE)
    def start(self) -> None:
        """The checklist is complete."""

    @transition(status, source=PlacementStatus.ACTIVE, target=PlacementStatus.ON_HOLD)
    def hold(self) -> None:
        """Interrupted for a while."""

    @transition(status, source=PlacementStatus.ON_HOLD, target=PlacementStatus.ACTIVE)
    def resume(self) -> None:
        """Goes on."""

    @transition(status, source=PlacementStatus.ACTIVE, target=PlacementStatus.FINISHING)
    def begin_finishing(self) -> None:
        """The period is over; evidence is being gathered."""

    @transition(
        status,
        source=[PlacementStatus.ACTIVE, PlacementStatus.FINISHING],
        target=PlacementStatus.COMPLETED,
    )
    def complete(self) -> None:
        """All evidence is there."""

    @transition(
        status,
        source=[
            PlacementStatus.PREPARING,
            PlacementStatus.ACTIVE,
            PlacementStatus.ON_HOLD,
            PlacementStatus.FINISHING,
        ],
        target=PlacementStatus.ENDED_EARLY,
    )
    def end_early(self) -> None:
        """Stopped, by whom and why."""

    @transition(status, source=PlacementStatus.PREPARING, target=PlacementStatus.NO_SHOW)
    def mark_no_show(self) -> None:
        """The person never came."""


class ChangeTask(TenantModel):
    """Somebody's employment has changed while an application or placement is under way: HR says what becomes of it."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="change_tasks")
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="change_tasks")
    kinds = ArrayField(models.CharField(max_length=20, choices=EmploymentChange), help_text="What has changed.")
    changed_at = models.DateTimeField(help_text="The latest change.")
    unit_before = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    position_before = models.ForeignKey(Position, null=True, on_delete=models.PROTECT, related_name="+")
    status = StateField(max_length=20, choices=ChangeStatus.choices, default=ChangeStatus.OPEN)
    due_at = models.DateTimeField()
    choice = models.CharField(max_length=20, choices=ChangeChoice, blank=True)
    note = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("due_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("application",), condition=Q(status=ChangeStatus.OPEN), name="change_one_open"
            ),
            models.CheckConstraint(condition=Q(kinds__len__gt=0), name="change_says_what"),
            paired("decided_by", "decided_at", name="change_decided_paired"),
            models.CheckConstraint(
                condition=Q(status=ChangeStatus.DECIDED, decided_at__isnull=False) & ~Q(choice="")
                | ~Q(status=ChangeStatus.DECIDED) & Q(decided_at__isnull=True, choice=""),
                name="change_decided_by_someone",
            ),
        )
        indexes = (models.Index(fields=("agency", "status", "due_at"), name="change_queue_idx"),)

    def __str__(self) -> str:
        return f"{self.application_id} {self.status}"

    @property
    def placement(self) -> Placement | None:
        """The placement that came of the application."""
        found: Placement | None = getattr(self.application, "placement", None)
        return found

    @property
    def open_choices(self) -> list[ChangeChoice]:
        """What may be chosen: a placement is ended, an application cancelled."""
        last = ChangeChoice.CANCEL if self.placement is None else ChangeChoice.END_EARLY
        return [ChangeChoice.CONTINUE, ChangeChoice.MOVE_SUPERVISOR, last]

    @property
    def kind_labels(self) -> list[str]:
        return [str(EmploymentChange(kind).label) for kind in self.kinds]

    @transition(status, source=ChangeStatus.OPEN, target=ChangeStatus.DECIDED)
    def decide(self) -> None:
        """HR has said what becomes of it."""

    @transition(status, source=ChangeStatus.OPEN, target=ChangeStatus.MOOT)
    def lapse(self) -> None:
        """The application or placement has ended otherwise."""


class LearningObjective(TenantModel):
    """One line of the learning plan."""

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="objectives")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    from_level = models.PositiveSmallIntegerField()
    to_level = models.PositiveSmallIntegerField(choices=Level)
    activity = models.CharField(max_length=400, blank=True)
    evidence = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ("competency",)
        constraints = (
            models.UniqueConstraint(fields=("placement", "competency"), name="objective_once"),
            models.CheckConstraint(condition=Q(to_level__range=(1, 5)), name="objective_level_range"),
            models.CheckConstraint(
                condition=Q(from_level__gte=0) & Q(from_level__lt=F("to_level")),
                name="objective_rises",
            ),
        )

    def __str__(self) -> str:
        return f"{self.competency_id} {self.from_level}→{self.to_level}"


class LogbookEntry(TenantModel):
    """A day: what was done, what came of it, what was learnt. Silence is never approval."""

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="logbook")
    entry_date = models.DateField()
    hours = models.DecimalField(max_digits=4, decimal_places=1)
    activity = models.TextField(max_length=2000)
    output = models.CharField(max_length=600, blank=True)
    lesson = models.CharField(max_length=600, blank=True)
    status = StateField(
        max_length=20,
        choices=LogbookStatus.choices,
        default=LogbookStatus.DRAFT,
    )
    reviewer_note = models.CharField(max_length=600, blank=True)
    verified_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-entry_date",)
        constraints = (
            models.UniqueConstraint(fields=("placement", "entry_date"), name="logbook_once_a_day"),
            models.CheckConstraint(condition=Q(hours__gt=0, hours__lte=24), name="logbook_hours_range"),
            paired("verified_by", "verified_at", name="logbook_verified_paired"),
            models.CheckConstraint(
                condition=~Q(status=LogbookStatus.VERIFIED) | Q(verified_at__isnull=False),
                name="logbook_verified_by_someone",
            ),
        )

    def __str__(self) -> str:
        return f"{self.placement_id} {self.entry_date}"

    @transition(
        status,
        source=[LogbookStatus.DRAFT, LogbookStatus.RETURNED],
        target=LogbookStatus.SUBMITTED,
    )
    def submit(self) -> None:
        """Handed to the mentor."""

    @transition(status, source=LogbookStatus.SUBMITTED, target=LogbookStatus.VERIFIED)
    def verify(self) -> None:
        """The mentor confirms it."""

    @transition(status, source=LogbookStatus.SUBMITTED, target=LogbookStatus.RETURNED)
    def send_back(self) -> None:
        """The mentor asks for a revision."""


class MilestoneReport(TenantModel):
    """What a team says of a milestone of its slot: one report, whoever wrote it, until the host has confirmed it."""

    milestone = models.OneToOneField(SlotMilestone, on_delete=models.PROTECT, related_name="report")
    status = StateField(max_length=20, choices=MilestoneStatus.choices, default=MilestoneStatus.REPORTED)
    text = models.TextField(max_length=2000)
    reached_on = models.DateField()
    link = models.CharField(max_length=300, blank=True)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=600, blank=True, help_text="What the host misses.")
    reported_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    decided_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("milestone",)
        constraints = (
            models.CheckConstraint(condition=~Q(text=""), name="milestone_report_says_something"),
            models.CheckConstraint(
                condition=Q(link="") | Q(link__startswith="https://"), name="milestone_report_link_is_secure"
            ),
            paired("decided_by", "decided_at", name="milestone_report_decided_paired"),
            models.CheckConstraint(
                condition=Q(status=MilestoneStatus.REPORTED, decided_at__isnull=True)
                | (~Q(status=MilestoneStatus.REPORTED) & Q(decided_at__isnull=False)),
                name="milestone_report_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(status=MilestoneStatus.RETURNED) | ~Q(note=""), name="milestone_report_returned_with_note"
            ),
        )

    def __str__(self) -> str:
        return f"{self.milestone_id} {self.status}"

    @transition(status, source=[MilestoneStatus.REPORTED, MilestoneStatus.RETURNED], target=MilestoneStatus.REPORTED)
    def report(self) -> None:
        """Said anew by one of the team."""

    @transition(status, source=MilestoneStatus.REPORTED, target=MilestoneStatus.CONFIRMED)
    def confirm(self) -> None:
        """The host agrees."""

    @transition(status, source=MilestoneStatus.REPORTED, target=MilestoneStatus.RETURNED)
    def send_back(self) -> None:
        """The host misses something."""


def _during(start: str, end: str) -> Func:
    """The time of a row as a half-open range: one may begin when another ends."""
    return Func(F(start), F(end), function="tstzrange", output_field=DateTimeRangeField())


class MentoringSession(TenantModel):
    """A meeting of participant and mentor, booked ahead or entered afterwards.

    It counts once both sides have said that it was held. Only what was booked has a time of day; mentor and
    participant stand beside the placement because the database keeps the time of each free of a second booking.
    """

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="sessions")
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="+")
    mentor = models.ForeignKey(Mentor, null=True, on_delete=models.PROTECT, related_name="sessions")
    status = StateField(max_length=20, choices=SessionStatus.choices, default=SessionStatus.REPORTED)
    held_on = models.DateField(help_text="The day in the agency's zone.")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    minutes = models.PositiveSmallIntegerField(default=60)
    agenda = models.CharField(max_length=600)
    place = models.CharField(max_length=200, blank=True)
    link = models.CharField(max_length=300, blank=True, help_text="https only; shown, never fetched.")
    booked_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField(null=True)
    moves = models.PositiveSmallIntegerField(default=0, help_text="How often it was moved: calendars want to know.")
    participant_confirmed_at = models.DateTimeField(null=True)
    participant_denied_at = models.DateTimeField(null=True)
    mentor_confirmed_at = models.DateTimeField(null=True)
    mentor_confirmed_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    mentor_denied_at = models.DateTimeField(null=True)
    mentor_denied_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    cancel_reason = models.CharField(max_length=30, choices=SessionCancelReason, blank=True)
    cancel_note = models.CharField(max_length=600, blank=True)
    cancelled_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-held_on",)
        constraints = (
            models.UniqueConstraint(
                fields=("placement", "held_on"), condition=Q(status__in=KEEPING_SESSION), name="session_once_a_day"
            ),
            models.CheckConstraint(condition=Q(minutes__range=(15, 480)), name="session_minutes_range"),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True, booked_at__isnull=True)
                & ~Q(status__in=(SessionStatus.BOOKED, SessionStatus.CANCELLED))
                | Q(
                    starts_at__isnull=False,
                    ends_at__isnull=False,
                    ends_at__gte=F("starts_at") + timedelta(minutes=SHORTEST_BOOKING),
                    ends_at__lte=F("starts_at") + timedelta(minutes=LONGEST_BOOKING),
                    booked_at__isnull=False,
                    mentor__isnull=False,
                    employee__isnull=False,
                ),
                name="session_booked_whole",
            ),
            models.CheckConstraint(condition=Q(link="") | Q(link__startswith="https://"), name="session_link_https"),
            paired("booked_by", "booked_at", name="session_booked_paired"),
            paired("mentor_confirmed_by", "mentor_confirmed_at", name="session_mentor_paired"),
            paired("mentor_denied_by", "mentor_denied_at", name="session_denied_paired"),
            paired("cancelled_by", "cancelled_at", name="session_cancelled_paired"),
            models.CheckConstraint(
                condition=(Q(participant_confirmed_at__isnull=True) | Q(participant_denied_at__isnull=True))
                & (Q(mentor_confirmed_at__isnull=True) | Q(mentor_denied_at__isnull=True)),
                name="session_one_answer_a_side",
            ),
            models.CheckConstraint(
                condition=Q(
                    status=SessionStatus.HELD,
                    participant_confirmed_at__isnull=False,
                    mentor_confirmed_at__isnull=False,
                )
                | ~Q(status=SessionStatus.HELD)
                & (Q(participant_confirmed_at__isnull=True) | Q(mentor_confirmed_at__isnull=True)),
                name="session_held_by_both",
            ),
            models.CheckConstraint(
                condition=Q(status=SessionStatus.CANCELLED, cancelled_at__isnull=False) & ~Q(cancel_reason="")
                | ~Q(status=SessionStatus.CANCELLED) & Q(cancelled_at__isnull=True, cancel_reason=""),
                name="session_cancelled_with_reason",
            ),
            *(
                ExclusionConstraint(
                    name=f"session_{who}_free",
                    expressions=(
                        (F(who), RangeOperators.EQUAL),
                        (_during("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                    ),
                    condition=Q(status__in=KEEPING_SESSION, starts_at__isnull=False),
                )
                for who in ("mentor", "employee")
            ),
        )
        indexes = (models.Index(fields=("starts_at",), condition=Q(status="booked"), name="session_booked_idx"),)

    def __str__(self) -> str:
        return f"{self.placement_id} {self.held_on}"

    @property
    def is_confirmed(self) -> bool:
        return self.participant_confirmed_at is not None and self.mentor_confirmed_at is not None

    @property
    def participant_says(self) -> bool | None:
        """Held, not held, or nothing yet."""
        return self._said(self.participant_confirmed_at, self.participant_denied_at)

    @property
    def mentor_says(self) -> bool | None:
        """Held, not held, or nothing yet."""
        return self._said(self.mentor_confirmed_at, self.mentor_denied_at)

    @staticmethod
    def _said(confirmed_at: datetime | None, denied_at: datetime | None) -> bool | None:
        return True if confirmed_at else False if denied_at else None

    @transition(status, source=SessionStatus.BOOKED, target=SessionStatus.BOOKED)
    def move(self) -> None:
        """To another free time."""

    @transition(status, source=SessionStatus.BOOKED, target=SessionStatus.CANCELLED)
    def cancel(self) -> None:
        """Before it begins, with a reason."""

    @transition(status, source=[SessionStatus.BOOKED, SessionStatus.REPORTED], target=SessionStatus.REPORTED)
    def report(self) -> None:
        """One side says whether it was held."""

    @transition(
        status,
        source=[SessionStatus.BOOKED, SessionStatus.REPORTED, SessionStatus.DISPUTED],
        target=SessionStatus.HELD,
    )
    def agree_held(self) -> None:
        """Both say so: it counts."""

    @transition(
        status,
        source=[SessionStatus.BOOKED, SessionStatus.REPORTED, SessionStatus.DISPUTED],
        target=SessionStatus.NOT_HELD,
    )
    def agree_not_held(self) -> None:
        """Both say that it was not."""

    @transition(status, source=[SessionStatus.BOOKED, SessionStatus.REPORTED], target=SessionStatus.DISPUTED)
    def disagree(self) -> None:
        """One says held, the other not held: it does not count; either may correct the own word."""


class SessionNote(TenantModel):
    """What one person wrote about a session, for exactly those whom ``visibility`` names."""

    session = models.ForeignKey(MentoringSession, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    visibility = models.CharField(max_length=20, choices=NoteVisibility)
    text = models.TextField(max_length=3000)

    class Meta:
        ordering = ("created_at",)
        constraints = (
            models.UniqueConstraint(fields=("session", "author", "visibility"), name="session_note_once"),
            models.CheckConstraint(condition=~Q(text=""), name="session_note_not_empty"),
        )

    def __str__(self) -> str:
        return f"{self.session_id} {self.visibility}"


class Attendance(TenantModel):
    """Whether one participant was at one meeting: the host's word, and the participant's answer to it."""

    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="attendance")
    slot = models.ForeignKey(Slot, on_delete=models.PROTECT, related_name="+")
    meeting = models.ForeignKey(SlotMeeting, on_delete=models.PROTECT, related_name="attendance")
    is_present = models.BooleanField()
    status = StateField(
        max_length=20, choices=AttendanceStatus.choices, default=AttendanceStatus.RECORDED, protected=True
    )
    recorded_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True, help_text="What the participant says against it.")

    class Meta:
        ordering = ("meeting__held_on",)
        constraints = (
            models.UniqueConstraint(fields=("placement", "meeting"), name="attendance_once_a_meeting"),
            models.CheckConstraint(
                condition=Q(status=AttendanceStatus.RECORDED) | Q(answered_at__isnull=False),
                name="attendance_answered_at",
            ),
            models.CheckConstraint(
                condition=~Q(status=AttendanceStatus.CONTESTED) | ~Q(note=""), name="attendance_contested_with_note"
            ),
        )

    def __str__(self) -> str:
        return f"{self.placement_id} {self.meeting_id}"

    @transition(status, source=AttendanceStatus.RECORDED, target=AttendanceStatus.CONFIRMED)
    def confirm(self) -> None:
        """The participant says the same."""

    @transition(status, source=AttendanceStatus.RECORDED, target=AttendanceStatus.CONTESTED)
    def contest(self) -> None:
        """The participant says otherwise, and what happened."""

    @transition(status, source=AttendanceStatus.CONTESTED, target=AttendanceStatus.CONFIRMED)
    def give_way(self) -> None:
        """The host corrects the mark as the participant asked: now both say the same."""

    @transition(status, source=AttendanceStatus.CONTESTED, target=AttendanceStatus.RECORDED)
    def uphold(self) -> None:
        """The host stays with the mark; the participant answers anew."""


class Evaluation(TenantModel):
    """What one side says of the placement, on the four levels of Kirkpatrick."""

    placement = models.ForeignKey(Placement, on_delete=models.CASCADE, related_name="evaluations")
    role = models.CharField(max_length=20, choices=EvaluatorRole)
    stage = models.CharField(max_length=20, choices=EvaluationStage, default=EvaluationStage.FINAL)
    overall = models.PositiveSmallIntegerField(help_text="1 poor to 5 excellent.")
    strengths = models.TextField(max_length=2000, blank=True)
    improvements = models.TextField(max_length=2000, blank=True)
    applied = models.TextField(max_length=2000, blank=True, help_text="What will be, or was, used at work.")
    submitted_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField()

    class Meta:
        ordering = ("submitted_at",)
        constraints = (
            models.UniqueConstraint(fields=("placement", "role", "stage"), name="evaluation_once"),
            models.CheckConstraint(condition=Q(overall__range=(1, 5)), name="evaluation_overall_range"),
        )

    def __str__(self) -> str:
        return f"{self.placement_id} {self.role} {self.stage}"


class EvaluationRating(TenantModel):
    """A level seen for one objective. Proposes, never writes, an assessed level."""

    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="ratings")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("evaluation", "competency"), name="rating_once"),
            models.CheckConstraint(condition=Q(level__range=(0, 5)), name="rating_level_range"),
        )

    def __str__(self) -> str:
        return f"{self.competency_id} {self.level}"


def certificate_code() -> str:
    """128 random bits."""
    return secrets.token_hex(16)


class NumberSeries(TenantModel):
    """Running numbers of letters and certificates, per agency, series and year; taken under a row lock."""

    series = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("agency", "series", "year"), name="number_series_once"),)

    def __str__(self) -> str:
        return f"{self.series}/{self.year}: {self.last}"


class Paper(TenantModel):
    """A numbered paper of a placement: made by Padan or uploaded. Its file, once there, never changes.

    One of a kind is current; one that was replaced stays, with the moment it was.
    """

    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="papers")
    kind = models.CharField(max_length=20, choices=PaperKind)
    number = models.CharField(max_length=80)
    issued_on = models.DateField()
    signer_post = models.CharField(max_length=120, blank=True)
    signer_name = models.CharField(max_length=160, blank=True)
    is_uploaded = models.BooleanField(default=False, help_text="A signed scan, not made here.")
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    issued_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    superseded_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "kind", "number"), condition=Q(is_uploaded=False), name="paper_number_once"
            ),
            models.UniqueConstraint(
                fields=("placement", "kind"), condition=Q(superseded_at=None), name="paper_one_current"
            ),
            models.CheckConstraint(
                condition=Q(is_uploaded=False) | Q(file__isnull=False), name="paper_uploaded_with_file"
            ),
        )
        triggers: ClassVar = [
            pgtrigger.Protect(name="paper_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="paper_file_kept",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__file__isnull=False) & pgtrigger.Q(old__file__df=pgtrigger.F("new__file")),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def signer(self) -> str:
        """Position and name, as far as they are known."""
        return ", ".join(word for word in (self.signer_post, self.signer_name) if word)


class Certificate(TenantModel):
    """Proof of completion, or a statement when the stay was cut short. One a placement.

    ``facts`` is what it says and what was signed; the columns beside it are there to be searched. ``file_signature``
    binds the bytes of the PDF to the code.
    """

    PERSONAL_FIELDS = ("facts",)

    placement = models.OneToOneField(Placement, on_delete=models.PROTECT, related_name="certificate")
    kind = models.CharField(max_length=20, choices=CertificateKind)
    number = models.CharField(max_length=80)
    code = models.CharField(max_length=32, unique=True, default=certificate_code)
    issued_on = models.DateField()
    issued_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    facts = models.JSONField(default=dict)
    key_id = models.CharField(max_length=16, blank=True, help_text="Empty where it was issued before signatures.")
    signature = models.CharField(max_length=88, blank=True)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    file_key_id = models.CharField(max_length=16, blank=True)
    file_signature = models.CharField(max_length=88, blank=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agency", "number"), name="certificate_number_once"),
            paired("revoked_by", "revoked_at", name="certificate_revoked_paired"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True) | ~Q(revoked_reason=""), name="certificate_revoked_with_reason"
            ),
            models.CheckConstraint(
                condition=Q(file__isnull=True) | ~Q(file_signature=""), name="certificate_file_signed"
            ),
        )
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="certificate_file_kept",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__file__isnull=False) & pgtrigger.Q(old__file__df=pgtrigger.F("new__file")),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class LearningHourRule(BaseModel):
    """How a form of development becomes JP, from a date on (jp_conversion.csv); an agency may have its own."""

    class Method(models.TextChoices):
        FLAT = "flat", "Once per activity"
        PER_UNIT = "per_unit", "Per session or day"
        ACTUAL = "actual", "As on the certificate"
        ACTUAL_CAPPED = "actual_capped", "Actual hours up to a daily limit"
        MANUAL = "manual", "Entered by an officer with a reason"

    agency = models.ForeignKey("asn.Agency", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    form = models.CharField(max_length=40)
    code = models.CharField(max_length=10)
    name_id = models.CharField(max_length=160)
    category = models.CharField(max_length=20)
    method = models.CharField(max_length=20, choices=Method)
    unit = models.CharField(max_length=20, blank=True)
    hours = models.PositiveSmallIntegerField(null=True, help_text="JP per unit; empty where the actual hours count.")
    monthly_cap = models.PositiveSmallIntegerField(null=True, help_text="Units a calendar month.")
    daily_cap = models.PositiveSmallIntegerField(null=True, help_text="JP a day.")
    siasn_id = models.CharField(max_length=10, blank=True)
    evidence = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=300)
    confidence = models.CharField(max_length=120)
    effective_from = models.DateField()
    version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ("code", "-effective_from")
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "form", "effective_from"),
                nulls_distinct=False,
                name="hour_rule_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.form} v{self.version}"


class LearningHourEntry(TenantModel):
    """One line of the append-only JP account. Mistakes are reversed by a further line."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="learning_hours")
    placement = models.ForeignKey(Placement, null=True, on_delete=models.PROTECT, related_name="learning_hours")
    rule = models.ForeignKey(LearningHourRule, on_delete=models.PROTECT, related_name="+")
    rule_version = models.PositiveSmallIntegerField()
    key = models.CharField(max_length=120, unique=True, help_text="Same cause, same key: credited once.")
    occurs_on = models.DateField()
    account_year = models.DateField(help_text="First day of the calendar (PNS) or contract (PPPK) year it falls in.")
    hours = models.SmallIntegerField()
    counted_hours = models.SmallIntegerField()
    not_counted = models.CharField(max_length=30, choices=NotCounted, blank=True)
    note = models.CharField(max_length=300, blank=True)
    reverses = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="reversed_by")
    recorded_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-occurs_on", "-created_at")
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    hours__gte=0,
                    counted_hours__gte=0,
                    counted_hours__lte=F("hours"),
                    reverses__isnull=True,
                )
                | Q(hours__lte=0, counted_hours__lte=0, reverses__isnull=False),
                name="hours_counted_within",
            ),
            models.CheckConstraint(
                condition=Q(counted_hours=F("hours")) | ~Q(not_counted=""),
                name="hours_not_counted_with_reason",
            ),
        )
        indexes = (models.Index(fields=("employee", "account_year"), name="hours_account_idx"),)
        triggers: ClassVar = [
            pgtrigger.Protect(name="hours_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.counted_hours}/{self.hours} JP"
