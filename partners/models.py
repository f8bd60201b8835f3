"""Partner organisations, their standing with each agency, and the slots they offer."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Greatest, Lower
from django.utils import timezone
from django_fsm import transition

from asn.models import Competency, Unit, by_own_date
from asn.states import Level
from core.models import BaseModel, StateField, StoredFile, TenantModel, ordered, paired
from partners.kinds import KindPolicy, Question, get_kind
from partners.states import (
    AgreementKind,
    AgreementStatus,
    CancelReason,
    PartnerKind,
    PartnerRole,
    PauseCause,
    ReturnReason,
    SlotMode,
    SlotStatus,
    VerificationStatus,
    VerificationWord,
)


class Partner(BaseModel):
    """A company, university, body or government unit: one record for all cities."""

    kind = models.CharField(max_length=30, choices=PartnerKind)
    name = models.CharField(max_length=200)
    about = models.TextField(blank=True)
    sector = models.CharField(max_length=80, blank=True)
    city = models.CharField(max_length=80)
    address = models.CharField(max_length=300, blank=True)
    website = models.URLField(blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    nib = models.CharField(max_length=13, blank=True, help_text="OSS business number, 13 digits.")
    npwp = models.CharField(max_length=16, blank=True, help_text="15 or 16 digits.")
    university_code = models.CharField(max_length=6, blank=True, help_text="PDDIKTI, leading zeros kept.")

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(nib="") | Q(nib__regex=r"^[0-9]{13}$"),
                name="partner_nib_13_digits",
            ),
            models.CheckConstraint(
                condition=Q(npwp="") | Q(npwp__regex=r"^[0-9]{15,16}$"),
                name="partner_npwp_digits",
            ),
            models.UniqueConstraint(fields=("nib",), condition=~Q(nib=""), name="partner_nib_once"),
        )

    def __str__(self) -> str:
        return self.name


class PartnerMembership(BaseModel):
    """A user who acts for a partner."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="partner_memberships",
    )
    role = models.CharField(max_length=20, choices=PartnerRole, default=PartnerRole.MEMBER)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("partner", "user"), name="partner_membership_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.partner_id}"


class Registration(BaseModel):
    """An organisation as a visitor typed it in, until the e-mail is confirmed; then a partner has come of it.

    What was typed is scrubbed once it has become a partner, or nobody confirmed it.
    """

    PERSONAL_FIELDS = ("email", "name", "about")

    email = models.EmailField()
    name = models.CharField(max_length=160, help_text="Contact person, the first owner.")
    language = models.CharField(max_length=2, default="id")
    about = models.JSONField(default=dict, help_text="Fields of services.PartnerData.")
    agencies = models.ManyToManyField("asn.Agency", related_name="+")
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    partner = models.OneToOneField(Partner, null=True, on_delete=models.PROTECT, related_name="registration")

    class Meta:
        constraints = (paired("confirmed_at", "partner", name="registration_confirmed_paired"),)

    def __str__(self) -> str:
        return str(self.pk)


class PartnerInvitation(BaseModel):
    """Somebody is asked by e-mail to act for a partner. Sending it again makes the link before worthless."""

    PERSONAL_FIELDS = ("email",)
    LASTS_DAYS = 14
    MOST_SENDINGS = 5

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=PartnerRole, default=PartnerRole.MEMBER)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    sendings = models.PositiveSmallIntegerField(default=1)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            paired("accepted_by", "accepted_at", name="invitation_accepted_paired"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True), name="invitation_one_end"
            ),
            models.UniqueConstraint(
                Lower("email"),
                "partner",
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_open_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.partner_id} {self.role}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.revoked_at is None

    @property
    def is_late(self) -> bool:
        return self.is_open and self.expires_at <= timezone.now()


