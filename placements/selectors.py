"""Reads for pages and API: who holds it, what is open, what is missing, how many hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_fsm import can_proceed

from accounts.models import User
from asn.models import ActingPeriod, Employee, by_own_date
from asn.permissions import agencies_of
from asn.states import ACTING, AgencyRole, Capacity, EmployeeKind
from asn.superiors import Superior, is_superior, led_by, superior_of
from core.errors import Conflict
from partners.kinds import Document, Evidence, JpBasis, all_kinds
from partners.models import Slot, SlotMeeting, SlotMilestone, SlotOutcome
from partners.permissions import partners_of
from placements import permissions
from placements.eligibility import obstacle
from placements.hours import account_year, ceiling, planned_hours
from placements.models import (
    Application,
    Attendance,
    Decision,
    Evaluation,
    LearningHourEntry,
    LearningObjective,
    LogbookEntry,
    MentoringSession,
    Placement,
)
from placements.states import (
    RESERVING_PLACEMENT,
    RUNNING_PLACEMENT,
    ApplicationStatus,
    AttendanceStatus,
    DecisionStep,
    EvaluationStage,
    EvaluatorRole,
    LogbookStatus,
    MilestoneStatus,
    PlacementStatus,
    SessionStatus,
)

# When the sides are asked for their evaluations.
EVALUATED_BEFORE_END = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """One step: done (who, when), now (who, until when) or next."""

    step: str
    label: str | Promise
    state: str
    who: str
    at: datetime | None = None
    due_at: datetime | None = None
    outcome: str = ""
    capacity: str = ""
    outcome_label: str | Promise = ""
    reason: str | Promise = ""
    note: str = ""


_HOLDER = {
    ApplicationStatus.DRAFT: DecisionStep.EMPLOYEE,
    ApplicationStatus.RETURNED: DecisionStep.EMPLOYEE,
    ApplicationStatus.AWAITING_CLEARANCE: DecisionStep.SUPERVISOR,
    ApplicationStatus.SUBMITTED: DecisionStep.HR,
    ApplicationStatus.SHORTLISTED: DecisionStep.HR,
    ApplicationStatus.WAITLISTED: DecisionStep.OFFER,
    ApplicationStatus.OFFERED: DecisionStep.OFFER,
    ApplicationStatus.APPROVED: DecisionStep.PARTNER,
}
_ROAD = (DecisionStep.EMPLOYEE, DecisionStep.SUPERVISOR, DecisionStep.HR, DecisionStep.PARTNER)
_ROAD_OF_WHO_WAITS = (*_ROAD[:3], DecisionStep.OFFER, DecisionStep.PARTNER)


def holder(application: Application) -> tuple[str, str]:
    """(step, name) of whoever has the application now; ("", "") when nobody has."""
    step = _HOLDER.get(ApplicationStatus(application.status))
    return ("", "") if step is None else (step, _holder_name(application, step))


def _holder_name(application: Application, step: str) -> str:
    if step == DecisionStep.EMPLOYEE:
        return application.employee.full_name
    if step == DecisionStep.OFFER:
        offered = application.status == ApplicationStatus.OFFERED
        return application.employee.full_name if offered else application.agency.hr_office_short
    if step == DecisionStep.SUPERVISOR:
        return superior_name(superior_of(application.employee))
    return application.agency.hr_office_short if step == DecisionStep.HR else application.slot.partner.name


def superior_name(superior: Superior | None) -> str:
    """Name and, where another's place is taken, capacity: "Plh. …" or "a.n. …" as letters write it."""
    if superior is None:
        return ""
    return in_capacity(superior.employee.full_name, superior.capacity, superior.period)


def in_capacity(name: str, capacity: str, period: ActingPeriod | None) -> str:
    """A name with the capacity behind it, where it is not the person's own."""
    if period is None or capacity not in ACTING:
        return name
    whose = period.holder.full_name if period.holder is not None else period.unit.name if period.unit else ""
    words = {Capacity.PLT: "Plt.", Capacity.PLH: "Plh.", Capacity.DELEGATE: "a.n."}
    return f"{name} ({words[Capacity(capacity)]} {whose})"


