"""Doors for Celery: each event of the road tells the right people."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from accounts.models import User
from asn.models import ActingPeriod, Correction, Employee
from asn.states import AgencyRole, CorrectionStatus
from asn.superiors import superior_of
from core.models import AuditEvent
from core.outbox import handler
from incentives.models import Award, AwardProposal
from partners.kinds import JpBasis
from partners.models import (
    Agreement,
    Partner,
    PartnerMembership,
    PartnerVerification,
    Slot,
    SlotMeeting,
    SlotMilestone,
)
from partners.states import EvaluationStage, EvaluatorRole, PartnerRole, SlotStatus
from placements.concerned import applications_under_way, placements_under_way
from placements.models import (
    Application,
    Attendance,
    Certificate,
    ChangeTask,
    LearningHourEntry,
    LogbookEntry,
    MentoringSession,
    MilestoneReport,
    Placement,
)
from placements.states import (
    RESERVING_PLACEMENT,
    RUNNING_PLACEMENT,
    ApplicationStatus,
    AttendanceStatus,
    ChangeChoice,
    ChangeStatus,
    DecisionOutcome,
    DecisionStep,
    MilestoneStatus,
    SessionStatus,
)
from web import services

# Who is told -----------------------------------------------------------------------


def _hr(agency_id: uuid.UUID) -> Iterable[User]:
    return User.objects.filter(
        agency_memberships__agency_id=agency_id,
        agency_memberships__role=AgencyRole.HR,
        agency_memberships__is_active=True,
    ).distinct()


def _members(partner_id: uuid.UUID) -> Iterable[User]:
    return User.objects.filter(
        partner_memberships__partner_id=partner_id, partner_memberships__is_active=True
    ).distinct()


def _host(placement: Placement) -> Iterable[User]:
    """The mentor with a login; otherwise whoever acts for the partner."""
    if placement.mentor is not None and placement.mentor.user is not None:
        return [placement.mentor.user]
    return _members(placement.slot.partner_id)


def _user(employee: Any) -> list[User]:
    return [employee.user] if employee is not None and employee.user is not None else []


def _superior(employee: Employee) -> list[User]:
    """Whoever decides for the person today; nobody where HR has to name somebody."""
    found = superior_of(employee)
    return [found.user] if found is not None else []


# What they are told -------------------------------------------------------------------


def _application(application_id: str) -> Application:
    return Application.objects.select_related(
        "agency", "employee__user", "employee__supervisor__user", "slot__partner"
    ).get(pk=application_id)


def _placement(placement_id: Any) -> Placement:
    return Placement.objects.select_related(
        "agency", "employee__user", "employee__supervisor__user", "slot__partner", "mentor__user"
    ).get(pk=placement_id)


def _facts(row: Application | Placement, **more: Any) -> dict[str, Any]:
    """What a sentence may need: titles, names and dates, never a NIP."""
    slot = row.slot
    due = getattr(row, "due_at", None)
    return {
        "slot": slot.title,
        "partner": slot.partner.name,
        "person": row.employee.full_name,
        "office": row.agency.hr_office_short,
        "starts": slot.starts_on.isoformat(),
        "ends": slot.ends_on.isoformat(),
        "due": due.isoformat() if due else "",
        "zone": row.agency.time_zone,
        **more,
    }


def _tell_about(
    row: Application | Placement, people: Iterable[User], code: str, route: str, *, of: str = "", **more: Any
) -> None:
    """One notification about an application (each attempt anew) or a placement; ``of`` names a part of it."""
    part = of or str(getattr(row, "attempt", ""))
    services.notify(
        users=people,
        message=code,
        event_key=f"{row._meta.model_name}:{row.pk}:{part}",
        params=_facts(row, **more),
        url=reverse(route, args=[row.pk]),
    )


def _tell_superior(row: Application | Placement, application_id: uuid.UUID, code: str, of: str, **more: Any) -> None:
    """Whoever decides for the person today, on the page of the application."""
    services.notify(
        users=_superior(row.employee),
        message=code,
        event_key=f"{row._meta.model_name}:{row.pk}:{of}",
        params=_facts(row, **more),
        url=reverse("supervisor_application", args=[application_id]),
    )


def _reason(application: Application, outcome: str) -> str:
    decision = application.decisions.filter(outcome=outcome).last()
    return decision.reason if decision else ""


# Applications -----------------------------------------------------------------------------


@handler
def application_submitted(*, application_id: str, **_: str) -> None:
    """The supervisor decides; the applicant knows who has it."""
    row = _application(application_id)
    if row.status != ApplicationStatus.AWAITING_CLEARANCE:
        return
    _tell_about(row, _user(row.employee), "application_handed_in", "employee_application")
    _tell_about(row, _superior(row.employee), "clearance_needed", "supervisor_application")


@handler
def conflict_declared(*, application_id: str, **_: str) -> None:
    """The supervisor looks at the declared interest."""
    row = _application(application_id)
    _tell_about(row, _superior(row.employee), "conflict_declared", "supervisor_application")


@handler
def application_cleared(*, application_id: str, **_: str) -> None:
    """HR decides next."""
    row = _application(application_id)
    _tell_about(row, _user(row.employee), "application_cleared", "employee_application")
    if row.status == ApplicationStatus.SUBMITTED:
        _tell_about(row, _hr(row.agency_id), "approval_needed", "agency_application")


@handler
def application_refused(*, application_id: str, **_: str) -> None:
    """The applicant reads why."""
    row = _application(application_id)
    reason = _reason(row, DecisionOutcome.REFUSED)
    _tell_about(row, _user(row.employee), "application_refused", "employee_application", reason=reason)


@handler
def application_returned(*, application_id: str, **_: str) -> None:
    """The applicant revises."""
    row = _application(application_id)
    reason = _reason(row, DecisionOutcome.RETURNED)
    _tell_about(row, _user(row.employee), "application_returned", "employee_application", reason=reason)


@handler
def application_waitlisted(*, application_id: str, **_: str) -> None:
    """The applicant waits, and knows it."""
    row = _application(application_id)
    _tell_about(row, _user(row.employee), "application_waitlisted", "employee_application")


@handler
def application_offered(*, application_id: str, **_: str) -> None:
    """The applicant answers by the deadline; HR and, without a name, the partner know of the seat."""
    row = _application(application_id)
    if row.status != ApplicationStatus.OFFERED:
        return
    _tell_about(row, _user(row.employee), "seat_offered", "employee_application")
    _tell_about(row, _hr(row.agency_id), "seat_held", "agency_application")
    _tell_partner(row, "seat_held_for_candidate", reverse("partner_application", args=[row.pk]))


def _tell_partner(row: Application, code: str, url: str) -> None:
    """Nothing by which the person could be recognised."""
    due = row.due_at.isoformat() if row.due_at else ""
    services.notify(
        users=_members(row.slot.partner_id),
        message=code,
        event_key=f"application:{row.pk}:{row.attempt}",
        params={"slot": row.slot.title, "due": due, "zone": row.agency.time_zone},
        url=url,
    )


@handler
def offer_confirmed(*, application_id: str, **_: str) -> None:
    """The partner answers next."""
    row = _application(application_id)
    _tell_about(row, _user(row.employee), "offer_confirmed", "employee_application")
    if row.status == ApplicationStatus.APPROVED:
        _tell_about(row, _members(row.slot.partner_id), "candidate_waiting", "partner_application")


@handler
def offer_lapsed(*, application_id: str, **_: str) -> None:
    """The applicant learns that the seat has gone on; HR and partner that it is no longer held for this one."""
    row = _application(application_id)
    _tell_about(row, _user(row.employee), "offer_lapsed", "employee_application")
    _tell_about(row, _hr(row.agency_id), "offer_unanswered", "agency_application")
    _tell_partner(row, "offer_unanswered_by_candidate", reverse("partner_slot", args=[row.slot_id]))


@handler
def application_approved(*, application_id: str, **_: str) -> None:
    """The partner answers next."""
    row = _application(application_id)
    _tell_about(row, _user(row.employee), "application_approved", "employee_application")
    if row.status == ApplicationStatus.APPROVED:
        _tell_about(row, _members(row.slot.partner_id), "candidate_waiting", "partner_application")


@handler
def application_rejected(*, application_id: str, **_: str) -> None:
    """The applicant reads why."""
    row = _application(application_id)
    reason = _reason(row, DecisionOutcome.REJECTED)
    _tell_about(row, _user(row.employee), "application_rejected", "employee_application", reason=reason)
    if row.status == ApplicationStatus.INELIGIBLE and row.decisions.filter(outcome=DecisionOutcome.APPROVED).exists():
        _tell_partner(row, "application_withdrawn", reverse("partner_slot", args=[row.slot_id]))


@handler
def application_declined(*, application_id: str, **_: str) -> None:
    """The applicant reads why."""
    row = _application(application_id)
    reason = _reason(row, DecisionOutcome.DECLINED)
    _tell_about(row, _user(row.employee), "application_declined", "employee_application", reason=reason)


@handler
def application_withdrawn(*, application_id: str, **_: str) -> None:
    """Whoever had it, or had decided already, need not wait for it any more."""
    row = _application(application_id)
    decided = set(row.decisions.filter(attempt=row.attempt).values_list("step", flat=True))
    if DecisionStep.EMPLOYEE not in decided:
        return  # a draft nobody else has seen
    _tell_about(row, _superior(row.employee), "application_withdrawn", "supervisor_application")
    if DecisionStep.SUPERVISOR in decided:
        _tell_about(row, _hr(row.agency_id), "application_withdrawn", "agency_application")
    was_only_waiting = row.decisions.filter(outcome=DecisionOutcome.WAITLISTED).exists() and row.offered_at is None
    if DecisionStep.HR in decided and not was_only_waiting:
        _tell_partner(row, "application_withdrawn", reverse("partner_slot", args=[row.slot_id]))


@handler
def application_expired(*, application_id: str, **_: str) -> None:
    """The applicant looks for another slot. Where it was called off, whoever had still to clear it has nothing to do."""
    row = _application(application_id)
    if row.slot.status == SlotStatus.CANCELLED:
        reason = {"reason": row.slot.cancel_reason}
        _tell_about(row, _user(row.employee), "slot_cancelled", "employee_application", **reason)
        steps = set(row.decisions.filter(attempt=row.attempt).values_list("step", flat=True))
        if steps == {DecisionStep.EMPLOYEE.value}:
            _tell_superior(row, row.pk, "clearance_void", str(row.attempt), **reason)
        return
    _tell_about(row, _user(row.employee), "application_expired", "employee_application")


# Changes of employment ----------------------------------------------------------------------


def _change(task_id: str) -> ChangeTask:
    return ChangeTask.objects.get(pk=task_id)


@handler
def change_to_decide(*, task_id: str, **_: str) -> None:
    """HR says what becomes of it; told anew for each change."""
    task = _change(task_id)
    if task.status != ChangeStatus.OPEN:
        return
    row = _application(str(task.application_id))
    services.notify(
        users=_hr(task.agency_id),
        message="change_to_decide",
        event_key=f"change:{task.pk}:{task.changed_at.isoformat()}",
        params=_facts(row, changes=list(task.kinds), due=task.due_at.isoformat()),
        url=reverse("agency_change", args=[task.pk]),
    )


@handler
def change_decided(*, task_id: str, **_: str) -> None:
    """Where it goes on: the person, and whoever decides for the person now. An end is told by its own event."""
    task = _change(task_id)
    if task.choice not in (ChangeChoice.CONTINUE, ChangeChoice.MOVE_SUPERVISOR):
        return
    row = _application(str(task.application_id))
    key = f"change:{task.pk}"
    services.notify(
        users=_user(row.employee),
        message="change_continues",
        event_key=key,
        params=_facts(row),
        url=reverse("employee_application", args=[row.pk]),
    )
    if row.status == ApplicationStatus.AWAITING_CLEARANCE:
        _tell_about(row, _superior(row.employee), "clearance_needed", "supervisor_application")
    else:
        services.notify(
            users=_superior(row.employee),
            message="member_continues",
            event_key=key,
            params=_facts(row),
            url=reverse("supervisor_application", args=[row.pk]),
        )


# Corrections of measured levels -----------------------------------------------------------


def _correction(correction_id: str) -> Correction:
    return Correction.objects.select_related("agency", "employee__user", "assessment__competency").get(pk=correction_id)


def _tell_of_correction(row: Correction, people: Iterable[User], code: str, route: str) -> None:
    services.notify(
        users=people,
        message=code,
        event_key=f"correction:{row.pk}",
        params={
            "person": row.employee.full_name,
            "competency": row.assessment.competency.name_id,
            "due": row.due_at.isoformat() if row.is_open else "",
            "zone": row.agency.time_zone,
            "reason": row.refusal,
        },
        url=reverse(route, args=[row.pk]),
    )


@handler
def correction_requested(*, correction_id: str, **_: str) -> None:
    """HR answers within 3 × 24 hours."""
    row = _correction(correction_id)
    if row.is_open:
        _tell_of_correction(row, _hr(row.agency_id), "correction_requested", "agency_correction")


@handler
def correction_decided(*, correction_id: str, **_: str) -> None:
    """The person reads the answer."""
    row = _correction(correction_id)
    code = "correction_accepted" if row.status == CorrectionStatus.ACCEPTED else "correction_refused"
    _tell_of_correction(row, _user(row.employee), code, "employee_correction")


@handler
def correction_due(*, correction_id: str, stage: str, **_: str) -> None:
    """HR, a day before the clock ends and once it has."""
    row = _correction(correction_id)
    if row.is_open:
        code = "correction_overdue" if stage == "over" else "correction_near"
        _tell_of_correction(row, _hr(row.agency_id), code, "agency_correction")


# Who decides ------------------------------------------------------------------------------


def _acting_facts(row: ActingPeriod) -> dict[str, Any]:
    whose = row.holder.full_name if row.holder is not None else row.unit.name if row.unit is not None else ""
    return {
        "person": row.acting.full_name,
        "holder": whose,
        "capacity": row.capacity,
        "starts": row.starts_on.isoformat(),
        "ends": row.ends_on.isoformat(),
    }


def _acting_period(period_id: str) -> ActingPeriod:
    return ActingPeriod.objects.select_related("acting__user", "holder__user", "unit").get(pk=period_id)


@handler
def acting_named(*, period_id: str, **_: str) -> None:
    """Who acts learns it, and for whom; the holder reads who decides meanwhile."""
    row = _acting_period(period_id)
    if row.ended_at is not None:
        return
    key, facts = f"acting:{row.pk}", _acting_facts(row)
    services.notify(
        users=_user(row.acting), message="acting_begins", event_key=key, params=facts, url=reverse("supervisor_queue")
    )
    services.notify(
        users=_user(row.holder), message="stand_in_named", event_key=key, params=facts, url=reverse("supervisor_queue")
    )


@handler
def acting_ended(*, period_id: str, **_: str) -> None:
    """Both sides: what is undecided is with the holder again."""
    row = _acting_period(period_id)
    services.notify(
        users=[*_user(row.acting), *_user(row.holder)],
        message="acting_over",
        event_key=f"acting:{row.pk}",
        params=_acting_facts(row),
        url=reverse("supervisor_queue"),
    )


@handler
def acting_lapsed(*, period_id: str, **_: str) -> None:
    """Both sides, once the last day is over; HR where a vacant post has nobody now."""
    row = _acting_period(period_id)
    key, facts = f"acting:{row.pk}", _acting_facts(row)
    services.notify(
        users=[*_user(row.acting), *_user(row.holder)],
        message="acting_lapsed",
        event_key=key,
        params=facts,
        url=reverse("supervisor_queue"),
    )
    if row.unit is not None and row.unit.head_id is None and not row.unit.stand_ins.on_duty().exists():  # type: ignore[attr-defined]
        services.notify(
            users=_hr(row.agency_id),
            message="post_without_stand_in",
            event_key=key,
            params=facts,
            url=reverse("agency_acting"),
        )


@handler
def superior_named(*, employee_id: str, **_: str) -> None:
    """The new superior gets what waits for a clearance."""
    waiting = Application.objects.filter(employee__pk=employee_id, status=ApplicationStatus.AWAITING_CLEARANCE)
    for pk in waiting.values_list("pk", flat=True):
        row = _application(str(pk))
        _tell_about(row, _superior(row.employee), "clearance_needed", "supervisor_application")


@handler
def superior_missing(*, employee_id: str, agency_id: str, **_: str) -> None:
    """HR names who acts; told once a day for each person who asks."""
    employee = Employee.objects.select_related("agency", "supervisor__user").get(pk=employee_id)
    if superior_of(employee) is not None:
        return
    services.notify(
        users=_hr(employee.agency_id),
        message="superior_missing",
        event_key=f"superior:{employee.pk}:{employee.agency.today().isoformat()}",
        params={"person": employee.full_name},
        url=reverse("agency_superior", args=[employee.pk]),
    )


# Placements ---------------------------------------------------------------------------------


@handler
def placement_created(*, placement_id: str, **_: str) -> None:
    """Everyone who prepares it."""
    row = _placement(placement_id)
    code = "placement_created" if row.policy.uses_plan else "placement_created_ready"
    _tell_about(row, _user(row.employee), code, "employee_placement")
    _tell_about(row, _hr(row.agency_id), "placement_to_prepare", "agency_placement")
    if row.mentor is not None and row.mentor.user is not None:
        _tell_about(row, [row.mentor.user], "mentee_assigned", "mentor_placement")
    _tell_superior(row, row.application_id, "member_placed", "")


@handler
def placement_started(*, placement_id: str, **_: str) -> None:
    """The participant begins to write."""
    row = _placement(placement_id)
    code = "group_started" if row.policy.uses_meetings else "placement_started"
    _tell_about(row, _user(row.employee), code, "employee_placement")


@handler
def milestone_reported(*, placement_id: str, milestone_id: str, **_: str) -> None:
    """The host looks; not when it has answered meanwhile."""
    report = MilestoneReport.objects.select_related("milestone").get(milestone=uuid.UUID(milestone_id))
    if report.status == MilestoneStatus.REPORTED:
        row = _placement(placement_id)
        _tell_of_milestone(row, _host(row), "milestone_reported", report.milestone, report.reported_at.isoformat())


@handler
def milestone_decided(*, milestone_id: str, **_: str) -> None:
    """The whole team, once an answer."""
    report = MilestoneReport.objects.select_related("milestone").get(milestone=uuid.UUID(milestone_id))
    if report.decided_at is None:
        return
    for row in _teams(report.milestone):
        code = f"milestone_{report.status}"
        _tell_of_milestone(row, _user(row.employee), code, report.milestone, report.decided_at.isoformat())


@handler
def milestone_overdue(*, milestone_id: str, **_: str) -> None:
    """Team and host, once; not when it was reported meanwhile."""
    milestone = SlotMilestone.objects.get(pk=milestone_id)
    if MilestoneReport.objects.filter(milestone=milestone).exclude(status=MilestoneStatus.RETURNED).exists():
        return
    for row in _teams(milestone):
        _tell_of_milestone(row, [*_user(row.employee), *_host(row)], "milestone_overdue", milestone, "")


def _teams(milestone: SlotMilestone) -> Iterable[Placement]:
    rows = Placement.objects.filter(slot=milestone.slot_id, status__in=RUNNING_PLACEMENT)
    return [_placement(pk) for pk in rows.values_list("pk", flat=True)]


def _tell_of_milestone(
    row: Placement, people: Iterable[User], code: str, milestone: SlotMilestone, moment: str
) -> None:
    services.notify(
        users=people,
        message=code,
        event_key=f"milestone:{milestone.pk}:{moment}",
        params=_facts(row, milestone=milestone.title, day=milestone.due_on.isoformat()),
        url=reverse("milestone", args=[row.pk, milestone.pk]),
    )


@handler
def evaluation_due(*, placement_id: str, role: str, **_: str) -> None:
    """The side that has not said how it was."""
    row = _placement(placement_id)
    if row.status not in RUNNING_PLACEMENT or row.evaluations.filter(role=role, stage=EvaluationStage.FINAL).exists():
        return
    people: Iterable[User]
    if role == EvaluatorRole.PARTICIPANT:
        people, route = _user(row.employee), "employee_evaluate"
    elif role == EvaluatorRole.MENTOR:
        people, route = _host(row), "host_evaluate"
    else:
        people, route = _superior(row.employee), "supervisor_evaluate"
    _tell_about(row, people, "evaluation_due", route, of=f"evaluation:{role}", ends=row.ends_on.isoformat())


@handler
def placement_completed(*, placement_id: str, **_: str) -> None:
    """Certificate for the participant, news for unit and HR."""
    row = _placement(placement_id)
    _tell_about(row, _user(row.employee), "placement_completed", "employee_placement")
    by_hand = row.policy.jp_basis is JpBasis.MANUAL
    _tell_about(row, _hr(row.agency_id), "hours_to_enter" if by_hand else "placement_finished", "agency_placement")
    _tell_superior(row, row.application_id, "member_finished", "")


@handler
def placement_ended(*, placement_id: str, **_: str) -> None:
    """Both sides and HR."""
    row = _placement(placement_id)
    _tell_about(row, _user(row.employee), "placement_ended", "employee_placement")
    _tell_about(row, _hr(row.agency_id), "placement_ended", "agency_placement")
    route = "mentor_placement" if row.mentor is not None and row.mentor.user is not None else "partner_placement"
    _tell_about(row, _host(row), "placement_ended", route)


@handler
def logbook_submitted(*, placement_id: str, entry_id: str, **_: str) -> None:
    """The mentor reads; once a day written, however often it is changed before."""
    entry = LogbookEntry.objects.get(pk=entry_id)
    row = _placement(placement_id)
    route = "mentor_placement" if row.mentor is not None and row.mentor.user is not None else "partner_placement"
    _tell_about(row, _host(row), "logbook_to_read", route, of=f"log:{entry.pk}", day=entry.entry_date.isoformat())


@handler
def logbook_returned(*, placement_id: str, entry_id: str, **_: str) -> None:
    """The participant corrects."""
    entry = LogbookEntry.objects.get(pk=entry_id)
    row = _placement(placement_id)
    _tell_about(
        row,
        _user(row.employee),
        "logbook_returned",
        "employee_placement",
        of=f"log:{entry.pk}:{entry.updated_at.isoformat()}",
        day=entry.entry_date.isoformat(),
    )


def _session(session_id: str) -> MentoringSession:
    return MentoringSession.objects.select_related(
        "mentor__user", "placement__agency", "placement__employee__user", "placement__slot__partner"
    ).get(pk=session_id)


def _tell_of_session(
    session: MentoringSession, code: str, *, of: str = "", sides: Iterable[str] = ("employee", "host"), hr: bool = False
) -> None:
    """Tell these sides, each on the own clock; ``of`` makes it another telling than the last."""
    row, mentor = session.placement, session.mentor
    guide: Iterable[User] = (
        [mentor.user] if mentor is not None and mentor.user is not None else _members(row.slot.partner_id)
    )
    readers = {
        "employee": (_user(row.employee), row.agency.time_zone),
        "host": (guide, mentor.time_zone if mentor is not None else row.agency.time_zone),
        "hr": (_hr(row.agency_id), row.agency.time_zone),
    }
    for side in [*sides, *(["hr"] if hr else [])]:
        people, zone = readers[side]
        services.notify(
            users=people,
            message=code,
            event_key=f"session:{session.pk}:{of}",
            params={
                "slot": row.slot.title,
                "person": row.employee.full_name,
                "mentor": mentor.name if mentor is not None else row.slot.partner.name,
                "when": session.starts_at.isoformat() if session.starts_at else "",
                "day": session.held_on.isoformat(),
                "reason": session.cancel_reason,
                "zone": zone,
            },
            url=reverse("session", args=[session.pk]),
        )


def _other(side: str) -> list[str]:
    """Whom to tell of what one side did; both where it was neither."""
    return [other for other in ("employee", "host") if other != side]


@handler
def session_booked(*, session_id: str, **_: str) -> None:
    """Whoever did not book it."""
    session = _session(session_id)
    booked_by_participant = session.booked_by_id == session.placement.employee.user_id
    _tell_of_session(session, "session_booked", sides=_other("employee" if booked_by_participant else "host"))


@handler
def session_moved(*, session_id: str, by: str, **_: str) -> None:
    """Whoever did not move it; only of the last move."""
    session = _session(session_id)
    if session.status == SessionStatus.BOOKED:
        _tell_of_session(session, "session_moved", of=str(session.moves), sides=_other(by))


@handler
def session_cancelled(*, session_id: str, by: str, **_: str) -> None:
    """Whoever did not cancel it; both where it followed from something else."""
    _tell_of_session(_session(session_id), "session_cancelled", sides=_other(by))


@handler
def session_due(*, session_id: str, **_: str) -> None:
    """Both, the day before; not when it was cancelled meanwhile."""
    session = _session(session_id)
    if session.status == SessionStatus.BOOKED:
        _tell_of_session(session, "session_due", of=str(session.moves))


@handler
def session_disputed(*, session_id: str, **_: str) -> None:
    """Both, and HR."""
    session = _session(session_id)
    if session.status == SessionStatus.DISPUTED:
        _tell_of_session(session, "session_disputed", hr=True)


@handler
def session_recorded(*, session_id: str, **_: str) -> None:
    """The side that has not given its word yet."""
    session = _session(session_id)
    if session.status == SessionStatus.REPORTED:
        waiting = "employee" if session.participant_says is None else "host"
        _tell_of_session(session, "session_to_confirm", sides=[waiting])


@handler
def attendance_recorded(*, meeting_id: str, **_: str) -> None:
    """Each participant whose answer is open is asked for it, once a meeting."""
    meeting = SlotMeeting.objects.get(pk=meeting_id)
    rows = Attendance.objects.filter(meeting=meeting, status=AttendanceStatus.RECORDED)
    for pk in rows.values_list("placement_id", flat=True):
        row = _placement(pk)
        part, day = f"meeting:{meeting.pk}", meeting.held_on.isoformat()
        _tell_about(row, _user(row.employee), "attendance_to_confirm", "employee_placement", of=part, day=day)


@handler
def attendance_contested(*, attendance_id: str, **_: str) -> None:
    """The host looks at the mark again."""
    mark = Attendance.objects.select_related("meeting").get(pk=attendance_id)
    if mark.status != AttendanceStatus.CONTESTED:
        return
    row = _placement(mark.placement_id)
    answered = mark.answered_at.isoformat() if mark.answered_at else ""
    services.notify(
        users={user.pk: user for user in (*_host(row), *_members(row.slot.partner_id))}.values(),
        message="attendance_contested",
        event_key=f"attendance:{mark.pk}:{answered}",
        params=_facts(row, day=mark.meeting.held_on.isoformat()),
        url=reverse("host_attendance", args=[mark.meeting_id]),
    )


@handler
def hours_credited(*, entry_id: str, **_: str) -> None:
    """The participant sees the account grow."""
    entry = LearningHourEntry.objects.select_related("employee__user", "placement__slot", "rule").get(pk=entry_id)
    if entry.counted_hours <= 0:
        return
    services.notify(
        users=_user(entry.employee),
        message="hours_credited",
        event_key=f"hours:{entry.pk}",
        params={
            "hours": entry.counted_hours,
            "slot": entry.placement.slot.title if entry.placement else entry.rule.name_id,
        },
        url=reverse("employee_hours"),
    )


# Papers -------------------------------------------------------------------------------------------


@handler
def make_paper(*, paper_id: str, **_: str) -> None:
    """A numbered paper gets its PDF, unless whoever asked for it has made it already."""
    services.make_paper(paper_id=uuid.UUID(paper_id))


@handler
def make_certificate(*, certificate_id: str, **_: str) -> None:
    """A signed certificate gets its PDF."""
    services.make_certificate(certificate_id=uuid.UUID(certificate_id))


@handler
def certificate_revoked(*, certificate_id: str, **_: str) -> None:
    """The person it belonged to is told first, and why."""
    row = Certificate.objects.select_related("placement").get(pk=certificate_id)
    placement = _placement(row.placement_id)
    _tell_about(
        placement,
        _user(placement.employee),
        "certificate_revoked",
        "employee_placement",
        of="revoked",
        number=row.number,
        why=row.revoked_reason,
    )


# Partners and slots -----------------------------------------------------------------------------


def _slot(slot_id: str) -> Slot:
    return Slot.objects.select_related("partner", "agency").get(pk=slot_id)


def _tell_of_slot(slot: Slot, people: Iterable[User], code: str, url: str) -> None:
    services.notify(
        users=people,
        message=code,
        event_key=f"slot:{slot.pk}:{slot.submitted_at.isoformat() if slot.submitted_at else ''}",
        params={"slot": slot.title, "partner": slot.partner.name},
        url=url,
    )


@handler
def slot_submitted(*, slot_id: str, **_: str) -> None:
    """HR reviews."""
    slot = _slot(slot_id)
    _tell_of_slot(slot, _hr(slot.agency_id), "slot_to_review", reverse("agency_slot", args=[slot.pk]))


@handler
def slot_returned(*, slot_id: str, **_: str) -> None:
    """The partner revises."""
    slot = _slot(slot_id)
    _tell_of_slot(slot, _members(slot.partner_id), "slot_returned", reverse("partner_slot", args=[slot.pk]))


@handler
def slot_published(*, slot_id: str, **_: str) -> None:
    """The partner knows that it can be applied for."""
    slot = _slot(slot_id)
    _tell_of_slot(slot, _members(slot.partner_id), "slot_published", reverse("partner_slot", args=[slot.pk]))


@handler
def cohort_short(*, slot_id: str, **_: str) -> None:
    """Partner and HR decide together: wait for more, begin with fewer, or cancel."""
    slot = _slot(slot_id)
    if not slot.waits_for_group:
        return
    params = {
        "slot": slot.title,
        "partner": slot.partner.name,
        "filled": slot.filled_seats,
        "needed": slot.minimum_cohort,
        "starts": slot.starts_on.isoformat(),
    }
    for people, route in ((_members(slot.partner_id), "partner_slot"), (_hr(slot.agency_id), "agency_slot")):
        services.notify(
            users=people,
            message="cohort_short",
            event_key=f"cohort:{slot.pk}",
            params=params,
            url=reverse(route, args=[slot.pk]),
        )


# Whoever had not been turned down; the cancelling itself ends what was on its way.
# A change is told while it holds: what was undone meanwhile is no news any more.
_HOLDS = {
    "paused": (SlotStatus.PAUSED,),
    "stale": (SlotStatus.PAUSED,),
    "resumed": (SlotStatus.PUBLISHED, SlotStatus.FULL),
    "closed": (SlotStatus.CLOSED,),
    "cancelled": (SlotStatus.CANCELLED,),
}


@handler
def slot_changed(*, slot_id: str, change: str, at: str = "", **_: str) -> None:
    """Applicants and HR; when it is called off also participants, their supervisors, mentors. Not who did it.

    Applications that end with a cancelled slot are told of by ``application_expired``.
    """
    slot = _slot(slot_id)
    if slot.status not in _HOLDS.get(change, ()):
        return
    of = f"{change}:{at}"
    if change == "cancelled":
        for placement in placements_under_way(slot).select_related("agency", "slot__partner", "employee__user"):
            reason = {"reason": slot.cancel_reason}
            _tell_about(placement, _user(placement.employee), "place_cancelled", "employee_placement", of=of, **reason)
            _tell_superior(placement, placement.application_id, "member_cancelled", of, **reason)
    else:
        rows = applications_under_way(slot).select_related("agency", "slot__partner", "employee__user")
        if change == "closed":  # a draft ends with it, which is told on its own
            rows = rows.exclude(status=ApplicationStatus.DRAFT)
        for row in rows:
            _tell_about(
                row,
                _user(row.employee),
                "slot_paused" if change == "stale" else f"slot_{change}",
                "employee_application",
                of=of,
            )
    if slot.submitted_at is not None or slot.published_at is not None:
        _tell_houses(slot, change, of)


def _tell_houses(slot: Slot, change: str, of: str) -> None:
    """HR, the partner's members, and the mentors of what is called off; whoever did it knows."""
    mentors = User.objects.filter(mentor__slot_mentors__slot=slot) if change == "cancelled" else User.objects.none()
    groups = (
        (_hr(slot.agency_id), reverse("agency_slot", args=[slot.pk])),
        (_members(slot.partner_id), reverse("partner_slot", args=[slot.pk])),
        (mentors.distinct(), reverse("mentor_home")),
    )
    told = {_last_actor(slot)}
    for people, url in groups:
        new = [person for person in people if person.pk not in told]
        told |= {person.pk for person in new}
        services.notify(
            users=new,
            message=f"slot_{change}_news",
            event_key=f"slot:{slot.pk}:{of}",
            params={"slot": slot.title, "partner": slot.partner.name, "reason": slot.cancel_reason},
            url=url,
        )


