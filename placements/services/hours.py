"""Writing the JP account: by the workers after sessions and completions, by HR for manual forms."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Callable
from datetime import date
from pathlib import Path

from accounts.models import User
from asn.models import Employee
from core import audit
from core.errors import Conflict, Invalid, NotFound, require
from core.outbox import announce
from core.services import service
from partners.kinds import JpBasis
from placements import events
from placements.hours import (
    Credit,
    account_year,
    capped_by_ceiling,
    rule_for,
    session_credit,
)
from placements.models import Attendance, LearningHourEntry, LearningHourRule, MentoringSession, Placement
from placements.permissions import can_prepare, get_visible_placement
from placements.services.common import push_availability
from placements.states import AttendanceStatus, PlacementStatus

DATA = Path(__file__).resolve().parent.parent / "data" / "jp_conversion.csv"
# PerLAN 10/2018 took effect in 2018; rules loaded from the file count from then on.
EFFECTIVE_FROM = date(2018, 1, 1)


@service
def load_hour_rules(*, path: Path = DATA) -> int:
    """Load or refresh the general conversion rules; returns how many. Running it again changes nothing."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        monthly, daily = _limits(row["max"])
        LearningHourRule.objects.update_or_create(
            agency=None,
            form=row["form"],
            effective_from=EFFECTIVE_FROM,
            defaults={
                "code": row["code"],
                "name_id": row["name_id"],
                "category": row["family"],
                "method": row["basis"],
                "unit": row["unit"],
                "hours": int(row["jp"]) if row["jp"].isdigit() else None,
                "monthly_cap": monthly,
                "daily_cap": daily,
                "siasn_id": row["siasn_diklat_id"],
                "evidence": row["evidence"],
                "source": row["source"],
                "confidence": row["confidence"],
            },
        )
    return len(rows)


def _limits(text: str) -> tuple[int | None, int | None]:
    """("2 sessions per month" -> (2, None); "3 JP per day (…)" -> (None, 3))."""
    number = int(text.split()[0]) if text[:1].isdigit() else None
    if number is None:
        return None, None
    return (number, None) if "per month" in text else (None, number) if "per day" in text else (None, None)


@service
def credit_session(*, session_id: uuid.UUID) -> LearningHourEntry | None:
    """JP of one session that both sides confirmed; once, whatever the number of calls."""
    session = MentoringSession.objects.select_related("placement__slot", "placement__employee__agency").get(
        pk=session_id
    )
    policy = session.placement.policy
    if policy.jp_basis is not JpBasis.SESSION or not session.is_confirmed:
        return None
    employee = _lock_employee(session.placement.employee_id)
    rule = rule_for(policy.jp_form, session.agency_id, session.held_on)
    return _write(
        employee,
        session.placement,
        rule,
        f"session:{session.pk}",
        session.held_on,
        lambda: session_credit(session.placement, rule, session.held_on),
    )


@service
def credit_day(*, attendance_id: uuid.UUID) -> LearningHourEntry | None:
    """JP of one day of meetings that the person attended, by the word of both sides; once a placement and day."""
    row = Attendance.objects.select_related("placement__slot", "meeting").get(pk=attendance_id)
    policy, day = row.placement.policy, row.meeting.held_on
    if policy.jp_basis is not JpBasis.DAY or not row.is_present or row.status != AttendanceStatus.CONFIRMED:
        return None
    employee = _lock_employee(row.placement.employee_id)
    rule = rule_for(policy.jp_form, row.agency_id, day)
    return _write(
        employee,
        row.placement,
        rule,
        f"day:{row.placement_id}:{day.isoformat()}",
        day,
        lambda: capped_by_ceiling(employee, rule.hours or 0, account_year(employee, day)),
    )


@service
def credit_completion(*, placement_id: uuid.UUID) -> LearningHourEntry | None:
    """JP of a completed activity; once, whatever its length or the number of calls."""
    placement = Placement.objects.select_related("slot").get(pk=placement_id)
    policy = placement.policy
    if policy.jp_basis is not JpBasis.ACTIVITY or placement.status != PlacementStatus.COMPLETED:
        return None
    employee = _lock_employee(placement.employee_id)
    rule = rule_for(policy.jp_form, placement.agency_id, placement.ends_on)
    return _write(
        employee,
        placement,
        rule,
        f"activity:{placement.pk}",
        placement.ends_on,
        lambda: capped_by_ceiling(employee, rule.hours or 0, account_year(employee, placement.ends_on)),
    )