def conflict_judge(application: Application) -> str:
    """Who judged the declared interest, and as what where another's place was taken; empty before that."""
    judge = application.conflict_decided_by
    if judge is None:
        return ""
    return in_capacity(judge.get_full_name(), application.conflict_capacity, application.conflict_acting_period)


def timeline(application: Application) -> list[TimelineItem]:
    """The road of one application: every decision of every attempt, the present holder, the steps to come."""
    items = []
    rows = Decision.objects.select_related("decided_by", "acting_period__holder", "acting_period__unit")
    # Kept with the application: whoever asks next who has decided spares the query.
    prefetch_related_objects([application], Prefetch("decisions", rows))
    for decision in application.decisions.all():
        items.append(
            TimelineItem(
                step=decision.step,
                label=DecisionStep(decision.step).label,
                state="done",
                who=in_capacity(decision.decided_by.get_full_name(), decision.capacity, decision.acting_period),
                at=decision.decided_at,
                outcome=decision.outcome,
                capacity=decision.capacity,
                outcome_label=decision.get_outcome_display(),
                reason=decision.get_reason_display() if decision.reason else "",
                note=decision.note,
            )
        )
    now_step, who = holder(application)
    if now_step:
        items.append(
            TimelineItem(
                step=now_step, label=DecisionStep(now_step).label, state="now", who=who, due_at=application.due_at
            )
        )
        road = _ROAD_OF_WHO_WAITS if now_step == DecisionStep.OFFER else _ROAD
        for step in road[road.index(DecisionStep(now_step)) + 1 :]:
            items.append(
                TimelineItem(
                    step=step, label=DecisionStep(step).label, state="next", who=_holder_name(application, step)
                )
            )
    return items


# Verb of the service -> transition of the model and who may. Pages draw buttons from this.
_APPLICATION_ACTIONS: dict[str, tuple[str, Any]] = {
    "submit": ("submit", permissions.is_applicant),
    "revise": ("revise", permissions.is_applicant),
    "clear": ("clear", permissions.can_clear),
    "refuse": ("refuse", permissions.can_clear),
    "shortlist": ("shortlist", permissions.can_decide_for_hr),
    "approve": ("approve", permissions.can_decide_for_hr),
    "waitlist": ("waitlist", permissions.can_decide_for_hr),
    "reject": ("reject", permissions.can_decide_for_hr),
    "accept": ("accept", permissions.can_decide_for_partner),
    "decline": ("decline", permissions.can_decide_for_partner),
    "confirm_offer": ("confirm", permissions.is_applicant),
    "decline_offer": ("turn_down", permissions.is_applicant),
    "withdraw": ("withdraw", permissions.is_applicant),
}


def open_application_actions(user: User, application: Application) -> list[str]:
    """Verbs this user may do to this application now."""
    answers: dict[Any, bool] = {}  # one look-up a question, however many verbs ask it
    found = []
    for verb, (transition, allowed) in _APPLICATION_ACTIONS.items():
        if can_proceed(getattr(application, transition)):
            if allowed not in answers:
                answers[allowed] = allowed(user, application)
            if answers[allowed]:
                found.append(verb)
    if can_proceed(application.send_back):
        may = (
            permissions.can_clear
            if application.status == ApplicationStatus.AWAITING_CLEARANCE
            else permissions.can_decide_for_hr
        )
        if may(user, application):
            found.append("return")
    if (
        application.has_conflict
        and not application.conflict_outcome
        and application.is_live
        and application.status != ApplicationStatus.DRAFT
        and permissions.can_clear(user, application)
    ):
        found.append("decide_conflict")
    return found


