"""One city with a thing of every kind in it, and somebody of another city who holds every role there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from accounts.models import User
from accounts.services import issue_token
from core import outbox
from incentives import services as incentives
from incentives.models import AwardProposal
from matching import services as matching
from partners.services import invite_member
from placements.models import Certificate, ChangeTask, LearningHourEntry, LogbookEntry
from tests.factories.accounts import UserFactory
from tests.factories.asn import (
    ActingPeriodFactory,
    AgencyFactory,
    AgencyMembershipFactory,
    CorrectionFactory,
    EmployeeFactory,
)
from tests.factories.mentors import MentorFactory
from tests.factories.partners import PartnerMembershipFactory
from tests.factories.placements import Road, make_road
from web.models import Notification


def everybody() -> User:
    """One account with every role, each in an organisation of its own."""
    user: User = UserFactory(is_superuser=False)
    agency = AgencyFactory()
    for role in ("hr", "auditor", "leadership"):
        AgencyMembershipFactory(agency=agency, user=user, role=role)
    employee = EmployeeFactory(agency=agency, user=user)
    EmployeeFactory(agency=agency, supervisor=employee)
    mentor = MentorFactory(user=user)
    PartnerMembershipFactory(partner=mentor.partner, user=user)
    return user


@dataclass
class World:
    """A road walked to its award, and the id of one thing of each kind by the name that addresses use."""

    road: Road
    ids: dict[str, Any]

    @property
    def all_ids(self) -> set[str]:
        return {str(value) for value in self.ids.values()}


def finished_world() -> World:
    """Slot, application, placement with its evidence, certificate, hours, award, notification, token."""
    road = make_road()
    incentives.create_award_rule(
        actor=road.hr,
        agency_id=road.agency.pk,
        code="penerapan-terbaik",
        name="Piagam Penerapan Terbaik",
        decided_by="Wali Kota",
        document="Piagam",
    )
    placement = road.complete()
    later = road.slot.ends_on + timedelta(days=400)
    session = placement.sessions.create(
        agency=road.agency, held_on=road.slot.starts_on, minutes=60, agenda="Membahas rencana"
    )
    meeting = road.slot.meetings.create(
        agency=road.agency, held_on=road.slot.starts_on, begins_at=time(9), ends_at=time(15)
    )
    mark = placement.attendance.create(
        agency=road.agency,
        slot=road.slot,
        meeting=meeting,
        is_present=True,
        recorded_by=road.member,
        recorded_at=road.at(road.slot.starts_on),
    )
    run = matching.request_full_match(actor=road.hr, agency_id=road.agency.pk)
    outbox.drain()
    proposal = AwardProposal.objects.get(placement=placement)
    incentives.verify_proposal(actor=road.hr, proposal_id=proposal.pk)
    award = incentives.grant_award(
        actor=road.hr,
        proposal_id=proposal.pk,
        decree_number="100.3.3.3/8/2026",
        decree_date=road.slot.ends_on + timedelta(days=1),
        signer="Wali Kota",
        now=road.at(road.slot.ends_on + timedelta(days=2)),
    )
    stand_in = ActingPeriodFactory(
        holder=road.supervisor,
        acting=EmployeeFactory(agency=road.agency, with_user=True),
        starts_on=later,
        ends_on=later,
    )
    milestone = road.slot.milestones.create(agency=road.agency, title="Laporan", due_on=road.slot.ends_on)
    correction = CorrectionFactory(assessment__employee=road.employee)
    change = ChangeTask.objects.create(
        agency=road.agency,
        employee=road.employee,
        application=road.application,
        kinds=["unit"],
        changed_at=road.at(road.slot.starts_on),
        due_at=road.at(road.slot.ends_on),
    )
    owner = PartnerMembershipFactory(partner=road.slot.partner, owner=True)
    invitation = invite_member(actor=owner.user, partner_id=road.slot.partner_id, email="baru@example.com")
    token, _ = issue_token(actor=road.applicant, label="laporan")
    notification = Notification.objects.create(user=road.applicant, event_key="x", code="application_cleared")
    return World(
        road,
        {
            "agency_id": road.agency.pk,
            "position_id": road.employee.position_id,
            "unit_id": road.employee.unit_id,
            "employee_id": road.employee.pk,
            "partner_id": road.slot.partner_id,
            "agreement_id": road.slot.agreement_id,
            "parent_id": road.slot.agreement_id,
            "predecessor_id": road.slot.agreement_id,
            "membership_id": owner.pk,
            "invitation_id": invitation.pk,
            "slot_id": road.slot.pk,
            "milestone_id": milestone.pk,
            "mentor_id": road.mentor.pk,
            "run_id": run.pk,
            "application_id": road.application.pk,
            "placement_id": placement.pk,
            "certificate_id": Certificate.objects.get(placement=placement).pk,
            "entry_id": LogbookEntry.objects.filter(placement=placement).values_list("pk", flat=True)[0],
            "line_id": LearningHourEntry.objects.get(placement=placement).pk,
            "session_id": session.pk,
            "meeting_id": meeting.pk,
            "attendance_id": mark.pk,
            "proposal_id": proposal.pk,
            "award_id": award.pk,
            "period_id": stand_in.pk,
            "assessment_id": correction.assessment_id,
            "correction_id": correction.pk,
            "task_id": change.pk,
            "notification_id": notification.pk,
            "token_id": token.pk,
        },
    )
