"""Who decides while a post is vacant or its holder is away."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from asn import events
from asn.models import ActingPeriod, Agency, Employee, Unit, today_there
from asn.permissions import (
    can_end_acting,
    can_manage_agency,
    get_visible_acting_period,
    visible_employees,
    visible_units,
)
from asn.services.agencies import managed_agency
from asn.services.checks import check_choice
from asn.states import AT_WORK, ActingReason, Capacity
from asn.superiors import superior_of
from core import audit, outbox
from core.errors import Conflict, Invalid, NotAllowed, require
from core.rows import lock
from core.services import service
from core.text import clean_text

LONGEST_DAYS = 366
TOLD_WITHIN = timedelta(days=7)  # news that is older is none


@service
def name_acting(
    *,
    actor: User | None,
    agency_id: uuid.UUID,
    capacity: str,
    acting_id: uuid.UUID,
    starts_on: date,
    ends_on: date,
    reason: str,
    order_number: str,
    order_date: date,
    holder_id: uuid.UUID | None = None,
    unit_id: uuid.UUID | None = None,
    note: str = "",
    now: datetime | None = None,
) -> ActingPeriod:
    """HR enters a Plh. for an absent holder or a Plt. for the vacant post of a unit, by an order.

    Raises Invalid at the field, Conflict(``acting_overlap`` | ``post_not_vacant``). Announces ``asn.acting_named``.
    """
    agency = managed_agency(actor, agency_id)
    check_choice(capacity, (Capacity.PLT, Capacity.PLH), code="unknown_choice", field="capacity")
    order: dict[str, Any] = {
        "order_number": clean_text(order_number, field="order_number", limit=80),
        "order_date": order_date,
    }
    if capacity == Capacity.PLT:
        unit = Unit.objects.select_related("head").filter(agency=agency, pk__in=[unit_id]).first()
        if unit is None:
            raise Invalid("unknown_unit", field="unit_id")
        if unit.head is not None and unit.head.status in AT_WORK:
            raise Conflict("post_not_vacant", field="unit_id")
        return _name(actor, agency, Capacity.PLT, acting_id, starts_on, ends_on, reason, note, now, unit=unit, **order)
    holder = Employee.objects.filter(agency=agency, pk__in=[holder_id]).first()
    if holder is None:
        raise Invalid("unknown_employee", field="holder_id")
    return _name(actor, agency, Capacity.PLH, acting_id, starts_on, ends_on, reason, note, now, holder=holder, **order)


@service
def delegate_decisions(
    *,
    actor: User,
    acting_id: uuid.UUID,
    starts_on: date,
    ends_on: date,
    reason: str,
    note: str = "",
    now: datetime | None = None,
) -> ActingPeriod:
    """A supervisor lets somebody of the agency decide for the own people from one day to another.

    Raises Invalid at the field, NotAllowed(``only_supervisor_delegates``), Conflict(``acting_overlap``).
    Announces ``asn.acting_named``.
    """
    holder = Employee.objects.select_related("agency").filter(user=actor, status__in=AT_WORK).first()
    if holder is None or not (holder.subordinates.exists() or holder.headed_units.exists()):
        raise NotAllowed("only_supervisor_delegates")
    return _name(
        actor, holder.agency, Capacity.DELEGATE, acting_id, starts_on, ends_on, reason, note, now, holder=holder
    )


def _name(
    actor: User | None,
    agency: Agency,
    capacity: Capacity,
    acting_id: uuid.UUID,
    starts_on: date,
    ends_on: date,
    reason: str,
    note: str,
    now: datetime | None,
    *,
    holder: Employee | None = None,
    unit: Unit | None = None,
    **order: Any,
) -> ActingPeriod:
    acting = Employee.objects.filter(agency=agency, pk=acting_id, status__in=AT_WORK, user__isnull=False).first()
    if acting is None:
        raise Invalid("unknown_stand_in", field="acting_id")
    if holder is not None and acting.pk == holder.pk:
        raise Invalid("acting_for_oneself", field="acting_id")
    if ends_on < starts_on:
        raise Invalid("ends_before_start", field="ends_on")
    if ends_on < agency.today(now):
        raise Invalid("period_is_over", field="ends_on")
    if (ends_on - starts_on).days >= LONGEST_DAYS:
        raise Invalid("acting_too_long", field="ends_on", limit=LONGEST_DAYS)
    check_choice(reason, ActingReason.values, code="unknown_reason", field="reason")
    if reason == ActingReason.OTHER and not note.strip():
        raise Invalid("note_required", field="note")
    period = ActingPeriod(
        agency=agency,
        capacity=capacity,
        holder=holder,
        unit=unit,
        acting=acting,
        starts_on=starts_on,
        ends_on=ends_on,
        reason=reason,
        note=clean_text(note, field="note", limit=300, required=False),
        named_by=actor,
        **order,
    )
    try:
        with transaction.atomic():
            period.save(force_insert=True)
    except IntegrityError as error:
        if "acting_one_a_" not in str(error):
            raise
        raise Conflict("acting_overlap", field="starts_on") from error
    audit.record(
        actor=actor,
        action="asn.name_acting",
        obj=period,
        after={
            "capacity": capacity.value,
            "acting": acting.pk,
            "holder": holder.pk if holder else None,
            "unit": unit.pk if unit else None,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "reason": reason,
        },
    )
    outbox.announce(events.ACTING_NAMED, key=period.pk, period_id=period.pk, agency_id=agency.pk)
    return period


@service
def end_acting(*, actor: User, period_id: uuid.UUID, now: datetime | None = None) -> ActingPeriod:
    """End a period before its last day: what is not decided goes back to the holder at once.

    Raises Conflict(``acting_over``). Announces ``asn.acting_ended``.
    """
    seen = get_visible_acting_period(actor, period_id)
    period = lock(ActingPeriod.objects.select_related("agency", "holder"), seen.pk)
    require(can_end_acting(actor, period))
    if period.ended_at is not None or period.ends_on < period.agency.today(now):
        raise Conflict("acting_over", about=period)
    period.ended_by, period.ended_at = actor, now or timezone.now()
    period.save(update_fields=("ended_by", "ended_at", "updated_at"))
    audit.record(actor=actor, action="asn.end_acting", obj=period, after={"capacity": period.capacity})
    outbox.announce(events.ACTING_ENDED, key=period.pk, period_id=period.pk, agency_id=period.agency_id)
    return period


@service
def tell_ended_periods(*, now: datetime | None = None) -> int:
    """Announce each period whose last day is over, once; returns how many ended within a week.

    Announces ``asn.acting_lapsed``.
    """
    today = today_there(now)
    ended = ActingPeriod.objects.standing().filter(ends_on__lt=today, ends_on__gte=today - TOLD_WITHIN)
    told = 0
    for pk, agency_id in ended.order_by("pk").values_list("pk", "agency_id"):
        outbox.announce(events.ACTING_LAPSED, key=pk, period_id=pk, agency_id=agency_id)
        told += 1
    return told


@service
def set_unit_head(*, actor: User | None, unit_id: uuid.UUID, employee_id: uuid.UUID | None) -> Unit:
    """Say who holds the leading post of a unit, or that it is vacant.

    Raises Invalid(``unknown_employee`` | ``head_not_at_work`` on employee_id).
    """
    unit = lock(visible_units(actor), unit_id)
    require(can_manage_agency(actor, unit.agency_id))
    if employee_id is not None:
        person = Employee.objects.filter(agency=unit.agency_id, pk=employee_id).first()
        if person is None:
            raise Invalid("unknown_employee", field="employee_id")
        if person.status not in AT_WORK:
            raise Invalid("head_not_at_work", field="employee_id", status=person.get_status_display())
    before, unit.head_id = unit.head_id, employee_id
    unit.save(update_fields=("head", "updated_at"))
    audit.record(
        actor=actor, action="asn.set_unit_head", obj=unit, before={"head": before}, after={"head": employee_id}
    )
    return unit


@service
def report_missing_superior(*, actor: User) -> bool:
    """Tell HR, once a day, that nobody can decide for the employee who asks. Returns whether that is so.

    Announces ``asn.superior_missing``.
    """
    employee = visible_employees(actor).select_related("agency", "supervisor__user").filter(user=actor).first()
    if employee is None or superior_of(employee) is not None:
        return False
    outbox.announce(
        events.SUPERIOR_MISSING,
        key=f"{employee.pk}:{employee.agency.today().isoformat()}",
        employee_id=employee.pk,
        agency_id=employee.agency_id,
    )
    return True
