"""The road: applications with their decisions, placements with their evidence, learning hours."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from ninja import File, Form, Query, UploadedFile
from ninja.pagination import paginate

from accounts.auth import SignedInRequest
from accounts.roles import Role
from asn.permissions import get_visible_employee
from core.api import Day, Pages
from core.errors import NotFound, require
from core.policy import Router
from partners.models import SlotMilestone
from partners.permissions import get_visible_slot
from placements import agenda, permissions, selectors, services
from placements.free_times import FreeTime, free_times
from placements.models import (
    Application,
    Attendance,
    Certificate,
    ChangeTask,
    Evaluation,
    LearningHourEntry,
    LearningObjective,
    LogbookEntry,
    MentoringSession,
    MilestoneReport,
    Paper,
    Placement,
)
from placements.schemas import (
    AcceptIn,
    AccountOut,
    ActionsOut,
    ApplicationFilters,
    ApplicationOut,
    AttendanceFilters,
    AttendanceIn,
    AttendanceOut,
    BookingIn,
    CandidateFilters,
    CandidateOut,
    CertificateOut,
    ChangeDecisionIn,
    ChangeTaskFilters,
    ChangeTaskOut,
    CheckOut,
    ConflictIn,
    DraftIn,
    EndIn,
    EvaluationIn,
    EvaluationOut,
    FreeTimeOut,
    FreeTimesIn,
    HourEntryOut,
    HoursIn,
    LetterIn,
    LetterMakeIn,
    LogbookFilters,
    LogbookIn,
    LogbookOut,
    MentorChoiceIn,
    MilestoneReportIn,
    MilestoneReportOut,
    MoveIn,
    NoteIn,
    ObjectiveOut,
    OptionalNoteIn,
    PaperOut,
    PlacementDetailOut,
    PlacementFilters,
    PlacementMilestoneOut,
    PlacementOut,
    PlaceOut,
    PlanIn,
    ReasonIn,
    RequiredNoteIn,
    RevokeIn,
    SessionAnswerIn,
    SessionCancelIn,
    SessionFilters,
    SessionIn,
    SessionNoteIn,
    SessionOut,
    StepOut,
    SubmitIn,
    WaitingOut,
    WithdrawIn,
    candidate_steps,
)
from placements.states import EvaluatorRole

router = Router()
INSIDE = (Role.EMPLOYEE, Role.SUPERVISOR, Role.HR, Role.AUDITOR)
HOSTS = (Role.PARTNER, Role.MENTOR)
AROUND = (*INSIDE, *HOSTS)


# Applications


@router.get("/applications", policy=INSIDE, response=list[ApplicationOut], tags=["Applications"])
@paginate(Pages)
def list_applications(request: SignedInRequest, filters: Query[ApplicationFilters]) -> QuerySet[Application]:
    """My own, those of the people I lead, those of my agency."""
    return filters.filter(_with_road(permissions.inside_applications(request.user)))


@router.post("/applications", policy=(Role.EMPLOYEE,), response={201: ApplicationOut}, tags=["Applications"])
def save_draft(request: SignedInRequest, data: DraftIn) -> Application:
    """Begin an application, or change its draft: one live application per person and slot."""
    return services.save_draft(actor=request.user, **data.model_dump())


@router.get("/applications/{uuid:application_id}", policy=INSIDE, response=ApplicationOut, tags=["Applications"])
def get_application(request: SignedInRequest, application_id: UUID) -> Application:
    """One application."""
    return _inside(request, application_id)


@router.get(
    "/applications/{uuid:application_id}/timeline", policy=INSIDE, response=list[StepOut], tags=["Applications"]
)
def get_timeline(request: SignedInRequest, application_id: UUID) -> list[Any]:
    """Who decided what, who holds it now and until when, who comes next."""
    return selectors.timeline(_inside(request, application_id))


@router.get(
    "/applications/{uuid:application_id}/actions",
    policy=(*INSIDE, Role.PARTNER),
    response=ActionsOut,
    tags=["Applications"],
)
def get_application_actions(request: SignedInRequest, application_id: UUID) -> dict[str, list[str]]:
    """What I may do with it now."""
    application = permissions.get_visible_application(request.user, application_id)
    return {"actions": selectors.open_application_actions(request.user, application)}


@router.post(
    "/applications/{uuid:application_id}/submit",
    policy=(Role.EMPLOYEE,),
    response=ApplicationOut,
    tags=["Applications"],
)
def submit_application(request: SignedInRequest, application_id: UUID, data: SubmitIn) -> Application:
    """Hand it to my supervisor."""
    return services.submit_application(actor=request.user, application_id=application_id, consent=data.consent)


@router.post(
    "/applications/{uuid:application_id}/revise",
    policy=(Role.EMPLOYEE,),
    response=ApplicationOut,
    tags=["Applications"],
)
def revise_application(request: SignedInRequest, application_id: UUID) -> Application:
    """Take a returned application up again."""
    return services.revise_application(actor=request.user, application_id=application_id)


@router.post(
    "/applications/{uuid:application_id}/withdraw",
    policy=(Role.EMPLOYEE,),
    response=ApplicationOut,
    tags=["Applications"],
)
def withdraw_application(request: SignedInRequest, application_id: UUID, data: WithdrawIn) -> Application:
    """Take it back."""
    return services.withdraw_application(
        actor=request.user, application_id=application_id, reason=data.reason, note=data.note
    )


@router.get("/applications/{uuid:application_id}/place", policy=INSIDE, response=PlaceOut, tags=["Applications"])
def get_place(request: SignedInRequest, application_id: UUID) -> dict[str, Any]:
    """The place on the waitlist, or the seat that is held and until when."""
    application = _inside(request, application_id)
    place, waiting = selectors.place_of(application) or (None, 0)
    told = {name: getattr(application, name) for name in ("status", "offered_at", "due_at")}
    return {**told, "place": place, "waiting": waiting}


@router.post(
    "/applications/{uuid:application_id}/confirm-offer",
    policy=(Role.EMPLOYEE,),
    response=ApplicationOut,
    tags=["Applications"],
)
def confirm_offer(request: SignedInRequest, application_id: UUID) -> Application:
    """Take the seat that is held for me; the partner answers next."""
    return services.confirm_offer(actor=request.user, application_id=application_id)


@router.post(
    "/applications/{uuid:application_id}/decline-offer",
    policy=(Role.EMPLOYEE,),
    response=ApplicationOut,
    tags=["Applications"],
)
def decline_offer(request: SignedInRequest, application_id: UUID, data: ReasonIn) -> Application:
    """Let the seat that is held for me go to the next who waits."""
    return services.decline_offer(actor=request.user, application_id=application_id, reason=data.reason, note=data.note)


@router.post(
    "/applications/{uuid:application_id}/clear",
    policy=(Role.SUPERVISOR,),
    response=ApplicationOut,
    tags=["Applications"],
)
def clear_application(request: SignedInRequest, application_id: UUID, data: NoteIn) -> Application:
    """The supervisor lets the person go."""
    return services.clear_application(actor=request.user, application_id=application_id, note=data.note)


@router.post(
    "/applications/{uuid:application_id}/refuse",
    policy=(Role.SUPERVISOR,),
    response=ApplicationOut,
    tags=["Applications"],
)
def refuse_application(request: SignedInRequest, application_id: UUID, data: ReasonIn) -> Application:
    """The supervisor does not."""
    return services.refuse_application(
        actor=request.user, application_id=application_id, reason=data.reason, note=data.note
    )


@router.post(
    "/applications/{uuid:application_id}/decide-conflict",
    policy=(Role.SUPERVISOR,),
    response=ApplicationOut,
    tags=["Applications"],
)
def decide_conflict(request: SignedInRequest, application_id: UUID, data: ConflictIn) -> Application:
    """The supervisor's word on a declared interest."""
    return services.decide_conflict(actor=request.user, application_id=application_id, outcome=data.outcome)


