"""Who sees and who may do what on the road from application to certificate."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from asn.models import Employee
from asn.permissions import agencies_of, serves
from asn.states import AgencyRole
from asn.superiors import is_superior, led_by, stands_in_for
from core.errors import NotFound
from core.rows import find
from partners.models import Slot
from partners.permissions import partners_of
from placements.models import (
    Application,
    ApplicationQuerySet,
    Attendance,
    Certificate,
    ChangeTask,
    LogbookEntry,
    MentoringSession,
    MilestoneReport,
    Paper,
    Placement,
    SessionNote,
)
from placements.states import LATER_STEPS, ApplicationStatus, DecisionStep, NoteVisibility, PaperKind, PlacementStatus

# What a partner gets to see at all, and from when on with a name.
PARTNER_SEES = (
    ApplicationStatus.SHORTLISTED,
    ApplicationStatus.OFFERED,
    ApplicationStatus.APPROVED,
    ApplicationStatus.ACCEPTED,
    ApplicationStatus.DECLINED,
)
PARTNER_SEES_NAME = (ApplicationStatus.APPROVED, ApplicationStatus.ACCEPTED)


def is_hr_of(user: User, agency_id: uuid.UUID) -> bool:
    """Whether the user is an HR officer of that agency."""
    return serves(user, agency_id, AgencyRole.HR)


def is_member_of(user: User, partner_id: uuid.UUID) -> bool:
    """Whether the user acts for that partner."""
    return partners_of(user).filter(partner_id=partner_id).exists()


def get_slot_of_office(user: User, slot_id: uuid.UUID) -> Slot:
    """A slot of an agency that the user serves as HR or auditor, or NotFound: who waits for it is seen by name."""
    slot: Slot = find(
        Slot.objects.filter(agency__in=agencies_of(user, AgencyRole.HR, AgencyRole.AUDITOR)).select_related(
            "agency", "agreement", "partner", "reserve_unit"
        ),
        slot_id,
    )
    return slot


def applied_slots(user: User) -> Q:
    """Slots a person has applied for stay visible to them, whatever becomes of the slot."""
    return Q(pk__in=Application.objects.filter(employee__user=user).values("slot_id"))


def inside_applications(user: User) -> ApplicationQuerySet:
    """Those seen by name: own ones; handed-in ones of subordinates and of the agency (HR, auditor)."""
    return Application.objects.filter(_inside(user))


def offered_applications(user: User) -> ApplicationQuerySet:
    """Those that HR offers to one's partner: by an alias first, by name once approved."""
    return Application.objects.filter(_offered(user))


def visible_applications(user: User) -> ApplicationQuerySet:
    """Both."""
    return Application.objects.filter(_inside(user) | _offered(user))


def _inside(user: User) -> Q:
    handed_in = ~Q(status=ApplicationStatus.DRAFT) | Q(attempt__gt=1)
    return (
        Q(employee__user=user)
        | (handed_in & Q(employee__supervisor__user=user))
        | (handed_in & Q(employee__in=_stood_in(user)))
        | (handed_in & Q(agency__in=agencies_of(user, AgencyRole.HR, AgencyRole.AUDITOR)))
    )


def _offered(user: User) -> Q:
    return Q(slot__partner__in=partners_of(user), status__in=PARTNER_SEES)


def get_visible_application(user: User, application_id: uuid.UUID) -> Application:
    """The application, or NotFound for a missing or foreign one alike."""
    return find_application(visible_applications(user), application_id)


def find_application(rows: ApplicationQuerySet, application_id: uuid.UUID) -> Application:
    """The one among these rows, with its people and its slot; NotFound when it is not there."""
    try:
        return rows.select_related(
            "employee__supervisor",
            "employee__unit",
            "employee__position",
            "slot__partner",
            "slot__agreement",
            "agency",
        ).get(pk=application_id)
    except Application.DoesNotExist:
        raise NotFound() from None


def is_applicant(user: User, application: Application) -> bool:
    """Whether the application is the user's own."""
    return application.employee.user_id == user.pk


def can_clear(user: User, application: Application, now: datetime | None = None) -> bool:
    """Whoever decides for the applicant today (asn.superiors), who is never the applicant."""
    return not is_applicant(user, application) and is_superior(user, application.employee, now)


