"""Agencies, their people, the competency catalogue, standards and assessments."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import or_

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast
from django.utils import timezone, translation
from django_fsm import transition

from asn.nip import mask_nip
from asn.states import (
    ACTING,
    GONE,
    OPEN_CORRECTION,
    ActingReason,
    AgencyRole,
    AssessmentSource,
    Capacity,
    CompetencyKind,
    CorrectionRefusal,
    CorrectionStatus,
    EmployeeKind,
    EmployeeStatus,
    Level,
    TimeZone,
)
from core.models import BaseModel, StateField, StoredFile, TenantModel, ordered, paired


def by_own_date(rule: Callable[[date], Q], *, agency: str = "agency", now: datetime | None = None) -> Q:
    """What ``rule`` picks by a date, each row by the date on the wall of its own agency.

    At 23.30 in Jakarta it is the next day in Palu and Jayapura already. ``agency`` is the way to the agency.
    """
    now = now or timezone.now()
    zones: dict[date, list[str]] = {}
    for zone in TimeZone.values:
        zones.setdefault(now.astimezone(zoneinfo.ZoneInfo(zone)).date(), []).append(zone)
    return reduce(or_, (Q((f"{agency}__time_zone__in", names)) & rule(day) for day, names in zones.items()))


def in_current_language(row: models.Model, field: str) -> str:
    """``<field>_en`` for readers of English, else ``<field>_id``."""
    language = "en" if (translation.get_language() or "id").startswith("en") else "id"
    return str(getattr(row, f"{field}_{language}") or getattr(row, f"{field}_id"))


class Agency(BaseModel):
    """A city government (instansi): the tenant. Its policy numbers are fields, not constants."""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=160)
    city = models.CharField(max_length=80)
    region_scheme = models.CharField(max_length=20, default="kemendagri")
    region_code = models.CharField(max_length=20)
    time_zone = models.CharField(max_length=40, choices=TimeZone, default=TimeZone.WIB)
    hr_office = models.CharField(max_length=160, help_text="Local name in full, e.g. Badan Kepegawaian …")
    hr_office_short = models.CharField(max_length=40, help_text="BKPSDM, BKD, BKPSDMD …")
    is_demo = models.BooleanField(default=False)
    expected_unknown_gap = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        default=Decimal("1"),
        help_text="Steps assumed for a competency nobody assessed.",
    )
    unknown_gap_weight = models.DecimalField(max_digits=3, decimal_places=2, default=Decimal("0.5"))
    expired_gap_weight = models.DecimalField(max_digits=3, decimal_places=2, default=Decimal("0.5"))
    assessment_valid_years = models.PositiveSmallIntegerField(default=3)
    clearance_days = models.PositiveSmallIntegerField(default=5)
    approval_days = models.PositiveSmallIntegerField(default=7)
    acceptance_days = models.PositiveSmallIntegerField(default=7)
    offer_days = models.PositiveSmallIntegerField(default=3, help_text="How long a seat is held for whoever waited.")
    reminder_days = models.PositiveSmallIntegerField(
        default=30, help_text="After so many days a partner is asked whether an offer still stands."
    )
    pause_days = models.PositiveSmallIntegerField(
        default=45, help_text="After so many days without an answer the slot is paused."
    )
    pns_yearly_hours = models.PositiveSmallIntegerField(default=20)
    pppk_contract_hours = models.PositiveSmallIntegerField(default=24)
    max_placement_months = models.PositiveSmallIntegerField(default=12)

    class Meta:
        verbose_name_plural = "agencies"
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(reminder_days__gt=0, reminder_days__lt=F("pause_days"), pause_days__lte=365),
                name="agency_asks_before_it_pauses",
            ),
            models.CheckConstraint(
                condition=Q(
                    clearance_days__range=(1, 60),
                    approval_days__range=(1, 60),
                    acceptance_days__range=(1, 60),
                    offer_days__range=(1, 60),
                ),
                name="agency_days_range",
            ),
            models.CheckConstraint(
                condition=Q(expected_unknown_gap__gt=0) & Q(expected_unknown_gap__lte=4),
                name="agency_unknown_gap_range",
            ),
            models.CheckConstraint(
                condition=Q(
                    unknown_gap_weight__gt=0,
                    unknown_gap_weight__lte=1,
                    expired_gap_weight__gt=0,
                    expired_gap_weight__lte=1,
                ),
                name="agency_weights_range",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def zone_label(self) -> str:
        """WIB, WITA or WIT."""
        return str(TimeZone(self.time_zone).label).split(" ")[0]

    @property
    def remind_after(self) -> timedelta:
        """How old a confirmation may be before the partner is asked again."""
        return timedelta(days=self.reminder_days)

    @property
    def answer_within(self) -> timedelta:
        """How long the partner has to answer before the slot is paused."""
        return timedelta(days=self.pause_days - self.reminder_days)

    def today(self, now: datetime | None = None) -> date:
        """The date on the wall there."""
        return (now or timezone.now()).astimezone(self.zone).date()


class Letterhead(TenantModel):
    """What stands at the head and the foot of an agency's letters, and who usually signs them."""

    PERSONAL_FIELDS = ("signer_name", "signer_nip")
    LOGO_BYTES = 200 * 1024

    address = models.CharField(max_length=200, blank=True)
    contact = models.CharField(max_length=200, blank=True, help_text="Telephone, e-mail, web page: one line.")
    place = models.CharField(max_length=80, blank=True, help_text="Where letters are dated; the city when empty.")
    logo = models.BinaryField(max_length=LOGO_BYTES, blank=True, default=b"", help_text="PNG or JPEG.")
    signer_post = models.CharField(max_length=120, blank=True)
    signer_name = models.CharField(max_length=120, blank=True)
    signer_rank = models.CharField(max_length=80, blank=True, help_text="Pangkat, as below a signature.")
    signer_nip = models.CharField(max_length=18, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agency",), name="letterhead_once"),
            models.CheckConstraint(
                condition=Q(signer_nip="") | Q(signer_nip__regex=r"^[0-9]{18}$"), name="letterhead_nip_18_digits"
            ),
        )

    def __str__(self) -> str:
        return f"{self.agency_id} {self.signer_post}"


