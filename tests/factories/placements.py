"""One road: the people and the slot of a story, and the steps up to a given point, all through the services."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F

from accounts.models import User
from asn.models import Agency, Employee
from mentors.models import Mentor
from partners.kinds import Ratings
from partners.models import Slot
from placements import services
from placements.models import Application, LearningHourRule, Placement
from placements.selectors import goals, weeks_of
from tests.factories.accounts import UserFactory
from tests.factories.asn import (
    AgencyFactory,
    AgencyMembershipFactory,
    AssessmentFactory,
    EmployeeFactory,
    PositionStandardFactory,
)
from tests.factories.core import PDF
from tests.factories.mentors import MentorFactory, SlotMentorFactory
from tests.factories.partners import PartnerMembershipFactory, SlotFactory

MOTIVATION = "Saya ingin mampu menyusun dasbor layanan untuk dinas kami."


def letter_file(name: str = "surat.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


@dataclass
class Road:
    """People and slot of one story. ``walk_to`` goes through the services, step by step."""

    agency: Agency
    hr: User
    supervisor: Employee
    employee: Employee
    member: User
    mentor: Mentor
    slot: Slot
    application: Application = field(init=False)
    placement: Placement = field(init=False)

    @property
    def applicant(self) -> User:
        assert self.employee.user is not None
        return self.employee.user

    @property
    def boss(self) -> User:
        assert self.supervisor.user is not None
        return self.supervisor.user

    def at(self, day: date, hour: int = 10) -> datetime:
        return datetime.combine(day, time(hour), tzinfo=self.agency.zone)

    def beside(self, **employee: Any) -> Road:
        """Another person with the same people and the same slot."""
        person = {"supervisor": self.supervisor, "position": self.employee.position, "with_user": True, **employee}
        slot = Slot.objects.get(pk=self.slot.pk)
        return replace(self, employee=EmployeeFactory(agency=self.agency, **person), slot=slot)

    def apply(self, **extra: Any) -> Application:
        self.application = services.apply_to_slot(
            actor=self.applicant,
            slot_id=self.slot.pk,
            **{"motivation": MOTIVATION, "consent": True, **extra},
        )
        return self.application

    def clear(self) -> Application:
        self.apply()
        return services.clear_application(actor=self.boss, application_id=self.application.pk)

    def wait(self) -> Application:
        """On the waitlist of the slot, whose seats are all taken by others."""
        self.clear()
        fill(self.slot)
        return services.waitlist_application(actor=self.hr, application_id=self.application.pk)

    def approve(self) -> Application:
        self.clear()
        return services.approve_application(actor=self.hr, application_id=self.application.pk)

    def accept(self) -> Placement:
        self.approve()
        self.placement = services.accept_application(actor=self.member, application_id=self.application.pk)
        return self.placement

    def prepare(self) -> Placement:
        self.accept()
        services.record_letter(
            actor=self.hr,
            placement_id=self.placement.pk,
            number="800.1.4.1/17/2026",
            letter_date=self.slot.starts_on - timedelta(days=3),
            signer="Sekretaris Daerah",
            file=letter_file(),
        )
        if not self.placement.policy.uses_plan:
            return self.reload()
        services.set_learning_plan(
            actor=self.applicant,
            placement_id=self.placement.pk,
            objectives=[
                (o.competency_id, o.from_level, o.to_level, "Menyusun dasbor layanan", "Dasbor terpasang")
                for o in self.slot.outcomes.all()
            ],
        )
        assert self.mentor.user is not None
        services.agree_learning_plan(actor=self.mentor.user, placement_id=self.placement.pk)
        return self.reload()

    def start(self) -> Placement:
        self.prepare()
        services.start_placement(actor=self.hr, placement_id=self.placement.pk, now=self.at(self.slot.starts_on))
        return self.reload()

    def prove(self) -> Placement:
        """Logbook or sessions, and both evaluations."""
        self.start()
        assert self.mentor.user is not None
        end = self.at(self.slot.ends_on)
        policy = self.placement.policy
        if policy.uses_meetings:
            for meeting in self.slot.meetings.all():
                services.record_attendance(
                    actor=self.member,
                    slot_id=self.slot.pk,
                    held_on=meeting.held_on,
                    present=[self.placement.pk],
                    now=end,
                )
            for mark in self.placement.attendance.all():
                services.confirm_attendance(actor=self.applicant, attendance_id=mark.pk, now=end)
        elif policy.uses_sessions:
            session = services.record_session(
                actor=self.applicant,
                placement_id=self.placement.pk,
                held_on=self.slot.starts_on,
                minutes=90,
                agenda="Membahas rencana dasbor",
                now=end,
            )
            services.confirm_session(actor=self.mentor.user, session_id=session.pk)
        else:
            for week in range(weeks_of(self.placement)):
                entry = services.record_logbook_entry(
                    actor=self.applicant,
                    placement_id=self.placement.pk,
                    entry_date=self.slot.starts_on + timedelta(weeks=week),
                    hours=Decimal("6"),
                    activity=f"Mengolah data layanan pekan ke-{week + 1}",
                    now=end,
                )
                services.verify_logbook_entry(actor=self.mentor.user, entry_id=entry.pk)
        for milestone in self.slot.milestones.all() if policy.uses_milestones else ():
            where = {"placement_id": self.placement.pk, "milestone_id": milestone.pk, "now": end}
            services.report_milestone(
                actor=self.applicant, text="Temuan diuji bersama unit.", reached_on=self.slot.starts_on, **where
            )
            services.confirm_milestone(actor=self.mentor.user, **where)
        ratings = [(goal.competency_id, goal.to_level) for goal in goals(self.placement)]
        for actor, overall in ((self.mentor.user, 5), (self.applicant, 4)):
            form = policy.evaluation("mentor" if actor == self.mentor.user else "participant")
            if form is not None and form.required:
                services.evaluate_placement(
                    actor=actor,
                    placement_id=self.placement.pk,
                    overall=overall,
                    ratings=ratings if form.ratings is Ratings.ASKED else (),
                    **{question.code: "Menyusun dasbor." for question in form.questions if question.required},
                    now=end,
                )
        return self.reload()

    def complete(self) -> Placement:
        self.prove()
        assert self.mentor.user is not None
        services.complete_placement(actor=self.member, placement_id=self.placement.pk, now=self.at(self.slot.ends_on))
        return self.reload()

    def reload(self) -> Placement:
        self.placement = Placement.objects.get(pk=self.placement.pk)
        return self.placement


def fill(slot: Slot) -> None:
    """Let others have all seats."""
    Slot.objects.filter(pk=slot.pk).update(filled_seats=F("seats"), status="full")


def seats_come_free(slot: Slot, seats: int = 1) -> None:
    """The host has room for so many more."""
    Slot.objects.filter(pk=slot.pk).update(seats=F("seats") + seats, status="published")


def make_road(*, agency: Agency | None = None, employee: dict[str, Any] | None = None, **slot: Any) -> Road:
    """A published slot with a mentor, an employee with a gap and a supervisor, an HR officer and a partner member."""
    if not LearningHourRule.objects.exists():
        services.load_hour_rules()
    agency = agency or AgencyFactory()
    offered = SlotFactory(agreement__agency=agency, **slot)
    mentor = MentorFactory(partner=offered.partner, with_user=True)
    SlotMentorFactory(slot=offered, mentor=mentor)
    supervisor = EmployeeFactory(agency=agency, with_user=True)
    person = EmployeeFactory(agency=agency, with_user=True, supervisor=supervisor, **(employee or {}))
    for outcome in offered.outcomes.all():
        PositionStandardFactory(position=person.position, competency=outcome.competency, level=outcome.to_level)
        AssessmentFactory(employee=person, competency=outcome.competency, level=outcome.from_level)
    return Road(
        agency=agency,
        hr=AgencyMembershipFactory(agency=agency).user,
        supervisor=supervisor,
        employee=person,
        member=PartnerMembershipFactory(partner=offered.partner, user=UserFactory()).user,
        mentor=mentor,
        slot=offered,
    )
