"""Who may see and who may do in the room of agencies and their people.

``user`` is None for the system itself (nightly work, imports by command); a visitor's request never is.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from rules.predicates import Predicate

from accounts.models import User
from accounts.roles import Role, giving
from asn.models import ActingPeriod, Agency, AgencyMembership, Assessment, Correction, Employee, Position, Unit
from asn.states import GONE, AgencyRole, AssessmentSource, Capacity
from asn.superiors import is_superior, stands_in_for
from core.rows import find


def roles(user: User) -> tuple[QuerySet[Any, Any], ...]:
    """Where the roles stand that memberships and the employee's own row give."""
    working = Employee.objects.filter(user=user).exclude(status__in=GONE)
    leading = working.filter(
        Exists(Employee.objects.filter(supervisor=OuterRef("pk")))
        | Exists(Unit.objects.filter(head=OuterRef("pk")))
        | Exists(ActingPeriod.objects.on_duty().filter(acting=OuterRef("pk")))
    )
    memberships = _memberships(user).order_by().values_list("role")
    return memberships, giving(Role.EMPLOYEE, working), giving(Role.SUPERVISOR, leading)


def _memberships(user: User | None, *wanted: AgencyRole) -> QuerySet[AgencyMembership]:
    found = AgencyMembership.objects.filter(user=user, is_active=True)
    return found.filter(role__in=wanted) if wanted else found


def agencies_of(user: User | None, *wanted: AgencyRole) -> QuerySet[AgencyMembership, uuid.UUID]:
    """Ids of the agencies the user serves in one of these roles, as a subquery."""
    return _memberships(user, *wanted).values_list("agency_id", flat=True)


def visible_agencies(user: User | None) -> QuerySet[Agency]:
    """The agencies one works in or serves; operators and the system see all."""
    if user is None or user.is_superuser:
        return Agency.objects.all()
    own = Employee.objects.filter(user=user).values("agency_id")
    return Agency.objects.filter(Q(pk__in=agencies_of(user)) | Q(pk__in=own))


def get_visible_agency(user: User | None, agency_id: uuid.UUID) -> Agency:
    """The agency, or NotFound."""
    return find(visible_agencies(user), agency_id)


def visible_units(user: User | None) -> QuerySet[Unit]:
    """Units of one's own agencies."""
    return Unit.objects.all() if user is None else Unit.objects.filter(agency__in=visible_agencies(user))


def get_visible_unit(user: User | None, unit_id: uuid.UUID) -> Unit:
    """The unit, or NotFound."""
    return find(visible_units(user), unit_id)


def visible_positions(user: User | None) -> QuerySet[Position]:
    """Positions of one's own agencies."""
    return Position.objects.all() if user is None else Position.objects.filter(agency__in=visible_agencies(user))


def get_visible_position(user: User | None, position_id: uuid.UUID) -> Position:
    """The position, or NotFound."""
    return find(visible_positions(user), position_id)


def visible_employees(user: User | None) -> QuerySet[Employee]:
    """Oneself, those one supervises or decides for today, and for HR and auditors everyone of their agency."""
    if user is None:
        return Employee.objects.all()
    own = Employee.objects.filter(user=user).values("pk")
    return Employee.objects.filter(
        Q(user=user)
        | Q(supervisor__in=own)
        | stands_in_for(user)
        | Q(agency__in=agencies_of(user, AgencyRole.HR, AgencyRole.AUDITOR))
    )


def get_visible_employee(user: User | None, employee_id: uuid.UUID) -> Employee:
    """The employee, or NotFound."""
    return find(visible_employees(user), employee_id)


def visible_acting_periods(user: User | None) -> QuerySet[ActingPeriod]:
    """Those of oneself, on either side, and for HR and auditors all of their agency."""
    if user is None:
        return ActingPeriod.objects.all()
    return ActingPeriod.objects.filter(
        Q(acting__user=user) | Q(holder__user=user) | Q(agency__in=agencies_of(user, AgencyRole.HR, AgencyRole.AUDITOR))
    )