class AgencyMembership(TenantModel):
    """What a user does for an agency beyond being its employee."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="agency_memberships",
    )
    role = models.CharField(max_length=20, choices=AgencyRole)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("agency", "user", "role"), name="agency_membership_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"


class Unit(TenantModel):
    """An organisational unit (unit kerja, perangkat daerah)."""

    code = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    place = models.CharField(max_length=80, blank=True)
    head = models.ForeignKey(
        "Employee",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="headed_units",
        help_text="Who holds the leading post; empty while it is vacant.",
    )

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("agency", "code"), name="unit_code_once"),)

    def __str__(self) -> str:
        return self.name


class Competency(models.Model):
    """One line of the replaceable catalogue (PermenPANRB 38/2017 and the ministries' dictionaries)."""

    code = models.CharField(max_length=20, primary_key=True)
    kind = models.CharField(max_length=20, choices=CompetencyKind)
    name_id = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200)
    field = models.CharField(max_length=120)
    field_code = models.CharField(max_length=10, blank=True)
    description_id = models.TextField()
    source = models.TextField()
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "competencies"
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return in_current_language(self, "name")


class CompetencyLevel(models.Model):
    """What a level means: for one competency, or in general when ``competency`` is empty."""

    competency = models.ForeignKey(Competency, null=True, on_delete=models.CASCADE, related_name="levels")
    level = models.PositiveSmallIntegerField(choices=Level)
    name_id = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60)
    descriptor_id = models.TextField()
    descriptor_en = models.TextField()

    class Meta:
        ordering = ("competency", "level")
        constraints = (
            models.UniqueConstraint(
                fields=("competency", "level"),
                nulls_distinct=False,
                name="level_described_once",
            ),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="level_in_range"),
        )

    def __str__(self) -> str:
        return f"{self.competency_id or '*'} {self.level}"

    @property
    def descriptor(self) -> str:
        return in_current_language(self, "descriptor")


class PositionClass(models.Model):
    """Pelaksana, Pengawas, … JF Ahli Utama: decides the default levels."""

    code = models.CharField(max_length=30, primary_key=True)
    name = models.CharField(max_length=80)
    rank = models.PositiveSmallIntegerField(help_text="Order of seniority, for sorting only.")

    class Meta:
        verbose_name_plural = "position classes"
        ordering = ("rank", "code")

    def __str__(self) -> str:
        return self.name