@router.post(
    "/applications/{uuid:application_id}/return",
    policy=(Role.SUPERVISOR, Role.HR),
    response=ApplicationOut,
    tags=["Applications"],
)
def return_application(request: SignedInRequest, application_id: UUID, data: ReasonIn) -> Application:
    """Whoever holds it asks for a revision and says what."""
    return services.return_application(
        actor=request.user, application_id=application_id, reason=data.reason, note=data.note
    )


@router.post(
    "/applications/{uuid:application_id}/shortlist", policy=(Role.HR,), response=ApplicationOut, tags=["Applications"]
)
def shortlist_application(request: SignedInRequest, application_id: UUID) -> Application:
    """HR keeps it among the best; the partner sees it under an alias."""
    return services.shortlist_application(actor=request.user, application_id=application_id)


@router.post(
    "/applications/{uuid:application_id}/waitlist", policy=(Role.HR,), response=ApplicationOut, tags=["Applications"]
)
def waitlist_application(request: SignedInRequest, application_id: UUID) -> Application:
    """Approve the person for the next seat that comes free: the next place on the waitlist."""
    return services.waitlist_application(actor=request.user, application_id=application_id)


@router.get(
    "/slots/{uuid:slot_id}/waitlist", policy=(Role.HR, Role.AUDITOR), response=list[WaitingOut], tags=["Applications"]
)
def list_waitlist(request: SignedInRequest, slot_id: UUID) -> list[selectors.Waiting]:
    """For whom a seat of the slot is held, and who waits for one, in order."""
    return selectors.waitlist_of(permissions.get_slot_of_office(request.user, slot_id))