@service
def enter_learning_hours(*, actor: User, placement_id: uuid.UUID, hours: int, note: str) -> LearningHourEntry:
    """HR enters JP of a completed placement whose form has no fixed rule, with the reason."""
    placement = get_visible_placement(actor, placement_id)
    require(can_prepare(actor, placement), "only_hr_prepares")
    if placement.policy.jp_basis is not JpBasis.MANUAL:
        raise Conflict("hours_by_rule", form=placement.policy.jp_form)
    if placement.status != PlacementStatus.COMPLETED:
        raise Conflict("placement_not_completed", status=placement.get_status_display())
    if not 1 <= hours <= 200:
        raise Invalid("hours_out_of_range", field="hours")
    if not note.strip():
        raise Invalid("note_required", field="note")
    employee = _lock_employee(placement.employee_id)
    rule = rule_for(placement.policy.jp_form, placement.agency_id, placement.ends_on)
    key = f"manual:{placement.pk}"
    entry = _write(
        employee,
        placement,
        rule,
        key,
        placement.ends_on,
        lambda: capped_by_ceiling(employee, hours, account_year(employee, placement.ends_on)),
        actor=actor,
        note=note.strip(),
    )
    if entry is None:
        raise Conflict("already_credited")
    return entry


@service
def reverse_learning_hours(*, actor: User, entry_id: uuid.UUID, note: str) -> LearningHourEntry:
    """Take a wrong entry back by a further line; the wrong one stays."""
    entry = LearningHourEntry.objects.select_related("employee__agency", "rule").filter(pk=entry_id).first()
    if entry is None or entry.placement_id is None:
        raise NotFound()
    placement = get_visible_placement(actor, entry.placement_id)
    require(can_prepare(actor, placement), "only_hr_prepares")
    if not note.strip():
        raise Invalid("note_required", field="note")
    employee = _lock_employee(entry.employee_id)
    if entry.reverses_id or LearningHourEntry.objects.filter(reverses=entry).exists():
        raise Conflict("already_reversed")
    reversal = LearningHourEntry.objects.create(
        agency_id=entry.agency_id,
        employee=employee,
        placement=placement,
        rule=entry.rule,
        rule_version=entry.rule_version,
        key=f"reversal:{entry.pk}",
        occurs_on=entry.occurs_on,
        account_year=entry.account_year,
        hours=-entry.hours,
        counted_hours=-entry.counted_hours,
        not_counted=entry.not_counted,
        note=note.strip(),
        reverses=entry,
        recorded_by=actor,
    )
    push_availability(employee)
    audit.record(
        actor=actor,
        action="hours.reversed",
        obj=reversal,
        after={"hours": reversal.hours, "entry": str(entry.pk)},
        actor_label="hr",
    )
    return reversal


def _lock_employee(employee_id: uuid.UUID) -> Employee:
    return Employee.objects.select_for_update(of=("self",), no_key=True).select_related("agency").get(pk=employee_id)


def _write(
    employee: Employee,
    placement: Placement,
    rule: LearningHourRule,
    key: str,
    occurs_on: date,
    worth: Callable[[], Credit],
    *,
    actor: User | None = None,
    note: str = "",
) -> LearningHourEntry | None:
    if LearningHourEntry.objects.filter(key=key).exists():
        return None
    credit = worth()
    entry = LearningHourEntry.objects.create(
        agency_id=employee.agency_id,
        employee=employee,
        placement=placement,
        rule=rule,
        rule_version=rule.version,
        key=key,
        occurs_on=occurs_on,
        account_year=account_year(employee, occurs_on),
        hours=credit.hours,
        counted_hours=credit.counted,
        not_counted=credit.reason,
        note=note,
        recorded_by=actor,
    )
    push_availability(employee)
    audit.record(
        actor=actor,
        action="hours.credited",
        obj=entry,
        after={"hours": entry.hours, "counted": entry.counted_hours, "form": rule.form, "rule_version": rule.version},
    )
    announce(events.HOURS_CREDITED, key=entry.pk, entry_id=entry.pk, placement_id=placement.pk)
    return entry