class ClassStandard(models.Model):
    """Default required level of a position class."""

    position_class = models.ForeignKey(PositionClass, on_delete=models.CASCADE, related_name="standards")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level)
    source = models.CharField(max_length=200)
    confidence = models.CharField(max_length=40)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("position_class", "competency"), name="class_standard_once"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="class_standard_level_range"),
        )

    def __str__(self) -> str:
        return f"{self.position_class_id} {self.competency_id} {self.level}"


class AgencyStandard(TenantModel):
    """An agency's own level for a position class; goes before the class default."""

    position_class = models.ForeignKey(PositionClass, on_delete=models.PROTECT, related_name="+")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level)
    source = models.CharField(max_length=200)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("agency", "position_class", "competency"),
                name="agency_standard_once",
            ),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="agency_standard_level_range"),
        )

    def __str__(self) -> str:
        return f"{self.position_class_id} {self.competency_id} {self.level}"


class Position(TenantModel):
    """What a person does (jabatan)."""

    code = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    position_class = models.ForeignKey(PositionClass, on_delete=models.PROTECT, related_name="positions")
    duties = models.TextField(blank=True)

    class Meta:
        ordering = ("title",)
        constraints = (models.UniqueConstraint(fields=("agency", "code"), name="position_code_once"),)

    def __str__(self) -> str:
        return self.title


class PositionStandard(TenantModel):
    """Required level of one position; goes before agency and class."""

    position = models.ForeignKey(Position, on_delete=models.CASCADE, related_name="standards")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level)
    source = models.CharField(max_length=200)
    is_example = models.BooleanField(default=False, help_text="Shown as 'contoh': not from a decree.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("position", "competency"), name="position_standard_once"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="position_standard_level_range"),
        )

    def __str__(self) -> str:
        return f"{self.position_id} {self.competency_id} {self.level}"


class EmployeeQuerySet(models.QuerySet["Employee"]):
    def active(self) -> EmployeeQuerySet:
        return self.filter(status=EmployeeStatus.ACTIVE)


class Employee(TenantModel):
    """A civil servant (ASN)."""

    PERSONAL_FIELDS = (
        "nip",
        "name",
        "title_front",
        "title_back",
        "email",
        "retires_on",
    )

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="employee",
    )
    nip = models.CharField(max_length=18, unique=True)
    kind = models.CharField(max_length=10, choices=EmployeeKind)
    status = models.CharField(max_length=20, choices=EmployeeStatus, default=EmployeeStatus.ACTIVE)
    name = models.CharField(max_length=160)
    title_front = models.CharField(max_length=40, blank=True)
    title_back = models.CharField(max_length=60, blank=True)
    email = models.EmailField(blank=True)
    grade = models.CharField(max_length=10, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="employees")
    position = models.ForeignKey(Position, on_delete=models.PROTECT, related_name="employees")
    supervisor = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="subordinates",
    )
    interests = models.TextField(blank=True, help_text="What the person wants to learn, in own words.")
    contract_starts_on = models.DateField(null=True, blank=True)
    contract_ends_on = models.DateField(null=True, blank=True)
    retires_on = models.DateField(null=True, blank=True)

    objects = EmployeeQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.CheckConstraint(condition=Q(nip__regex=r"^[0-9]{18}$"), name="employee_nip_18_digits"),
            models.CheckConstraint(
                condition=~Q(supervisor=models.F("id")),
                name="employee_not_own_supervisor",
            ),
            models.CheckConstraint(
                condition=Q(contract_starts_on__isnull=True, contract_ends_on__isnull=True)
                | Q(contract_starts_on__isnull=False, contract_ends_on__isnull=False)
                & Q(contract_ends_on__gte=models.F("contract_starts_on")),
                name="employee_contract_ordered",
            ),
        )
        indexes = (models.Index(fields=("agency", "status"), name="employee_agency_status_idx"),)

    def __str__(self) -> str:
        return f"{self.full_name} {self.masked_nip}"

    @property
    def full_name(self) -> str:
        named = f"{self.title_front} {self.name}".strip()
        return f"{named}, {self.title_back}" if self.title_back else named

    @property
    def last_day(self) -> date | None:
        """The last day in service that is known: before retirement, at the end of a contract."""
        days = [self.retires_on - timedelta(days=1)] if self.retires_on else []
        if self.contract_ends_on:
            days.append(self.contract_ends_on)
        return min(days, default=None)

    def is_gone(self, day: date) -> bool:
        """Whether the person is in service no more on this day."""
        return self.status in GONE or (self.last_day is not None and self.last_day < day)

    @property
    def masked_nip(self) -> str:
        return mask_nip(self.nip)


