"""Copying a slot: for another season, or for another city that has an agreement with the partner."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from accounts.models import User
from asn.models import Agency
from core import audit
from core.errors import Invalid, require
from core.rows import find
from core.services import service
from partners.models import Agreement, PartnerVerification, Slot
from partners.permissions import can_act_for, visible_agreements, visible_slots
from partners.services.slots import (
    Meeting,
    Milestone,
    SlotData,
    check_agreement,
    check_period,
    offered_agreement,
    replace_lines,
    slot_data,
)
from partners.states import AgreementKind, AgreementStatus, VerificationStatus

NOTICE = timedelta(days=14)  # how long people can apply where we propose the dates
LATEST_YEAR = 2099

_COPIED = (
    "kind",
    "title",
    "description",
    "mode",
    "place",
    "hours_per_week",
    "seats",
    "benefits",
    "cost",
    "answers",
    "minimum_cohort",
    "meeting_days",
)
_RESERVE = ("reserved_seats", "reserve_unit_id", "reserve_until")


@dataclass(frozen=True, slots=True)
class CopyDates:
    """The dates of a copy, and what moves with them."""

    starts_on: date
    ends_on: date
    apply_by: date
    meetings: Sequence[Meeting] = ()
    milestones: Sequence[Milestone] = ()


@dataclass(frozen=True, slots=True)
class CopyGround:
    """One city: the agreements a copy may stand under there, or the refusal that is in the way."""

    agency: Agency
    agreements: Sequence[Agreement] = ()
    obstacle: Invalid | None = None
    about: Agreement | None = None  # the agreement that is in the way


def copy_dates(
    slot: Slot, *, today: date, starts_on: date | None = None, ends_on: date | None = None, apply_by: date | None = None
) -> CopyDates:
    """The dates of a slot as they are while people can still apply, else moved by whole weeks until they can.

    With a first day everything moves along with it; meetings and milestones keep their distance from it. A last day or
    a deadline that is given stands as it is.
    """
    shift = timedelta(0)
    if starts_on is not None:
        if starts_on.year >= LATEST_YEAR:
            raise Invalid("date_too_far", field="starts_on")
        shift = starts_on - slot.starts_on
    elif slot.apply_by < today:
        shift = timedelta(weeks=-((slot.apply_by - today - NOTICE) // timedelta(weeks=1)))
    first = slot.starts_on + shift
    proposed = slot.apply_by + shift
    if proposed < today:
        proposed = min(first, today + NOTICE)
    meetings = slot.meetings.values_list("held_on", "begins_at", "ends_at", "place")
    milestones = slot.milestones.values_list("title", "due_on", "proof")
    return CopyDates(
        starts_on=first,
        ends_on=ends_on or slot.ends_on + shift,
        apply_by=apply_by or proposed,
        meetings=[(day + shift, begins, ends, place) for day, begins, ends, place in meetings],
        milestones=[(title, day + shift, proof) for title, day, proof in milestones],
    )


def copy_grounds(user: User | None, slot: Slot, *, now: datetime | None = None) -> list[CopyGround]:
    """Every city, the slot's own first, with what a copy of the slot may stand under there."""
    agreements: dict[uuid.UUID, list[Agreement]] = {}
    for row in visible_agreements(user).filter(partner=slot.partner_id).order_by("-ends_on", "pk"):
        agreements.setdefault(row.agency_id, []).append(row)
    standing = dict(PartnerVerification.objects.filter(partner=slot.partner_id).values_list("agency_id", "status"))
    agencies = sorted(Agency.objects.order_by("name"), key=lambda agency: agency.pk != slot.agency_id)
    return [
        _ground(agency, agreements.get(agency.pk, []), standing.get(agency.pk), agency.today(now))
        for agency in agencies
    ]


def _ground(agency: Agency, agreements: list[Agreement], standing: str | None, today: date) -> CopyGround:
    if standing != VerificationStatus.VERIFIED:
        return CopyGround(agency, obstacle=_not_verified(standing))
    judged = [(row, _obstacle(row, today)) for row in agreements]
    if usable := [row for row, obstacle in judged if obstacle is None]:
        return CopyGround(agency, usable)
    refused = [(row, obstacle) for row, obstacle in judged if obstacle is not None]
    if not refused:
        return CopyGround(agency, obstacle=Invalid("agreement_missing", field="agreement_id"))
    row, obstacle = min(refused, key=lambda pair: _NEAREST.index(pair[1].code))
    return CopyGround(agency, obstacle=obstacle, about=row)


