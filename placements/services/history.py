"""Placements that ended before Padan was there: brought along whole, with all that proves them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.core.files.base import File

from accounts.models import User
from asn.models import Agency, Employee
from core import audit
from core.errors import Invalid, at_row, require
from core.files import store_pdf
from core.services import service
from core.states import advance
from matching import services as matching
from mentors.models import Mentor
from partners import services as partners
from partners.kinds import Evidence, JpBasis
from partners.models import Slot
from placements.hours import Credit, account_year, capped_by_ceiling, rule_for, session_credit
from placements.models import (
    Application,
    Attendance,
    Certificate,
    Decision,
    Evaluation,
    EvaluationRating,
    LearningHourEntry,
    LearningObjective,
    LogbookEntry,
    MentoringSession,
    Placement,
    SessionNote,
)
from placements.permissions import is_hr_of
from placements.services.applications import CONSENT_VERSION
from placements.services.certificates import new_certificate
from placements.services.common import availability_of
from placements.states import CertificateKind, DecisionOutcome, DecisionStep, EvaluatorRole, NoteVisibility


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRow:
    """One side's final evaluation; ``ratings`` are (competency code, level)."""

    role: EvaluatorRole
    overall: int
    strengths: str = ""
    improvements: str = ""
    applied: str = ""
    ratings: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRow:
    """One finished placement: who decided when, the letter, and the evidence.

    ``host_id`` is the member of the partner who accepted, ``officer_id`` the HR officer who approved. The logbook holds
    (day, hours, activity, output, lesson), all verified; sessions (day, minutes, agenda, notes), all confirmed. ``attended`` names days of
    the slot's meetings; those left out were missed.
    """

    employee_id: uuid.UUID
    slot_id: uuid.UUID
    mentor_id: uuid.UUID
    officer_id: int
    host_id: int
    motivation: str
    submitted_at: datetime
    cleared_at: datetime
    approved_at: datetime
    accepted_at: datetime
    letter_number: str
    letter_date: date
    letter_signer: str
    letter_file: File[bytes]
    plan_agreed_at: datetime
    started_at: datetime
    completed_at: datetime
    logbook: Sequence[tuple[date, Decimal, str, str, str]] = ()
    sessions: Sequence[tuple[date, int, str, str]] = ()
    attended: Sequence[date] = ()
    evaluations: Sequence[OpinionRow] = ()
    id: uuid.UUID | None = None


@service
def import_finished_placements(
    *, actor: User | None, agency_id: uuid.UUID, rows: Sequence[FinishedRow]
) -> list[Placement]:
    """Add finished placements with decisions, evidence, certificate and learning hours, all or none.

    Announces nothing: points and awards are asked for apart, recommendations refreshed afterwards. Raises Invalid with
    the row at fault, Conflict(``slot_full``).
    """
    require(actor is None or is_hr_of(actor, agency_id))
    agency = Agency.objects.get(pk=agency_id)
    batch = _Batch(agency, rows)
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            batch.add(row)
    placements = batch.write()
    audit.record(
        actor=actor,
        action="placements.import_finished",
        obj=agency,
        agency_id=agency.pk,
        after={"rows": len(placements)},
    )
    return placements