def open_placement_actions(user: User, placement: Placement) -> list[str]:
    """Verbs this user may do to this placement now."""
    participant, host = permissions.is_participant(user, placement), permissions.is_host(user, placement)
    hr = permissions.can_prepare(user, placement)
    preparing = placement.status == PlacementStatus.PREPARING
    running = placement.status in (PlacementStatus.ACTIVE, PlacementStatus.FINISHING)
    evaluated = {e.role for e in placement.evaluations.all() if e.stage == EvaluationStage.FINAL} if running else set()
    policy = placement.policy
    asked = {form.role for form in policy.evaluations if form.stage == EvaluationStage.FINAL} - evaluated
    plan = Document.LEARNING_PLAN.value in placement.documents
    may = {
        "record_letter": preparing and hr,
        "set_plan": preparing and plan and (participant or host),
        "agree_plan": preparing and plan and host and placement.plan_agreed_at is None,
        "set_mentor": (preparing or running) and (host or hr),
        "start": preparing and hr,
        "log": running and participant and not policy.uses_meetings,
        "book_session": running
        and policy.uses_sessions
        and placement.mentor_id is not None
        and placement.agency.today() <= placement.ends_on
        and (participant or host),
        "record_session": running and policy.uses_sessions and (participant or host),
        "verify_logbook": running and host,
        "evaluate": running
        and (
            (participant and EvaluatorRole.PARTICIPANT in asked)
            or (host and EvaluatorRole.MENTOR in asked)
            or (EvaluatorRole.SUPERVISOR in asked and not host and is_superior(user, placement.employee))
        ),
        "complete": running and (host or hr),
        "hold": placement.status == PlacementStatus.ACTIVE and (host or hr),
        "resume": placement.status == PlacementStatus.ON_HOLD and (host or hr),
        "end_early": can_proceed(placement.end_early) and permissions.can_end(user, placement),
        "no_show": preparing and (host or hr),
    }
    return [verb for verb, allowed in may.items() if allowed]


COHORT = "minimum_cohort"


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One thing that must be there."""

    code: str
    label: str | Promise
    done: bool
    detail: str | Promise = ""


def start_checklist(placement: Placement) -> list[CheckItem]:
    """What the kind asked for when the seat was taken, and whether it is there."""
    checks = {
        Document.ASSIGNMENT_LETTER: _letter_check,
        Document.LEARNING_PLAN: _plan_check,
        Document.MENTOR: _mentor_check,
        Document.AGREEMENT: _agreement_check,
    }
    items = [checks[Document(document)](placement) for document in placement.documents]
    return [*items, _cohort_check(placement.slot)] if placement.slot.minimum_cohort > 1 else items


def _cohort_check(slot: Slot) -> CheckItem:
    count = _("%(filled)s of %(needed)s") % {"filled": slot.filled_seats, "needed": slot.minimum_cohort}
    return CheckItem(COHORT, _("Enough participants"), not slot.waits_for_group, count)


def _letter_check(placement: Placement) -> CheckItem:
    there = bool(placement.letter_number and placement.letter_signer) and placement.letter_date is not None
    return CheckItem(
        "assignment_letter",
        _("Assignment letter with number, date, signer and file"),
        there and placement.letter_file_id is not None,
        placement.letter_number,
    )


def _plan_check(placement: Placement) -> CheckItem:
    return CheckItem("learning_plan", _("Learning plan agreed by the host"), placement.plan_agreed_at is not None)


def _mentor_check(placement: Placement) -> CheckItem:
    name = placement.mentor.name if placement.mentor else ""
    return CheckItem("mentor", _("Mentor"), placement.mentor_id is not None, name)


def _agreement_check(placement: Placement) -> CheckItem:
    agreement = placement.slot.agreement
    return CheckItem(
        "agreement",
        _("Agreement in force over the whole period"),
        agreement.covers(placement.starts_on, placement.ends_on),
        agreement.number_agency,
    )


def completion_evidence(placement: Placement) -> list[CheckItem]:
    """What the kind's policy asks for before completion, and whether it is there."""
    checks = {
        Evidence.LOGBOOK_VERIFIED: _logbook_check,
        Evidence.SESSION_CONFIRMED: _session_check,
        Evidence.ATTENDANCE_CONFIRMED: _attendance_check,
        Evidence.MILESTONES_CONFIRMED: _milestone_check,
    }
    policy = placement.policy
    given = {(evaluation.role, evaluation.stage) for evaluation in placement.evaluations.all()}
    return [checks[evidence](placement) for evidence in policy.evidence] + [
        CheckItem(form.code, _EVALUATED[form.role, form.stage], (form.role, form.stage) in given)
        for form in policy.evaluations
        if form.required
    ]


