"""Every write of this room: rules, proposals by the worker, decisions by people, points."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import User
from core import audit
from core.errors import Conflict, Invalid, require
from core.outbox import announce
from core.services import service
from core.states import advance
from incentives import events
from incentives.models import Award, AwardProposal, AwardRule, PointEntry
from incentives.permissions import can_decide, can_manage_rules, get_visible_award, get_visible_proposal
from incentives.states import ProposalStatus
from partners.kinds import get_kind
from placements.models import Placement
from placements.states import EvaluationStage, EvaluatorRole, PlacementStatus

COMPLETION_POINTS = 10


@service
def create_award_rule(
    *,
    actor: User | None,
    agency_id: uuid.UUID,
    code: str,
    name: str,
    decided_by: str,
    document: str,
    description: str = "",
    legal_basis: str = "",
    kinds: Sequence[str] = (),
    minimum_mentor_rating: Decimal = Decimal("4"),
    needs_level_gain: bool = True,
    points: int = 0,
) -> AwardRule:
    """Publish a criterion. Raises Invalid on ``kinds``, ``minimum_mentor_rating`` or a required text."""
    if actor is not None:
        require(can_manage_rules(actor, agency_id), "only_hr_decides")
    for field, value in (("code", code), ("name", name), ("decided_by", decided_by), ("document", document)):
        if not value.strip():
            raise Invalid("required", field=field)
    for kind in kinds:
        get_kind(kind)
    if not 1 <= minimum_mentor_rating <= 5:
        raise Invalid("rating_out_of_range", field="minimum_mentor_rating")
    if AwardRule.objects.filter(agency_id=agency_id, code=code).exists():
        raise Conflict("code_taken", field="code")
    rule = AwardRule.objects.create(
        agency_id=agency_id,
        code=code,
        name=name.strip(),
        description=description.strip(),
        decided_by=decided_by.strip(),
        document=document.strip(),
        legal_basis=legal_basis.strip(),
        kinds=list(kinds),
        minimum_mentor_rating=minimum_mentor_rating,
        needs_level_gain=needs_level_gain,
        points=points,
    )
    audit.record(actor=actor, action="award_rule.created", obj=rule, after={"code": code, "name": rule.name})
    return rule


@service
def propose_awards(*, placement_id: uuid.UUID) -> list[AwardProposal]:
    """Propose the awards whose published criteria a completed placement meets; each (rule, placement) once."""
    placement = (
        Placement.objects.select_for_update(of=("self",), no_key=True).select_related("slot").get(pk=placement_id)
    )
    if placement.status != PlacementStatus.COMPLETED:
        return []
    figures = achievement(placement)
    proposals = []
    for rule in AwardRule.objects.filter(agency_id=placement.agency_id, is_active=True).order_by("code"):
        if not meets(rule, placement, figures):
            continue
        proposal, created = AwardProposal.objects.get_or_create(
            rule=rule,
            placement=placement,
            defaults={"agency_id": placement.agency_id, "employee_id": placement.employee_id, "facts": figures},
        )
        if created:
            proposals.append(proposal)
            audit.record(actor=None, action="award.proposed", obj=proposal, after={"rule": rule.code, **figures})
            announce(events.AWARD_PROPOSED, key=proposal.pk, proposal_id=proposal.pk)
    return proposals


def achievement(placement: Placement) -> dict[str, Any]:
    """The figures rules look at: mentor's final rating, objectives reached by it, objectives in all."""
    final = (
        placement.evaluations.filter(role=EvaluatorRole.MENTOR, stage=EvaluationStage.FINAL)
        .prefetch_related("ratings")
        .first()
    )
    rated = {r.competency_id: r.level for r in final.ratings.all()} if final else {}
    objectives = list(placement.objectives.all())
    return {
        "mentor_rating": final.overall if final else None,
        "objectives": len(objectives),
        "objectives_reached": sum(rated.get(o.competency_id, 0) >= o.to_level for o in objectives),
    }


def meets(rule: AwardRule, placement: Placement, figures: dict[str, Any]) -> bool:
    """Whether the figures satisfy the published criterion."""
    if rule.kinds and placement.slot.kind not in rule.kinds:
        return False
    if figures["mentor_rating"] is None or figures["mentor_rating"] < rule.minimum_mentor_rating:
        return False
    return not rule.needs_level_gain or figures["objectives_reached"] > 0


@service
def credit_points(*, placement_id: uuid.UUID) -> PointEntry | None:
    """Points of a completed placement, once. They have no legal value."""
    placement = Placement.objects.get(pk=placement_id)
    if placement.status != PlacementStatus.COMPLETED:
        return None
    return _points(placement, f"completion:{placement.pk}", COMPLETION_POINTS, "placement_completed")