class PartnerVerification(TenantModel):
    """One agency's word on a partner."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="verifications")
    status = StateField(
        max_length=20,
        choices=VerificationStatus.choices,
        default=VerificationStatus.PENDING,
    )
    reason = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agency", "partner"), name="verification_once"),
            paired("decided_by", "decided_at", name="verification_decided_paired"),
            models.CheckConstraint(
                condition=Q(status=VerificationStatus.PENDING) | Q(decided_at__isnull=False),
                name="verification_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(status=VerificationStatus.REFUSED) | ~Q(reason=""),
                name="verification_refused_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.partner_id} {self.status}"

    @transition(
        status,
        source=[VerificationStatus.PENDING, VerificationStatus.REFUSED],
        target=VerificationStatus.VERIFIED,
    )
    def verify(self) -> None:
        """The agency trusts this partner."""

    @transition(
        status,
        source=[VerificationStatus.PENDING, VerificationStatus.VERIFIED],
        target=VerificationStatus.REFUSED,
    )
    def refuse(self) -> None:
        """The agency does not, and says why."""

    @transition(status, source=VerificationStatus.REFUSED, target=VerificationStatus.PENDING)
    def ask_again(self) -> None:
        """The partner has corrected what was wrong."""


class VerificationStep(TenantModel):
    """One step of the way to a partner's standing, never changed: asked, verified, refused, by whom and why."""

    verification = models.ForeignKey(PartnerVerification, on_delete=models.PROTECT, related_name="steps")
    word = models.CharField(max_length=20, choices=VerificationWord)
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "created_at")
        constraints = (
            models.CheckConstraint(
                condition=~Q(word=VerificationWord.REFUSED) | ~Q(note=""), name="step_refused_with_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.verification_id} {self.word}"


def _on(today: date | None, rule: Callable[[date], Q]) -> Q:
    return by_own_date(rule) if today is None else rule(today)


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def ending(self, today: date | None = None, within: int = 90) -> AgreementQuerySet:
        """Signed, ending within so many days, and not renewed without a gap. Without ``today`` by each agency's own date."""
        renewed = Agreement.objects.filter(
            predecessor=OuterRef("pk"),
            status=AgreementStatus.SIGNED,
            starts_on__lte=OuterRef("ends_on") + timedelta(days=1),
            ends_on__gt=OuterRef("ends_on"),
        )

        def soon(day: date) -> Q:
            return Q(ends_on__range=(day, day + timedelta(days=within)))

        return self.filter(_on(today, soon), ~Exists(renewed), status=AgreementStatus.SIGNED)

    def covering(self, starts_on: date, ends_on: date) -> AgreementQuerySet:
        """Signed and in force during the whole period."""
        return self.filter(
            status=AgreementStatus.SIGNED,
            starts_on__lte=starts_on,
            ends_on__gte=ends_on,
        )


class Agreement(TenantModel):
    """KB or PKS between one agency and one partner (PP 28/2018, Permendagri 22/2020)."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="agreements")
    kind = models.CharField(max_length=10, choices=AgreementKind)
    status = StateField(
        max_length=20,
        choices=AgreementStatus.choices,
        default=AgreementStatus.DRAFT,
    )
    number_agency = models.CharField(max_length=80)
    number_partner = models.CharField(max_length=80, blank=True)
    subject = models.CharField(max_length=300)
    signer_agency = models.CharField(max_length=160, blank=True)
    signer_partner = models.CharField(max_length=160, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField()
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    file = models.ForeignKey(StoredFile, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    predecessor = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="renewals", help_text="What it renews."
    )
    mandate_number = models.CharField(max_length=80, blank=True, help_text="Surat kuasa of whoever signs for the city.")
    cost_bearer = models.CharField(max_length=200, blank=True, help_text="Who carries which cost.")
    clauses = models.JSONField(default=dict, help_text="What it settles: code of the clause, note on it.")

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ("-ends_on",)
        constraints = (
            ordered("starts_on", "ends_on", name="agreement_ordered"),
            models.UniqueConstraint(fields=("agency", "number_agency"), name="agreement_number_once"),
            models.UniqueConstraint(fields=("id", "partner"), name="agreement_partner_key"),
        )

    def __str__(self) -> str:
        return f"{self.number_agency}"

    @transition(status, source=AgreementStatus.DRAFT, target=AgreementStatus.SIGNED)
    def sign(self) -> None:
        """Both sides have signed."""

    @transition(status, source=AgreementStatus.SIGNED, target=AgreementStatus.TERMINATED)
    def terminate(self) -> None:
        """Ended before its time."""

    def covers(self, starts_on: date, ends_on: date) -> bool:
        """Whether a slot of this period may stand under it."""
        return self.status == AgreementStatus.SIGNED and self.starts_on <= starts_on and ends_on <= self.ends_on


class AgreementReminder(TenantModel):
    """That an agreement was said to end in 90, 30 or 7 days: once each."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="reminders")
    days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("agreement", "days"), name="agreement_reminded_once"),)

    def __str__(self) -> str:
        return f"{self.agreement_id} {self.days}"


