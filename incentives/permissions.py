"""Who sees and who decides awards."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Q

from accounts.models import User
from asn.models import Employee
from asn.permissions import agencies_of
from asn.states import AgencyRole
from core.errors import NotFound
from incentives.models import Award, AwardProposal, AwardRule
from placements.permissions import is_hr_of


def visible_rules(user: User) -> Any:
    """Criteria are published: everybody of the agency sees them."""
    return AwardRule.objects.filter(Q(agency__in=agencies_of(user, *AgencyRole)) | Q(agency__in=_own_agency(user)))


def visible_proposals(user: User) -> Any:
    """HR and auditors of the agency see every proposal; a person sees their own once decided."""
    return AwardProposal.objects.filter(
        Q(agency__in=agencies_of(user, AgencyRole.HR, AgencyRole.AUDITOR))
        | (Q(employee__user=user) & Q(award__isnull=False))
    )


def get_visible_proposal(user: User, proposal_id: uuid.UUID) -> AwardProposal:
    """The proposal, or NotFound for a missing or foreign one alike."""
    try:
        proposal: AwardProposal = (
            visible_proposals(user)
            .select_related("rule", "employee__unit", "placement__slot__partner", "agency")
            .get(pk=proposal_id)
        )
    except AwardProposal.DoesNotExist:
        raise NotFound() from None
    return proposal


def visible_awards(user: User) -> Any:
    """Own awards; those of the agency for HR, leadership and auditors."""
    return Award.objects.filter(Q(employee__user=user) | Q(agency__in=agencies_of(user, *AgencyRole)))


def get_visible_award(user: User, award_id: uuid.UUID) -> Award:
    """The award, or NotFound for a missing or foreign one alike."""
    try:
        award: Award = visible_awards(user).select_related("proposal__rule", "employee").get(pk=award_id)
    except Award.DoesNotExist:
        raise NotFound() from None
    return award


def can_manage_rules(user: User, agency_id: uuid.UUID) -> bool:
    """HR of the agency publishes criteria."""
    return is_hr_of(user, agency_id)


def can_decide(user: User, proposal: AwardProposal) -> bool:
    """HR of the agency, never about oneself."""
    return is_hr_of(user, proposal.agency_id) and proposal.employee.user_id != user.pk


def _own_agency(user: User) -> Any:
    return Employee.objects.filter(user=user).values("agency_id")