@router.post(
    "/applications/{uuid:application_id}/approve", policy=(Role.HR,), response=ApplicationOut, tags=["Applications"]
)
def approve_application(request: SignedInRequest, application_id: UUID, data: NoteIn) -> Application:
    """HR offers the person to the partner."""
    return services.approve_application(actor=request.user, application_id=application_id, note=data.note)


@router.post(
    "/applications/{uuid:application_id}/reject", policy=(Role.HR,), response=ApplicationOut, tags=["Applications"]
)
def reject_application(request: SignedInRequest, application_id: UUID, data: ReasonIn) -> Application:
    """HR says no, with a coded reason."""
    return services.reject_application(
        actor=request.user, application_id=application_id, reason=data.reason, note=data.note
    )


# The partner's side


@router.get("/candidates", policy=(Role.PARTNER,), response=list[CandidateOut], tags=["Applications"])
@paginate(Pages)
def list_candidates(request: SignedInRequest, filters: Query[CandidateFilters]) -> QuerySet[Application]:
    """People offered for my slots: by an alias, and by name once HR has approved."""
    return filters.filter(_with_road(permissions.offered_applications(request.user)))


@router.get("/candidates/{uuid:application_id}", policy=(Role.PARTNER,), response=CandidateOut, tags=["Applications"])
def get_candidate(request: SignedInRequest, application_id: UUID) -> Application:
    """One of them."""
    return _offered(request, application_id)


@router.get(
    "/candidates/{uuid:application_id}/timeline",
    policy=(Role.PARTNER,),
    response=list[StepOut],
    tags=["Applications"],
)
def get_candidate_timeline(request: SignedInRequest, application_id: UUID) -> list[dict[str, Any]]:
    """The steps, without the people behind them."""
    return candidate_steps(selectors.timeline(_offered(request, application_id)))


@router.post(
    "/candidates/{uuid:application_id}/accept",
    policy=(Role.PARTNER,),
    response={201: PlacementDetailOut},
    tags=["Applications"],
)
def accept_application(request: SignedInRequest, application_id: UUID, data: AcceptIn) -> Placement:
    """The partner takes the person: a seat and a placement. A full slot answers 409."""
    return services.accept_application(
        actor=request.user, application_id=application_id, mentor_id=data.mentor_id, note=data.note
    )


@router.post(
    "/candidates/{uuid:application_id}/decline", policy=(Role.PARTNER,), response=CandidateOut, tags=["Applications"]
)
def decline_application(request: SignedInRequest, application_id: UUID, data: ReasonIn) -> Application:
    """The partner does not, with a coded reason."""
    return services.decline_application(
        actor=request.user, application_id=application_id, reason=data.reason, note=data.note
    )


# Placements


@router.get("/placements", policy=AROUND, response=list[PlacementOut], tags=["Placements"])
@paginate(Pages)
def list_placements(request: SignedInRequest, filters: Query[PlacementFilters]) -> QuerySet[Placement]:
    """My own, those of my people, my agency, my partner, my participants."""
    return filters.filter(selectors.placements_with_road(request.user))


@router.get("/placements/{uuid:placement_id}", policy=AROUND, response=PlacementDetailOut, tags=["Placements"])
def get_placement(request: SignedInRequest, placement_id: UUID) -> Placement:
    """One placement."""
    return permissions.get_visible_placement(request.user, placement_id)


@router.get("/placements/{uuid:placement_id}/checklist", policy=AROUND, response=list[CheckOut], tags=["Placements"])
def get_start_checklist(request: SignedInRequest, placement_id: UUID) -> list[dict[str, Any]]:
    """What it needs before it may start."""
    return _checks(selectors.start_checklist(permissions.get_visible_placement(request.user, placement_id)))


@router.get("/placements/{uuid:placement_id}/evidence", policy=AROUND, response=list[CheckOut], tags=["Placements"])
def get_completion_evidence(request: SignedInRequest, placement_id: UUID) -> list[dict[str, Any]]:
    """What it needs before it may be completed."""
    return _checks(selectors.completion_evidence(permissions.get_visible_placement(request.user, placement_id)))


