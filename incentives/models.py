"""Award rules, proposals made by the worker, awards granted by people, and points."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django_fsm import transition

from asn.models import Employee
from core.models import StateField, TenantModel, paired
from incentives.states import ProposalStatus
from placements.models import Placement

USER = settings.AUTH_USER_MODEL


class AwardRule(TenantModel):
    """A published criterion: a finished placement that meets it is proposed for an award."""

    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    decided_by = models.CharField(max_length=120, help_text="Who decides, e.g. Wali Kota.")
    document = models.CharField(max_length=80, help_text="What is issued, e.g. Piagam, SK Wali Kota.")
    legal_basis = models.CharField(max_length=200, blank=True)
    kinds = ArrayField(
        models.CharField(max_length=30),
        default=list,
        blank=True,
        help_text="Slot kinds; empty means all.",
    )
    minimum_mentor_rating = models.DecimalField(max_digits=2, decimal_places=1, default=Decimal("4"))
    needs_level_gain = models.BooleanField(default=True, help_text="The mentor saw at least one objective reached.")
    points = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(fields=("agency", "code"), name="award_rule_once"),
            models.CheckConstraint(
                condition=Q(minimum_mentor_rating__gte=1, minimum_mentor_rating__lte=5),
                name="award_rule_rating_range",
            ),
        )

    def __str__(self) -> str:
        return self.name


class AwardProposal(TenantModel):
    """The worker's suggestion; a person checks it, a decree decides it."""

    rule = models.ForeignKey(AwardRule, on_delete=models.PROTECT, related_name="proposals")
    placement = models.ForeignKey(Placement, on_delete=models.PROTECT, related_name="award_proposals")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="award_proposals")
    status = StateField(
        max_length=20,
        choices=ProposalStatus.choices,
        default=ProposalStatus.PROPOSED,
    )
    facts = models.JSONField(default=dict, help_text="The figures the rule looked at.")
    verified_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    verified_at = models.DateTimeField(null=True)
    decline_reason = models.CharField(max_length=400, blank=True)
    declined_by = models.ForeignKey(USER, null=True, on_delete=models.PROTECT, related_name="+")
    declined_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-created_at",)
        constraints = (
            models.UniqueConstraint(fields=("rule", "placement"), name="award_proposed_once"),
            paired("verified_by", "verified_at", name="proposal_verified_paired"),
            paired("declined_by", "declined_at", name="proposal_declined_paired"),
            models.CheckConstraint(
                condition=~Q(status__in=[ProposalStatus.VERIFIED, ProposalStatus.GRANTED])
                | Q(verified_at__isnull=False),
                name="proposal_verified_by_someone",
            ),
            models.CheckConstraint(
                condition=~Q(status=ProposalStatus.DECLINED) | (Q(declined_at__isnull=False) & ~Q(decline_reason="")),
                name="proposal_declined_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule_id} {self.placement_id} {self.status}"

    @transition(status, source=ProposalStatus.PROPOSED, target=ProposalStatus.VERIFIED)
    def verify(self) -> None:
        """HR has checked the facts."""

    @transition(status, source=ProposalStatus.VERIFIED, target=ProposalStatus.GRANTED)
    def grant(self) -> None:
        """A decree with number, date and signer exists."""

    @transition(
        status,
        source=[ProposalStatus.PROPOSED, ProposalStatus.VERIFIED],
        target=ProposalStatus.DECLINED,
    )
    def decline(self) -> None:
        """Not granted, and why."""


class Award(TenantModel):
    """A granted award: no award without decree number, date and signer."""

    proposal = models.OneToOneField(AwardProposal, on_delete=models.PROTECT, related_name="award")
    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="awards")
    decree_number = models.CharField(max_length=80)
    decree_date = models.DateField()
    signer = models.CharField(max_length=160)
    granted_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    handed_over_on = models.DateField(null=True)

    class Meta:
        ordering = ("-decree_date",)
        constraints = (
            models.CheckConstraint(condition=~Q(decree_number="") & ~Q(signer=""), name="award_with_decree"),
        )

    def __str__(self) -> str:
        return self.decree_number


class PointEntry(TenantModel):
    """Append-only count of activity; points have no legal value and the pages say so."""

    employee = models.ForeignKey(Employee, on_delete=models.PROTECT, related_name="points")
    key = models.CharField(max_length=120, unique=True)
    points = models.SmallIntegerField()
    reason = models.CharField(max_length=60)
    placement = models.ForeignKey(Placement, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-created_at",)
        triggers: ClassVar = [
            pgtrigger.Protect(name="points_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} {self.points}"
