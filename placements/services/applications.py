"""From draft to seat: applying, clearing, deciding, waiting, accepting, withdrawing."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Max

from accounts.models import User
from asn.models import Employee
from asn.services import report_missing_superior
from asn.states import ACTING
from asn.superiors import superior_of
from core import audit
from core.errors import Conflict, Invalid, NotAllowed, require
from core.outbox import announce
from core.services import service
from core.states import advance
from matching import services as matching
from matching.selectors import stored_points
from partners import services as partners
from partners.models import Slot
from partners.permissions import get_visible_slot
from partners.states import SlotStatus
from placements import events
from placements.eligibility import check_conflict, check_person, check_seat, check_slot_open
from placements.models import Application, Decision, Placement
from placements.permissions import (
    can_clear,
    can_decide_for_hr,
    can_decide_for_partner,
    can_rule_out,
    is_applicant,
)
from placements.services.common import (
    check_room,
    deadline,
    facts,
    lock_application,
    moment,
    push_availability,
    relock_application,
)
from placements.services.waitlist import Room, free_held_seat, lock_slot, offer_free_seats, waiting
from placements.states import (
    LIVE_APPLICATION,
    SPEAKING_FOR_SEAT,
    ApplicationStatus,
    ConflictOutcome,
    DecisionOutcome,
    DecisionReason,
    DecisionStep,
)

P = ParamSpec("P")
R = TypeVar("R")
CONSENT_VERSION = "2026-11"
MOTIVATION_MINIMUM = 20


def _telling_hr(function: Callable[P, R]) -> Callable[P, R]:
    """Tell HR when a person cannot hand in because nobody may clear: the refused transaction leaves nothing behind."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Conflict as error:
            if error.code == "supervisor_missing":
                actor: Any = kwargs["actor"]
                report_missing_superior(actor=actor)
            raise

    return run


@service
def save_draft(
    *,
    actor: User,
    slot_id: uuid.UUID,
    motivation: str = "",
    has_conflict: bool = False,
    conflict_note: str = "",
) -> Application:
    """Begin an application or change its draft; nothing typed is lost.

    Raises NotFound for a slot the actor cannot see, Conflict(``already_applied``) when a handed-in one is live,
    NotAllowed(``not_an_employee``).
    """
    slot = get_visible_slot(actor, slot_id)
    employee = Employee.objects.select_for_update(of=("self",), no_key=True).filter(user=actor).first()
    if employee is None:
        raise NotAllowed("not_an_employee")
    require(employee.agency_id == slot.agency_id, "slot_of_other_agency")
    application = Application.objects.live().filter(employee=employee, slot=slot).first()
    if application is None:
        application = Application(agency_id=slot.agency_id, employee=employee, slot=slot)
    elif application.status != ApplicationStatus.DRAFT:
        raise Conflict("already_applied", status=application.get_status_display())
    application.motivation = motivation.strip()
    application.has_conflict = has_conflict
    application.conflict_note = conflict_note.strip() if has_conflict else ""
    is_new = application._state.adding
    application.save()
    audit.record(
        actor=actor,
        action="application.drafted" if is_new else "application.redrafted",
        obj=application,
        after=facts(application, "slot_id", "has_conflict"),
        actor_label="employee",
    )
    return application


@_telling_hr
@service
def submit_application(
    *, actor: User, application_id: uuid.UUID, consent: bool, now: datetime | None = None
) -> Application:
    """Hand a draft to the supervisor.

    Raises Invalid(``consent_required`` on consent, ``motivation_required`` on motivation,
    ``conflict_note_required`` on conflict_note) and Conflict with the code of the hard rule broken
    (placements.eligibility).
    """
    application = lock_application(actor, application_id)
    require(is_applicant(actor, application), "only_applicant")
    if application.status != ApplicationStatus.DRAFT:
        raise Conflict("already_applied", status=application.get_status_display())
    if not consent:
        raise Invalid("consent_required", field="consent")
    if len(application.motivation) < MOTIVATION_MINIMUM:
        raise Invalid("motivation_required", field="motivation", minimum=MOTIVATION_MINIMUM)
    if application.has_conflict and not application.conflict_note:
        raise Invalid("conflict_note_required", field="conflict_note")
    if superior_of(application.employee, now) is None:
        raise Conflict("supervisor_missing", office=application.agency.hr_office_short)
    check_slot_open(application.slot, application.agency.today(now), application.employee.unit_id)
    check_person(application.employee, application.slot)
    at = moment(now)
    advance(application, "submit")
    application.submitted_at = application.consent_at = at
    application.consent_version = CONSENT_VERSION
    application.due_at = deadline(application.agency, application.agency.clearance_days, now)
    application.match_points = stored_points(employee_id=application.employee_id, slot_id=application.slot_id)
    application.save()
    _decide(application, actor, DecisionStep.EMPLOYEE, DecisionOutcome.SUBMITTED, at)
    push_availability(application.employee)
    matching.note_application(application_id=application.pk, employee=application.employee, slot=application.slot)
    _tell(events.APPLICATION_SUBMITTED, application)
    if application.has_conflict:
        _tell(events.CONFLICT_DECLARED, application)
    return application