@router.get("/placements/{uuid:placement_id}/actions", policy=AROUND, response=ActionsOut, tags=["Placements"])
def get_placement_actions(request: SignedInRequest, placement_id: UUID) -> dict[str, list[str]]:
    """What I may do with it now."""
    placement = permissions.get_visible_placement(request.user, placement_id)
    return {"actions": selectors.open_placement_actions(request.user, placement)}


@router.post(
    "/placements/{uuid:placement_id}/letter", policy=(Role.HR,), response=PlacementDetailOut, tags=["Placements"]
)
def record_letter(
    request: SignedInRequest, placement_id: UUID, data: Form[LetterIn], file: File[UploadedFile]
) -> Placement:
    """The surat tugas by number, date and signer, with the PDF (multipart, 10 MB at most)."""
    return services.record_letter(actor=request.user, placement_id=placement_id, file=file, **data.model_dump())


@router.post(
    "/placements/{uuid:placement_id}/letter/make",
    policy=(Role.HR,),
    response={201: PaperOut},
    tags=["Placements"],
)
def issue_letter(request: SignedInRequest, placement_id: UUID, data: LetterMakeIn) -> Paper:
    """Let Padan number the surat tugas and make its PDF; the one before is kept as superseded."""
    return services.issue_letter(actor=request.user, placement_id=placement_id, **data.model_dump())


@router.get("/placements/{uuid:placement_id}/papers", policy=AROUND, response=list[PaperOut], tags=["Placements"])
def list_papers(request: SignedInRequest, placement_id: UUID) -> QuerySet[Paper]:
    """Letters and learning plans, the latest first; the host sees the plan only."""
    placement = permissions.get_visible_placement(request.user, placement_id)
    rows: QuerySet[Paper] = permissions.visible_papers(request.user).filter(placement=placement)
    return rows


@router.put(
    "/placements/{uuid:placement_id}/mentor",
    policy=(*HOSTS, Role.HR),
    response=PlacementDetailOut,
    tags=["Placements"],
)
def set_mentor(request: SignedInRequest, placement_id: UUID, data: MentorChoiceIn) -> Placement:
    """Choose among the mentors of the slot."""
    return services.set_mentor(actor=request.user, placement_id=placement_id, mentor_id=data.mentor_id)


@router.put(
    "/placements/{uuid:placement_id}/plan",
    policy=(Role.EMPLOYEE, *HOSTS),
    response=list[ObjectiveOut],
    tags=["Placements"],
)
def set_learning_plan(request: SignedInRequest, placement_id: UUID, data: PlanIn) -> list[LearningObjective]:
    """Write the learning plan anew; the host agrees to it anew."""
    return services.set_learning_plan(
        actor=request.user,
        placement_id=placement_id,
        objectives=[
            (line.competency, line.from_level, line.to_level, line.activity, line.evidence) for line in data.objectives
        ],
    )


@router.post(
    "/placements/{uuid:placement_id}/agree-plan", policy=HOSTS, response=PlacementDetailOut, tags=["Placements"]
)
def agree_learning_plan(request: SignedInRequest, placement_id: UUID) -> Placement:
    """The host agrees to the plan."""
    return services.agree_learning_plan(actor=request.user, placement_id=placement_id)


@router.post(
    "/placements/{uuid:placement_id}/start", policy=(Role.HR,), response=PlacementDetailOut, tags=["Placements"]
)
def start_placement(request: SignedInRequest, placement_id: UUID) -> Placement:
    """The checklist is complete and the first day has come."""
    return services.start_placement(actor=request.user, placement_id=placement_id)


@router.post(
    "/placements/{uuid:placement_id}/hold", policy=(*HOSTS, Role.HR), response=PlacementDetailOut, tags=["Placements"]
)
def hold_placement(request: SignedInRequest, placement_id: UUID, data: RequiredNoteIn) -> Placement:
    """Interrupt it for a while."""
    return services.hold_placement(actor=request.user, placement_id=placement_id, note=data.note)


@router.post(
    "/placements/{uuid:placement_id}/resume",
    policy=(*HOSTS, Role.HR),
    response=PlacementDetailOut,
    tags=["Placements"],
)
def resume_placement(request: SignedInRequest, placement_id: UUID, data: RequiredNoteIn) -> Placement:
    """It goes on."""
    return services.resume_placement(actor=request.user, placement_id=placement_id, note=data.note)


