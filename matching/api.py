"""Recommendations with their reasons, and runs of the model."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from ninja.pagination import paginate

from accounts.auth import SignedInRequest
from accounts.roles import Role
from asn.models import Agency, Employee
from asn.permissions import get_visible_agency, get_visible_employee
from core.api import Pages
from core.errors import require
from core.policy import Router
from matching import permissions, selectors, services
from matching.models import MatchPolicy, MatchRun
from matching.schemas import (
    CandidateMatchOut,
    HindrancesOut,
    MatchOut,
    MatchPolicyIn,
    MatchPolicyOut,
    MatchQualityOut,
    MatchRunIn,
    MatchRunOut,
    RecommendationOut,
    SkillReadingOut,
    SkillTextIn,
)
from matching.selectors import Suggestion
from partners.models import Slot
from partners.permissions import get_visible_slot

router = Router(tags=["Matching"])
WATCHERS = (Role.EMPLOYEE, Role.SUPERVISOR, Role.HR, Role.AUDITOR)
OFFICE = (Role.HR, Role.AUDITOR, Role.LEADERSHIP)


@router.get("/recommendations", policy=(Role.EMPLOYEE,), response=list[RecommendationOut])
@paginate(Pages)
def list_my_recommendations(request: SignedInRequest) -> list[Suggestion]:
    """Slots that close my gaps, the best first; only such as still take applications."""
    employee = Employee.objects.select_related("agency").get(user=request.user)
    return selectors.recommendations_for_employee(employee, limit=100)


@router.get("/employees/{uuid:employee_id}/recommendations", policy=WATCHERS, response=list[RecommendationOut])
@paginate(Pages)
def list_recommendations_of(request: SignedInRequest, employee_id: UUID) -> list[Suggestion]:
    """Slots that close somebody's gaps, for those who may see the gaps."""
    employee = get_visible_employee(request.user, employee_id)
    require(permissions.can_view_recommendations(request.user, employee))
    return selectors.recommendations_for_employee(employee, limit=100)


@router.get("/slots/{uuid:slot_id}/recommendations", policy=(Role.HR, Role.AUDITOR), response=list[CandidateMatchOut])
@paginate(Pages)
def list_recommended_people(request: SignedInRequest, slot_id: UUID) -> list[Suggestion]:
    """People of my agency whose gaps the slot closes."""
    slot = get_visible_slot(request.user, slot_id)
    return selectors.recommendations_for_slot(slot, limit=100)


@router.get("/slots/{uuid:slot_id}/explain/{uuid:employee_id}", policy=WATCHERS, response=MatchOut)
def explain_match(request: SignedInRequest, slot_id: UUID, employee_id: UUID) -> dict[str, Any]:
    """The points of one pair taken apart."""
    employee, slot = _pair(request, employee_id, slot_id)
    match = selectors.explain_pair(employee, slot)
    return {
        "employee_id": employee.pk,
        "slot_id": slot.pk,
        "points": match.points,
        "reasons": [_reason(reason) for reason in match.reasons],
    }


@router.get("/slots/{uuid:slot_id}/why-not/{uuid:employee_id}", policy=WATCHERS, response=HindrancesOut)
def explain_absence(request: SignedInRequest, slot_id: UUID, employee_id: UUID) -> dict[str, Any]:
    """What keeps one pair out of the recommendations, and the smallest change that would bring it to their top."""
    employee, slot = _pair(request, employee_id, slot_id)
    pair = selectors.look_at_pair(employee, slot)
    return {
        "employee_id": employee.pk,
        "slot_id": slot.pk,
        "reasons": [_reason(reason) for reason in pair.hindrances],
        "cheapest_change": selectors.cheapest_path(employee, slot, pair=pair),
    }


@router.post(
    "/skills/read", policy=(Role.EMPLOYEE, Role.SUPERVISOR, Role.HR, Role.PARTNER), response=list[SkillReadingOut]
)
def read_skills(request: SignedInRequest, data: SkillTextIn) -> list[selectors.SkillReading]:
    """Which competencies, at which levels, a text speaks of. Nothing is stored; silence means that it says too little."""
    return selectors.read_skills(data.text, data.limit)


@router.get("/match-runs", policy=(Role.HR, Role.AUDITOR, Role.LEADERSHIP, Role.OPERATOR), response=list[MatchRunOut])
@paginate(Pages)
def list_match_runs(request: SignedInRequest) -> QuerySet[MatchRun]:
    """Runs of my agency, the latest first."""
    return permissions.visible_runs(request.user)


@router.post("/match-runs", policy=(Role.HR, Role.OPERATOR), response={202: MatchRunOut})
def request_match(request: SignedInRequest, data: MatchRunIn) -> MatchRun:
    """Ask for all recommendations of my agency anew; a worker does it, and the run tells how far it is."""
    return services.request_full_match(actor=request.user, agency_id=data.agency_id)


@router.get(
    "/match-runs/{uuid:run_id}",
    policy=(Role.HR, Role.AUDITOR, Role.LEADERSHIP, Role.OPERATOR),
    response=MatchRunOut,
)
def get_match_run(request: SignedInRequest, run_id: UUID) -> MatchRun:
    """How far a run has come."""
    return permissions.get_visible_run(request.user, run_id)


@router.get("/agencies/{uuid:agency_id}/match-quality", policy=OFFICE, response=MatchQualityOut)
def get_match_quality(request: SignedInRequest, agency_id: UUID) -> dict[str, Any]:
    """By which model, how sure its percentages are, and how attention was shared out by the last run."""
    agency = _served(request, agency_id)
    run = selectors.last_report(agency)
    return {
        "version": selectors.current_version(agency),
        "calibration": selectors.calibration_of(agency),
        "reported_at": run.finished_at if run else None,
        "report": run.report if run else {},
    }


@router.get("/agencies/{uuid:agency_id}/match-policy", policy=OFFICE, response=MatchPolicyOut)
def get_match_policy(request: SignedInRequest, agency_id: UUID) -> MatchPolicy:
    """What my agency has decided about its recommendations."""
    return selectors.policy_of(_served(request, agency_id))


@router.put("/agencies/{uuid:agency_id}/match-policy", policy=(Role.HR,), response=MatchPolicyOut)
def set_match_policy(request: SignedInRequest, agency_id: UUID, data: MatchPolicyIn) -> MatchPolicy:
    """Set the ceiling on one partner's first places; a new run follows where it changes."""
    return services.set_policy(
        actor=request.user, agency_id=agency_id, first_place_ceiling=data.first_place_ceiling, basis=data.basis
    )


def _served(request: SignedInRequest, agency_id: UUID) -> Agency:
    agency = get_visible_agency(request.user, agency_id)
    require(permissions.can_view_quality(request.user, agency.pk))
    return agency


def _pair(request: SignedInRequest, employee_id: UUID, slot_id: UUID) -> tuple[Employee, Slot]:
    employee = get_visible_employee(request.user, employee_id)
    slot = get_visible_slot(request.user, slot_id)
    require(permissions.can_view_recommendations(request.user, employee))
    return employee, slot


def _reason(reason: Any) -> dict[str, Any]:
    return {
        "code": reason.code,
        "points": reason.points,
        "competency": reason.competency,
        "params": dict(reason.params),
    }
