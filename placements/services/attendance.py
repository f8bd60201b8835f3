"""Who was at the meetings of a group: recorded by the host for everybody at once, answered by each participant."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date, datetime

from accounts.models import User
from core import audit
from core.errors import Conflict, Invalid, require
from core.outbox import announce
from core.services import service
from core.states import advance
from partners.models import Slot, SlotMeeting
from partners.permissions import get_visible_slot
from placements import events
from placements.models import Attendance, Placement
from placements.permissions import can_record_attendance, get_visible_attendance, is_participant
from placements.services.common import facts, lock_placement, moment
from placements.states import RUNNING_PLACEMENT, AttendanceStatus


@service
def record_attendance(
    *,
    actor: User,
    slot_id: uuid.UUID,
    held_on: date,
    present: Collection[uuid.UUID] = (),
    absent: Collection[uuid.UUID] = (),
    now: datetime | None = None,
) -> list[Attendance]:
    """Mark participants (placement ids) of one meeting; whoever is marked the same already stays as they are.

    A mark that its participant has confirmed stays. One that was contested and is now corrected counts as agreed on.
    Raises Invalid(``no_meeting_that_day`` | ``meeting_not_held_yet`` on held_on, ``nobody_marked`` on present,
    ``marked_twice`` on absent, ``not_of_this_slot`` on present or absent), Conflict(``kind_without_meetings`` |
    ``placement_not_running`` | ``attendance_agreed``).
    """
    slot = get_visible_slot(actor, slot_id)
    require(can_record_attendance(actor, slot), "only_host")
    meeting = _lock_meeting(slot, held_on, now)
    if not present and not absent:
        raise Invalid("nobody_marked", field="present")
    if set(present) & set(absent):
        raise Invalid("marked_twice", field="absent")
    placements = (
        Placement.objects.select_for_update(of=("self",), no_key=True)
        .select_related("employee")
        .filter(slot=slot, pk__in=[*present, *absent])
        .order_by("pk")
        .in_bulk()
    )
    for field, marked in (("present", present), ("absent", absent)):
        if not set(marked) <= set(placements):
            raise Invalid("not_of_this_slot", field=field)
    for placement in placements.values():
        require(not is_participant(actor, placement), "own_attendance")
        if placement.status not in RUNNING_PLACEMENT:
            raise Conflict("placement_not_running", status=placement.get_status_display())
    known = {
        row.placement_id: row
        for row in Attendance.objects.select_for_update(no_key=True).filter(meeting=meeting, placement__in=placements)
    }
    at = moment(now)
    changed = []
    for pk, placement in placements.items():
        row = known.get(pk) or Attendance(
            agency_id=slot.agency_id, placement=placement, slot=slot, meeting=meeting, is_present=pk in present
        )
        if _mark(row, pk in present):
            row.recorded_by, row.recorded_at = actor, at
            row.save()
            changed.append(row)
            if row.status == AttendanceStatus.CONFIRMED:
                _announce_confirmed(row)
    if changed:
        audit.record(
            actor=actor,
            action="attendance.recorded",
            obj=slot,
            after={
                "held_on": held_on,
                "present": sorted(str(row.placement_id) for row in changed if row.is_present),
                "absent": sorted(str(row.placement_id) for row in changed if not row.is_present),
            },
            actor_label="host",
        )
        announce(events.ATTENDANCE_RECORDED, key=f"{meeting.pk}:{at.isoformat()}", meeting_id=meeting.pk)
    return changed


def _lock_meeting(slot: Slot, held_on: date, now: datetime | None) -> SlotMeeting:
    """The meeting of that day; two hosts who record at once queue here."""
    if not slot.policy.uses_meetings:
        raise Conflict("kind_without_meetings", kind=str(slot.policy.label))
    meeting = SlotMeeting.objects.select_for_update(no_key=True).filter(slot=slot, held_on=held_on).first()
    if meeting is None:
        days = slot.meetings.values_list("held_on", flat=True)
        raise Invalid("no_meeting_that_day", field="held_on", days=", ".join(day.isoformat() for day in days))
    if held_on > slot.agency.today(now):
        raise Invalid("meeting_not_held_yet", field="held_on", day=held_on.isoformat())
    return meeting


def _mark(row: Attendance, is_present: bool) -> bool:
    """Set the mark; whether anything has changed."""
    same = row.is_present == is_present
    if row._state.adding:
        return True
    if row.status == AttendanceStatus.CONTESTED:
        row.is_present = is_present
        advance(row, "uphold" if same else "give_way")
        return True
    if row.status == AttendanceStatus.CONFIRMED and not same:
        raise Conflict("attendance_agreed")
    row.is_present = is_present
    return not same


@service
def confirm_attendance(*, actor: User, attendance_id: uuid.UUID, now: datetime | None = None) -> Attendance:
    """The participant says the same as the host; a day attended counts from now on."""
    row = _lock_own(actor, attendance_id)
    advance(row, "confirm", code="already_decided")
    row.answered_at = moment(now)
    row.save()
    audit.record(
        actor=actor, action="attendance.confirmed", obj=row, after=facts(row, "is_present"), actor_label="employee"
    )
    _announce_confirmed(row)
    return row


@service
def contest_attendance(*, actor: User, attendance_id: uuid.UUID, note: str, now: datetime | None = None) -> Attendance:
    """The participant says otherwise; the host looks at it again. Raises Invalid(``note_required`` on note)."""
    row = _lock_own(actor, attendance_id)
    if not note.strip():
        raise Invalid("note_required", field="note")
    advance(row, "contest", code="already_decided")
    row.note = note.strip()[:300]
    row.answered_at = moment(now)
    row.save()
    audit.record(
        actor=actor, action="attendance.contested", obj=row, after=facts(row, "is_present"), actor_label="employee"
    )
    announce(events.ATTENDANCE_CONTESTED, key=f"{row.pk}:{row.answered_at.isoformat()}", attendance_id=row.pk)
    return row


def _lock_own(actor: User, attendance_id: uuid.UUID) -> Attendance:
    seen = get_visible_attendance(actor, attendance_id)
    placement = lock_placement(actor, seen.placement_id)
    require(is_participant(actor, placement), "only_participant")
    if placement.status not in RUNNING_PLACEMENT:
        raise Conflict("placement_not_running", status=placement.get_status_display())
    return Attendance.objects.select_for_update(of=("self",), no_key=True).select_related("meeting").get(pk=seen.pk)


def _announce_confirmed(row: Attendance) -> None:
    if row.is_present:
        announce(events.ATTENDANCE_CONFIRMED, key=row.pk, attendance_id=row.pk, placement_id=row.placement_id)
