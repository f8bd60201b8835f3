"""Measured levels: one row per employee, competency, source and day; older ones stay as history."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from accounts.models import User
from asn import events
from asn.models import Agency, Assessment, Employee
from asn.permissions import can_assess, can_manage_agency, can_rate_self, visible_employees
from asn.services.agencies import managed_agency
from asn.services.checks import CompetencyCodes, check_choice, check_competency, check_level
from asn.states import AssessmentSource
from core import audit, outbox
from core.dates import years_later
from core.errors import Conflict, Invalid, at_row, require
from core.rows import lock
from core.services import service
from core.text import clean_text


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentRow:
    """One measured level of a batch."""

    employee_id: uuid.UUID
    competency_code: str
    level: int
    source: str
    assessed_on: date
    note: str = ""
    id: uuid.UUID | None = None


_KEY = ("employee_id", "competency_id", "source", "assessed_on")


def _assessment(agency: Agency, row: AssessmentRow, today: date) -> Assessment:
    if row.assessed_on > today:
        raise Invalid("date_in_future", field="assessed_on")
    return Assessment(
        id=row.id or uuid.uuid4(),
        agency=agency,
        employee_id=row.employee_id,
        competency_id=row.competency_code,
        level=check_level(row.level, field="level"),
        source=check_choice(row.source, AssessmentSource.values, code="unknown_source", field="source"),
        assessed_on=row.assessed_on,
        valid_until=years_later(row.assessed_on, agency.assessment_valid_years),
        note=clean_text(row.note, field="note", limit=300, required=False),
    )


@service
def record_assessment(
    *,
    actor: User | None,
    employee_id: uuid.UUID,
    competency_code: str,
    level: int,
    source: str,
    assessed_on: date,
    note: str = "",
    now: datetime | None = None,
) -> Assessment:
    """Note a measured level: the person rates oneself, the supervisor confirms, HR enters tests and centres.

    Announces ``asn.assessment_recorded``.
    """
    employee = lock(visible_employees(actor).select_related("agency"), employee_id)
    _require_source(actor, employee, source)
    check_competency(competency_code)
    row = AssessmentRow(
        employee_id=employee.pk,
        competency_code=competency_code,
        level=level,
        source=source,
        assessed_on=assessed_on,
        note=note,
    )
    assessment = _assessment(employee.agency, row, employee.agency.today(now))
    same_day = Assessment.objects.filter(
        employee=employee, competency=competency_code, source=source, assessed_on=assessed_on
    )
    if same_day.exists():
        raise Conflict("assessment_exists", field="assessed_on")
    assessment.save(force_insert=True)
    audit.record(
        actor=actor,
        action="asn.record_assessment",
        obj=assessment,
        after={"competency": competency_code, "level": level, "source": source, "assessed_on": assessed_on},
    )
    outbox.announce(
        events.ASSESSMENT_RECORDED,
        key=assessment.pk,
        assessment_id=assessment.pk,
        employee_id=employee.pk,
        agency_id=employee.agency_id,
    )
    return assessment


def _require_source(actor: User | None, employee: Employee, source: str) -> None:
    if source == AssessmentSource.SELF:
        require(can_rate_self(actor, employee))
    else:
        require(can_assess(actor, employee))
        if source != AssessmentSource.SUPERVISOR:
            require(can_manage_agency(actor, employee.agency_id), "hr_only")


@service
def import_assessments(
    *, actor: User | None, agency_id: uuid.UUID, rows: Sequence[AssessmentRow], now: datetime | None = None
) -> list[Assessment]:
    """Add measured levels, all or none. Announces nothing: refresh the agency's recommendations afterwards."""
    agency = managed_agency(actor, agency_id)
    codes = CompetencyCodes()
    people = set(Employee.objects.filter(agency=agency).values_list("pk", flat=True))
    today = agency.today(now)
    found: dict[tuple[object, ...], Assessment] = {}
    days = {row.assessed_on for row in rows}
    known = set(Assessment.objects.filter(agency=agency, assessed_on__in=days).values_list(*_KEY))
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            if row.employee_id not in people:
                raise Invalid("unknown_employee", field="employee_id")
            codes.check(row.competency_code, field="competency_code")
            key = (row.employee_id, row.competency_code, row.source, row.assessed_on)
            if key in found or key in known:
                raise Invalid("assessment_exists", field="assessed_on")
            found[key] = _assessment(agency, row, today)
    stored = Assessment.objects.bulk_create(found.values(), batch_size=5000)
    audit.record(
        actor=actor, action="asn.import_assessments", obj=agency, agency_id=agency.pk, after={"rows": len(stored)}
    )
    return stored
