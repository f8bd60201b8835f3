"""The life of a slot: drafted by the partner, checked and published by HR, looked after until it closes."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from asn.models import Agency, Unit, by_own_date
from asn.services.agencies import managed_agency
from asn.services.checks import CompetencyCodes, check_choice, check_level
from asn.states import AgencyRole
from core import audit, outbox
from core.dates import months_later
from core.errors import Conflict, Invalid, at_row, require
from core.rows import find, lock
from core.services import service
from core.states import advance
from core.text import clean_text
from partners import events
from partners.kinds import KindPolicy, get_kind
from partners.models import Agreement, Slot, SlotMeeting, SlotMilestone, SlotOutcome, SlotPrerequisite
from partners.permissions import (
    can_act_for,
    can_edit_slot,
    can_review_slot,
    can_steer_slot,
    visible_agreements,
    visible_partners,
    visible_slots,
)
from partners.services.organisations import is_verified
from partners.services.seats import announce_change
from partners.states import AgreementKind, AgreementStatus, CancelReason, PauseCause, ReturnReason, SlotMode, SlotStatus

MAX_OUTCOMES = 8  # whoever promises everything would be on everybody's list
MAX_PREREQUISITES = 20
MAX_MEETINGS = 40
MAX_MILESTONES = 20


# Day, begin, end, room or link.
Meeting = tuple[date, time, time, str]
# What is reached, by which day, what shows it.
Milestone = tuple[str, date, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotData:
    """What a partner says of a slot: outcomes are (code, from, to), prerequisites (code, level, is required), answers
    go by the code of the question that the kind asks. Without ``minimum_cohort`` it is the kind's."""

    agreement_id: uuid.UUID
    kind: str
    title: str
    description: str
    mode: str
    starts_on: date
    ends_on: date
    hours_per_week: int
    apply_by: date
    seats: int
    outcomes: Sequence[tuple[str, int, int]]
    prerequisites: Sequence[tuple[str, int, bool]] = ()
    place: str = ""
    benefits: str = ""
    cost: str = ""
    answers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    minimum_cohort: int | None = None
    meetings: Sequence[Meeting] = ()
    milestones: Sequence[Milestone] = ()
    reserved_seats: int = 0
    reserve_unit_id: uuid.UUID | None = None
    reserve_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRow:
    """A slot of a batch: a draft, or published by a named officer, or closed since."""

    partner_id: uuid.UUID
    data: SlotData
    published_by_id: int | None = None
    published_at: datetime | None = None
    confirmed_at: datetime | None = None
    closed: bool = False
    id: uuid.UUID | None = None


# Checks ----------------------------------------------------------------------


def check_period(agency: Agency, data: SlotData, today: date | None) -> None:
    """In order, not too long, and with a day left to apply."""
    if data.ends_on < data.starts_on:
        raise Invalid("ends_before_start", field="ends_on")
    if data.ends_on >= months_later(data.starts_on, agency.max_placement_months):
        raise Invalid("period_too_long", field="ends_on", months=agency.max_placement_months)
    if data.apply_by > data.starts_on:
        raise Invalid("apply_by_after_start", field="apply_by")
    if today is not None and data.apply_by < today:
        raise Invalid("apply_by_past", field="apply_by")


def _check_reserve(agency: Agency, data: SlotData) -> None:
    """Seats kept for people of one unit: all three answers or none, and others have a day to apply at least."""
    if not data.reserved_seats and data.reserve_unit_id is None and data.reserve_until is None:
        return
    if data.reserved_seats < 1:
        raise Invalid("reserve_incomplete", field="reserved_seats")
    if data.reserve_unit_id is None:
        raise Invalid("reserve_incomplete", field="reserve_unit_id")
    if data.reserve_until is None:
        raise Invalid("reserve_incomplete", field="reserve_until")
    if data.reserved_seats > data.seats:
        raise Invalid("reserve_above_seats", field="reserved_seats", seats=data.seats)
    if data.reserve_until >= data.apply_by:
        raise Invalid("reserve_too_long", field="reserve_until", apply_by=data.apply_by)
    if not Unit.objects.filter(agency=agency, pk=data.reserve_unit_id).exists():
        raise Invalid("unknown_unit", field="reserve_unit_id")