@router.post(
    "/placements/{uuid:placement_id}/end-early",
    policy=(Role.EMPLOYEE, *HOSTS, Role.HR),
    response=PlacementDetailOut,
    tags=["Placements"],
)
def end_placement_early(request: SignedInRequest, placement_id: UUID, data: EndIn) -> Placement:
    """Stop it, with a coded reason. Before the start the seat is given back; after it a statement is issued."""
    return services.end_placement_early(
        actor=request.user, placement_id=placement_id, reason=data.reason, note=data.note
    )


@router.post(
    "/placements/{uuid:placement_id}/no-show",
    policy=(*HOSTS, Role.HR),
    response=PlacementDetailOut,
    tags=["Placements"],
)
def mark_no_show(request: SignedInRequest, placement_id: UUID, data: OptionalNoteIn) -> Placement:
    """The person never came."""
    return services.mark_no_show(actor=request.user, placement_id=placement_id, note=data.note)


@router.post(
    "/placements/{uuid:placement_id}/complete",
    policy=(*HOSTS, Role.HR),
    response=PlacementDetailOut,
    tags=["Placements"],
)
def complete_placement(request: SignedInRequest, placement_id: UUID) -> Placement:
    """Finish with proof: the certificate at once, learning hours and award proposals by the workers."""
    return services.complete_placement(actor=request.user, placement_id=placement_id)


# Evidence


@router.get("/placements/{uuid:placement_id}/logbook", policy=AROUND, response=list[LogbookOut], tags=["Placements"])
@paginate(Pages)
def list_logbook(
    request: SignedInRequest, placement_id: UUID, filters: Query[LogbookFilters]
) -> QuerySet[LogbookEntry]:
    """The days of a placement, the latest first."""
    placement = permissions.get_visible_placement(request.user, placement_id)
    return filters.filter(LogbookEntry.objects.filter(placement=placement))


@router.post(
    "/placements/{uuid:placement_id}/logbook",
    policy=(Role.EMPLOYEE,),
    response={201: LogbookOut},
    tags=["Placements"],
)
def record_logbook_entry(request: SignedInRequest, placement_id: UUID, data: LogbookIn) -> LogbookEntry:
    """Hand in one day; a returned one is written over."""
    return services.record_logbook_entry(actor=request.user, placement_id=placement_id, **data.model_dump())


@router.post("/logbook/{uuid:entry_id}/verify", policy=HOSTS, response=LogbookOut, tags=["Placements"])
def verify_logbook_entry(request: SignedInRequest, entry_id: UUID) -> LogbookEntry:
    """The host confirms the day."""
    return services.verify_logbook_entry(actor=request.user, entry_id=entry_id)


@router.post("/logbook/{uuid:entry_id}/return", policy=HOSTS, response=LogbookOut, tags=["Placements"])
def return_logbook_entry(request: SignedInRequest, entry_id: UUID, data: RequiredNoteIn) -> LogbookEntry:
    """The host asks for a revision and says what."""
    return services.return_logbook_entry(actor=request.user, entry_id=entry_id, note=data.note)


@router.get(
    "/placements/{uuid:placement_id}/milestones",
    policy=AROUND,
    response=list[PlacementMilestoneOut],
    tags=["Placements"],
)
@paginate(Pages)
def list_milestones(request: SignedInRequest, placement_id: UUID) -> QuerySet[SlotMilestone]:
    """The milestones of the slot, each with the report of the team."""
    return selectors.milestones_of(permissions.get_visible_placement(request.user, placement_id))


@router.post(
    "/placements/{uuid:placement_id}/milestones/{uuid:milestone_id}/report",
    policy=(Role.EMPLOYEE,),
    response=MilestoneReportOut,
    tags=["Placements"],
)
def report_milestone(
    request: SignedInRequest, placement_id: UUID, milestone_id: UUID, data: MilestoneReportIn
) -> MilestoneReport:
    """One of the team says that it is reached and what shows it; anew until the host has confirmed it."""
    return services.report_milestone(
        actor=request.user, placement_id=placement_id, milestone_id=milestone_id, **data.model_dump()
    )


@router.post(
    "/placements/{uuid:placement_id}/milestones/{uuid:milestone_id}/confirm",
    policy=HOSTS,
    response=MilestoneReportOut,
    tags=["Placements"],
)
def confirm_milestone(request: SignedInRequest, placement_id: UUID, milestone_id: UUID) -> MilestoneReport:
    """The host agrees that it is reached."""
    return services.confirm_milestone(actor=request.user, placement_id=placement_id, milestone_id=milestone_id)