def to_clear(user: User) -> ApplicationQuerySet:
    """What waits for this user's clearance."""
    return Application.objects.filter(status=ApplicationStatus.AWAITING_CLEARANCE, employee__in=led_by(user))


def can_rule_out(user: User, application: Application) -> bool:
    """An HR officer of the agency, never on one's own application."""
    return is_hr_of(user, application.agency_id) and not is_applicant(user, application)


def can_decide_for_hr(user: User, application: Application) -> bool:
    """An HR officer of the agency, neither the applicant nor the one who cleared it (invariant 3)."""
    return (
        is_hr_of(user, application.agency_id)
        and not is_applicant(user, application)
        and not _decided_otherwise(user, application, DecisionStep.HR)
    )


def can_decide_for_partner(user: User, application: Application) -> bool:
    """A member of the slot's partner who has decided nothing else about it."""
    return (
        is_member_of(user, application.slot.partner_id)
        and not is_applicant(user, application)
        and not _decided_otherwise(user, application, DecisionStep.PARTNER)
    )


def _decided_otherwise(user: User, application: Application, step: str) -> bool:
    """Whether the user has decided another step of this attempt; the same step again is "already decided"."""
    return any(
        decision.attempt == application.attempt
        and decision.decided_by_id == user.pk
        and decision.step not in (step, *LATER_STEPS)
        for decision in application.decisions.all()
    )


def visible_placements(user: User) -> Any:
    """Own ones; of subordinates, of the agency (HR, auditor), of the partner, of the mentor."""
    return Placement.objects.filter(
        _placed_inside(user) | Q(slot__partner__in=partners_of(user)) | Q(mentor__user=user)
    )


def inside_placements(user: User) -> Any:
    """Those seen from inside the agency: own ones, of subordinates, of the agency (HR, auditor)."""
    return Placement.objects.filter(_placed_inside(user))


def _placed_inside(user: User) -> Q:
    return (
        Q(employee__user=user)
        | Q(employee__supervisor__user=user)
        | Q(employee__in=_stood_in(user))
        | Q(agency__in=agencies_of(user, AgencyRole.HR, AgencyRole.AUDITOR))
    )


def _stood_in(user: User) -> QuerySet[Employee]:
    return Employee.objects.filter(stands_in_for(user))


def visible_papers(user: User) -> Any:
    """Papers of visible placements; a surat tugas holds a NIP and stays inside the agency."""
    return Paper.objects.filter(
        Q(placement__in=inside_placements(user))
        | Q(kind=PaperKind.PLAN, superseded_at=None, placement__in=visible_placements(user))
    )


def get_visible_paper(user: User, paper_id: uuid.UUID) -> Paper:
    """The paper, or NotFound."""
    paper: Paper = find(visible_papers(user), paper_id)
    return paper


def visible_certificates(user: User) -> Any:
    """Certificates of visible placements."""
    return Certificate.objects.filter(placement__in=visible_placements(user))


def get_visible_certificate(user: User, certificate_id: uuid.UUID) -> Certificate:
    """The certificate, or NotFound."""
    certificate: Certificate = find(visible_certificates(user).select_related("placement__employee"), certificate_id)
    return certificate


def can_revoke(user: User, certificate: Certificate) -> bool:
    """HR of the agency, not for oneself."""
    return can_prepare(user, certificate.placement)


def get_visible_placement(user: User, placement_id: uuid.UUID) -> Placement:
    """The placement, or NotFound for a missing or foreign one alike."""
    try:
        placement: Placement = (
            visible_placements(user)
            .select_related(
                "employee__supervisor",
                "employee__unit",
                "employee__position",
                "slot__partner",
                "slot__agreement",
                "mentor",
                "agency",
                "application",
            )
            .get(pk=placement_id)
        )
    except Placement.DoesNotExist:
        raise NotFound() from None
    return placement


def get_visible_logbook_entry(user: User, entry_id: uuid.UUID) -> LogbookEntry:
    """A logbook entry of a visible placement."""
    try:
        return LogbookEntry.objects.select_related("placement").get(pk=entry_id, placement__in=visible_placements(user))
    except LogbookEntry.DoesNotExist:
        raise NotFound() from None