def check_agreement(agreement: Agreement, data: SlotData) -> None:
    """One that carries slots, and covers the whole period."""
    if agreement.kind == AgreementKind.KB:
        raise Invalid("agreement_too_general", field="agreement_id")
    if agreement.status == AgreementStatus.TERMINATED:
        raise Invalid("agreement_ended", field="agreement_id")
    if data.starts_on < agreement.starts_on or agreement.ends_on < data.ends_on:
        raise Invalid(
            "slot_outside_agreement",
            field="starts_on" if data.starts_on < agreement.starts_on else "ends_on",
            starts_on=agreement.starts_on,
            ends_on=agreement.ends_on,
        )


def _check_learning(data: SlotData, codes: CompetencyCodes) -> None:
    if not data.outcomes:
        raise Invalid("outcomes_missing", field="outcomes")
    if len(data.outcomes) > MAX_OUTCOMES:
        raise Invalid("too_many_outcomes", field="outcomes", limit=MAX_OUTCOMES)
    if len(data.prerequisites) > MAX_PREREQUISITES:
        raise Invalid("too_many_competencies", field="prerequisites", limit=MAX_PREREQUISITES)
    for field, items in (("outcomes", data.outcomes), ("prerequisites", data.prerequisites)):
        for code, *_ in items:
            codes.check(code, field=field)
        if len({code for code, *_ in items}) < len(items):
            raise Invalid("competency_twice", field=field)
    for _code, low, high in data.outcomes:
        check_level(low, field="outcomes", lowest=0)
        check_level(high, field="outcomes")
        if high <= low:
            raise Invalid("outcome_not_rising", field="outcomes")
    reached = {code: high for code, _low, high in data.outcomes}
    for code, level, _is_required in data.prerequisites:
        check_level(level, field="prerequisites")
        if level >= reached.get(code, level + 1):
            raise Invalid("prerequisite_above_outcome", field="prerequisites")


def _fields(data: SlotData, agreement: Agreement, codes: CompetencyCodes, today: date | None) -> dict[str, object]:
    """The checked column values of a slot."""
    kind = get_kind(data.kind)
    check_choice(data.mode, SlotMode.values, code="unknown_mode", field="mode")
    place = clean_text(data.place, field="place", limit=120, required=False)
    if data.mode != SlotMode.ONLINE and not place:
        raise Invalid("place_missing", field="place")
    check_period(agreement.agency, data, today)
    if not 1 <= data.hours_per_week <= 40:
        raise Invalid("hours_range", field="hours_per_week")
    if not 1 <= data.seats <= 500:
        raise Invalid("seats_range", field="seats")
    if data.seats < kind.minimum_cohort:
        raise Invalid("seats_below_cohort", field="seats", minimum=kind.minimum_cohort)
    cohort = kind.minimum_cohort if data.minimum_cohort is None else data.minimum_cohort
    if not kind.minimum_cohort <= cohort <= data.seats:
        raise Invalid("cohort_range", field="minimum_cohort", least=kind.minimum_cohort, seats=data.seats)
    _check_reserve(agreement.agency, data)
    _check_meetings(kind, data)
    _check_milestones(kind, data)
    _check_learning(data, codes)
    check_agreement(agreement, data)
    return {
        "agreement": agreement,
        "kind": kind.code,
        "title": clean_text(data.title, field="title", limit=160),
        "description": clean_text(data.description, field="description", limit=6000),
        "mode": data.mode,
        "place": "" if data.mode == SlotMode.ONLINE else place,
        "starts_on": data.starts_on,
        "ends_on": data.ends_on,
        "hours_per_week": data.hours_per_week,
        "apply_by": data.apply_by,
        "seats": data.seats,
        "minimum_cohort": cohort,
        "meeting_days": len(data.meetings),
        "reserved_seats": data.reserved_seats,
        "reserve_unit_id": data.reserve_unit_id,
        "reserve_until": data.reserve_until,
        "benefits": clean_text(data.benefits, field="benefits", limit=400, required=False),
        "cost": clean_text(data.cost, field="cost", limit=200, required=False),
        "answers": _answers(kind, data.answers),
    }