@router.post(
    "/placements/{uuid:placement_id}/milestones/{uuid:milestone_id}/return",
    policy=HOSTS,
    response=MilestoneReportOut,
    tags=["Placements"],
)
def return_milestone(
    request: SignedInRequest, placement_id: UUID, milestone_id: UUID, data: RequiredNoteIn
) -> MilestoneReport:
    """The host says what is missing; the team reports anew."""
    return services.return_milestone(
        actor=request.user, placement_id=placement_id, milestone_id=milestone_id, note=data.note
    )


@router.get("/placements/{uuid:placement_id}/sessions", policy=AROUND, response=list[SessionOut], tags=["Sessions"])
@paginate(Pages)
def list_sessions(
    request: SignedInRequest, placement_id: UUID, filters: Query[SessionFilters]
) -> QuerySet[MentoringSession]:
    """The mentoring sessions of a placement, the latest first."""
    placement = permissions.get_visible_placement(request.user, placement_id)
    return filters.filter(agenda.seen_sessions(request.user).filter(placement=placement))


@router.post(
    "/placements/{uuid:placement_id}/sessions",
    policy=(Role.EMPLOYEE, *HOSTS),
    response={201: SessionOut},
    tags=["Sessions"],
)
def record_session(request: SignedInRequest, placement_id: UUID, data: SessionIn) -> MentoringSession:
    """Enter a session that was not booked, and confirm it for my side."""
    session = services.record_session(actor=request.user, placement_id=placement_id, **data.model_dump())
    return agenda.get_seen_session(request.user, session.pk)


@router.get(
    "/placements/{uuid:placement_id}/free-times",
    policy=(Role.EMPLOYEE, *HOSTS),
    response=list[FreeTimeOut],
    tags=["Sessions"],
)
def list_free_times(request: SignedInRequest, placement_id: UUID, wanted: Query[FreeTimesIn]) -> list[FreeTime]:
    """When mentor and participant could meet: the mentor's windows without days off and what is booked."""
    placement = permissions.get_visible_placement(request.user, placement_id)
    since = wanted.since or placement.agency.today()
    return free_times(placement, since=since, days=wanted.days, minutes=wanted.minutes)


@router.post(
    "/placements/{uuid:placement_id}/bookings",
    policy=(Role.EMPLOYEE, *HOSTS),
    response={201: SessionOut},
    tags=["Sessions"],
)
def book_session(request: SignedInRequest, placement_id: UUID, data: BookingIn) -> MentoringSession:
    """Book a session at a free time."""
    session = services.book_session(actor=request.user, placement_id=placement_id, **data.model_dump())
    return agenda.get_seen_session(request.user, session.pk)


@router.get("/sessions", policy=AROUND, response=list[SessionOut], tags=["Sessions"])
@paginate(Pages)
def list_all_sessions(request: SignedInRequest, filters: Query[SessionFilters]) -> QuerySet[MentoringSession]:
    """All sessions I see: a mentor's whole agenda, an agency's, my own."""
    return filters.filter(agenda.seen_sessions(request.user))


@router.get("/sessions/{uuid:session_id}", policy=AROUND, response=SessionOut, tags=["Sessions"])
def get_session(request: SignedInRequest, session_id: UUID) -> MentoringSession:
    """One session."""
    return agenda.get_seen_session(request.user, session_id)


@router.post("/sessions/{uuid:session_id}/move", policy=(Role.EMPLOYEE, *HOSTS), response=SessionOut, tags=["Sessions"])
def move_session(request: SignedInRequest, session_id: UUID, data: MoveIn) -> MentoringSession:
    """Move a booked session to another free time."""
    services.move_session(actor=request.user, session_id=session_id, **data.model_dump())
    return agenda.get_seen_session(request.user, session_id)


@router.post(
    "/sessions/{uuid:session_id}/cancel", policy=(Role.EMPLOYEE, *HOSTS), response=SessionOut, tags=["Sessions"]
)
def cancel_session(request: SignedInRequest, session_id: UUID, data: SessionCancelIn) -> MentoringSession:
    """Call a booked session off before it begins."""
    services.cancel_session(actor=request.user, session_id=session_id, **data.model_dump())
    return agenda.get_seen_session(request.user, session_id)


@router.post(
    "/sessions/{uuid:session_id}/confirm", policy=(Role.EMPLOYEE, *HOSTS), response=SessionOut, tags=["Sessions"]
)
def confirm_session(request: SignedInRequest, session_id: UUID) -> MentoringSession:
    """Say that it was held; with both sides it counts."""
    services.confirm_session(actor=request.user, session_id=session_id)
    return agenda.get_seen_session(request.user, session_id)