def evaluations_due(now: datetime | None = None) -> QuerySet[Placement]:
    """Placements that run and are in their last days, or over for a month at most."""
    return Placement.objects.filter(
        by_own_date(lambda day: Q(ends_on__range=(day - timedelta(days=30), day + EVALUATED_BEFORE_END)), now=now),
        status__in=RUNNING_PLACEMENT,
    )


def to_evaluate(user: User) -> list[Placement]:
    """Those of people whom the user leads, without the supervisor's word where the kind asks for it."""
    given = Evaluation.objects.filter(
        placement=OuterRef("pk"), role=EvaluatorRole.SUPERVISOR, stage=EvaluationStage.FINAL
    )
    rows = evaluations_due().filter(~Exists(given), employee__in=led_by(user))
    rows = rows.select_related("agency", "employee", "slot__partner").order_by("ends_on", "pk")
    return [row for row in rows if row.policy.evaluation(EvaluatorRole.SUPERVISOR)]


def milestones_of(placement: Placement) -> QuerySet[SlotMilestone]:
    """The milestones of its slot in their order, each with the report of the team if there is one."""
    rows = SlotMilestone.objects.filter(slot=placement.slot_id).select_related("report__file", "report__reported_by")
    return rows.order_by("due_on", "title")


def milestones_overdue(now: datetime | None = None) -> QuerySet[SlotMilestone]:
    """Their day is over, nobody has reported them or the host misses something, and the team is at work."""
    at_work = Placement.objects.filter(slot=OuterRef("slot"), status__in=RUNNING_PLACEMENT)
    return SlotMilestone.objects.filter(
        by_own_date(lambda day: Q(due_on__lt=day), now=now),
        Q(report__isnull=True) | Q(report__status=MilestoneStatus.RETURNED),
        Exists(at_work),
    )


def team_of(placement: Placement) -> list[Placement]:
    """Who works on the slot together: placements that are prepared, at work or done, by name. Empty for other kinds."""
    if not placement.policy.uses_milestones:
        return []
    rows = Placement.objects.filter(
        slot=placement.slot_id, status__in=(*RESERVING_PLACEMENT, PlacementStatus.COMPLETED)
    )
    return list(rows.select_related("employee__unit", "employee__position").order_by("employee__name", "pk"))


def _milestone_check(placement: Placement) -> CheckItem:
    """Each milestone of the slot is reported and confirmed by the host."""
    statuses = list(milestones_of(placement).values_list("report__status", flat=True))
    confirmed = statuses.count(MilestoneStatus.CONFIRMED)
    return CheckItem(
        Evidence.MILESTONES_CONFIRMED.value,
        _("Every milestone reported by the team and confirmed by the host"),
        confirmed == len(statuses),
        f"{confirmed}/{len(statuses)}",
    )


def _attendance_check(placement: Placement) -> CheckItem:
    """Every meeting is recorded, no mark is contested, each day attended is confirmed, and there is one at least."""
    rows = list(Attendance.objects.filter(placement=placement).values_list("is_present", "status"))
    meetings = placement.slot.meeting_days
    attended = rows.count((True, AttendanceStatus.CONFIRMED.value))
    settled = all(
        status == AttendanceStatus.CONFIRMED or not (present or status == AttendanceStatus.CONTESTED)
        for present, status in rows
    )
    return CheckItem(
        Evidence.ATTENDANCE_CONFIRMED.value,
        _("Attendance at every meeting recorded, the days attended confirmed"),
        len(rows) == meetings and settled and attended > 0,
        f"{attended}/{meetings}",
    )


_EVALUATED = {
    (EvaluatorRole.MENTOR, EvaluationStage.FINAL): _("Final evaluation by the host"),
    (EvaluatorRole.PARTICIPANT, EvaluationStage.FINAL): _("Final evaluation by the participant"),
    (EvaluatorRole.SUPERVISOR, EvaluationStage.FINAL): _("Final evaluation by the supervisor"),
    (EvaluatorRole.MENTOR, EvaluationStage.MID_TERM): _("Mid-term evaluation by the host"),
    (EvaluatorRole.PARTICIPANT, EvaluationStage.MID_TERM): _("Mid-term evaluation by the participant"),
    (EvaluatorRole.SUPERVISOR, EvaluationStage.MID_TERM): _("Mid-term evaluation by the supervisor"),
}


