"""What the model said, by which version of it, for whom."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.db.models import F, Q

from asn.models import Employee
from core.models import BaseModel, TenantModel
from matching.states import FIRST_PLACE_CEILING, LEAST_CEILING, Abstention, Ending
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
    report = models.JSONField(
        default=dict, help_text="How attention was shared out (see matching/services/fairness.py)."
    )

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.agency_id} {self.created_at:%Y-%m-%d %H:%M}"


# How sure it is, and how fair ---------------------------------------------------------------------------------------


class PairOutcome(TenantModel):
    """A pair that was applied for, and what became of it: what a calibration learns from.

    Points of different versions are never compared, so no points are kept but the engine's inputs of that day: each
    version scores them itself. They name nobody (see matching/snapshots.py), yet position and gaps together could be
    recognised, so the row stays tied to the person and goes when the person's data go.
    """

    PERSONAL_FIELDS = ("inputs",)

    application_id = models.UUIDField(
        unique=True, null=True, help_text="Of a room above, hence no foreign key; empty for an example."
    )
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="+")
    inputs = models.JSONField(help_text="The engine's inputs when the person applied, without any name or id.")
    ending = models.CharField(max_length=20, choices=Ending, blank=True)
    ended_at = models.DateTimeField(null=True)
    counts_from = models.DateField(help_text="When all who applied for the slot should have come to an end.")
    is_example = models.BooleanField(default=False, help_text="Made up for a demonstration.")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(ending="", ended_at__isnull=True) | (~Q(ending="") & Q(ended_at__isnull=False)),
                name="pair_outcome_ended_paired",
            ),
            models.CheckConstraint(
                condition=Q(application_id__isnull=False, is_example=False)
                | Q(application_id__isnull=True, is_example=True),
                name="pair_outcome_real_or_example",
            ),
        )
        indexes = (models.Index(fields=("-counts_from",), name="pair_outcome_counts_from_idx"),)

    def __str__(self) -> str:
        return f"{self.employee_id} {self.slot_id} {self.ending}"


class Calibration(BaseModel):
    """What the points of a version have meant: the chance that such a pair, once applied for, was completed.

    Never changed: the latest of a version counts.
    """

    version = models.ForeignKey(ModelVersion, on_delete=models.CASCADE, related_name="calibrations")
    fitted_at = models.DateTimeField()
    outcomes = models.PositiveIntegerField()
    completed = models.PositiveIntegerField()
    examples = models.PositiveIntegerField(help_text="How many of the outcomes were made up for a demonstration.")
    data_hash = models.CharField(max_length=64)
    parameters = models.JSONField()
    curve = models.JSONField(null=True, help_text="Fields of engine.calibration.Curve.")
    metrics = models.JSONField(default=dict)
    reliability = models.JSONField(default=list, help_text="Rows of engine.calibration.ReliabilityBin.")
    abstains = models.CharField(max_length=30, choices=Abstention, blank=True)

    class Meta:
        ordering = ("-fitted_at",)
        get_latest_by = "fitted_at"
        constraints = (
            models.CheckConstraint(
                condition=~Q(abstains="") | Q(curve__isnull=False), name="calibration_curve_or_abstention"
            ),
            models.CheckConstraint(condition=Q(completed__lte=F("outcomes")), name="calibration_completed_of_all"),
        )

    def __str__(self) -> str:
        return f"{self.version_id} {self.fitted_at:%Y-%m-%d %H:%M}"


class MatchPolicy(TenantModel):
    """What an agency has decided about its recommendations."""

    first_place_ceiling = models.PositiveSmallIntegerField(
        default=FIRST_PLACE_CEILING, help_text="Percent of all first places that one partner may have."
    )
    basis = models.CharField(max_length=300, help_text="Who decided this and why, such as a decree.")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("agency",), name="match_policy_one_per_agency"),
            models.CheckConstraint(
                condition=Q(first_place_ceiling__gte=LEAST_CEILING, first_place_ceiling__lte=100),
                name="match_policy_ceiling_range",
            ),
        )

    def __str__(self) -> str:
        return f"{self.agency_id} {self.first_place_ceiling}%"