def _check_meetings(kind: KindPolicy, data: SlotData) -> None:
    if not kind.uses_meetings:
        if data.meetings:
            raise Invalid("kind_without_meetings", field="meetings", kind=str(kind.label))
        return
    if not data.meetings:
        raise Invalid("meetings_missing", field="meetings")
    if len(data.meetings) > MAX_MEETINGS:
        raise Invalid("too_many_meetings", field="meetings", limit=MAX_MEETINGS)
    days: set[date] = set()
    for number, (day, begins, ends, place) in enumerate(data.meetings):
        if not data.starts_on <= day <= data.ends_on:
            raise Invalid(
                "meeting_outside_period",
                field=f"meetings.{number}.held_on",
                day=day.isoformat(),
                starts_on=data.starts_on.isoformat(),
                ends_on=data.ends_on.isoformat(),
            )
        if day in days:
            raise Invalid("meeting_day_twice", field=f"meetings.{number}.held_on", day=day.isoformat())
        days.add(day)
        if ends <= begins:
            raise Invalid("meeting_ends_before_begin", field=f"meetings.{number}.ends_at")
        clean_text(place, field=f"meetings.{number}.place", limit=200, required=False)


def _check_milestones(kind: KindPolicy, data: SlotData) -> None:
    if not kind.uses_milestones:
        if data.milestones:
            raise Invalid("kind_without_milestones", field="milestones", kind=str(kind.label))
        return
    if not data.milestones:
        raise Invalid("milestones_missing", field="milestones")
    if len(data.milestones) > MAX_MILESTONES:
        raise Invalid("too_many_milestones", field="milestones", limit=MAX_MILESTONES)
    titles: set[str] = set()
    for number, (given, day, proof) in enumerate(data.milestones):
        title = clean_text(given, field=f"milestones.{number}.title", limit=160)
        if title.casefold() in titles:
            raise Invalid("milestone_twice", field=f"milestones.{number}.title", title=title)
        titles.add(title.casefold())
        if not data.starts_on <= day <= data.ends_on:
            raise Invalid(
                "milestone_outside_period",
                field=f"milestones.{number}.due_on",
                day=day.isoformat(),
                starts_on=data.starts_on.isoformat(),
                ends_on=data.ends_on.isoformat(),
            )
        clean_text(proof, field=f"milestones.{number}.proof", limit=300, required=False)


def _milestones(slot: Slot, data: SlotData) -> list[SlotMilestone]:
    return [
        SlotMilestone(
            slot=slot,
            agency_id=slot.agency_id,
            title=clean_text(title, field="milestones", limit=160),
            due_on=day,
            proof=clean_text(proof, field="milestones", limit=300, required=False),
        )
        for title, day, proof in data.milestones
    ]


def _meetings(slot: Slot, data: SlotData) -> list[SlotMeeting]:
    return [
        SlotMeeting(
            slot=slot,
            agency_id=slot.agency_id,
            held_on=day,
            begins_at=begins,
            ends_at=ends,
            place=clean_text(place, field="meetings", limit=200, required=False),
        )
        for day, begins, ends, place in sorted(data.meetings)
    ]