def _last_actor(slot: Slot) -> int | None:
    events = AuditEvent.objects.filter(object_type=slot._meta.label, object_id=str(slot.pk))
    return events.order_by("-pk").values_list("actor_id", flat=True).first()


@handler
def slot_stale(*, slot_id: str, confirmed_at: str, **_: str) -> None:
    """Whoever acts for the partner: does it still stand? Not when somebody has said so meanwhile."""
    slot = _slot(slot_id)
    if slot.status != SlotStatus.PUBLISHED or slot.confirmed_at.isoformat() != confirmed_at:
        return
    services.notify(
        users=_members(slot.partner_id),
        message="slot_to_confirm",
        event_key=f"slot:{slot.pk}:{confirmed_at}",
        params={
            "slot": slot.title,
            "slot_id": str(slot.pk),
            "confirmed_at": confirmed_at,
            "due": slot.confirm_by.isoformat(),
            "zone": slot.agency.time_zone,
        },
        url=reverse("partner_slot", args=[slot.pk]),
    )


@handler
def partner_registered(*, partner_id: str, **_: str) -> None:
    """HR of each agency asked verifies."""
    rows = PartnerVerification.objects.filter(partner_id=partner_id, decided_at=None).select_related("partner")
    for row in rows:
        services.notify(
            users=_hr(row.agency_id),
            message="partner_to_verify",
            event_key=f"verification:{row.pk}:{row.asked_at.isoformat()}",
            params={"partner": row.partner.name},
            url=reverse("agency_partner", args=[row.partner_id]),
        )