@_telling_hr
@service
def apply_to_slot(
    *,
    actor: User,
    slot_id: uuid.UUID,
    motivation: str,
    consent: bool,
    has_conflict: bool = False,
    conflict_note: str = "",
    now: datetime | None = None,
) -> Application:
    """Draft and hand in at once, where the slot is rolling."""
    application = save_draft(
        actor=actor, slot_id=slot_id, motivation=motivation, has_conflict=has_conflict, conflict_note=conflict_note
    )
    return submit_application(actor=actor, application_id=application.pk, consent=consent, now=now)


@service
def clear_application(
    *, actor: User, application_id: uuid.UUID, note: str = "", now: datetime | None = None
) -> Application:
    """The supervisor lets the person go; HR has it next."""
    application = lock_application(actor, application_id)
    require(can_clear(actor, application, now), "only_supervisor_decides")
    advance(application, "clear", code="already_decided")
    application.due_at = deadline(application.agency, application.agency.approval_days, now)
    application.save()
    _decide(application, actor, DecisionStep.SUPERVISOR, DecisionOutcome.CLEARED, moment(now), note=note)
    _tell(events.APPLICATION_CLEARED, application)
    return application


@service
def refuse_application(
    *, actor: User, application_id: uuid.UUID, reason: str, note: str = "", now: datetime | None = None
) -> Application:
    """The supervisor does not let the person go, with a coded reason."""
    application = lock_application(actor, application_id)
    require(can_clear(actor, application, now), "only_supervisor_decides")
    _check_reason(reason, note)
    advance(application, "refuse", code="already_decided")
    application.due_at = None
    application.save()
    _decide(application, actor, DecisionStep.SUPERVISOR, DecisionOutcome.REFUSED, moment(now), reason, note)
    _settle(application, now)
    _tell(events.APPLICATION_REFUSED, application)
    return application


@service
def return_application(
    *, actor: User, application_id: uuid.UUID, reason: str, note: str, now: datetime | None = None
) -> Application:
    """Whoever holds it (supervisor or HR) asks for a revision and says what."""
    application = lock_application(actor, application_id)
    with_supervisor = application.status == ApplicationStatus.AWAITING_CLEARANCE
    if with_supervisor:
        require(can_clear(actor, application, now), "only_supervisor_decides")
    elif not can_decide_for_hr(actor, application):
        # The supervisor's page was opened before somebody else decided.
        require(can_clear(actor, application, now), "only_hr_decides")
        raise Conflict("already_decided", about=application, status=application.get_status_display())
    _check_reason(reason, note, note_needed=True)
    advance(application, "send_back", code="already_decided")
    application.due_at = None
    application.save()
    step = DecisionStep.SUPERVISOR if with_supervisor else DecisionStep.HR
    _decide(application, actor, step, DecisionOutcome.RETURNED, moment(now), reason, note)
    _tell(events.APPLICATION_RETURNED, application)
    return application


@service
def revise_application(*, actor: User, application_id: uuid.UUID) -> Application:
    """The applicant takes a returned application up again: a draft of the next attempt."""
    application = lock_application(actor, application_id)
    require(is_applicant(actor, application), "only_applicant")
    advance(application, "revise")
    application.attempt += 1
    application.conflict_outcome = ""
    application.conflict_decided_by = application.conflict_decided_at = application.conflict_acting_period = None
    application.conflict_capacity = ""
    application.save()
    audit.record(
        actor=actor,
        action="application.revised",
        obj=application,
        after=facts(application, "attempt"),
        actor_label="employee",
    )
    return application