def _answers(kind: KindPolicy, given: Mapping[str, str]) -> dict[str, str]:
    """The answers to what the kind asks in addition; those to another kind's questions are dropped if empty."""
    asked = {question.code: question for question in kind.questions}
    for code in given:
        if given[code] and code not in asked:
            raise Invalid("unknown_question", field="answers", question=code, kind=str(kind.label))
    found = {
        code: clean_text(given.get(code, ""), field=f"answers.{code}", limit=question.limit, required=question.required)
        for code, question in asked.items()
    }
    return {code: words for code, words in found.items() if words}


def _learning(slot: Slot, data: SlotData) -> tuple[list[SlotOutcome], list[SlotPrerequisite]]:
    outcomes = [
        SlotOutcome(slot=slot, agency_id=slot.agency_id, competency_id=code, from_level=low, to_level=high)
        for code, low, high in data.outcomes
    ]
    prerequisites = [
        SlotPrerequisite(slot=slot, agency_id=slot.agency_id, competency_id=code, level=level, is_required=required)
        for code, level, required in data.prerequisites
    ]
    return outcomes, prerequisites


def replace_lines(slot: Slot, data: SlotData) -> None:
    """Outcomes, prerequisites, meetings and milestones as they are now said."""
    slot.outcomes.all().delete()
    slot.prerequisites.all().delete()
    slot.meetings.all().delete()
    slot.milestones.all().delete()
    outcomes, prerequisites = _learning(slot, data)
    SlotOutcome.objects.bulk_create(outcomes)
    SlotPrerequisite.objects.bulk_create(prerequisites)
    SlotMeeting.objects.bulk_create(_meetings(slot, data))
    SlotMilestone.objects.bulk_create(_milestones(slot, data))


def slot_data(slot: Slot) -> SlotData:
    """What a stored slot says, in the shape it was given."""
    return SlotData(
        agreement_id=slot.agreement_id,
        kind=slot.kind,
        title=slot.title,
        description=slot.description,
        mode=slot.mode,
        place=slot.place,
        starts_on=slot.starts_on,
        ends_on=slot.ends_on,
        hours_per_week=slot.hours_per_week,
        apply_by=slot.apply_by,
        seats=slot.seats,
        benefits=slot.benefits,
        cost=slot.cost,
        answers=slot.answers,
        minimum_cohort=slot.minimum_cohort,
        reserved_seats=slot.reserved_seats,
        reserve_unit_id=slot.reserve_unit_id,
        reserve_until=slot.reserve_until,
        meetings=list(slot.meetings.values_list("held_on", "begins_at", "ends_at", "place")),
        milestones=list(slot.milestones.values_list("title", "due_on", "proof")),
        outcomes=list(slot.outcomes.values_list("competency_id", "from_level", "to_level")),
        prerequisites=list(slot.prerequisites.values_list("competency_id", "level", "is_required")),
    )


def _check_again(slot: Slot, now: datetime | None) -> None:
    """What was fine when drafted may not be fine today."""
    agreement = Agreement.objects.select_related("agency").get(pk=slot.agreement_id)
    _fields(slot_data(slot), agreement, CompetencyCodes(), agreement.agency.today(now))


def offered_agreement(actor: User | None, partner_id: uuid.UUID, agreement_id: uuid.UUID) -> Agreement:
    """An agreement of this partner, by the id that was given."""
    found = visible_agreements(actor).select_related("agency").filter(partner_id=partner_id, pk=agreement_id).first()
    if found is None:
        raise Invalid("unknown_agreement", field="agreement_id")
    return found


def _note(value: str, reason: str, other: str) -> str:
    return clean_text(value, field="note", limit=500, required=reason == other)


def _recorded(actor: User | None, verb: str, slot: Slot, before: str, **after: object) -> None:
    audit.record(
        actor=actor,
        action=f"partners.{verb}_slot",
        obj=slot,
        before={"status": before},
        after={"status": slot.status} | after,
    )


# Drafting: the partner ---------------------------------------------------------