def goals(placement: Placement) -> Sequence[LearningObjective | SlotOutcome]:
    """What an evaluation may give levels for: the learning plan, or what the slot teaches where no plan is asked for."""
    if Document.LEARNING_PLAN.value in placement.documents:
        return list(placement.objectives.select_related("competency"))
    return list(placement.slot.outcomes.select_related("competency"))


def weeks_of(placement: Placement) -> int:
    """Started weeks of the period: one verified logbook entry is asked for each."""
    return ceil(((placement.ends_on - placement.starts_on).days + 1) / 7)


def _logbook_check(placement: Placement) -> CheckItem:
    rows = LogbookEntry.objects.filter(placement=placement).values_list("status", flat=True)
    statuses = list(rows)
    verified, needed = statuses.count(LogbookStatus.VERIFIED), weeks_of(placement)
    return CheckItem(
        Evidence.LOGBOOK_VERIFIED.value,
        _("Logbook verified, one entry a week at least"),
        verified >= needed and verified == len(statuses),
        f"{verified}/{needed}",
    )


def _session_check(placement: Placement) -> CheckItem:
    confirmed = MentoringSession.objects.filter(placement=placement, status=SessionStatus.HELD).count()
    return CheckItem(
        Evidence.SESSION_CONFIRMED.value, _("A session confirmed by both sides"), confirmed > 0, str(confirmed)
    )


@dataclass(frozen=True, slots=True)
class JpAccount:
    """Learning hours of one account year: a floor for PNS, a ceiling for PPPK."""

    year_start: date
    year_end: date
    target: int | None
    ceiling: int | None
    counted: int
    planned: int
    entries: list[LearningHourEntry]

    @property
    def bound(self) -> int:
        """The number the bar is drawn against."""
        return self.target or self.ceiling or 0

    @property
    def reached(self) -> bool:
        return self.target is not None and self.counted >= self.target


def jp_account(employee: Employee, on: date | None = None) -> JpAccount:
    """The account of the year that ``on`` (default: today there) belongs to."""
    on = on or employee.agency.today()
    start = account_year(employee, on)
    entries = list(
        LearningHourEntry.objects.filter(employee=employee, account_year=start).select_related(
            "rule", "placement__slot__partner"
        )
    )
    end = start.replace(year=start.year + 1) - timedelta(days=1)
    return JpAccount(
        year_start=start,
        year_end=end,
        target=employee.agency.pns_yearly_hours if employee.kind == EmployeeKind.PNS else None,
        ceiling=ceiling(employee),
        counted=sum(entry.counted_hours for entry in entries),
        planned=planned_hours(employee, start),
        entries=entries,
    )


@dataclass(slots=True)
class AttendanceLine:
    """One participant on the list of a meeting; ``mark`` is None until somebody has recorded it.

    ``is_open``: may be marked still; ``ticked``: how the list shows it.
    """

    placement: Placement
    mark: Attendance | None
    is_open: bool = False
    ticked: bool = False


def attendance_list(meeting: SlotMeeting) -> list[AttendanceLine]:
    """Everybody who takes part in the slot now, by name, with what is recorded of this meeting: two queries."""
    marks = {row.placement_id: row for row in Attendance.objects.filter(meeting=meeting)}
    rows = (
        Placement.objects.filter(slot=meeting.slot_id)
        .filter(Q(status__in=RUNNING_PLACEMENT) | Q(pk__in=marks))
        .select_related("employee__unit", "employee__position")
        .order_by("employee__name", "pk")
    )
    return [AttendanceLine(placement, marks.get(placement.pk)) for placement in rows]


def meetings_of(placement: Placement) -> list[tuple[SlotMeeting, Attendance | None]]:
    """The meetings of a placement's slot, each with this participant's mark: two queries, none where there are none."""
    if not placement.policy.uses_meetings:
        return []
    marks = {row.meeting_id: row for row in Attendance.objects.filter(placement=placement)}
    return [(meeting, marks.get(meeting.pk)) for meeting in placement.slot.meetings.all()]