def get_visible_acting_period(user: User | None, period_id: uuid.UUID) -> ActingPeriod:
    """The period, or NotFound."""
    return find(visible_acting_periods(user), period_id)


def can_end_acting(user: User | None, period: ActingPeriod) -> bool:
    """HR any of its agency; a supervisor the own delegation. Nobody who acts keeps or drops the power alone."""
    if can_manage_agency(user, period.agency_id):
        return True
    return period.capacity == Capacity.DELEGATE and period.holder is not None and period.holder.user_id == user.pk  # type: ignore[union-attr]


def visible_assessments(user: User | None) -> QuerySet[Assessment]:
    """Assessments of the employees one sees."""
    if user is None:
        return Assessment.objects.all()
    return Assessment.objects.filter(employee__in=visible_employees(user))


def get_visible_assessment(user: User | None, assessment_id: uuid.UUID) -> Assessment:
    """The assessment, or NotFound."""
    return find(visible_assessments(user), assessment_id)


def visible_corrections(user: User | None) -> QuerySet[Correction]:
    """One's own, and for HR and auditors those of their agency; a supervisor learns only that a level is contested."""
    if user is None:
        return Correction.objects.all()
    return Correction.objects.filter(
        Q(employee__user=user) | Q(agency__in=agencies_of(user, AgencyRole.HR, AgencyRole.AUDITOR))
    )


def get_visible_correction(user: User | None, correction_id: uuid.UUID) -> Correction:
    """The request, or NotFound."""
    return find(visible_corrections(user), correction_id)


def _is_self(user: User, employee: Employee) -> bool:
    return employee.user_id == user.pk


def _is_supervisor(user: User, employee: Employee) -> bool:
    return Employee.objects.filter(subordinates=employee, user=user).exists() or is_superior(user, employee)


def _is_hr(user: User, employee: Employee) -> bool:
    return serves(user, employee.agency_id, AgencyRole.HR)


def _is_auditor(user: User, employee: Employee) -> bool:
    return serves(user, employee.agency_id, AgencyRole.AUDITOR)


_oneself, _supervisor, _hr, _auditor = (Predicate(p) for p in (_is_self, _is_supervisor, _is_hr, _is_auditor))
_may_view_gaps = _oneself | _supervisor | _hr | _auditor
_may_assess = (_supervisor | _hr) & ~_oneself


def serves(user: User | None, agency_id: uuid.UUID, *wanted: AgencyRole) -> bool:
    """Whether the user serves this agency in one of these roles."""
    return user is not None and _memberships(user, *wanted).filter(agency_id=agency_id).exists()


def can_manage_agency(user: User | None, agency_id: uuid.UUID) -> bool:
    """HR keeps the agency's people, positions and standards; so may the system."""
    return user is None or serves(user, agency_id, AgencyRole.HR)


def can_view_gaps(user: User | None, employee: Employee) -> bool:
    """Oneself, the direct supervisor, HR and auditors of the agency."""
    return user is None or bool(_may_view_gaps(user, employee))


def can_assess(user: User | None, employee: Employee) -> bool:
    """HR and the direct supervisor, never on oneself; imports run as the system."""
    return user is None or bool(_may_assess(user, employee))


def can_rate_self(user: User | None, employee: Employee) -> bool:
    """Only the person."""
    return user is not None and bool(_is_self(user, employee))


def can_request_correction(user: User, assessment: Assessment) -> bool:
    """Only the person, of what others measured: a self-rating is simply given anew."""
    return assessment.source != AssessmentSource.SELF and _is_self(user, assessment.employee)


def can_decide_correction(user: User, correction: Correction) -> bool:
    """HR of the agency, never on one's own."""
    return _is_hr(user, correction.employee) and not _is_self(user, correction.employee)


def can_withdraw_correction(user: User, correction: Correction) -> bool:
    """Only the person."""
    return _is_self(user, correction.employee)