@service
def decide_conflict(
    *, actor: User, application_id: uuid.UUID, outcome: str, now: datetime | None = None
) -> Application:
    """The supervisor's word on a declared interest; until then approval is blocked (PermenPANRB 17/2024)."""
    application = lock_application(actor, application_id)
    require(can_clear(actor, application, now), "only_supervisor_decides")
    if outcome not in ConflictOutcome.values:
        raise Invalid("unknown_choice", field="outcome", choices=", ".join(ConflictOutcome.values))
    if not application.has_conflict:
        raise Conflict("no_conflict_declared")
    if application.conflict_outcome:
        raise Conflict("already_decided", about=application, status=application.get_conflict_outcome_display())
    application.conflict_outcome = outcome
    application.conflict_decided_by = actor
    application.conflict_decided_at = moment(now)
    superior = superior_of(application.employee, now)
    application.conflict_capacity = superior.capacity.value if superior is not None else ""
    is_acting = superior is not None and superior.capacity in ACTING
    application.conflict_acting_period = superior.period if superior is not None and is_acting else None
    application.save()
    audit.record(
        actor=actor,
        action="application.conflict_decided",
        obj=application,
        after=facts(application, "conflict_outcome") | {"capacity": application.conflict_capacity},
        actor_label="supervisor",
    )
    return application


@service
def shortlist_application(*, actor: User, application_id: uuid.UUID) -> Application:
    """HR keeps it among the best; the partner sees a pseudonymous profile."""
    application = lock_application(actor, application_id)
    require(can_decide_for_hr(actor, application), "only_hr_decides")
    before = facts(application, "status")
    advance(application, "shortlist", code="already_decided")
    application.save()
    audit.record(
        actor=actor,
        action="application.shortlisted",
        obj=application,
        before=before,
        after=facts(application, "status"),
        actor_label="hr",
    )
    return application


@service
def waitlist_application(
    *, actor: User, application_id: uuid.UUID, note: str = "", now: datetime | None = None
) -> Application:
    """HR approves the person for the next seat that comes free: the next place on the slot's waitlist.

    Raises Conflict(``seats_are_free`` | ``conflict_undecided`` | ``conflict_not_allowed`` | hard rules).
    """
    application = lock_application(actor, application_id)
    require(can_decide_for_hr(actor, application), "only_hr_decides")
    advance(application, "waitlist", code="already_decided")
    check_conflict(application)
    slot = lock_slot(application.slot_id)
    _check_offered(slot)
    check_person(application.employee, slot)
    if Room.of(slot, slot.agency.today(now)).is_for(application.employee.unit_id):
        raise Conflict("seats_are_free", slot_id=str(slot.pk))
    last = Application.objects.filter(slot=slot).aggregate(last=Max("waitlist_position"))["last"]
    application.waitlist_position = (last or 0) + 1
    application.due_at = None
    application.save()
    _decide(application, actor, DecisionStep.HR, DecisionOutcome.WAITLISTED, moment(now), note=note)
    _tell(events.APPLICATION_WAITLISTED, application)
    return application


@service
def confirm_offer(*, actor: User, application_id: uuid.UUID, now: datetime | None = None) -> Application:
    """The applicant takes the offered seat: it stays held until the partner has answered.

    Raises Conflict(``offer_lapsed`` | ``already_decided`` | hard rules).
    """
    application = lock_application(actor, application_id)
    require(is_applicant(actor, application), "only_applicant")
    advance(application, "confirm", code="already_decided")
    at = moment(now)
    if application.due_at is not None and application.due_at <= at:
        raise Conflict("offer_lapsed")
    check_conflict(application)
    check_person(application.employee, application.slot)
    application.due_at = deadline(application.agency, application.agency.acceptance_days, now)
    application.save()
    _decide(application, actor, DecisionStep.OFFER, DecisionOutcome.CONFIRMED, at)
    _tell(events.OFFER_CONFIRMED, application)
    return application


