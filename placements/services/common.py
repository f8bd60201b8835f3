"""What the services of this room share: locks in their one order, deadlines, and what matching is told."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from asn.models import Agency, Employee
from core.errors import Conflict, Invalid
from core.text import clean_text
from matching import services as matching
from mentors.models import Mentor
from partners.kinds import all_kinds
from placements.hours import hours_left
from placements.models import Application, Placement
from placements.permissions import get_visible_application, get_visible_placement
from placements.states import RESERVING_PLACEMENT, ApplicationStatus, PlacementStatus


def lock_application(actor: User, application_id: uuid.UUID) -> Application:
    """Lock employee, then application, and re-read; a foreign id is NotFound."""
    seen = get_visible_application(actor, application_id)
    return relock_application(seen.pk, seen.employee_id)


def relock_application(application_id: uuid.UUID, employee_id: uuid.UUID) -> Application:
    """Lock employee, then application, without asking who wants it."""
    Employee.objects.select_for_update(of=("self",), no_key=True).get(pk=employee_id)
    return (
        Application.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "agency", "employee__agency", "employee__supervisor", "slot__agreement", "slot__partner", "slot__agency"
        )
        .get(pk=application_id)
    )


def lock_placement(actor: User, placement_id: uuid.UUID) -> Placement:
    """Lock employee, then placement, and re-read; a foreign id is NotFound."""
    seen = get_visible_placement(actor, placement_id)
    Employee.objects.select_for_update(of=("self",), no_key=True).get(pk=seen.employee_id)
    return (
        Placement.objects.select_for_update(of=("self",), no_key=True)
        .select_related(
            "agency", "employee__agency", "application", "slot__agreement", "slot__partner", "slot__agency", "mentor"
        )
        .get(pk=placement_id)
    )


def lock_mentor(mentor_id: uuid.UUID) -> Mentor:
    """Lock a mentor: after employee, application or placement, and slot."""
    return Mentor.objects.select_for_update(no_key=True).get(pk=mentor_id)


def has_room(mentor: Mentor, starts_on: date, ends_on: date, *, without: Placement | None = None) -> bool:
    """Whether a locked mentor may guide one more in a period: on no day of it more than ``capacity``."""
    guided = [kind.code for kind in all_kinds() if kind.needs_mentor]
    rows = Placement.objects.filter(
        mentor=mentor,
        status__in=RESERVING_PLACEMENT,
        slot__kind__in=guided,
        starts_on__lte=ends_on,
        ends_on__gte=starts_on,
    )
    if without is not None:
        rows = rows.exclude(pk=without.pk)
    periods = list(rows.values_list("starts_on", "ends_on"))
    # Nobody joins between two first days: it is enough to count there.
    first_days = {starts_on, *(max(first, starts_on) for first, _ in periods)}
    return all(sum(first <= day <= last for first, last in periods) < mentor.capacity for day in first_days)


def check_room(mentor_id: uuid.UUID, placement: Placement) -> None:
    """Raise Conflict(``mentor_full`` on mentor_id) when the mentor guides as many at one time as capacity says.

    Where the kind does not ask for a mentor of each participant, whoever leads the group has room.
    """
    if not placement.policy.needs_mentor:
        return
    mentor = lock_mentor(mentor_id)
    if not has_room(mentor, placement.starts_on, placement.ends_on, without=placement):
        raise Conflict("mentor_full", field="mentor_id", capacity=mentor.capacity)


def deadline(agency: Agency, days: int, now: datetime | None = None) -> datetime:
    """The moment the local day ``days`` from today ends: "until 5 May" ends when 6 May begins there."""
    last_day = agency.today(now) + timedelta(days=days)
    return datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=agency.zone)


def moment(now: datetime | None) -> datetime:
    """``now``, or the clock's."""
    return now or timezone.now()


def push_availability(employee: Employee) -> None:
    """Tell matching when the person is taken, which slots are out, and how many hours are left."""
    row = availability_of(employee)
    matching.set_availability(
        employee_id=row.employee_id, busy=row.busy, hours_left=row.hours_left, applied_slots=row.applied_slots
    )


def availability_of(employee: Employee) -> matching.AvailabilityRow:
    """What matching should know of the person."""
    busy = [
        (p.starts_on, p.ends_on)
        for p in Placement.objects.filter(employee=employee, blocks_time=True, status__in=RESERVING_PLACEMENT)
    ]
    applied = list(
        Application.objects.filter(employee=employee)
        .exclude(status__in=(ApplicationStatus.DRAFT, ApplicationStatus.WITHDRAWN))
        .values_list("slot_id", flat=True)
    )
    return matching.AvailabilityRow(
        employee_id=employee.pk, busy=sorted(busy), hours_left=hours_left(employee), applied_slots=sorted(set(applied))
    )


def facts(row: Any, *fields: str) -> dict[str, Any]:
    """Values for an audit row."""
    return {field: getattr(row, field) for field in fields}


def check_running(placement: Placement) -> None:
    """Raise Conflict(``placement_not_running``) unless it runs."""
    if placement.status not in (PlacementStatus.ACTIVE, PlacementStatus.FINISHING):
        raise Conflict("placement_not_running", about=placement, status=placement.get_status_display())


def check_day(placement: Placement, field: str, day: date, now: datetime | None) -> None:
    """Raise Invalid unless a day lies in the period and is not to come: ``date_outside_period``, ``date_in_future``."""
    check_period(placement, field, day)
    if day > placement.agency.today(now):
        raise Invalid("date_in_future", field=field)


def check_period(placement: Placement, field: str, day: date) -> None:
    """Raise Invalid(``date_outside_period``) unless a day lies in the period."""
    if not placement.starts_on <= day <= placement.ends_on:
        raise Invalid(
            "date_outside_period",
            field=field,
            starts_on=placement.starts_on.isoformat(),
            ends_on=placement.ends_on.isoformat(),
        )


def check_link(link: str) -> str:
    """A secure web address or nothing; raises Invalid(``link_not_https`` on link)."""
    written = clean_text(link, field="link", limit=300, required=False)
    if written and (not written.startswith("https://") or " " in written or len(written) < 12):
        raise Invalid("link_not_https", field="link")
    return written