@handler
def partner_decided(*, partner_id: str, agency_id: str, **_: str) -> None:
    """The partner reads the answer."""
    row = PartnerVerification.objects.select_related("partner", "agency").get(
        partner_id=partner_id, agency_id=agency_id
    )
    decided = row.decided_at.isoformat() if row.decided_at else ""
    services.notify(
        users=_members(row.partner_id),
        message="partner_decided",
        event_key=f"verification:{row.pk}:{decided}",
        params={"partner": row.partner.name, "agency": row.agency.name},
        url=reverse("partner_home"),
    )


@handler
def mail_registration(*, registration_id: str, **_: str) -> None:
    """The address is asked whether it is theirs."""
    services.mail_registration(registration_id=uuid.UUID(registration_id))


@handler
def mail_invitation(*, invitation_id: str, sending: str, **_: str) -> None:
    """The invited person gets the link."""
    services.mail_invitation(invitation_id=uuid.UUID(invitation_id), sending=int(sending))


def _owners(partner_id: uuid.UUID) -> Iterable[User]:
    return User.objects.filter(
        partner_memberships__partner_id=partner_id,
        partner_memberships__role=PartnerRole.OWNER,
        partner_memberships__is_active=True,
    ).distinct()


@handler
def member_joined(*, partner_id: str, user_id: str, **_: str) -> None:
    """The owners know who acts for them."""
    partner, person = Partner.objects.get(pk=partner_id), User.objects.get(pk=user_id)
    services.notify(
        users=[owner for owner in _owners(partner.pk) if owner.pk != person.pk],
        message="member_joined",
        event_key=f"member:{partner_id}:{user_id}",
        params={"person": person.name, "partner": partner.name},
        url=reverse("partner_members"),
    )