@router.post(
    "/sessions/{uuid:session_id}/answer", policy=(Role.EMPLOYEE, *HOSTS), response=SessionOut, tags=["Sessions"]
)
def answer_session(request: SignedInRequest, session_id: UUID, data: SessionAnswerIn) -> MentoringSession:
    """Say whether it was held; where the sides disagree it does not count, and HR is told."""
    services.answer_session(actor=request.user, session_id=session_id, held=data.held)
    return agenda.get_seen_session(request.user, session_id)


@router.put("/sessions/{uuid:session_id}/note", policy=(Role.EMPLOYEE, *HOSTS), response=SessionOut, tags=["Sessions"])
def write_session_note(request: SignedInRequest, session_id: UUID, data: SessionNoteIn) -> MentoringSession:
    """Keep my note for those whom I name; one of each visibility."""
    services.write_session_note(actor=request.user, session_id=session_id, **data.model_dump())
    return agenda.get_seen_session(request.user, session_id)


@router.get("/slots/{uuid:slot_id}/attendance", policy=HOSTS, response=list[AttendanceOut], tags=["Placements"])
@paginate(Pages)
def list_slot_attendance(
    request: SignedInRequest, slot_id: UUID, filters: Query[AttendanceFilters]
) -> QuerySet[Attendance]:
    """Marks of everybody in a slot that I host."""
    slot = get_visible_slot(request.user, slot_id)
    require(permissions.can_record_attendance(request.user, slot), "only_host")
    rows = Attendance.objects.filter(slot=slot).select_related("meeting").order_by("meeting__held_on", "pk")
    return rows.filter(meeting__held_on=filters.held_on) if filters.held_on else rows


@router.post("/slots/{uuid:slot_id}/attendance", policy=HOSTS, response=list[AttendanceOut], tags=["Placements"])
def record_attendance(request: SignedInRequest, slot_id: UUID, data: AttendanceIn) -> list[Attendance]:
    """Record a meeting for the whole group at once; the answer holds the marks that changed."""
    return services.record_attendance(
        actor=request.user, slot_id=slot_id, held_on=data.held_on, present=data.present, absent=data.absent
    )


@router.get(
    "/placements/{uuid:placement_id}/attendance", policy=AROUND, response=list[AttendanceOut], tags=["Placements"]
)
def list_attendance(request: SignedInRequest, placement_id: UUID) -> QuerySet[Attendance]:
    """Marks of one participant."""
    placement = permissions.get_visible_placement(request.user, placement_id)
    return Attendance.objects.filter(placement=placement).select_related("meeting")


@router.post(
    "/attendance/{uuid:attendance_id}/confirm", policy=(Role.EMPLOYEE,), response=AttendanceOut, tags=["Placements"]
)
def confirm_attendance(request: SignedInRequest, attendance_id: UUID) -> Attendance:
    """The mark is right; a day attended counts."""
    return services.confirm_attendance(actor=request.user, attendance_id=attendance_id)


@router.post(
    "/attendance/{uuid:attendance_id}/contest", policy=(Role.EMPLOYEE,), response=AttendanceOut, tags=["Placements"]
)
def contest_attendance(request: SignedInRequest, attendance_id: UUID, data: RequiredNoteIn) -> Attendance:
    """The mark is wrong, and what happened; the host looks at it again."""
    return services.contest_attendance(actor=request.user, attendance_id=attendance_id, note=data.note)


@router.get(
    "/placements/{uuid:placement_id}/evaluations", policy=AROUND, response=list[EvaluationOut], tags=["Placements"]
)
def list_evaluations(request: SignedInRequest, placement_id: UUID) -> QuerySet[Evaluation]:
    """What was said of it. The host reads its own word only: participants shall speak freely."""
    placement = permissions.get_visible_placement(request.user, placement_id)
    rows = Evaluation.objects.filter(placement=placement).prefetch_related("ratings")
    return rows.filter(role=EvaluatorRole.MENTOR) if permissions.is_host(request.user, placement) else rows


@router.post(
    "/placements/{uuid:placement_id}/evaluations",
    policy=(Role.EMPLOYEE, Role.SUPERVISOR, *HOSTS),
    response={201: EvaluationOut},
    tags=["Placements"],
)
def evaluate_placement(request: SignedInRequest, placement_id: UUID, data: EvaluationIn) -> Evaluation:
    """Say how it was; the host rates every objective."""
    values = data.model_dump(exclude={"ratings"})
    ratings = [(rating.competency, rating.level) for rating in data.ratings]
    return services.evaluate_placement(actor=request.user, placement_id=placement_id, ratings=ratings, **values)