class SlotQuerySet(models.QuerySet["Slot"]):
    def open(self, today: date | None = None, unit_id: uuid.UUID | None = None) -> SlotQuerySet:
        """Published, a seat left, the deadline not past, the agreement covering the period.

        Without ``today`` each agency's own date decides. With ``unit_id`` only those with a seat that a person of this unit
        may take.
        """
        slots = self.filter(
            _on(today, lambda day: Q(apply_by__gte=day)),
            status=SlotStatus.PUBLISHED,
            seats__gt=F("filled_seats") + F("held_seats"),
            agreement__status=AgreementStatus.SIGNED,
            agreement__starts_on__lte=F("starts_on"),
            agreement__ends_on__gte=F("ends_on"),
        )
        return slots if unit_id is None else slots.with_seat_for(unit_id, today)

    def needing_confirmation(self, now: datetime | None = None) -> SlotQuerySet:
        """Published and unconfirmed for longer than the agency waits, or paused for that."""
        age = ExpressionWrapper(Value(now or timezone.now()) - F("confirmed_at"), output_field=models.DurationField())
        allowed = ExpressionWrapper(
            F("agency__reminder_days") * Value(timedelta(days=1)), output_field=models.DurationField()
        )
        asked = Q(status=SlotStatus.PUBLISHED, age__gte=F("allowed"))
        return self.alias(age=age, allowed=allowed).filter(asked | Q(pause_cause=PauseCause.STALE))

    def with_seat_for(self, unit_id: uuid.UUID | None, today: date | None = None) -> SlotQuerySet:
        """A seat left that is not kept for people of another unit."""
        reserved = Greatest(F("reserved_seats") - F("reserve_used"), 0)
        return self.filter(seats__gt=F("filled_seats") + F("held_seats")).filter(
            Q(reserved_seats=0)
            | _on(today, lambda day: Q(reserve_until__lt=day))
            | Q(reserve_unit__in=units_above(unit_id))
            | Q(seats__gt=F("filled_seats") + F("held_seats") + reserved)
        )


def units_above(unit_id: uuid.UUID | None) -> models.QuerySet[Unit, Any]:
    """A unit and those it belongs to, as ids: what is kept for an office is kept for its divisions and sections."""
    if unit_id is None:
        return Unit.objects.none().values("pk")
    itself = Q(pk=unit_id) | Q(children=unit_id) | Q(children__children=unit_id)
    return Unit.objects.filter(itself).values("pk")