@service
def decline_offer(
    *, actor: User, application_id: uuid.UUID, reason: str, note: str = "", now: datetime | None = None
) -> Application:
    """The applicant lets the offered seat go, with a coded reason; the next in order has it at once."""
    application = lock_application(actor, application_id)
    require(is_applicant(actor, application), "only_applicant")
    _check_reason(reason, note)
    was = str(application.status)
    advance(application, "turn_down", code="already_decided")
    _end(application)
    _decide(application, actor, DecisionStep.OFFER, DecisionOutcome.DECLINED, moment(now), reason, note)
    _settle(application, now, was=was)
    _tell(events.APPLICATION_WITHDRAWN, application)
    return application


@service
def approve_application(
    *, actor: User, application_id: uuid.UUID, note: str = "", now: datetime | None = None
) -> Application:
    """HR offers the person to the partner.

    Raises Conflict(``conflict_undecided`` | ``conflict_not_allowed`` | ``slot_full`` | ``slot_reserved`` |
    ``others_wait`` | hard rules), and Conflict(``already_decided``) for a second decision.
    """
    application = lock_application(actor, application_id)
    require(can_decide_for_hr(actor, application), "only_hr_decides")
    advance(application, "approve", code="already_decided")
    check_conflict(application)
    slot, employee = application.slot, application.employee
    today = application.agency.today(now)
    check_seat(slot, today, employee.unit_id)
    _check_offered(slot)
    check_person(employee, slot)
    if waiting(slot.pk).exists() and not Room.of(slot, today).is_for(employee.unit_id):
        raise Conflict("others_wait", slot_id=str(slot.pk))
    application.due_at = deadline(application.agency, application.agency.acceptance_days, now)
    application.save()
    _decide(application, actor, DecisionStep.HR, DecisionOutcome.APPROVED, moment(now), note=note)
    _tell(events.APPLICATION_APPROVED, application)
    return application


@service
def reject_application(
    *, actor: User, application_id: uuid.UUID, reason: str, note: str = "", now: datetime | None = None
) -> Application:
    """HR says no, with a coded reason; or takes somebody off the waitlist, and an offered seat goes to the next."""
    application = lock_application(actor, application_id)
    require(can_decide_for_hr(actor, application), "only_hr_decides")
    _check_reason(reason, note)
    was = str(application.status)
    advance(application, "reject", code="already_decided")
    _end(application)
    step = DecisionStep.REMOVAL if was in (ApplicationStatus.WAITLISTED, ApplicationStatus.OFFERED) else DecisionStep.HR
    _decide(application, actor, step, DecisionOutcome.REJECTED, moment(now), reason, note)
    _settle(application, now, was=was)
    _tell(events.APPLICATION_REJECTED, application)
    return application


@service
def rule_out_application(
    *, actor: User, application_id: uuid.UUID, note: str = "", now: datetime | None = None
) -> Application:
    """HR cancels an application because the person's employment has changed; a seat it spoke for goes to the next."""
    application = lock_application(actor, application_id)
    require(can_rule_out(actor, application), "only_hr_decides")
    was = str(application.status)
    advance(application, "rule_out", code="already_decided")
    _end(application)
    _decide(
        application,
        actor,
        DecisionStep.REMOVAL,
        DecisionOutcome.REJECTED,
        moment(now),
        DecisionReason.NOT_ELIGIBLE,
        note,
    )
    _settle(application, now, was=was)
    _tell(events.APPLICATION_REJECTED, application)
    return application


