"""Mentors: who they are, what they know, when they have time, which slots they guide."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from asn.models import Competency
from asn.states import Level, TimeZone
from core.models import BaseModel, TenantModel, ordered
from partners.models import Partner, Slot


class Weekday(models.IntegerChoices):
    """ISO weekdays."""

    MONDAY = 1
    TUESDAY = 2
    WEDNESDAY = 3
    THURSDAY = 4
    FRIDAY = 5
    SATURDAY = 6
    SUNDAY = 7


class Mentor(BaseModel):
    """A person of a partner who guides participants."""

    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="mentors")
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="mentor",
    )
    name = models.CharField(max_length=160)
    email = models.EmailField(blank=True)
    occupation = models.CharField(max_length=160, blank=True)
    bio = models.TextField(blank=True)
    capacity = models.PositiveSmallIntegerField(default=3, help_text="Participants at one time.")
    is_active = models.BooleanField(default=True)
    time_zone = models.CharField(
        max_length=40, choices=TimeZone, default=TimeZone.WIB, help_text="Where the weekly windows are read."
    )

    class Meta:
        ordering = ("name",)
        constraints = (models.CheckConstraint(condition=Q(capacity__range=(1, 50)), name="mentor_capacity_range"),)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class MentorExpertise(BaseModel):
    """A competency the mentor masters, and how far."""

    mentor = models.ForeignKey(Mentor, on_delete=models.CASCADE, related_name="expertise")
    competency = models.ForeignKey(Competency, on_delete=models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(choices=Level)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("mentor", "competency"), name="expertise_once"),
            models.CheckConstraint(condition=Q(level__range=(1, 5)), name="expertise_level_range"),
        )

    def __str__(self) -> str:
        return f"{self.competency_id} {self.level}"


class MentorAvailability(BaseModel):
    """A weekly window, on the clock where the mentor is."""

    mentor = models.ForeignKey(Mentor, on_delete=models.CASCADE, related_name="availability")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        ordering = ("weekday", "starts_at")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="availability_ordered"),
            ExclusionConstraint(
                name="availability_no_overlap",
                expressions=(
                    (F("mentor"), RangeOperators.EQUAL),
                    (F("weekday"), RangeOperators.EQUAL),
                    # PostgreSQL has no range of times: those of any one day do.
                    (
                        Func(
                            F("starts_at"),
                            F("ends_at"),
                            arg_joiner=", DATE '2000-01-03' + ",
                            output_field=DateTimeRangeField(),
                            template="tsrange(DATE '2000-01-03' + %(expressions)s)",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ),
            ),
        )

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts_at}-{self.ends_at}"


class MentorDaysOff(BaseModel):
    """Days on which the weekly windows do not hold; the last one included."""

    mentor = models.ForeignKey(Mentor, on_delete=models.CASCADE, related_name="days_off")
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        ordering = ("starts_on",)
        constraints = (
            ordered("starts_on", "ends_on", name="days_off_ordered"),
            ExclusionConstraint(
                name="days_off_no_overlap",
                expressions=(
                    (F("mentor"), RangeOperators.EQUAL),
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
            ),
        )

    def __str__(self) -> str:
        return f"{self.starts_on}-{self.ends_on}"


class SlotMentor(TenantModel):
    """Ties a mentor to a slot; a mentor and the slot belong to the same partner."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="slot_mentors")
    mentor = models.ForeignKey(Mentor, on_delete=models.PROTECT, related_name="slot_mentors")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("slot", "mentor"), name="slot_mentor_once"),)

    def __str__(self) -> str:
        return f"{self.slot_id} {self.mentor_id}"
