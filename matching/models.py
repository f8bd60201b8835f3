"""What the model said, by which version of it, for whom."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.db.models import Q

from asn.models import Employee
from core.models import BaseModel, TenantModel
from partners.models import Slot


class ModelVersion(BaseModel):
    """A fitted recommender: what it was made with, from what, and how good it is."""

    number = models.PositiveIntegerField(unique=True)
    parameters = models.JSONField()
    data_hash = models.CharField(max_length=64)
    metrics = models.JSONField(default=dict)
    artifact = models.BinaryField(help_text="The fitted estimator, written and read by this product only.")
    artifact_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"v{self.number}"


class MatchState(TenantModel):
    """Which version's recommendations an agency sees."""

    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    refreshed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("agency",), name="match_state_one_per_agency"),)

    def __str__(self) -> str:
        return f"{self.agency_id} {self.version_id}"


class EmployeeAvailability(TenantModel):
    """What placements push down: when a person is taken, and hours left under the PPPK ceiling."""

    employee = models.OneToOneField(Employee, on_delete=models.CASCADE, related_name="match_availability")
    busy = ArrayField(DateRangeField(), default=list)
    hours_left = models.SmallIntegerField(null=True, help_text="Learning hours left; empty means no ceiling.")
    applied_slots = ArrayField(
        models.UUIDField(),
        default=list,
        help_text="Slots with a live or past application.",
    )

    def __str__(self) -> str:
        return str(self.employee_id)


class Recommendation(TenantModel):
    """A suggested pair, never a decision. Kept for the union of both directions' best lists."""

    # A person has tens of pairs and a slot hundreds: the keys' own indexes find them, more would slow the writing.
    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="recommendations", db_index=False)
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="recommendations")
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="recommendations")
    points = models.PositiveSmallIntegerField(help_text="0–10,000; a rank value, not a probability.")
    reasons = models.JSONField(default=list)

    class Meta:
        ordering = ("-points", "slot_id")
        constraints = (
            models.UniqueConstraint(fields=("version", "employee", "slot"), name="recommendation_once"),
            models.CheckConstraint(
                condition=Q(points__gt=0, points__lte=10000),
                name="recommendation_points_range",
            ),
        )

    def __str__(self) -> str:
        return f"{self.employee_id} {self.slot_id} {self.points}"


class MatchRun(TenantModel):
    """A refresh of one agency: progress to look at, figures afterwards."""

    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="runs")
    reason = models.CharField(max_length=60)
    total_employees = models.PositiveIntegerField(default=0)
    total_slots = models.PositiveIntegerField(default=0)
    done_employees = models.PositiveIntegerField(default=0)
    pairs_stored = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.agency_id} {self.created_at:%Y-%m-%d %H:%M}"


class PairOutcome(TenantModel):
    """How a placement ended that a pair led to, with what had been recommended then: for calibration."""

    placement_id = models.UUIDField(unique=True, help_text="Of a room above, hence no foreign key.")
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="+")
    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.PROTECT, related_name="+")
    points = models.PositiveSmallIntegerField(null=True, help_text="Empty when the pair was not on a list.")
    completed = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.employee_id} {self.slot_id} {self.completed}"