@router.get("/certificates", policy=AROUND, response=list[CertificateOut], tags=["Placements"])
@paginate(Pages)
def list_certificates(request: SignedInRequest) -> QuerySet[Certificate]:
    """Certificates of the placements I see, the latest first."""
    rows: QuerySet[Certificate] = permissions.visible_certificates(request.user).order_by("-issued_on")
    return rows


@router.get("/placements/{uuid:placement_id}/certificate", policy=AROUND, response=CertificateOut, tags=["Placements"])
def get_certificate(request: SignedInRequest, placement_id: UUID) -> Certificate:
    """The certificate of one placement; 404 until it is issued."""
    placement = permissions.get_visible_placement(request.user, placement_id)
    certificate = Certificate.objects.filter(placement=placement).first()
    if certificate is None:
        raise NotFound()
    return certificate


@router.post(
    "/certificates/{uuid:certificate_id}/revoke", policy=(Role.HR,), response=CertificateOut, tags=["Placements"]
)
def revoke_certificate(request: SignedInRequest, certificate_id: UUID, data: RevokeIn) -> Certificate:
    """Take a certificate back; whoever checks its code learns that it was revoked."""
    return services.revoke_certificate(actor=request.user, certificate_id=certificate_id, reason=data.reason)


# Learning hours


@router.get("/employees/{uuid:employee_id}/learning-hours", policy=INSIDE, response=AccountOut, tags=["Learning hours"])
def get_learning_hours(request: SignedInRequest, employee_id: UUID, on: Day | None = None) -> selectors.JpAccount:
    """The JP account of the year that ``on`` (default today) belongs to."""
    employee = get_visible_employee(request.user, employee_id)
    require(permissions.can_see_hours(request.user, employee.user_id, employee.agency_id))
    return selectors.jp_account(employee, on)


@router.post(
    "/placements/{uuid:placement_id}/learning-hours",
    policy=(Role.HR,),
    response={201: HourEntryOut},
    tags=["Learning hours"],
)
def enter_learning_hours(request: SignedInRequest, placement_id: UUID, data: HoursIn) -> LearningHourEntry:
    """HR enters JP of a form without a fixed rule."""
    return services.enter_learning_hours(
        actor=request.user, placement_id=placement_id, hours=data.hours, note=data.note
    )


@router.post(
    "/learning-hours/{uuid:line_id}/reverse",
    policy=(Role.HR,),
    response={201: HourEntryOut},
    tags=["Learning hours"],
)
def reverse_learning_hours(request: SignedInRequest, line_id: UUID, data: RequiredNoteIn) -> LearningHourEntry:
    """Take a wrong entry back by a further line."""
    return services.reverse_learning_hours(actor=request.user, entry_id=line_id, note=data.note)


def _with_road(applications: QuerySet[Application]) -> QuerySet[Application]:
    return applications.select_related(
        "agency", "employee__unit", "employee__position", "employee__supervisor", "slot__partner"
    )


def _inside(request: SignedInRequest, application_id: UUID) -> Application:
    return permissions.find_application(permissions.inside_applications(request.user), application_id)


def _offered(request: SignedInRequest, application_id: UUID) -> Application:
    return permissions.find_application(permissions.offered_applications(request.user), application_id)


def _checks(items: list[selectors.CheckItem]) -> list[dict[str, Any]]:
    return [
        {"code": item.code, "label": str(item.label), "done": item.done, "detail": str(item.detail)} for item in items
    ]


@router.get("/change-tasks", policy=(Role.HR, Role.AUDITOR), response=list[ChangeTaskOut], tags=["Placements"])
@paginate(Pages)
def list_change_tasks(request: SignedInRequest, filters: Query[ChangeTaskFilters]) -> QuerySet[ChangeTask]:
    """People whose employment has changed while something is under way; the nearest deadline first."""
    rows = permissions.visible_change_tasks(request.user)
    return filters.filter(rows.select_related("application__placement"))


@router.post("/change-tasks/{uuid:task_id}/decide", policy=(Role.HR,), response=ChangeTaskOut, tags=["Placements"])
def decide_change(request: SignedInRequest, task_id: UUID, data: ChangeDecisionIn) -> ChangeTask:
    """Say what becomes of it; it is done at once."""
    return services.decide_change(actor=request.user, task_id=task_id, **data.model_dump())