@service
def create_slot(*, actor: User | None, partner_id: uuid.UUID, data: SlotData, now: datetime | None = None) -> Slot:
    """Draft a slot under one of the partner's agreements; it belongs to that agreement's agency."""
    partner = find(visible_partners(actor), partner_id)
    require(can_act_for(actor, partner.pk))
    agreement = offered_agreement(actor, partner.pk, data.agreement_id)
    fields = _fields(data, agreement, CompetencyCodes(), agreement.agency.today(now))
    slot = Slot.objects.create(agency=agreement.agency, partner=partner, created_by=actor, **fields)
    replace_lines(slot, data)
    audit.record(actor=actor, action="partners.create_slot", obj=slot, after={"kind": slot.kind, "title": slot.title})
    return slot


@service
def update_slot(*, actor: User | None, slot_id: uuid.UUID, data: SlotData, now: datetime | None = None) -> Slot:
    """Change a draft; a returned slot becomes a draft again."""
    slot = lock(visible_slots(actor), slot_id)
    require(can_act_for(actor, slot.partner_id))
    before = str(slot.status)
    if not can_edit_slot(actor, slot):
        raise Conflict("slot_not_editable", about=slot, status=slot.get_status_display())
    agreement = offered_agreement(actor, slot.partner_id, data.agreement_id)
    if agreement.agency_id != slot.agency_id:
        raise Invalid("agreement_of_other_agency", field="agreement_id")
    for field, value in _fields(data, agreement, CompetencyCodes(), agreement.agency.today(now)).items():
        setattr(slot, field, value)
    if slot.status == SlotStatus.RETURNED:
        advance(slot, "revise")
    slot.save()
    replace_lines(slot, data)
    _recorded(actor, "update", slot, before)
    return slot


_RESERVE = ("reserved_seats", "reserve_unit_id", "reserve_until")


@service
def submit_slot(*, actor: User | None, slot_id: uuid.UUID, now: datetime | None = None) -> Slot:
    """Hand a draft to HR."""
    slot = lock(visible_slots(actor), slot_id)
    require(can_act_for(actor, slot.partner_id))
    before = str(slot.status)
    advance(slot, "submit")
    _check_again(slot, now)
    slot.submitted_at = now or timezone.now()
    slot.save()
    _recorded(actor, "submit", slot, before)
    _announce(events.SLOT_SUBMITTED, slot, slot.submitted_at)
    return slot


# Review: HR ----------------------------------------------------------------------


@service
def return_slot(*, actor: User, slot_id: uuid.UUID, reason: str, note: str = "", now: datetime | None = None) -> Slot:
    """Send a slot back for revision, with a coded reason."""
    slot = lock(visible_slots(actor), slot_id)
    require(can_review_slot(actor, slot))
    before = str(slot.status)
    slot.return_reason = check_choice(reason, ReturnReason.values, code="unknown_reason", field="reason")
    slot.return_note = _note(note, reason, ReturnReason.OTHER)
    advance(slot, "send_back")
    slot.save()
    _recorded(actor, "return", slot, before, reason=reason)
    _announce(events.SLOT_RETURNED, slot, now or timezone.now())
    return slot


@service
def set_reserve(
    *, actor: User, slot_id: uuid.UUID, seats: int, unit_id: uuid.UUID | None = None, until: date | None = None
) -> Slot:
    """HR keeps some seats of a slot under review for people of one unit until a day; none with ``seats`` 0.

    Raises Invalid(``reserve_incomplete`` | ``reserve_above_seats`` | ``reserve_too_long`` | ``unknown_unit``) and
    Conflict(``slot_not_editable``).
    """
    slot = lock(visible_slots(actor), slot_id)
    require(can_review_slot(actor, slot))
    if slot.status != SlotStatus.SUBMITTED:
        raise Conflict("slot_not_editable", about=slot, status=slot.get_status_display())
    kept = {"reserved_seats": seats, "reserve_unit_id": unit_id, "reserve_until": until}
    _check_reserve(slot.agency, replace(slot_data(slot), **kept))  # type: ignore[arg-type]
    before = {name: getattr(slot, name) for name in _RESERVE}
    for name, value in kept.items():
        setattr(slot, name, value)
    slot.save()
    audit.record(actor=actor, action="partners.set_reserve", obj=slot, before=before, after=kept)
    return slot