class _Batch:
    """Rows of every table, checked first and written table by table."""

    def __init__(self, agency: Agency, rows: Sequence[FinishedRow]) -> None:
        self.agency = agency
        self.tenant: dict[str, Any] = {"agency_id": agency.pk}
        employees = Employee.objects.filter(agency=agency, pk__in={row.employee_id for row in rows})
        self.employees = employees.select_related("agency", "supervisor").in_bulk()
        slots = Slot.objects.filter(agency=agency, pk__in={row.slot_id for row in rows})
        self.slots = (
            slots.select_related("agreement", "partner")
            .prefetch_related("outcomes", "slot_mentors", "meetings")
            .in_bulk()
        )
        self.mentors = Mentor.objects.filter(pk__in={row.mentor_id for row in rows}).in_bulk()
        self.applications: list[Application] = []
        self.decisions: list[Decision] = []
        self.placements: list[Placement] = []
        self.objectives: list[LearningObjective] = []
        self.logbook: list[LogbookEntry] = []
        self.sessions: list[MentoringSession] = []
        self.notes: list[SessionNote] = []
        self.attendance: list[Attendance] = []
        self.evaluations: list[Evaluation] = []
        self.ratings: list[EvaluationRating] = []
        self.officers: list[int] = []

    def add(self, row: FinishedRow) -> None:
        employee, slot = self.employees.get(row.employee_id), self.slots.get(row.slot_id)
        if employee is None or employee.user_id is None:
            raise Invalid("unknown_employee", field="employee_id")
        if employee.supervisor is None or employee.supervisor.user_id is None:
            raise Invalid("unknown_supervisor", field="employee_id")
        if slot is None:
            raise Invalid("unknown_slot", field="slot_id")
        mentor = self.mentors.get(row.mentor_id)
        if mentor is None or all(tie.mentor_id != mentor.pk for tie in slot.slot_mentors.all()):
            raise Invalid("mentor_not_of_slot", field="mentor_id")
        _check(row, slot, self.agency)
        decided_by = (employee.user_id, employee.supervisor.user_id, row.officer_id, row.host_id)
        application = self._application(row, employee, slot, decided_by)
        placement = Placement(
            id=row.id or uuid.uuid4(),
            application=application,
            employee=employee,
            slot=slot,
            starts_on=slot.starts_on,
            ends_on=slot.ends_on,
            blocks_time=slot.policy.blocks_time,
            documents=[document.value for document in slot.policy.documents],
            mentor=mentor,
            letter_number=row.letter_number,
            letter_date=row.letter_date,
            letter_signer=row.letter_signer,
            letter_file=store_pdf(
                actor=None,
                upload=row.letter_file,
                title=f"Surat tugas {row.letter_number.replace('/', '-')}",
                agency_id=self.agency.pk,
            ),
            plan_agreed_by_id=(mentor.user_id or row.host_id) if slot.policy.uses_plan else None,
            plan_agreed_at=row.plan_agreed_at if slot.policy.uses_plan else None,
            started_by_id=row.officer_id,
            started_at=row.started_at,
            completed_by_id=mentor.user_id or row.host_id,
            completed_at=row.completed_at,
            **self.tenant,
        )
        advance(placement, "start")
        advance(placement, "complete")
        self.placements.append(placement)
        self.officers.append(row.officer_id)
        self._evidence(row, placement, employee.user_id, mentor.user_id or row.host_id)

    def _application(self, row: FinishedRow, employee: Employee, slot: Slot, decided_by: Sequence[int]) -> Application:
        application = Application(
            employee=employee,
            slot=slot,
            motivation=row.motivation,
            submitted_at=row.submitted_at,
            consent_at=row.submitted_at,
            consent_version=CONSENT_VERSION,
            uses_reserve=slot.is_kept_for(employee.unit_id),
            **self.tenant,
        )
        for verb in ("submit", "clear", "approve", "accept"):
            advance(application, verb)
        self.applications.append(application)
        steps = (
            (DecisionStep.EMPLOYEE, DecisionOutcome.SUBMITTED, row.submitted_at),
            (DecisionStep.SUPERVISOR, DecisionOutcome.CLEARED, row.cleared_at),
            (DecisionStep.HR, DecisionOutcome.APPROVED, row.approved_at),
            (DecisionStep.PARTNER, DecisionOutcome.ACCEPTED, row.accepted_at),
        )
        for (step, outcome, at), person in zip(steps, decided_by, strict=True):
            self.decisions.append(
                Decision(
                    application=application,
                    attempt=1,
                    step=step,
                    outcome=outcome,
                    decided_by_id=person,
                    decided_at=at,
                    **self.tenant,
                )
            )
        return application

    def _evidence(self, row: FinishedRow, placement: Placement, person_id: int, guide_id: int) -> None:
        mine: dict[str, Any] = {"placement": placement, **self.tenant}
        for outcome in placement.slot.outcomes.all() if placement.policy.uses_plan else ():
            self.objectives.append(
                LearningObjective(
                    competency_id=outcome.competency_id,
                    from_level=outcome.from_level,
                    to_level=outcome.to_level,
                    activity=placement.slot.title,
                    **mine,
                )
            )
        for day, hours, activity, output, lesson in row.logbook:
            entry = LogbookEntry(entry_date=day, hours=hours, activity=activity, output=output, lesson=lesson, **mine)
            advance(entry, "submit")
            advance(entry, "verify")
            entry.verified_by_id, entry.verified_at = guide_id, row.completed_at
            self.logbook.append(entry)
        for day, minutes, agenda, notes in row.sessions:
            session = MentoringSession(
                held_on=day,
                minutes=minutes,
                agenda=agenda,
                employee=placement.employee,
                mentor=placement.mentor,
                participant_confirmed_at=row.completed_at,
                mentor_confirmed_at=row.completed_at,
                mentor_confirmed_by_id=guide_id,
                **mine,
            )
            advance(session, "agree_held")
            self.sessions.append(session)
            if notes:
                pair = {"author_id": person_id, "visibility": NoteVisibility.PAIR}
                self.notes.append(SessionNote(session=session, text=notes, **pair, **self.tenant))
        for meeting in placement.slot.meetings.all():
            mark = Attendance(
                slot=placement.slot,
                meeting=meeting,
                is_present=meeting.held_on in row.attended,
                recorded_by_id=row.host_id,
                recorded_at=row.completed_at,
                answered_at=row.completed_at,
                **mine,
            )
            advance(mark, "confirm")
            self.attendance.append(mark)
        for opinion in row.evaluations:
            evaluation = Evaluation(
                role=opinion.role,
                overall=opinion.overall,
                strengths=opinion.strengths,
                improvements=opinion.improvements,
                applied=opinion.applied,
                submitted_by_id=person_id if opinion.role == EvaluatorRole.PARTICIPANT else guide_id,
                submitted_at=row.completed_at,
                **mine,
            )
            self.evaluations.append(evaluation)
            self.ratings += [
                EvaluationRating(evaluation=evaluation, competency_id=code, level=level, **self.tenant)
                for code, level in opinion.ratings
            ]

    def write(self) -> list[Placement]:
        for placement in self.placements:
            partners.take_seat(slot_id=placement.slot_id, unit_id=placement.employee.unit_id)
        Application.objects.bulk_create(self.applications)
        Decision.objects.bulk_create(self.decisions)
        Placement.objects.bulk_create(self.placements)
        LearningObjective.objects.bulk_create(self.objectives)
        LogbookEntry.objects.bulk_create(self.logbook)
        MentoringSession.objects.bulk_create(self.sessions)
        SessionNote.objects.bulk_create(self.notes)
        Attendance.objects.bulk_create(self.attendance)
        Evaluation.objects.bulk_create(self.evaluations)
        EvaluationRating.objects.bulk_create(self.ratings)
        self._certify()
        self._credit()
        people = {placement.employee_id: placement.employee for placement in self.placements}
        matching.import_availability(
            agency_id=self.agency.pk, rows=[availability_of(person) for person in people.values()]
        )
        return self.placements

    def _certify(self) -> None:
        """Signed like any other; the PDF is made when somebody first asks for it."""
        Certificate.objects.bulk_create(
            new_certificate(
                placement,
                agency=self.agency,
                kind=CertificateKind.COMPLETION,
                day=self.agency.today(placement.completed_at),
                officer_id=officer,
            )
            for placement, officer in zip(self.placements, self.officers, strict=True)
        )

    def _credit(self) -> None:
        """Learning hours one by one, for caps and ceilings look at what is in the ledger already."""
        for placement in self.placements:
            policy, person = placement.slot.policy, placement.employee
            if policy.jp_basis is JpBasis.ACTIVITY:
                rule = rule_for(policy.jp_form, self.agency.pk, placement.ends_on)
                year = account_year(person, placement.ends_on)
                credit = capped_by_ceiling(person, rule.hours or 0, year)
                self._enter(placement, f"activity:{placement.pk}", placement.ends_on, rule, credit)
        for session in sorted(self.sessions, key=lambda session: session.held_on):
            policy = session.placement.slot.policy
            if policy.jp_basis is JpBasis.SESSION:
                rule = rule_for(policy.jp_form, self.agency.pk, session.held_on)
                credit = session_credit(session.placement, rule, session.held_on)
                self._enter(session.placement, f"session:{session.pk}", session.held_on, rule, credit)

        for mark in sorted(self.attendance, key=lambda mark: mark.meeting.held_on):
            policy, day = mark.placement.slot.policy, mark.meeting.held_on
            if policy.jp_basis is JpBasis.DAY and mark.is_present:
                rule, person = rule_for(policy.jp_form, self.agency.pk, day), mark.placement.employee
                credit = capped_by_ceiling(person, rule.hours or 0, account_year(person, day))
                self._enter(mark.placement, f"day:{mark.placement_id}:{day.isoformat()}", day, rule, credit)

    def _enter(self, placement: Placement, key: str, day: date, rule: Any, credit: Credit) -> None:
        LearningHourEntry.objects.create(
            employee=placement.employee,
            placement=placement,
            rule=rule,
            rule_version=rule.version,
            key=key,
            occurs_on=day,
            account_year=account_year(placement.employee, day),
            hours=credit.hours,
            counted_hours=credit.counted,
            not_counted=credit.reason,
            **self.tenant,
        )


