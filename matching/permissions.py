"""Who may see recommendations, and who may ask for new ones."""

from __future__ import annotations

import uuid

from django.db.models import QuerySet

from accounts.models import User
from asn.models import Employee
from asn.permissions import agencies_of, can_manage_agency, can_view_gaps, serves
from asn.states import AgencyRole
from core.rows import find
from matching.models import MatchRun


def visible_runs(user: User | None) -> QuerySet[MatchRun]:
    """Runs of the agencies one serves as HR, leadership or auditor; operators and the system see all."""
    if user is None or user.is_superuser:
        return MatchRun.objects.all()
    return MatchRun.objects.filter(agency__in=agencies_of(user, *AgencyRole))


def get_visible_run(user: User | None, run_id: uuid.UUID) -> MatchRun:
    """The run, or NotFound."""
    return find(visible_runs(user), run_id)


def can_view_recommendations(user: User | None, employee: Employee) -> bool:
    """Whoever may see the gaps they rest on."""
    return can_view_gaps(user, employee)


def can_request_match(user: User | None, agency_id: uuid.UUID) -> bool:
    """HR of the agency, operators and the system."""
    return can_manage_agency(user, agency_id) or (user is not None and user.is_superuser)


def can_view_quality(user: User | None, agency_id: uuid.UUID) -> bool:
    """Whoever serves the agency, and the system: figures over groups, no single person."""
    return user is None or serves(user, agency_id, *AgencyRole)


def can_set_policy(user: User | None, agency_id: uuid.UUID) -> bool:
    """HR of the agency, and the system."""
    return can_manage_agency(user, agency_id)