@service
def accept_application(
    *,
    actor: User,
    application_id: uuid.UUID,
    mentor_id: uuid.UUID | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Placement:
    """The partner takes the person: the seat and the placement in one transaction (invariants 1 and 2).

    Raises Conflict(``slot_full`` | ``overlapping_placement`` | ``already_decided``),
    Invalid(``mentor_not_of_slot`` on mentor_id), Conflict(``mentor_full`` on mentor_id). Where nobody is named,
    the first mentor of the slot who has room is taken; when none has, the placement waits for one.
    """
    application = lock_application(actor, application_id)
    require(can_decide_for_partner(actor, application), "only_partner_decides")
    advance(application, "accept", code="already_decided")
    slot = application.slot
    tied = slot.slot_mentors.filter(mentor__is_active=True).order_by("created_at", "pk")
    if mentor_id is not None and not tied.filter(mentor_id=mentor_id).exists():
        raise Invalid("mentor_not_of_slot", field="mentor_id")
    check_person(application.employee, slot)
    if application.holds_seat:
        partners.take_held_seat(slot_id=slot.pk)
        application.holds_seat = False
    else:
        partners.take_seat(slot_id=slot.pk, unit_id=application.employee.unit_id, now=now)
        application.uses_reserve = slot.is_kept_for(application.employee.unit_id)
    application.due_at = None
    application.save()
    placement = Placement(
        agency_id=application.agency_id,
        application=application,
        employee=application.employee,
        slot=slot,
        starts_on=slot.starts_on,
        ends_on=slot.ends_on,
        blocks_time=slot.policy.blocks_time,
        documents=[document.value for document in slot.policy.documents],
    )
    if mentor_id is not None:
        check_room(mentor_id, placement)
        placement.mentor_id = mentor_id
    else:
        placement.mentor_id = _first_with_room(tied.values_list("mentor_id", flat=True), placement)
    try:
        with transaction.atomic():
            placement.save(force_insert=True)
    except IntegrityError as error:
        if "placement_no_overlap" not in str(error):
            raise
        raise Conflict(
            "overlapping_placement", starts_on=slot.starts_on.isoformat(), ends_on=slot.ends_on.isoformat()
        ) from error
    _decide(application, actor, DecisionStep.PARTNER, DecisionOutcome.ACCEPTED, moment(now), note=note)
    push_availability(application.employee)
    audit.record(
        actor=actor,
        action="placement.created",
        obj=placement,
        after=facts(placement, "application_id", "slot_id", "starts_on", "ends_on"),
        actor_label="partner",
    )
    announce(events.PLACEMENT_CREATED, key=placement.pk, placement_id=placement.pk, application_id=application.pk)
    return placement


def _first_with_room(mentor_ids: Iterable[uuid.UUID], placement: Placement) -> uuid.UUID | None:
    for mentor_id in mentor_ids:
        with suppress(Conflict):
            check_room(mentor_id, placement)
            return mentor_id
    return None


@service
def decline_application(
    *, actor: User, application_id: uuid.UUID, reason: str, note: str = "", now: datetime | None = None
) -> Application:
    """The partner does not take the person, with a coded reason."""
    application = lock_application(actor, application_id)
    require(can_decide_for_partner(actor, application), "only_partner_decides")
    _check_reason(reason, note)
    was = str(application.status)
    advance(application, "decline", code="already_decided")
    _end(application)
    _decide(application, actor, DecisionStep.PARTNER, DecisionOutcome.DECLINED, moment(now), reason, note)
    _settle(application, now, was=was)
    _tell(events.APPLICATION_DECLINED, application)
    return application


@service
def withdraw_application(
    *,
    actor: User,
    application_id: uuid.UUID,
    reason: str = DecisionReason.PERSONAL,
    note: str = "",
    now: datetime | None = None,
) -> Application:
    """The applicant takes it back, at any time before the partner has accepted."""
    application = lock_application(actor, application_id)
    require(is_applicant(actor, application), "only_applicant")
    _check_reason(reason, note)
    was = str(application.status)
    advance(application, "withdraw", code="already_decided")
    _end(application)
    _decide(application, actor, DecisionStep.WITHDRAWAL, DecisionOutcome.WITHDRAWN, moment(now), reason, note)
    _settle(application, now, was=was)
    _tell(events.APPLICATION_WITHDRAWN, application)
    return application


def expire_applications(*, now: datetime | None = None, slot_id: uuid.UUID | None = None) -> int:
    """End what nobody decided before the slot began or ended; each in a transaction of its own. Returns how many.

    With ``slot_id`` only the applications of that slot, such as one just cancelled.
    """
    open_ones = (
        Application.objects.live()
        .exclude(status=ApplicationStatus.ACCEPTED)
        .select_related("agency", "slot")
        .order_by("pk")
    )
    if slot_id is not None:
        open_ones = open_ones.filter(slot=slot_id)
    expired = 0
    for application in open_ones.iterator():
        slot = application.slot
        gone = (
            slot.status in (SlotStatus.CANCELLED, SlotStatus.CLOSED) and application.status == ApplicationStatus.DRAFT
        )
        if slot.status == SlotStatus.CANCELLED or gone or slot.starts_on < application.agency.today(now):
            expired += _expire(application_id=application.pk, employee_id=application.employee_id, now=now)
    return expired


@service
def _expire(*, application_id: uuid.UUID, employee_id: uuid.UUID, now: datetime | None) -> bool:
    application = relock_application(application_id, employee_id)
    if application.status not in LIVE_APPLICATION or application.status == ApplicationStatus.ACCEPTED:
        return False
    before = facts(application, "status")
    was = str(application.status)
    advance(application, "expire")
    _end(application)
    audit.record(
        actor=None, action="application.expired", obj=application, before=before, after=facts(application, "status")
    )
    _settle(application, now, was=was)
    _tell(events.APPLICATION_EXPIRED, application)
    return True


def expire_offers(*, now: datetime | None = None) -> int:
    """End the offers whose deadline has passed; each in a transaction of its own, with the offer to the next in order.

    Returns how many.
    """
    lapsed = Application.objects.filter(status=ApplicationStatus.OFFERED, due_at__lte=moment(now)).order_by(
        "due_at", "pk"
    )
    return sum(
        _expire_offer(application_id=pk, employee_id=employee_id, now=now)
        for pk, employee_id in list(lapsed.values_list("pk", "employee_id"))
    )


@service
def _expire_offer(*, application_id: uuid.UUID, employee_id: uuid.UUID, now: datetime | None) -> bool:
    application = relock_application(application_id, employee_id)
    due_at = application.due_at
    if application.status != ApplicationStatus.OFFERED or due_at is None or due_at > moment(now):
        return False
    before = facts(application, "status", "due_at")
    was = str(application.status)
    advance(application, "expire")
    _end(application)
    audit.record(
        actor=None,
        action="application.offer_lapsed",
        obj=application,
        before=before,
        after=facts(application, "status"),
    )
    _settle(application, now, was=was)
    _tell(events.OFFER_LAPSED, application)
    return True


def _check_reason(reason: str, note: str, *, note_needed: bool = False) -> None:
    if reason not in DecisionReason.values:
        raise Invalid("reason_required", field="reason", choices=", ".join(DecisionReason.values))
    if (reason == DecisionReason.OTHER or note_needed) and not note.strip():
        raise Invalid("note_required", field="note")


def _check_offered(slot: Slot) -> None:
    if slot.status not in (*partners.SEATED, SlotStatus.FULL):
        raise Conflict("slot_closed", slot_id=str(slot.pk), status=slot.get_status_display())


def _decide(
    application: Application,
    actor: User,
    step: str,
    outcome: str,
    at: datetime,
    reason: str = "",
    note: str = "",
) -> Decision:
    """Write the decision row and its audit row; the database refuses a second one for the step."""
    superior = superior_of(application.employee, at) if step == DecisionStep.SUPERVISOR else None
    capacity = superior.capacity.value if superior is not None else ""
    decision = Decision.objects.create(
        agency_id=application.agency_id,
        application=application,
        attempt=application.attempt,
        step=step,
        outcome=outcome,
        reason=reason,
        note=note.strip(),
        capacity=capacity,
        acting_period=superior.period if superior is not None and superior.capacity in ACTING else None,
        decided_by=actor,
        decided_at=at,
    )
    audit.record(
        actor=actor,
        action=f"application.{outcome}",
        obj=application,
        after={
            "status": application.status,
            "step": step,
            "attempt": application.attempt,
            "reason": reason,
            **({"capacity": capacity} if capacity else {}),
        },
        actor_label=step,
    )
    return decision


def _end(application: Application) -> None:
    """Keep an application whose road ends here: out of the order, without deadline, its held seat free again."""
    application.waitlist_position = application.due_at = None
    free_held_seat(application)
    application.save()


def _settle(application: Application, now: datetime | None, *, was: str = "") -> None:
    """Tell matching that this came to nothing; the seat that it spoke for, as it ``was``, goes to the next who waits."""
    push_availability(application.employee)
    # To the chance that is shown, what HR rules out counts as what HR refuses.
    ruled_out = application.status == ApplicationStatus.INELIGIBLE
    ending = ApplicationStatus.REJECTED if ruled_out else application.status
    matching.record_outcome(application_id=application.pk, ending=ending, at=moment(now))
    if was in SPEAKING_FOR_SEAT:
        offer_free_seats(slot_id=application.slot_id, now=now)


def _tell(event: str, application: Application, **ids: Any) -> None:
    announce(
        event,
        key=f"{application.pk}:{application.attempt}",
        application_id=application.pk,
        **ids,
    )