class Slot(TenantModel):
    """A place to learn, offered by a partner under an agreement with one agency."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="slots")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="slots")
    kind = models.CharField(max_length=30)
    status = StateField(
        max_length=20,
        choices=SlotStatus.choices,
        default=SlotStatus.DRAFT,
    )
    title = models.CharField(max_length=160)
    description = models.TextField(max_length=6000)
    mode = models.CharField(max_length=10, choices=SlotMode)
    place = models.CharField(max_length=120, blank=True, help_text="Town; empty when online.")
    starts_on = models.DateField()
    ends_on = models.DateField()
    hours_per_week = models.PositiveSmallIntegerField()
    apply_by = models.DateField(help_text="Last day to apply, in the agency's zone.")
    seats = models.PositiveSmallIntegerField()
    filled_seats = models.PositiveSmallIntegerField(default=0, help_text="Changed by the seat services only.")
    held_seats = models.PositiveSmallIntegerField(
        default=0, help_text="Kept for people who have waited, until they answer; changed by the seat services only."
    )
    reserved_seats = models.PositiveSmallIntegerField(default=0, help_text="Kept for people of one unit.")
    reserve_unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    reserve_until = models.DateField(null=True, help_text="Last day of the reserve, in the agency's zone.")
    reserve_used = models.PositiveSmallIntegerField(
        default=0, help_text="Seats of people of that unit; changed by the seat services only."
    )
    minimum_cohort = models.PositiveSmallIntegerField(default=1, help_text="It begins with so many at least.")
    cohort_waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    cohort_waived_at = models.DateTimeField(null=True)
    cohort_waiver = models.CharField(max_length=500, blank=True, help_text="Why it begins with fewer.")
    meeting_days = models.PositiveSmallIntegerField(
        default=0, help_text="How many meetings it has; kept by the services."
    )
    benefits = models.CharField(
        max_length=400,
        blank=True,
        help_text="What the host gives; none unless in the PKS.",
    )
    cost = models.CharField(max_length=200, blank=True)
    answers = models.JSONField(
        default=dict, help_text="What the kind asks for in addition: code of the question, words."
    )
    pause_cause = models.CharField(max_length=10, choices=PauseCause, blank=True)
    confirmed_at = models.DateTimeField(default=timezone.now, help_text="When the partner last said it still stands.")
    reminded_at = models.DateTimeField(null=True, help_text="When the partner was asked whether it still stands.")
    submitted_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    return_reason = models.CharField(max_length=40, choices=ReturnReason, blank=True)
    return_note = models.CharField(max_length=500, blank=True)
    cancel_reason = models.CharField(max_length=40, choices=CancelReason, blank=True)
    cancel_note = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SlotQuerySet.as_manager()

    class Meta:
        ordering = ("apply_by", "id")
        constraints = (
            ordered("starts_on", "ends_on", name="slot_ordered"),
            ordered("apply_by", "starts_on", name="slot_apply_before_start"),
            models.CheckConstraint(condition=Q(seats__gte=1, seats__lte=500), name="slot_seats_range"),
            models.CheckConstraint(
                condition=Q(filled_seats__gte=0, held_seats__gte=0) & Q(seats__gte=F("filled_seats") + F("held_seats")),
                name="slot_never_oversold",
            ),
            models.CheckConstraint(condition=Q(reserved_seats__lte=F("seats")), name="slot_reserve_within_seats"),
            models.CheckConstraint(
                condition=Q(reserved_seats=0, reserve_unit__isnull=True, reserve_until__isnull=True)
                | Q(reserved_seats__gt=0, reserve_unit__isnull=False, reserve_until__isnull=False),
                name="slot_reserve_whole",
            ),
            models.CheckConstraint(
                condition=Q(reserve_until__isnull=True) | Q(reserve_until__lt=F("apply_by")),
                name="slot_reserve_ends_in_time",
            ),
            models.CheckConstraint(
                condition=Q(reserve_used__lte=F("filled_seats") + F("held_seats")), name="slot_reserve_used_seats"
            ),
            models.CheckConstraint(
                condition=Q(status=SlotStatus.PAUSED, pause_cause__in=PauseCause.values)
                | (~Q(status=SlotStatus.PAUSED) & Q(pause_cause="")),
                name="slot_paused_with_cause",
            ),
            models.CheckConstraint(condition=Q(hours_per_week__range=(1, 40)), name="slot_hours_range"),
            models.CheckConstraint(
                condition=Q(minimum_cohort__gte=1) & Q(minimum_cohort__lte=F("seats")), name="slot_cohort_range"
            ),
            paired("cohort_waived_by", "cohort_waived_at", name="slot_waived_paired"),
            models.CheckConstraint(
                condition=Q(cohort_waived_at__isnull=True) | ~Q(cohort_waiver=""), name="slot_waived_with_reason"
            ),
            paired("published_by", "published_at", name="slot_published_paired"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        SlotStatus.DRAFT,
                        SlotStatus.SUBMITTED,
                        SlotStatus.RETURNED,
                        SlotStatus.CANCELLED,
                    ]
                )
                | Q(published_at__isnull=False),
                name="slot_published_by_someone",
            ),
            models.CheckConstraint(condition=Q(mode=SlotMode.ONLINE) | ~Q(place=""), name="slot_has_place"),
            models.CheckConstraint(
                condition=~Q(status=SlotStatus.CANCELLED) | ~Q(cancel_reason=""),
                name="slot_cancelled_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status=SlotStatus.RETURNED) | ~Q(return_reason=""),
                name="slot_returned_with_reason",
            ),
        )
        indexes = (models.Index(fields=("agency", "status"), name="slot_agency_status_idx"),)

    def __str__(self) -> str:
        return self.title

    @property
    def policy(self) -> KindPolicy:
        return get_kind(self.kind)

    @property
    def jp_planned(self) -> int:
        """JP that a placement here is expected to bring."""
        return self.policy.planned_hours(self.meeting_days)

    @property
    def confirm_by(self) -> datetime:
        """When it is paused by itself unless somebody confirms it before."""
        return (self.reminded_at or self.confirmed_at + self.agency.remind_after) + self.agency.answer_within

    @property
    def needs_confirmation(self) -> bool:
        """Whether the partner has been asked if it still stands, or its age has paused it."""
        asked = self.confirmed_at + self.agency.remind_after <= timezone.now()
        return self.pause_cause == PauseCause.STALE or (self.status == SlotStatus.PUBLISHED and asked)

    @property
    def waits_for_group(self) -> bool:
        """Whether there are too few participants to begin, and the partner has not said that it begins all the same."""
        return self.filled_seats < self.minimum_cohort and self.cohort_waived_at is None

    @property
    def answered(self) -> list[tuple[Question, str]]:
        """What the kind asks for in addition, and what the partner says to it."""
        asked = ((question, self.answers.get(question.code, "")) for question in self.policy.questions)
        return [(question, words) for question, words in asked if words]

    @property
    def seats_left(self) -> int:
        return self.seats - self.filled_seats - self.held_seats

    def reserve_left(self, today: date) -> int:
        """Seats that only people of the reserve's unit may take on that day."""
        if self.reserve_until is None or self.reserve_until < today:
            return 0
        return min(max(self.reserved_seats - self.reserve_used, 0), self.seats_left)

    def is_kept_for(self, unit_id: uuid.UUID) -> bool:
        """Whether people of this unit may take the reserved seats."""
        if self.reserve_unit_id is None:
            return False
        return self.reserve_unit_id == unit_id or units_above(unit_id).filter(pk=self.reserve_unit_id).exists()

    def seats_for(self, unit_id: uuid.UUID, today: date) -> int:
        """Seats that a person of this unit may take on that day."""
        kept = self.reserve_left(today)
        return self.seats_left - (0 if kept and self.is_kept_for(unit_id) else kept)

    @transition(
        status,
        source=[SlotStatus.DRAFT, SlotStatus.RETURNED],
        target=SlotStatus.SUBMITTED,
    )
    def submit(self) -> None:
        """The partner hands it to HR."""

    @transition(status, source=SlotStatus.SUBMITTED, target=SlotStatus.RETURNED)
    def send_back(self) -> None:
        """HR asks for a revision."""

    @transition(status, source=SlotStatus.RETURNED, target=SlotStatus.DRAFT)
    def revise(self) -> None:
        """The partner takes it up again."""

    @transition(status, source=SlotStatus.SUBMITTED, target=SlotStatus.PUBLISHED)
    def publish(self) -> None:
        """HR lets ASN apply."""

    @transition(status, source=SlotStatus.PUBLISHED, target=SlotStatus.PAUSED)
    def pause(self) -> None:
        """Not to be applied for, for now."""

    @transition(status, source=SlotStatus.PAUSED, target=SlotStatus.PUBLISHED)
    def resume(self) -> None:
        """Open again."""
        self.pause_cause = ""

    @transition(status, source=SlotStatus.PUBLISHED, target=SlotStatus.FULL)
    def fill(self) -> None:
        """The last seat is taken."""

    @transition(status, source=SlotStatus.FULL, target=SlotStatus.PUBLISHED)
    def reopen(self) -> None:
        """A seat has come free."""

    @transition(
        status,
        source=[SlotStatus.PUBLISHED, SlotStatus.PAUSED, SlotStatus.FULL],
        target=SlotStatus.CLOSED,
    )
    def close(self) -> None:
        """No more applications."""
        self.pause_cause = ""

    @transition(
        status,
        source=[
            SlotStatus.DRAFT,
            SlotStatus.SUBMITTED,
            SlotStatus.RETURNED,
            SlotStatus.PUBLISHED,
            SlotStatus.PAUSED,
            SlotStatus.FULL,
        ],
        target=SlotStatus.CANCELLED,
    )
    def cancel(self) -> None:
        """It will not take place; everyone concerned is told."""
        self.pause_cause = ""