def _check(row: FinishedRow, slot: Slot, agency: Agency) -> None:
    """Times in order, days inside the period, and the evidence that the kind asks for."""
    if not slot.agreement.covers(slot.starts_on, slot.ends_on):
        raise Invalid("agreement_not_in_force", field="slot_id")
    times = (row.submitted_at, row.cleared_at, row.approved_at, row.accepted_at, row.started_at, row.completed_at)
    if any(later < earlier for earlier, later in pairwise(times)):
        raise Invalid("ends_before_start", field="completed_at")
    if not slot.ends_on <= agency.today(row.completed_at) <= agency.today():
        raise Invalid("date_outside_period", field="completed_at", starts_on=slot.ends_on, ends_on=agency.today())
    for field, days in (("logbook", [d for d, *_ in row.logbook]), ("sessions", [d for d, *_ in row.sessions])):
        if any(not slot.starts_on <= day <= slot.ends_on for day in days):
            raise Invalid("date_outside_period", field=field, starts_on=slot.starts_on, ends_on=slot.ends_on)
    dates = {meeting.held_on for meeting in slot.meetings.all()}
    if not dates.issuperset(row.attended):
        raise Invalid("no_meeting_that_day", field="attended", days=", ".join(day.isoformat() for day in sorted(dates)))
    roles = {opinion.role for opinion in row.evaluations}
    present = {
        Evidence.LOGBOOK_VERIFIED: bool(row.logbook),
        Evidence.SESSION_CONFIRMED: bool(row.sessions),
        Evidence.ATTENDANCE_CONFIRMED: bool(row.attended),
    }
    missing = [evidence.value for evidence in slot.policy.evidence if not present[evidence]]
    missing += [form.code for form in slot.policy.evaluations if form.required and form.role not in roles]
    if missing:
        raise Invalid("evidence_incomplete", field=missing[0], missing=", ".join(missing))