def _points(placement: Placement, key: str, points: int, reason: str) -> PointEntry | None:
    entry, created = PointEntry.objects.get_or_create(
        key=key,
        defaults={
            "agency_id": placement.agency_id,
            "employee_id": placement.employee_id,
            "points": points,
            "reason": reason,
            "placement": placement,
        },
    )
    if not created:
        return None
    audit.record(actor=None, action="points.credited", obj=entry, after={"points": points, "reason": reason})
    return entry


@service
def verify_proposal(*, actor: User, proposal_id: uuid.UUID, now: datetime | None = None) -> AwardProposal:
    """HR has checked the facts."""
    proposal = _lock(actor, proposal_id)
    advance(proposal, "verify", code="already_decided")
    proposal.verified_by = actor
    proposal.verified_at = now or timezone.now()
    proposal.save()
    audit.record(
        actor=actor, action="award.verified", obj=proposal, after={"status": proposal.status}, actor_label="hr"
    )
    return proposal


@service
def grant_award(
    *,
    actor: User,
    proposal_id: uuid.UUID,
    decree_number: str,
    decree_date: date,
    signer: str,
    now: datetime | None = None,
) -> Award:
    """Enter the decree that grants it: no award without number, date and signer.

    Raises Invalid(``required`` | ``date_in_future`` | ``decree_before_completion``), Conflict(``already_decided``).
    """
    proposal = _lock(actor, proposal_id)
    for field, value in (("decree_number", decree_number), ("signer", signer)):
        if not value.strip():
            raise Invalid("required", field=field)
    agency = proposal.agency
    if decree_date > agency.today(now):
        raise Invalid("date_in_future", field="decree_date")
    completed_at = proposal.placement.completed_at
    if completed_at is not None and decree_date < agency.today(completed_at):
        raise Invalid(
            "decree_before_completion", field="decree_date", completed_on=agency.today(completed_at).isoformat()
        )
    if proposal.status == ProposalStatus.PROPOSED:
        raise Conflict("award_not_verified")
    advance(proposal, "grant", code="already_decided")
    proposal.save()
    award = Award.objects.create(
        agency_id=proposal.agency_id,
        proposal=proposal,
        employee_id=proposal.employee_id,
        decree_number=decree_number.strip(),
        decree_date=decree_date,
        signer=signer.strip(),
        granted_by=actor,
        granted_at=now or timezone.now(),
    )
    if proposal.rule.points:
        _points(proposal.placement, f"award:{proposal.pk}", proposal.rule.points, "award_granted")
    audit.record(
        actor=actor,
        action="award.granted",
        obj=award,
        after={"rule": proposal.rule.code, "decree_number": award.decree_number, "decree_date": decree_date},
        actor_label="hr",
    )
    announce(events.AWARD_GRANTED, key=award.pk, award_id=award.pk, proposal_id=proposal.pk)
    return award


@service
def decline_proposal(*, actor: User, proposal_id: uuid.UUID, reason: str, now: datetime | None = None) -> AwardProposal:
    """Not granted, with the reason."""
    proposal = _lock(actor, proposal_id)
    if not reason.strip():
        raise Invalid("required", field="reason")
    advance(proposal, "decline", code="already_decided")
    proposal.declined_by = actor
    proposal.declined_at = now or timezone.now()
    proposal.decline_reason = reason.strip()
    proposal.save()
    audit.record(
        actor=actor, action="award.declined", obj=proposal, after={"status": proposal.status}, actor_label="hr"
    )
    announce(events.AWARD_DECLINED, key=proposal.pk, proposal_id=proposal.pk)
    return proposal


@service
def hand_over_award(*, actor: User, award_id: uuid.UUID, handed_over_on: date) -> Award:
    """Note the day the award was handed over."""
    seen = get_visible_award(actor, award_id)
    award = (
        Award.objects.select_for_update(of=("self",), no_key=True)
        .select_related("proposal__employee", "agency")
        .get(pk=seen.pk)
    )
    require(can_decide(actor, award.proposal), "only_hr_decides")
    if award.handed_over_on is not None:
        raise Conflict("already_decided", about=award, status=award.handed_over_on.isoformat())
    if handed_over_on < award.decree_date:
        raise Invalid("before_decree", field="handed_over_on", decree_date=award.decree_date.isoformat())
    award.handed_over_on = handed_over_on
    award.save()
    audit.record(
        actor=actor, action="award.handed_over", obj=award, after={"handed_over_on": handed_over_on}, actor_label="hr"
    )
    return award


def _lock(actor: User, proposal_id: uuid.UUID) -> AwardProposal:
    seen = get_visible_proposal(actor, proposal_id)
    proposal = (
        AwardProposal.objects.select_for_update(of=("self",), no_key=True)
        .select_related("rule", "employee", "placement", "agency")
        .get(pk=seen.pk)
    )
    require(can_decide(actor, proposal), "only_hr_decides")
    return proposal