@handler
def member_left(*, partner_id: str, user_id: str, **_: str) -> None:
    """Those who remain learn what was in these hands."""
    partner, person = Partner.objects.get(pk=partner_id), User.objects.get(pk=user_id)
    left = PartnerMembership.objects.get(partner=partner, user=person)
    if left.is_active:
        return
    guided = Placement.objects.filter(
        mentor__partner=partner, mentor__user=person, status__in=RESERVING_PLACEMENT
    ).count()
    services.notify(
        users=_members(partner.pk),
        message="member_left",
        event_key=f"left:{left.pk}:{left.updated_at.isoformat()}",
        params={"person": person.name, "partner": partner.name, "count": guided},
        url=reverse("partner_members"),
    )


@handler
def agreement_ending(*, agreement_id: str, days: str, **_: str) -> None:
    """HR and the owners of the partner, in time for a new one."""
    row = Agreement.objects.select_related("partner", "agency").get(pk=agreement_id)
    today = row.agency.today()
    if not Agreement.objects.filter(pk=row.pk).ending(today).exists():
        return
    params = {
        "number": row.number_agency,
        "partner": row.partner.name,
        "agency": row.agency.name,
        "ends": row.ends_on.isoformat(),
        "left": (row.ends_on - today).days,
    }
    for people, route in ((_hr(row.agency_id), "agency_agreement"), (_owners(row.partner_id), "partner_agreement")):
        services.notify(
            users=people,
            message="agreement_ending",
            event_key=f"agreement:{row.pk}:{days}",
            params=params,
            url=reverse(route, args=[row.pk]),
        )


# Awards -------------------------------------------------------------------------------------------


@handler
def award_proposed(*, proposal_id: str, **_: str) -> None:
    """HR checks the facts."""
    row = AwardProposal.objects.select_related("rule", "employee").get(pk=proposal_id)
    services.notify(
        users=_hr(row.agency_id),
        message="award_to_check",
        event_key=f"proposal:{row.pk}",
        params={"person": row.employee.full_name, "award": row.rule.name},
        url=reverse("agency_award", args=[row.pk]),
    )


@handler
def award_granted(*, award_id: str, **_: str) -> None:
    """The awarded person is the first to know."""
    row = Award.objects.select_related("proposal__rule", "employee__user").get(pk=award_id)
    services.notify(
        users=_user(row.employee),
        message="award_granted",
        event_key=f"award:{row.pk}",
        params={"award": row.proposal.rule.name, "number": row.decree_number},
        url=reverse("employee_awards"),
    )


# Mail -----------------------------------------------------------------------------------------------


@handler
def mail_notification(*, notification_id: str, **_: str) -> None:
    """Send the mail of one notification."""
    services.mail_notification(notification_id=uuid.UUID(notification_id))