def tell_ended_reserves(*, now: datetime | None = None) -> int:
    """Announce, once a slot, that the day of its reserve is over: its seats are everybody's. Returns how many are."""

    def just_over(day: date) -> Q:
        return Q(reserve_until__range=(day - timedelta(days=3), day - timedelta(days=1)))

    ended = list(
        Slot.objects.filter(
            by_own_date(just_over, now=now), status=SlotStatus.PUBLISHED, reserve_used__lt=F("reserved_seats")
        )
    )
    for slot in ended:
        _tell_ended_reserve(slot)
    return len(ended)


@service
def _tell_ended_reserve(slot: Slot) -> None:
    announce_change(slot, "reserve_ended")


@service
def publish_slot(*, actor: User, slot_id: uuid.UUID, now: datetime | None = None) -> Slot:
    """Let people apply: the partner is trusted, the agreement in force over the whole period."""
    slot = lock(visible_slots(actor), slot_id)
    require(can_review_slot(actor, slot))
    before = str(slot.status)
    advance(slot, "publish")
    _check_again(slot, now)
    if not is_verified(slot.partner_id, slot.agency_id):
        raise Conflict("partner_not_verified")
    _require_covered(slot)
    slot.published_by, slot.published_at = actor, now or timezone.now()
    slot.confirmed_at = slot.published_at
    slot.save()
    _recorded(actor, "publish", slot, before)
    outbox.announce(events.SLOT_PUBLISHED, key=slot.pk, slot_id=slot.pk, agency_id=slot.agency_id)
    return slot


def _require_covered(slot: Slot) -> None:
    if not slot.agreement.covers(slot.starts_on, slot.ends_on):
        raise Conflict("agreement_not_in_force", field="agreement_id")


def _announce(event: str, slot: Slot, at: datetime) -> None:
    outbox.announce(event, key=f"{slot.pk}:{at.isoformat()}", slot_id=slot.pk, agency_id=slot.agency_id)


# Looking after it: the partner, or HR ------------------------------------------------


@service
def pause_slot(*, actor: User | None, slot_id: uuid.UUID) -> Slot:
    """Not to be applied for, for now."""
    return _steer(actor, slot_id, "pause", "paused")


def reopen(slot: Slot, now: datetime | None) -> None:
    """Let a paused slot be published again, if there is still time and ground to stand on; the caller saves."""
    advance(slot, "resume")
    if slot.apply_by < slot.agency.today(now):
        raise Conflict("apply_by_past", field="apply_by")
    _require_covered(slot)
    if not slot.seats_left:
        advance(slot, "fill")


@service
def resume_slot(*, actor: User | None, slot_id: uuid.UUID, now: datetime | None = None) -> Slot:
    """Open again, if there is still time and ground to stand on; full if the seats went meanwhile."""
    slot = _steered(actor, slot_id)
    before = str(slot.status)
    reopen(slot, now)
    slot.confirmed_at, slot.reminded_at = now or timezone.now(), None
    slot.save()
    _recorded(actor, "resume", slot, before)
    announce_change(slot, "resumed")
    return slot


@service
def close_slot(*, actor: User | None, slot_id: uuid.UUID) -> Slot:
    """No more applications; those under way go on."""
    return _steer(actor, slot_id, "close", "closed")


