"""Hard rules between a person and a slot, each with its own refusal. Checked at submission and again at approval."""

from __future__ import annotations

import uuid
from datetime import date

from asn.models import OFFICIAL_SOURCES, Assessment, Employee
from asn.states import EmployeeKind, EmployeeStatus
from core.errors import Conflict
from partners.models import Slot
from partners.services.seats import reserved
from partners.states import SlotStatus
from placements.hours import account_year, ceiling, counted_hours, planned_hours
from placements.models import Application, Placement
from placements.states import RESERVING_PLACEMENT, ConflictOutcome


def check_slot_open(slot: Slot, today: date, unit_id: uuid.UUID) -> None:
    """Whether a person of this unit may apply today.

    Raises Conflict(``slot_full`` | ``slot_reserved`` | ``slot_closed`` | ``deadline_past`` | ``agreement_not_in_force``).
    """
    if slot.status in (SlotStatus.FULL, SlotStatus.PUBLISHED):
        check_seat(slot, today, unit_id)
    if slot.status != SlotStatus.PUBLISHED:
        raise Conflict("slot_closed", slot_id=str(slot.pk), status=slot.get_status_display())
    if slot.apply_by < today:
        raise Conflict("deadline_past", slot_id=str(slot.pk), apply_by=slot.apply_by.isoformat())
    check_agreement(slot)


def check_seat(slot: Slot, today: date, unit_id: uuid.UUID) -> None:
    """A seat must be left for a person of this unit: Conflict(``slot_full`` | ``slot_reserved``)."""
    if slot.status == SlotStatus.FULL or slot.seats_left < 1:
        raise Conflict("slot_full", slot_id=str(slot.pk))
    if slot.seats_for(unit_id, today) < 1:
        raise reserved(slot)


def check_conflict(application: Application) -> None:
    """A declared interest must be judged, and not as forbidden, before anybody is let in."""
    if not application.has_conflict:
        return
    if not application.conflict_outcome:
        raise Conflict("conflict_undecided")
    if application.conflict_outcome == ConflictOutcome.NOT_ALLOWED:
        raise Conflict("conflict_not_allowed")


def check_agreement(slot: Slot) -> None:
    """The agreement must cover the whole period."""
    if not slot.agreement.covers(slot.starts_on, slot.ends_on):
        raise Conflict("agreement_not_in_force", ends_on=slot.agreement.ends_on.isoformat())


def check_person(employee: Employee, slot: Slot) -> None:
    """Status, contract, retirement, prerequisites, overlap and PPPK ceiling; raises Conflict with the rule's code."""
    if employee.status != EmployeeStatus.ACTIVE:
        raise Conflict("employee_not_active", status=employee.get_status_display())
    if employee.retires_on is not None and employee.retires_on <= slot.ends_on:
        raise Conflict("retires_before_end")
    if employee.kind == EmployeeKind.PPPK:
        if employee.contract_starts_on is None or employee.contract_ends_on is None:
            raise Conflict("contract_missing")
        if not (employee.contract_starts_on <= slot.starts_on and slot.ends_on <= employee.contract_ends_on):
            raise Conflict("outside_contract", contract_ends_on=employee.contract_ends_on.isoformat())
    check_prerequisites(employee, slot)
    check_overlap(employee, slot)
    check_ceiling(employee, slot)


def check_in_service(employee: Employee, day: date) -> None:
    """Nobody begins, or goes on, after the last day in service: Conflict(``not_in_service``)."""
    if employee.is_gone(day):
        raise Conflict("not_in_service")


def obstacle(application: Application, slot: Slot) -> Conflict | None:
    """The hard rule because of which somebody who waits is passed over for now; the place in the order is kept."""
    try:
        check_agreement(slot)
        check_conflict(application)
        check_person(application.employee, slot)
    except Conflict as refusal:
        return refusal
    return None


def check_prerequisites(employee: Employee, slot: Slot) -> None:
    """Required prerequisites must be met by the latest official assessment."""
    required = [p for p in slot.prerequisites.select_related("competency") if p.is_required]
    if not required:
        return
    assessed: dict[str, int] = {}
    rows = Assessment.objects.filter(
        employee=employee, source__in=OFFICIAL_SOURCES, competency__in=[p.competency_id for p in required]
    ).order_by("assessed_on", "created_at")
    for row in rows:
        assessed[row.competency_id] = row.level
    for prerequisite in required:
        if assessed.get(prerequisite.competency_id, 0) < prerequisite.level:
            raise Conflict("prerequisite_unmet", competency=prerequisite.competency.name, level=prerequisite.level)


def check_overlap(employee: Employee, slot: Slot) -> None:
    """No second placement that keeps the same days, across partners too."""
    if not slot.policy.blocks_time:
        return
    rival = Placement.objects.filter(
        employee=employee,
        blocks_time=True,
        status__in=RESERVING_PLACEMENT,
        starts_on__lte=slot.ends_on,
        ends_on__gte=slot.starts_on,
    ).first()
    if rival is not None:
        raise Conflict(
            "overlapping_placement", starts_on=rival.starts_on.isoformat(), ends_on=rival.ends_on.isoformat()
        )


def check_ceiling(employee: Employee, slot: Slot) -> None:
    """A placement whose planned JP would pass the PPPK ceiling is blocked (PerLAN 15/2020)."""
    limit = ceiling(employee)
    if limit is None:
        return
    year = account_year(employee, slot.ends_on)
    used = counted_hours(employee, year) + planned_hours(employee, year)
    planned = slot.jp_planned
    if used + planned > limit:
        raise Conflict("pppk_ceiling", used=used, planned=planned, limit=limit)
