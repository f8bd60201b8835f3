"""Award rules, proposals with their decisions, awards and points."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from ninja import Query
from ninja.pagination import paginate

from accounts.auth import SignedInRequest
from accounts.roles import Role
from core.api import Pages
from core.policy import Router
from incentives import permissions, services
from incentives.models import Award, AwardProposal, AwardRule, PointEntry
from incentives.schemas import (
    AwardOut,
    AwardRuleIn,
    AwardRuleOut,
    DeclineIn,
    GrantIn,
    HandOverIn,
    PointsOut,
    ProposalFilters,
    ProposalOut,
)

router = Router(tags=["Awards"])
READERS = (Role.EMPLOYEE, Role.HR, Role.AUDITOR, Role.LEADERSHIP)
WATCHERS = (Role.EMPLOYEE, Role.HR, Role.AUDITOR)


@router.get("/award-rules", policy=READERS, response=list[AwardRuleOut])
@paginate(Pages)
def list_award_rules(request: SignedInRequest) -> QuerySet[AwardRule]:
    """The published criteria of my agency."""
    return permissions.visible_rules(request.user)


@router.post("/award-rules", policy=(Role.HR,), response={201: AwardRuleOut})
def create_award_rule(request: SignedInRequest, data: AwardRuleIn) -> AwardRule:
    """Publish a criterion."""
    return services.create_award_rule(actor=request.user, **data.model_dump())


@router.get("/award-proposals", policy=WATCHERS, response=list[ProposalOut])
@paginate(Pages)
def list_proposals(request: SignedInRequest, filters: Query[ProposalFilters]) -> QuerySet[AwardProposal]:
    """Proposals of my agency; one's own once decided."""
    rows = permissions.visible_proposals(request.user)
    return filters.filter(rows.select_related("rule", "employee__unit", "employee__position"))


@router.get("/award-proposals/{uuid:proposal_id}", policy=WATCHERS, response=ProposalOut)
def get_proposal(request: SignedInRequest, proposal_id: UUID) -> AwardProposal:
    """One proposal with the figures it rests on."""
    return permissions.get_visible_proposal(request.user, proposal_id)


@router.post("/award-proposals/{uuid:proposal_id}/verify", policy=(Role.HR,), response=ProposalOut)
def verify_proposal(request: SignedInRequest, proposal_id: UUID) -> AwardProposal:
    """HR has checked the facts."""
    return services.verify_proposal(actor=request.user, proposal_id=proposal_id)


@router.post("/award-proposals/{uuid:proposal_id}/grant", policy=(Role.HR,), response={201: AwardOut})
def grant_award(request: SignedInRequest, proposal_id: UUID, data: GrantIn) -> Award:
    """Enter the decree that grants it."""
    return services.grant_award(actor=request.user, proposal_id=proposal_id, **data.model_dump())


@router.post("/award-proposals/{uuid:proposal_id}/decline", policy=(Role.HR,), response=ProposalOut)
def decline_proposal(request: SignedInRequest, proposal_id: UUID, data: DeclineIn) -> AwardProposal:
    """Not granted, with the reason."""
    return services.decline_proposal(actor=request.user, proposal_id=proposal_id, reason=data.reason)


@router.get("/awards", policy=READERS, response=list[AwardOut])
@paginate(Pages)
def list_awards(request: SignedInRequest) -> QuerySet[Award]:
    """My awards, or those of my agency."""
    return permissions.visible_awards(request.user).select_related("proposal__rule", "employee")


@router.get("/awards/{uuid:award_id}", policy=READERS, response=AwardOut)
def get_award(request: SignedInRequest, award_id: UUID) -> Award:
    """One award."""
    return permissions.get_visible_award(request.user, award_id)


@router.post("/awards/{uuid:award_id}/hand-over", policy=(Role.HR,), response=AwardOut)
def hand_over_award(request: SignedInRequest, award_id: UUID, data: HandOverIn) -> Award:
    """It was handed over on that day."""
    return services.hand_over_award(actor=request.user, award_id=award_id, handed_over_on=data.handed_over_on)


@router.get("/points", policy=(Role.EMPLOYEE,), response=list[PointsOut])
@paginate(Pages)
def list_points(request: SignedInRequest) -> QuerySet[PointEntry]:
    """My points, the latest first."""
    return PointEntry.objects.filter(employee__user=request.user)