@service
def cancel_slot(*, actor: User | None, slot_id: uuid.UUID, reason: str, note: str = "") -> Slot:
    """It will not take place; everyone concerned is told, with a coded reason."""
    slot = _steered(actor, slot_id)
    before = str(slot.status)
    slot.cancel_reason = check_choice(reason, CancelReason.values, code="unknown_reason", field="reason")
    slot.cancel_note = _note(note, reason, CancelReason.OTHER)
    advance(slot, "cancel")
    slot.save()
    _recorded(actor, "cancel", slot, before, reason=reason)
    announce_change(slot, "cancelled")
    return slot


def _steered(actor: User | None, slot_id: uuid.UUID) -> Slot:
    slot = lock(visible_slots(actor).select_related("agency", "agreement"), slot_id)
    require(can_steer_slot(actor, slot))
    return slot


def _steer(actor: User | None, slot_id: uuid.UUID, verb: str, change: str) -> Slot:
    slot = _steered(actor, slot_id)
    before = str(slot.status)
    advance(slot, verb)
    if slot.status == SlotStatus.PAUSED:
        slot.pause_cause = PauseCause.PARTNER
    slot.save(update_fields=("status", "pause_cause", "updated_at"))
    _recorded(actor, verb, slot, before)
    announce_change(slot, change)
    return slot


# Batches -------------------------------------------------------------------------------


@service
def import_slots(
    *, actor: User | None, agency_id: uuid.UUID, rows: Sequence[SlotRow], now: datetime | None = None
) -> list[Slot]:
    """Add slots of an agency, all or none; deadlines may lie in the past, so that history can be brought along.

    Announces nothing: refresh the agency's recommendations afterwards.
    """
    agency = managed_agency(actor, agency_id)
    now = now or timezone.now()
    agreements = Agreement.objects.filter(agency=agency).select_related("agency").in_bulk()
    officers = User.objects.filter(agency_memberships__agency=agency, agency_memberships__role=AgencyRole.HR)
    officer_ids = set(officers.values_list("pk", flat=True))
    codes = CompetencyCodes()
    slots: list[Slot] = []
    outcomes: list[SlotOutcome] = []
    prerequisites: list[SlotPrerequisite] = []
    meetings: list[SlotMeeting] = []
    milestones: list[SlotMilestone] = []
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            agreement = agreements.get(row.data.agreement_id)
            if agreement is None or agreement.partner_id != row.partner_id:
                raise Invalid("unknown_agreement", field="agreement_id")
            fields = _fields(row.data, agreement, codes, None)
            slot = Slot(id=row.id or uuid.uuid4(), agency=agency, partner_id=row.partner_id, **fields)
            if row.published_by_id is not None:
                if row.published_by_id not in officer_ids:
                    raise Invalid("unknown_user", field="published_by_id")
                if not agreement.covers(slot.starts_on, slot.ends_on):
                    raise Invalid("agreement_not_in_force", field="agreement_id")
                _publish_imported(slot, row, now)
        slots.append(slot)
        taught, presupposed = _learning(slot, row.data)
        outcomes += taught
        prerequisites += presupposed
        meetings += _meetings(slot, row.data)
        milestones += _milestones(slot, row.data)
    Slot.objects.bulk_create(slots)
    SlotOutcome.objects.bulk_create(outcomes)
    SlotPrerequisite.objects.bulk_create(prerequisites)
    SlotMeeting.objects.bulk_create(meetings)
    SlotMilestone.objects.bulk_create(milestones)
    audit.record(
        actor=actor, action="partners.import_slots", obj=agency, agency_id=agency.pk, after={"rows": len(slots)}
    )
    return slots


def _publish_imported(slot: Slot, row: SlotRow, now: datetime) -> None:
    advance(slot, "submit")
    advance(slot, "publish")
    slot.published_by_id = row.published_by_id
    slot.published_at = slot.submitted_at = row.published_at or now
    slot.confirmed_at = row.confirmed_at or slot.published_at
    if row.closed:
        advance(slot, "close")