def visible_milestone_reports(user: User) -> QuerySet[MilestoneReport]:
    """Those of slots in which the user sees a placement."""
    return MilestoneReport.objects.filter(milestone__slot__in=visible_placements(user).values("slot"))


def get_visible_attendance(user: User, attendance_id: uuid.UUID) -> Attendance:
    """A mark of a visible placement."""
    return find(Attendance.objects.filter(placement__in=visible_placements(user)), attendance_id)


def can_record_attendance(user: User, slot: Slot) -> bool:
    """Whoever acts for the partner, and the mentors of the slot."""
    return is_member_of(user, slot.partner_id) or slot.slot_mentors.filter(mentor__user=user).exists()


def get_visible_session(user: User, session_id: uuid.UUID) -> MentoringSession:
    """A session of a visible placement."""
    try:
        return MentoringSession.objects.select_related(
            "placement__agency", "placement__slot__partner", "placement__employee__supervisor", "placement__mentor"
        ).get(pk=session_id, placement__in=visible_placements(user))
    except MentoringSession.DoesNotExist:
        raise NotFound() from None


def visible_session_notes(user: User) -> QuerySet[SessionNote]:
    """One's own; as participant or mentor those meant for the pair; as HR or supervisor those meant for the office.

    A member of the partner stands in for a mentor only where the mentor has no account.
    """
    shared = Q(visibility__in=(NoteVisibility.PAIR, NoteVisibility.OFFICE))
    office = Q(visibility=NoteVisibility.OFFICE)
    return SessionNote.objects.filter(
        Q(author=user)
        | (shared & Q(session__placement__employee__user=user))
        | (shared & Q(session__mentor__user=user))
        | (
            shared
            & Q(session__mentor__user__isnull=True, session__placement__slot__partner__in=partners_of(user))
            & ~Q(session__placement__employee__user=user)
        )
        | (office & Q(session__placement__employee__supervisor__user=user))
        | (office & Q(session__placement__employee__in=_stood_in(user)))
        | (office & Q(agency__in=agencies_of(user, AgencyRole.HR)))
    )


def is_participant(user: User, placement: Placement) -> bool:
    """Whether the placement is the user's own."""
    return placement.employee.user_id == user.pk


def is_mentor(user: User, placement: Placement) -> bool:
    """Whether the user is the mentor of this placement."""
    return placement.mentor is not None and placement.mentor.user_id == user.pk


def is_host(user: User, placement: Placement) -> bool:
    """The mentor, or whoever acts for the partner; never the participant."""
    return not is_participant(user, placement) and (
        is_mentor(user, placement) or is_member_of(user, placement.slot.partner_id)
    )


def can_prepare(user: User, placement: Placement) -> bool:
    """Letters and start: HR of the agency, not for oneself."""
    return is_hr_of(user, placement.agency_id) and not is_participant(user, placement)


def can_write_plan(user: User, placement: Placement) -> bool:
    """Participant and host write the learning plan together."""
    return is_participant(user, placement) or is_host(user, placement)


def can_complete(user: User, placement: Placement) -> bool:
    """The host, or HR of the agency."""
    return is_host(user, placement) or can_prepare(user, placement)


def can_end(user: User, placement: Placement) -> bool:
    """Either side may stop before the start; later HR or the host."""
    if placement.status == PlacementStatus.PREPARING and is_participant(user, placement):
        return True
    return can_complete(user, placement)


def can_see_hours(user: User, employee_user_id: Any, agency_id: uuid.UUID) -> bool:
    """The JP account: the person, HR and auditors of the agency."""
    return employee_user_id == user.pk or serves(user, agency_id, AgencyRole.HR, AgencyRole.AUDITOR)


def visible_change_tasks(user: User) -> QuerySet[ChangeTask]:
    """Those of the agencies one serves as HR or auditor."""
    return ChangeTask.objects.filter(agency__in=agencies_of(user, AgencyRole.HR, AgencyRole.AUDITOR))


def get_visible_change_task(user: User, task_id: uuid.UUID) -> ChangeTask:
    """The task, or NotFound."""
    return find(visible_change_tasks(user), task_id)


def can_decide_change(user: User, task: ChangeTask) -> bool:
    """HR of the agency, never on one's own application or placement."""
    return is_hr_of(user, task.agency_id) and task.employee.user_id != user.pk