def today_there(now: datetime | None = None) -> Cast:
    """The date on the wall of a row's agency, for queries over rows of several."""
    there = Func(
        F("agency__time_zone"),
        Value(now or timezone.now(), output_field=models.DateTimeField()),
        function="timezone",
        output_field=models.DateTimeField(),
    )
    return Cast(there, models.DateField())


class ActingPeriodQuerySet(models.QuerySet["ActingPeriod"]):
    def standing(self) -> ActingPeriodQuerySet:
        """Those that nobody has ended early."""
        return self.filter(ended_at__isnull=True)

    def on_duty(self, now: datetime | None = None) -> ActingPeriodQuerySet:
        """Those in force on this day, as each agency counts its days."""
        today = today_there(now)
        return self.standing().filter(starts_on__lte=today, ends_on__gte=today)


def _days(start: str, end: str) -> Func:
    return Func(
        F(start),
        F(end),
        RangeBoundary(inclusive_lower=True, inclusive_upper=True),
        function="daterange",
        output_field=DateRangeField(),
    )


class ActingPeriod(TenantModel):
    """From when to when somebody decides in another's place: as Plh. or delegate of ``holder``, or as Plt. of the
    vacant leading post of ``unit``. Days are those of the agency, both included."""

    capacity = models.CharField(max_length=20, choices=Capacity)
    holder = models.ForeignKey(
        Employee, null=True, blank=True, on_delete=models.PROTECT, related_name="stand_ins", help_text="Who is away."
    )
    unit = models.ForeignKey(
        Unit,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="stand_ins",
        help_text="Whose post is vacant.",
    )
    acting = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="acting_periods")
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="Last day.")
    reason = models.CharField(max_length=20, choices=ActingReason)
    note = models.CharField(max_length=300, blank=True)
    order_number = models.CharField(max_length=80, blank=True, help_text="Of the order (surat perintah).")
    order_date = models.DateField(null=True, blank=True)
    named_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, help_text="When it was ended before its last day.")

    objects = ActingPeriodQuerySet.as_manager()

    class Meta:
        ordering = ("-starts_on", "-created_at")
        constraints = (
            ordered("starts_on", "ends_on", name="acting_ordered"),
            paired("ended_by", "ended_at", name="acting_ended_paired"),
            models.CheckConstraint(condition=Q(capacity__in=ACTING), name="acting_capacity"),
            models.CheckConstraint(
                condition=Q(capacity=Capacity.PLT, unit__isnull=False, holder__isnull=True)
                | Q(capacity__in=(Capacity.PLH, Capacity.DELEGATE), unit__isnull=True, holder__isnull=False),
                name="acting_for_a_person_or_a_post",
            ),
            models.CheckConstraint(condition=~Q(holder=F("acting")), name="acting_for_another"),
            models.CheckConstraint(
                condition=Q(capacity=Capacity.DELEGATE, order_number="", order_date__isnull=True)
                | ~Q(capacity=Capacity.DELEGATE) & ~Q(order_number="") & Q(order_date__isnull=False),
                name="acting_by_order",
            ),
            ExclusionConstraint(
                name="acting_one_a_person",
                expressions=(
                    (F("holder"), RangeOperators.EQUAL),
                    (_days("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ),
                condition=Q(ended_at__isnull=True, holder__isnull=False),
            ),
            ExclusionConstraint(
                name="acting_one_a_post",
                expressions=(
                    (F("unit"), RangeOperators.EQUAL),
                    (_days("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ),
                condition=Q(ended_at__isnull=True, unit__isnull=False),
            ),
        )
        indexes = (models.Index(fields=("acting", "ends_on"), name="acting_person_idx"),)

    def __str__(self) -> str:
        return f"{self.capacity} {self.acting_id} ({self.starts_on})"


class Assessment(TenantModel):
    """One measured level, by one source, on one day. Older rows stay as history."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="assessments")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(validators=(MinValueValidator(0), MaxValueValidator(5)))
    source = models.CharField(max_length=30, choices=AssessmentSource)
    assessed_on = models.DateField()
    valid_until = models.DateField(help_text="Last valid day; 3 years by Peraturan BKN 26/2019 Art 29(4).")
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-assessed_on", "-created_at")
        constraints = (
            models.UniqueConstraint(
                fields=("employee", "competency", "source", "assessed_on"),
                name="assessment_once_a_day",
            ),
            models.CheckConstraint(condition=Q(level__range=(0, 5)), name="assessment_level_range"),
            ordered("assessed_on", "valid_until", name="assessment_valid_after_made"),
        )

    def __str__(self) -> str:
        return f"{self.competency_id} {self.level} ({self.assessed_on})"


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def open(self) -> CorrectionQuerySet:
        """Those that nobody has decided or taken back."""
        return self.filter(status__in=OPEN_CORRECTION)


class Correction(TenantModel):
    """An employee says that a measured level is wrong, and the HR office answers within 3 × 24 hours (UU 27/2022)."""

    PERSONAL_FIELDS = ("reason", "answer")
    CLOCK = timedelta(hours=72)

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="corrections")
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="corrections")
    claimed_level = models.PositiveSmallIntegerField(choices=Level)
    reason = models.TextField(max_length=1000)
    evidence = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    status = StateField(max_length=20, choices=CorrectionStatus.choices, default=CorrectionStatus.SUBMITTED)
    submitted_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(help_text="Clock hours, weekends included.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    refusal = models.CharField(max_length=30, choices=CorrectionRefusal, blank=True)
    answer = models.CharField(max_length=300, blank=True)
    result = models.ForeignKey(Assessment, null=True, on_delete=models.CASCADE, related_name="corrects")

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ("due_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("assessment",), condition=Q(status__in=OPEN_CORRECTION), name="correction_one_open"
            ),
            models.CheckConstraint(condition=Q(claimed_level__range=(1, 5)), name="correction_level_range"),
            ordered("submitted_at", "due_at", name="correction_due_later"),
            paired("decided_by", "decided_at", name="correction_decided_paired"),
            models.CheckConstraint(
                condition=Q(status__in=(CorrectionStatus.ACCEPTED, CorrectionStatus.REFUSED), decided_at__isnull=False)
                | ~Q(status__in=(CorrectionStatus.ACCEPTED, CorrectionStatus.REFUSED)) & Q(decided_at__isnull=True),
                name="correction_decided_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(status=CorrectionStatus.REFUSED) & ~Q(refusal="")
                | ~Q(status=CorrectionStatus.REFUSED) & Q(refusal=""),
                name="correction_refused_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(status=CorrectionStatus.ACCEPTED, result__isnull=False)
                | ~Q(status=CorrectionStatus.ACCEPTED) & Q(result__isnull=True),
                name="correction_accepted_with_level",
            ),
        )
        indexes = (models.Index(fields=("agency", "status", "due_at"), name="correction_queue_idx"),)

    def __str__(self) -> str:
        return f"{self.assessment_id} {self.status}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_CORRECTION

    @transition(status, source=CorrectionStatus.SUBMITTED, target=CorrectionStatus.IN_REVIEW)
    def review(self) -> None:
        """The HR office looks at it; the clock runs on."""

    @transition(status, source=list(OPEN_CORRECTION), target=CorrectionStatus.ACCEPTED)
    def accept(self) -> None:
        """A new assessment stands beside the contested one."""

    @transition(status, source=list(OPEN_CORRECTION), target=CorrectionStatus.REFUSED)
    def refuse(self) -> None:
        """The level stays, for a coded reason."""

    @transition(status, source=list(OPEN_CORRECTION), target=CorrectionStatus.WITHDRAWN)
    def withdraw(self) -> None:
        """The employee takes it back."""


class RegionalPriority(TenantModel):
    """A competency the city wants most: multiplies the importance of its gaps."""

    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    weight = models.DecimalField(max_digits=3, decimal_places=1, default=Decimal("1.5"))
    basis = models.CharField(max_length=200, help_text="Document it rests on, e.g. RPJMD.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agency", "competency"), name="regional_priority_once"),
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=5),
                name="regional_priority_weight_range",
            ),
        )

    def __str__(self) -> str:
        return f"{self.competency_id} ×{self.weight}"


# Sources that may change the profile; a self-rating is shown beside it, never mixed in.
OFFICIAL_SOURCES = (
    AssessmentSource.ASSESSMENT_CENTRE,
    AssessmentSource.COMPUTER_TEST,
    AssessmentSource.SUPERVISOR,
)