def _not_verified(standing: str | None) -> Invalid:
    if standing == VerificationStatus.PENDING:
        return Invalid("city_not_decided", field="agreement_id")
    return Invalid("city_refused" if standing == VerificationStatus.REFUSED else "city_not_asked", field="agreement_id")


# Where several agreements are in the way, the one is told of that is the nearest to carrying slots.
_NEAREST = ("agreement_not_signed", "agreement_over", "agreement_too_general", "agreement_ended")


def _obstacle(agreement: Agreement, today: date) -> Invalid | None:
    """What keeps slots from being published under it, whatever their period."""
    if agreement.status == AgreementStatus.TERMINATED:
        return Invalid("agreement_ended", field="agreement_id")
    if agreement.kind == AgreementKind.KB:
        return Invalid("agreement_too_general", field="agreement_id")
    if agreement.status != AgreementStatus.SIGNED:
        return Invalid("agreement_not_signed", field="agreement_id")
    if agreement.ends_on < today:
        return Invalid("agreement_over", field="agreement_id", ends_on=agreement.ends_on)
    return None


@service
def clone_slot(
    *,
    actor: User | None,
    slot_id: uuid.UUID,
    agreement_id: uuid.UUID | None = None,
    starts_on: date | None = None,
    ends_on: date | None = None,
    apply_by: date | None = None,
    now: datetime | None = None,
) -> Slot:
    """A fresh draft with the same content; for another city by naming that city's agreement.

    Without a first day the dates stay, which is refused once they have passed. Mentors are not taken along, nor is a
    reserve into another city, where its unit means nothing. Raises Invalid at the field that is at fault.
    """
    origin = find(visible_slots(actor), slot_id)
    require(can_act_for(actor, origin.partner_id))
    agreement = offered_agreement(actor, origin.partner_id, agreement_id or origin.agreement_id)
    today = agreement.agency.today(now)
    _check_ground(agreement, today)
    dates = copy_dates(
        origin,
        today=today,
        starts_on=starts_on or origin.starts_on,
        ends_on=ends_on,
        apply_by=apply_by or (None if starts_on else origin.apply_by),
    )
    data = _moved(origin, agreement, dates)
    check_period(agreement.agency, data, today)
    check_agreement(agreement, data)
    last = max([line[0] for line in dates.meetings] + [line[1] for line in dates.milestones], default=data.starts_on)
    if last > data.ends_on:
        raise Invalid("copy_too_short", field="ends_on", day=last)
    moved = {name: getattr(data, name) for name in ("starts_on", "ends_on", "apply_by", *_RESERVE)}
    slot = Slot.objects.create(
        agency=agreement.agency,
        agreement=agreement,
        partner_id=origin.partner_id,
        created_by=actor,
        **{name: getattr(origin, name) for name in _COPIED} | moved,
    )
    replace_lines(slot, data)
    audit.record(actor=actor, action="partners.clone_slot", obj=slot, after={"origin": origin.pk})
    return slot


def _check_ground(agreement: Agreement, today: date) -> None:
    standing = PartnerVerification.objects.filter(agency=agreement.agency_id, partner=agreement.partner_id)
    status = standing.values_list("status", flat=True).first()
    obstacle = _obstacle(agreement, today) if status == VerificationStatus.VERIFIED else _not_verified(status)
    if obstacle is not None:
        raise obstacle


def _moved(origin: Slot, agreement: Agreement, dates: CopyDates) -> SlotData:
    """What the slot says, on the new days. A reserve moves with the deadline that it must end before."""
    data = replace(
        slot_data(origin),
        agreement_id=agreement.pk,
        starts_on=dates.starts_on,
        ends_on=dates.ends_on,
        apply_by=dates.apply_by,
        meetings=dates.meetings,
        milestones=dates.milestones,
    )
    if agreement.agency_id != origin.agency_id or data.reserve_until is None:
        return replace(data, reserved_seats=0, reserve_unit_id=None, reserve_until=None)
    return replace(data, reserve_until=data.reserve_until + (dates.apply_by - origin.apply_by))