class SlotOutcome(TenantModel):
    """What a slot teaches: a competency, from a level up to a level. ``from_level`` 0 asks for nothing."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="outcomes")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    from_level = models.PositiveSmallIntegerField()
    to_level = models.PositiveSmallIntegerField(choices=Level)

    class Meta:
        ordering = ("competency",)
        constraints = (
            models.UniqueConstraint(fields=("slot", "competency"), name="outcome_once"),
            models.CheckConstraint(condition=Q(to_level__range=(1, 5)), name="outcome_level_range"),
            models.CheckConstraint(
                condition=Q(from_level__gte=0) & Q(from_level__lt=F("to_level")),
                name="outcome_rises",
            ),
        )

    def __str__(self) -> str:
        return f"{self.competency_id} {self.from_level}→{self.to_level}"


class SlotPrerequisite(TenantModel):
    """What a slot presupposes."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="prerequisites")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level)
    is_required = models.BooleanField(default=True, help_text="Required ones block, others lower the rank.")

    class Meta:
        ordering = ("competency",)
        constraints = (
            models.UniqueConstraint(fields=("slot", "competency"), name="prerequisite_once"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="prerequisite_level_range"),
        )

    def __str__(self) -> str:
        return f"{self.competency_id} ≥ {self.level}"


class SlotMilestone(TenantModel):
    """What the team of a slot has reached by a day, and what shows it."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(max_length=160)
    due_on = models.DateField(help_text="In the agency's zone.")
    proof = models.CharField(max_length=300, blank=True, help_text="What shows that it is reached.")

    class Meta:
        ordering = ("due_on", "title")
        constraints = (
            models.UniqueConstraint(fields=("slot", "title"), name="milestone_title_once"),
            models.CheckConstraint(condition=~Q(title=""), name="milestone_has_title"),
        )

    def __str__(self) -> str:
        return f"{self.title} {self.due_on}"


class SlotMeeting(TenantModel):
    """A date on which the whole group of a slot meets, in the time of the slot's agency."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="meetings")
    held_on = models.DateField()
    begins_at = models.TimeField()
    ends_at = models.TimeField()
    place = models.CharField(max_length=200, blank=True, help_text="Room or link, where it is not the slot's place.")

    class Meta:
        ordering = ("held_on",)
        constraints = (
            models.UniqueConstraint(fields=("slot", "held_on"), name="meeting_once_a_day"),
            models.UniqueConstraint(fields=("id", "slot"), name="meeting_slot_key"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("begins_at")), name="meeting_ends_after_begin"),
        )

    def __str__(self) -> str:
        return f"{self.slot_id} {self.held_on}"