def applications_with_road(user: User) -> Any:
    """Visible applications with everything a list row shows, in a constant number of queries."""
    return permissions.visible_applications(user).select_related(
        "agency", "employee__unit", "employee__position", "employee__supervisor", "slot__partner"
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the order of a slot: a place, or none while a seat is held; what stands between for now."""

    application: Application
    place: int | None
    obstacle: Conflict | None = None


def waitlist_of(slot: Slot) -> list[Waiting]:
    """Those for whom a seat of the slot is held, the longest first, and those who wait, in order."""
    rows = slot.applications.select_related("agency", "employee__agency", "employee__unit", "employee__position")
    held = [Waiting(row, None) for row in rows.filter(holds_seat=True).order_by("offered_at", "pk")]
    ordered = rows.filter(status=ApplicationStatus.WAITLISTED).order_by("waitlist_position")
    return held + [Waiting(row, place, obstacle(row, slot)) for place, row in enumerate(ordered, start=1)]


def place_of(application: Application) -> tuple[int, int] | None:
    """(place, of how many) on the waitlist; None for who does not wait. Whoever leaves the list closes no gap: places
    are counted."""
    if application.waitlist_position is None:
        return None
    waiting = Application.objects.filter(slot=application.slot_id, status=ApplicationStatus.WAITLISTED)
    ahead = Q(waitlist_position__lte=application.waitlist_position)
    found = waiting.aggregate(place=Count("pk", filter=ahead), total=Count("pk"))
    return found["place"], found["total"]


def placements_with_road(user: User) -> Any:
    """Visible placements with everything a list row shows, in a constant number of queries."""
    return (
        permissions.visible_placements(user)
        .select_related("agency", "employee__unit", "employee__position", "slot__partner", "slot__agreement", "mentor")
        .annotate(
            open_logbook=Count("logbook", filter=Q(logbook__status=LogbookStatus.SUBMITTED), distinct=True),
            verified_logbook=Count("logbook", filter=Q(logbook__status=LogbookStatus.VERIFIED), distinct=True),
        )
    )


def hours_to_enter() -> Any:
    """Completed placements whose JP an officer has to enter, and nobody has."""
    by_hand = [kind.code for kind in all_kinds() if kind.jp_basis is JpBasis.MANUAL]
    return Placement.objects.filter(
        status=PlacementStatus.COMPLETED, slot__kind__in=by_hand, learning_hours__isnull=True
    )


def waiting_applications(user: User) -> dict[str, int]:
    """How many applications and new placements wait for this user, by what is waited for: one query."""
    found: dict[str, int] = permissions.visible_applications(user).aggregate(
        clearance=Count(
            "pk",
            filter=Q(status=ApplicationStatus.AWAITING_CLEARANCE, employee__in=led_by(user)),
            distinct=True,
        ),
        returned=Count("pk", filter=Q(status=ApplicationStatus.RETURNED, employee__user=user), distinct=True),
        approval=Count(
            "pk",
            filter=Q(
                status__in=(ApplicationStatus.SUBMITTED, ApplicationStatus.SHORTLISTED),
                agency__in=agencies_of(user, AgencyRole.HR),
            )
            & ~Q(employee__user=user),
            distinct=True,
        ),
        acceptance=Count(
            "pk",
            filter=Q(status=ApplicationStatus.APPROVED, slot__partner__in=partners_of(user)),
            distinct=True,
        ),
        preparing=Count(
            "placement",
            filter=Q(placement__status=PlacementStatus.PREPARING, agency__in=agencies_of(user, AgencyRole.HR)),
            distinct=True,
        ),
    )
    return found


def waiting_counts(user: User) -> dict[str, int]:
    """How many things wait for this user, by what is waited for: two queries."""
    applications = waiting_applications(user)
    host = Q(placement__mentor__user=user) | Q(placement__slot__partner__in=partners_of(user))
    logbook = LogbookEntry.objects.filter(
        host,
        ~Q(placement__employee__user=user),
        status=LogbookStatus.SUBMITTED,
        placement__status__in=(PlacementStatus.ACTIVE, PlacementStatus.FINISHING),
    ).aggregate(n=Count("pk", distinct=True))["n"]
    return {**applications, "logbook": logbook}
