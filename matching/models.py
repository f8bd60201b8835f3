"""What the model said, by which version of it, for whom."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.db.models import F, Q

from asn.models import Employee
from core.models import BaseModel, TenantModel
from matching.states import FIRST_PLACE_CEILING, LEAST_CEILING, Abstention, Ending, ShardState
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


class MatchRun(TenantModel):
    """A refresh of one agency: progress to look at, figures afterwards."""

    version = models.ForeignKey(ModelVersion, null=True, on_delete=models.SET_NULL, related_name="runs")
    reason = models.CharField(max_length=60)
    total_employees = models.PositiveIntegerField(default=0)
    total_slots = models.PositiveIntegerField(default=0)
    total_shards = models.PositiveIntegerField(default=0)
    done_employees = models.PositiveIntegerField(default=0)
    done_shards = models.PositiveIntegerField(default=0)
    pairs_stored = models.PositiveIntegerField(default=0, help_text="Slots on the lists of people.")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    report = models.JSONField(
        default=dict, help_text="How attention was shared out (see matching/services/fairness.py)."
    )

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("agency",),
                condition=Q(started_at__isnull=False, finished_at__isnull=True),
                name="match_run_one_under_way",
            ),
            models.UniqueConstraint(
                fields=("agency",),
                condition=Q(started_at__isnull=True, finished_at__isnull=True),
                name="match_run_one_waiting",
            ),
            models.CheckConstraint(
                condition=Q(done_shards__lte=models.F("total_shards")), name="match_run_no_shard_twice"
            ),
        )

    def __str__(self) -> str:
        return f"{self.agency_id} {self.created_at:%Y-%m-%d %H:%M}"


class Generation(TenantModel):
    """The lists of one agency that one run made by one version: shown together, dropped together."""

    # Small, for every list repeats it; nobody outside sees it.
    id = models.AutoField(primary_key=True)  # type: ignore[assignment]
    run = models.OneToOneField(MatchRun, null=True, on_delete=models.SET_NULL, related_name="generation")
    version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="generations")
    k = models.PositiveSmallIntegerField(help_text="Slots on a full list of a person.")
    entry_bytes = models.PositiveSmallIntegerField(help_text="Bytes that a slot takes on a packed list of a person.")
    catalogue = models.BinaryField(help_text="The slots as they were ranked; written and read by this product only.")
    catalogue_sha256 = models.CharField(max_length=64)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.agency_id} #{self.pk}"


class MatchState(TenantModel):
    """Which generation an agency sees."""

    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="+")
    refreshed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("agency",), name="match_state_one_per_agency"),)

    def __str__(self) -> str:
        return f"{self.agency_id} {self.generation_id}"


class EmployeeList(models.Model):
    """The best slots of one person, packed (see packing.py): a province has millions of suggestions.

    No column of its own names the agency: the generation does, and the trigger compares every written row with it. See
    docs/adr/0007-packed-generations.md.
    """

    pk = models.CompositePrimaryKey("generation", "employee")
    generation = models.ForeignKey(
        Generation, on_delete=models.CASCADE, related_name="employee_lists", db_constraint=False, db_index=False
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="match_lists", db_constraint=False, db_index=False
    )
    packed = models.BinaryField(help_text="Fingerprint of the person's inputs, then slots and points, best first.")

    class Meta:
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="employee_list_same_agency",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="fresh"),
                func="""
                    IF EXISTS (
                        SELECT FROM fresh
                        LEFT JOIN matching_generation g ON g.id = fresh.generation_id
                        LEFT JOIN asn_employee e ON e.id = fresh.employee_id
                        WHERE e.agency_id IS DISTINCT FROM g.agency_id OR g.id IS NULL
                    ) THEN
                        RAISE EXCEPTION 'a list of another agency''s employee' USING ERRCODE = 'foreign_key_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Protect(name="employee_list_stays", operation=pgtrigger.UpdateOf("generation_id", "employee_id")),
        ]

    def __str__(self) -> str:
        return f"#{self.generation_id} {self.employee_id}"


class SlotList(TenantModel):
    """One slot of a generation: its ordinal, how it was read, and its best people, packed.

    ``is_changed`` says that it was read again after the catalogue was frozen, ``is_open`` that it was open then.
    """

    generation = models.ForeignKey(Generation, on_delete=models.CASCADE, related_name="slot_lists", db_index=False)
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="match_lists")
    ordinal = models.PositiveIntegerField()
    frozen = models.BinaryField(help_text="The slot as the engine read it; written and read by this product only.")
    packed = models.BinaryField(help_text="People and points, best first; more than are shown.")
    is_cut = models.BooleanField(help_text="Whether there may be people after the last one.")
    is_changed = models.BooleanField(default=False)
    is_open = models.BooleanField(default=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("generation", "slot"), name="slot_list_once"),
            models.UniqueConstraint(fields=("generation", "ordinal"), name="slot_list_ordinal_once"),
        )

    def __str__(self) -> str:
        return f"#{self.generation_id} {self.slot_id}"


class Shard(TenantModel):
    """A part of a run that one worker does at a time: the people whose ids lie in ``(after, until]``.

    The lock of its row is the lease: it goes with a killed worker. ``people`` and ``best`` are what the shard adds to
    the lists of slots (see packing.py), until the run ends.
    """

    MAX_ATTEMPTS = 5

    run = models.ForeignKey(MatchRun, on_delete=models.CASCADE, related_name="shards", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=ShardState, default=ShardState.WAITING)
    after = models.UUIDField(null=True, help_text="Empty: from the first person on.")
    until = models.UUIDField(null=True, help_text="Empty: to the last person.")
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    people = models.BinaryField(default=bytes)
    best = models.BinaryField(default=bytes)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("run", "number"), name="shard_number_once"),)

    def __str__(self) -> str:
        return f"{self.run_id} #{self.number}"


class ChangeDuringRun(TenantModel):
    """A person or slot that changed while a run was under way: looked at again after the switch."""

    run = models.ForeignKey(MatchRun, on_delete=models.CASCADE, related_name="changes", db_index=False)
    employee = models.ForeignKey(Employee, null=True, on_delete=models.CASCADE, related_name="+")
    slot = models.ForeignKey(Slot, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("run", "employee", "slot"), nulls_distinct=False, name="change_during_run_once"
            ),
            models.CheckConstraint(
                condition=Q(employee__isnull=False, slot__isnull=True) | Q(employee__isnull=True, slot__isnull=False),
                name="change_during_run_of_one",
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id} {self.employee_id or self.slot_id}"


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
