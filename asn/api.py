"""Agencies, the catalogue, people with their gaps and assessments."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from ninja import Query
from ninja.pagination import paginate

from accounts.auth import SignedInRequest
from accounts.roles import Role
from asn import permissions, selectors, services
from asn.models import (
    ActingPeriod,
    Agency,
    Assessment,
    Competency,
    CompetencyLevel,
    Correction,
    Employee,
    Letterhead,
    Position,
    Unit,
    in_current_language,
)
from asn.schemas import (
    ActingPeriodFilters,
    ActingPeriodIn,
    ActingPeriodOut,
    AgencyDetailOut,
    AgencyOut,
    AssessmentIn,
    AssessmentOut,
    CompetencyDetailOut,
    CompetencyFilters,
    CompetencyOut,
    CorrectionAcceptIn,
    CorrectionFilters,
    CorrectionIn,
    CorrectionOut,
    CorrectionRefuseIn,
    DeadlinesIn,
    DelegationIn,
    EmployeeFilters,
    EmployeeOut,
    EmploymentIn,
    GapOut,
    LetterheadIn,
    LetterheadOut,
    PositionDetailOut,
    PositionOut,
    ProfileOut,
    SuperiorOut,
    SupervisorIn,
    UnitHeadIn,
    UnitOut,
)
from asn.superiors import superior_of
from core.api import Pages
from core.errors import NotFound, require
from core.policy import Router

router = Router()
STAFF = (Role.EMPLOYEE, Role.HR, Role.AUDITOR, Role.LEADERSHIP, Role.OPERATOR)
WATCHERS = (Role.EMPLOYEE, Role.SUPERVISOR, Role.HR, Role.AUDITOR)


@router.get("/agencies", policy=(Role.SIGNED_IN,), response=list[AgencyOut], tags=["Agencies"])
@paginate(Pages)
def list_agencies(request: SignedInRequest) -> QuerySet[Agency]:
    """All agencies by name and city: a partner chooses here whom to ask for verification."""
    return Agency.objects.all()


@router.get("/agencies/{uuid:agency_id}", policy=STAFF, response=AgencyDetailOut, tags=["Agencies"])
def get_agency(request: SignedInRequest, agency_id: UUID) -> Agency:
    """An agency I work in or serve, with its policy numbers."""
    return permissions.get_visible_agency(request.user, agency_id)


@router.put("/agencies/{uuid:agency_id}/deadlines", policy=(Role.HR,), response=AgencyDetailOut, tags=["Agencies"])
def set_deadlines(request: SignedInRequest, agency_id: UUID, data: DeadlinesIn) -> Agency:
    """How long each side has from now on, and how long an offer counts as confirmed."""
    days = data.model_dump(exclude_none=True)
    return services.set_deadlines(actor=request.user, agency_id=agency_id, **days)


@router.put("/agencies/{uuid:agency_id}/letterhead", policy=(Role.HR,), response=LetterheadOut, tags=["Agencies"])
def set_letterhead(request: SignedInRequest, agency_id: UUID, data: LetterheadIn) -> Letterhead:
    """What stands at the head and the foot of letters made from now on."""
    return services.set_letterhead(actor=request.user, agency_id=agency_id, **data.model_dump())


@router.get("/units", policy=STAFF, response=list[UnitOut], tags=["Agencies"])
@paginate(Pages)
def list_units(request: SignedInRequest) -> QuerySet[Unit]:
    """Units of my agencies."""
    return permissions.visible_units(request.user)


@router.get("/positions", policy=STAFF, response=list[PositionOut], tags=["Agencies"])
@paginate(Pages)
def list_positions(request: SignedInRequest) -> QuerySet[Position]:
    """Positions of my agencies."""
    return permissions.visible_positions(request.user)


@router.get("/positions/{uuid:position_id}", policy=STAFF, response=PositionDetailOut, tags=["Agencies"])
def get_position(request: SignedInRequest, position_id: UUID) -> dict[str, Any]:
    """A position with the levels it requires, and which standard says so."""
    position = permissions.get_visible_position(request.user, position_id)
    required = selectors.required_levels([position])[position.pk]
    return PositionOut.from_orm(position).model_dump(by_alias=True) | {
        "required": [
            {"competency": code, "level": line.level, "source": line.source, "is_example": line.is_example}
            for code, line in sorted(required.items())
        ]
    }


@router.get("/competencies", policy=(Role.SIGNED_IN,), response=list[CompetencyOut], tags=["Agencies"])
@paginate(Pages)
def list_competencies(request: SignedInRequest, filters: Query[CompetencyFilters]) -> QuerySet[Competency]:
    """The catalogue."""
    return filters.filter(Competency.objects.all())


@router.get("/competencies/{code}", policy=(Role.SIGNED_IN,), response=CompetencyDetailOut, tags=["Agencies"])
def get_competency(request: SignedInRequest, code: str) -> dict[str, Any]:
    """A line of the catalogue with what each level means."""
    competency = Competency.objects.filter(pk=code).first() if code.isprintable() else None
    if competency is None:
        raise NotFound()
    described = CompetencyLevel.objects.filter(Q(competency=competency) | Q(competency=None))
    # The catalogue's general level comes first, and gives way to the competency's own.
    own = {row.level: row for row in described.order_by("level", F("competency").asc(nulls_first=True))}
    return CompetencyOut.from_orm(competency).model_dump() | {
        "description": competency.description_id,
        "source": competency.source,
        "levels": [
            {"level": n, "name": in_current_language(row, "name"), "descriptor": row.descriptor}
            for n, row in sorted(own.items())
        ],
    }


@router.get("/employees", policy=(Role.HR, Role.AUDITOR, Role.SUPERVISOR), response=list[EmployeeOut], tags=["People"])
@paginate(Pages)
def list_employees(request: SignedInRequest, filters: Query[EmployeeFilters]) -> QuerySet[Employee]:
    """People I see: of my agency (HR, auditor), or those I lead (supervisor)."""
    return filters.filter(permissions.visible_employees(request.user).select_related("unit", "position"))


@router.get("/employees/me", policy=(Role.EMPLOYEE,), response=ProfileOut, tags=["People"])
def get_my_profile(request: SignedInRequest) -> Employee:
    """Myself."""
    return Employee.objects.select_related("unit", "position", "supervisor").get(user=request.user)


@router.get("/employees/{uuid:employee_id}", policy=WATCHERS, response=EmployeeOut, tags=["People"])
def get_employee(request: SignedInRequest, employee_id: UUID) -> Employee:
    """One person."""
    return permissions.get_visible_employee(request.user, employee_id)


@router.get("/employees/{uuid:employee_id}/gaps", policy=WATCHERS, response=list[GapOut], tags=["People"])
def list_gaps(request: SignedInRequest, employee_id: UUID) -> list[Any]:
    """Gaps of one person, the weightiest first."""
    employee = permissions.get_visible_employee(request.user, employee_id)
    require(permissions.can_view_gaps(request.user, employee))
    return selectors.gap_profile(employee)


@router.put("/employees/{uuid:employee_id}/supervisor", policy=(Role.HR,), response=EmployeeOut, tags=["People"])
def set_supervisor(request: SignedInRequest, employee_id: UUID, data: SupervisorIn) -> Employee:
    """Say who a person answers to."""
    return services.set_supervisor(actor=request.user, employee_id=employee_id, supervisor_id=data.supervisor_id)


@router.put("/employees/{uuid:employee_id}/employment", policy=(Role.HR,), response=EmployeeOut, tags=["People"])
def change_employment(request: SignedInRequest, employee_id: UUID, data: EmploymentIn) -> Employee:
    """Enter another unit or position, leave, retirement, end of contract; what is under way becomes a task for HR."""
    return services.change_employment(actor=request.user, employee_id=employee_id, **data.model_dump())


@router.get("/employees/{uuid:employee_id}/superior", policy=WATCHERS, response=SuperiorOut, tags=["People"])
def get_superior(request: SignedInRequest, employee_id: UUID) -> dict[str, Any]:
    """Who decides for a person today, and as what; all empty where HR has to name somebody."""
    found = superior_of(permissions.get_visible_employee(request.user, employee_id))
    if found is None:
        return {"name": "", "capacity": "", "in_place_of": "", "until": None}
    period = found.period
    return {
        "name": found.employee.full_name,
        "capacity": found.capacity,
        "in_place_of": found.holder.full_name if found.holder is not None else "",
        "until": period.ends_on if period is not None else None,
    }


@router.put("/units/{uuid:unit_id}/head", policy=(Role.HR,), response=UnitOut, tags=["Agencies"])
def set_unit_head(request: SignedInRequest, unit_id: UUID, data: UnitHeadIn) -> Unit:
    """Say who holds the leading post of a unit, or that it is vacant."""
    return services.set_unit_head(actor=request.user, unit_id=unit_id, employee_id=data.employee_id)


@router.get(
    "/acting-periods", policy=(Role.HR, Role.AUDITOR, Role.SUPERVISOR), response=list[ActingPeriodOut], tags=["People"]
)
@paginate(Pages)
def list_acting_periods(request: SignedInRequest, filters: Query[ActingPeriodFilters]) -> QuerySet[ActingPeriod]:
    """Who stands in for whom: of my agency (HR, auditor), or on either side myself."""
    rows = permissions.visible_acting_periods(request.user)
    return filters.filter(rows.select_related("acting", "holder", "unit"))


@router.post("/acting-periods", policy=(Role.HR,), response={201: ActingPeriodOut}, tags=["People"])
def name_acting(request: SignedInRequest, data: ActingPeriodIn) -> ActingPeriod:
    """Enter a Plh. for an absent holder or a Plt. for a vacant post, by its order."""
    return services.name_acting(actor=request.user, **data.model_dump())


@router.post("/delegations", policy=(Role.SUPERVISOR,), response={201: ActingPeriodOut}, tags=["People"])
def delegate_decisions(request: SignedInRequest, data: DelegationIn) -> ActingPeriod:
    """Let somebody of my agency decide for my people from one day to another."""
    return services.delegate_decisions(actor=request.user, **data.model_dump())


@router.post(
    "/acting-periods/{uuid:period_id}/end",
    policy=(Role.HR, Role.SUPERVISOR),
    response=ActingPeriodOut,
    tags=["People"],
)
def end_acting(request: SignedInRequest, period_id: UUID) -> ActingPeriod:
    """End a period early; what is undecided goes back to the holder."""
    return services.end_acting(actor=request.user, period_id=period_id)


@router.get("/employees/{uuid:employee_id}/assessments", policy=WATCHERS, response=list[AssessmentOut], tags=["People"])
@paginate(Pages)
def list_assessments(request: SignedInRequest, employee_id: UUID) -> QuerySet[Assessment]:
    """Assessments of one person, the latest first."""
    employee = permissions.get_visible_employee(request.user, employee_id)
    rows = permissions.visible_assessments(request.user).filter(employee=employee)
    return rows.select_related("competency")


@router.post(
    "/employees/{uuid:employee_id}/assessments",
    policy=(Role.EMPLOYEE, Role.HR, Role.SUPERVISOR),
    response={201: AssessmentOut},
    tags=["People"],
)
def record_assessment(request: SignedInRequest, employee_id: UUID, data: AssessmentIn) -> Assessment:
    """Record a level: oneself, the supervisor or HR, each by their source; recommendations follow by themselves."""
    return services.record_assessment(
        actor=request.user,
        employee_id=employee_id,
        competency_code=data.competency,
        level=data.level,
        source=data.source,
        assessed_on=data.assessed_on,
        note=data.note,
    )


@router.get(
    "/corrections", policy=(Role.EMPLOYEE, Role.HR, Role.AUDITOR), response=list[CorrectionOut], tags=["People"]
)
@paginate(Pages)
def list_corrections(request: SignedInRequest, filters: Query[CorrectionFilters]) -> QuerySet[Correction]:
    """Requests to correct a level: my own, and of my agency (HR, auditor); the nearest deadline first."""
    return filters.filter(permissions.visible_corrections(request.user).select_related("assessment"))


@router.get(
    "/corrections/{uuid:correction_id}",
    policy=(Role.EMPLOYEE, Role.HR, Role.AUDITOR),
    response=CorrectionOut,
    tags=["People"],
)
def get_correction(request: SignedInRequest, correction_id: UUID) -> Correction:
    """One request."""
    return permissions.get_visible_correction(request.user, correction_id)


@router.post(
    "/assessments/{uuid:assessment_id}/corrections",
    policy=(Role.EMPLOYEE,),
    response={201: CorrectionOut},
    tags=["People"],
)
def request_correction(request: SignedInRequest, assessment_id: UUID, data: CorrectionIn) -> Correction:
    """Say that my measured level is wrong; HR answers within 3 × 24 hours."""
    return services.request_correction(actor=request.user, assessment_id=assessment_id, **data.model_dump())


@router.post("/corrections/{uuid:correction_id}/review", policy=(Role.HR,), response=CorrectionOut, tags=["People"])
def review_correction(request: SignedInRequest, correction_id: UUID) -> Correction:
    """Say that somebody looks at it; the clock runs on."""
    return services.review_correction(actor=request.user, correction_id=correction_id)


@router.post("/corrections/{uuid:correction_id}/accept", policy=(Role.HR,), response=CorrectionOut, tags=["People"])
def accept_correction(request: SignedInRequest, correction_id: UUID, data: CorrectionAcceptIn) -> Correction:
    """Enter the right level as a new assessment; the contested one stays as history."""
    return services.accept_correction(actor=request.user, correction_id=correction_id, **data.model_dump())


@router.post("/corrections/{uuid:correction_id}/refuse", policy=(Role.HR,), response=CorrectionOut, tags=["People"])
def refuse_correction(request: SignedInRequest, correction_id: UUID, data: CorrectionRefuseIn) -> Correction:
    """Leave the level as it is, for a coded reason."""
    return services.refuse_correction(actor=request.user, correction_id=correction_id, **data.model_dump())


@router.post(
    "/corrections/{uuid:correction_id}/withdraw", policy=(Role.EMPLOYEE,), response=CorrectionOut, tags=["People"]
)
def withdraw_correction(request: SignedInRequest, correction_id: UUID) -> Correction:
    """Take my request back."""
    return services.withdraw_correction(actor=request.user, correction_id=correction_id)
