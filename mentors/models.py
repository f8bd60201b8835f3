"""Mentors: who they are, what they know, when they have time, which slots they guide."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from asn.models import Competency
from asn.states import Level
from core.models import BaseModel, TenantModel
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

    class Meta:
        ordering = ("name",)
        constraints = (models.CheckConstraint(condition=Q(capacity__range=(1, 50)), name="mentor_capacity_range"),)

    def __str__(self) -> str:
        return self.name


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
    """A weekly window, in the mentor's partner's local time."""

    mentor = models.ForeignKey(Mentor, on_delete=models.CASCADE, related_name="availability")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        ordering = ("weekday", "starts_at")
        constraints = (
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="availability_ordered"),
            models.UniqueConstraint(fields=("mentor", "weekday", "starts_at"), name="availability_once"),
        )

    def __str__(self) -> str:
        return f"{self.weekday} {self.starts_at}-{self.ends_at}"


class SlotMentor(TenantModel):
    """Ties a mentor to a slot; a mentor and the slot belong to the same partner."""

    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="slot_mentors")
    mentor = models.ForeignKey(Mentor, on_delete=models.PROTECT, related_name="slot_mentors")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("slot", "mentor"), name="slot_mentor_once"),)

    def __str__(self) -> str:
        return f"{self.slot_id} {self.mentor_id}"
