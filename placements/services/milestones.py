"""Milestones of a team: any member reports, the host confirms or returns. One report a milestone, whoever wrote it."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.core.files.base import File

from accounts.models import User
from core import audit
from core.errors import Conflict, Invalid, require
from core.files import store_pdf
from core.outbox import announce
from core.rows import lock
from core.services import service
from core.states import advance
from core.text import clean_text
from partners.models import SlotMilestone
from placements import events
from placements.models import MilestoneReport, Placement
from placements.permissions import is_host, is_participant
from placements.selectors import milestones_overdue
from placements.services.common import check_link, check_running, lock_placement, moment


@service
def report_milestone(
    *,
    actor: User,
    placement_id: uuid.UUID,
    milestone_id: uuid.UUID,
    text: str,
    reached_on: date,
    link: str = "",
    file: File[bytes] | None = None,
    now: datetime | None = None,
) -> MilestoneReport:
    """Say that a milestone is reached and what shows it; until it is confirmed it may be said anew, by any of the team.

    Raises Invalid(``text_missing`` on text, ``date_outside_period`` | ``date_in_future`` on reached_on, ``link_not_https``
    on link, the codes of ``store_pdf`` on file), Conflict(``already_decided`` | ``placement_not_running``).
    """
    placement, milestone, report = _lock(actor, placement_id, milestone_id)
    require(is_participant(actor, placement), "only_participant")
    check_running(placement)
    slot = milestone.slot
    if not slot.starts_on <= reached_on <= slot.ends_on:
        raise Invalid(
            "date_outside_period",
            field="reached_on",
            starts_on=slot.starts_on.isoformat(),
            ends_on=slot.ends_on.isoformat(),
        )
    if reached_on > placement.agency.today(now):
        raise Invalid("date_in_future", field="reached_on")
    if report is None:
        report = MilestoneReport(agency_id=placement.agency_id, milestone=milestone)
    else:
        advance(report, "report", code="already_decided")
    report.text = clean_text(text, field="text", limit=2000)
    report.reached_on, report.link = reached_on, check_link(link)
    if file is not None:
        report.file = store_pdf(actor=actor, upload=file, title=milestone.title, agency_id=placement.agency_id)
    report.note = ""
    report.reported_by, report.reported_at = actor, moment(now)
    report.decided_by = report.decided_at = None
    report.save()
    audit.record(actor=actor, action="milestone.reported", obj=report, actor_label="employee")
    announce(
        events.MILESTONE_REPORTED,
        key=f"{report.pk}:{report.reported_at.isoformat()}",
        placement_id=placement.pk,
        milestone_id=milestone.pk,
    )
    return report


@service
def confirm_milestone(
    *, actor: User, placement_id: uuid.UUID, milestone_id: uuid.UUID, now: datetime | None = None
) -> MilestoneReport:
    """The host agrees that it is reached. Raises Conflict(``milestone_not_reported`` | ``already_decided``)."""
    return _decide(actor, placement_id, milestone_id, "confirm", "", now)


@service
def return_milestone(
    *, actor: User, placement_id: uuid.UUID, milestone_id: uuid.UUID, note: str, now: datetime | None = None
) -> MilestoneReport:
    """The host asks the team to report anew and says why.

    Raises Invalid(``text_missing`` on note), Conflict(``milestone_not_reported`` | ``already_decided``).
    """
    return _decide(actor, placement_id, milestone_id, "send_back", clean_text(note, field="note", limit=600), now)


def remind_of_milestones(*, now: datetime | None = None) -> int:
    """Announce, once each, milestones whose day is over and that nobody has reported. Returns how many are overdue."""
    rows = list(milestones_overdue(now))
    for milestone in rows:
        _remind(milestone)
    return len(rows)


@service
def _remind(milestone: SlotMilestone) -> None:
    announce(events.MILESTONE_OVERDUE, key=milestone.pk, milestone_id=milestone.pk)


def _decide(
    actor: User, placement_id: uuid.UUID, milestone_id: uuid.UUID, verb: str, note: str, now: datetime | None
) -> MilestoneReport:
    placement, milestone, report = _lock(actor, placement_id, milestone_id)
    require(is_host(actor, placement), "only_host")
    if report is None:
        raise Conflict("milestone_not_reported")
    advance(report, verb, code="already_decided")
    report.note, report.decided_by, report.decided_at = note, actor, moment(now)
    report.save()
    audit.record(actor=actor, action=f"milestone.{verb}", obj=report, actor_label="host")
    announce(
        events.MILESTONE_DECIDED,
        key=f"{report.pk}:{report.decided_at.isoformat()}",
        milestone_id=milestone.pk,
    )
    return report


def _lock(
    actor: User, placement_id: uuid.UUID, milestone_id: uuid.UUID
) -> tuple[Placement, SlotMilestone, MilestoneReport | None]:
    """The milestone is locked, not the report: the first of a team to report has no row to lock yet."""
    placement = lock_placement(actor, placement_id)
    milestone = lock(SlotMilestone.objects.filter(slot=placement.slot_id).select_related("slot"), milestone_id)
    report = MilestoneReport.objects.filter(milestone=milestone).first()
    return placement, milestone, report
