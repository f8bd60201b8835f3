"""Use cases of mentors: the only writers of this room."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from django.utils.dates import WEEKDAYS

from accounts.models import User
from asn.models import Agency
from asn.services.checks import CompetencyCodes, check_level
from asn.states import TimeZone
from core import audit
from core.errors import Conflict, Invalid, at_row, require
from core.rows import find, lock
from core.services import service
from core.text import clean_email, clean_text
from mentors.models import Mentor, MentorAvailability, MentorDaysOff, MentorExpertise, SlotMentor, Weekday
from mentors.permissions import can_assign_mentor, can_edit_mentor, visible_mentors
from partners.models import Partner, PartnerVerification, Slot
from partners.permissions import can_act_for, visible_partners, visible_slots
from partners.states import SlotStatus

MAX_CAPACITY = 50
MAX_COMPETENCIES = 20
MAX_WINDOWS = 21
MAX_DAYS_OFF = 20
_ENDED = (SlotStatus.CLOSED, SlotStatus.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class MentorRow:
    """A mentor of a batch: expertise are (code, level), availability (weekday, from, until)."""

    partner_id: uuid.UUID
    name: str
    email: str = ""
    occupation: str = ""
    bio: str = ""
    capacity: int = 3
    user_id: int | None = None
    expertise: Sequence[tuple[str, int]] = ()
    availability: Sequence[tuple[int, time, time]] = ()
    time_zone: str = ""
    slot_ids: Sequence[uuid.UUID] = ()
    id: uuid.UUID | None = None


def _profile(name: str, email: str, occupation: str, bio: str, capacity: int) -> dict[str, object]:
    if not 1 <= capacity <= MAX_CAPACITY:
        raise Invalid("capacity_range", field="capacity", limit=MAX_CAPACITY)
    return {
        "name": clean_text(name, field="name", limit=160),
        "email": clean_email(email),
        "occupation": clean_text(occupation, field="occupation", limit=160, required=False),
        "bio": clean_text(bio, field="bio", limit=3000, required=False),
        "capacity": capacity,
    }


def _check_user(user_id: int | None) -> int | None:
    """An open account that belongs to no other mentor."""
    if user_id is not None and not User.objects.filter(pk=user_id, is_active=True, mentor=None).exists():
        raise Invalid("unknown_user", field="user_id")
    return user_id


def _expertise(mentor: Mentor, items: Sequence[tuple[str, int]], codes: CompetencyCodes) -> list[MentorExpertise]:
    if len(items) > MAX_COMPETENCIES:
        raise Invalid("too_many_competencies", field="expertise", limit=MAX_COMPETENCIES)
    if len({code for code, _ in items}) < len(items):
        raise Invalid("competency_twice", field="expertise")
    return [
        MentorExpertise(
            mentor=mentor,
            competency_id=codes.check(code, field="expertise"),
            level=check_level(level, field="expertise"),
        )
        for code, level in items
    ]


def _availability(mentor: Mentor, windows: Sequence[tuple[int, time, time]]) -> list[MentorAvailability]:
    if len(windows) > MAX_WINDOWS:
        raise Invalid("too_many_windows", field="availability", limit=MAX_WINDOWS)
    latest: dict[int, tuple[time, time]] = {}
    for weekday, starts_at, ends_at in sorted(windows):
        if weekday not in Weekday.values:
            raise Invalid("unknown_weekday", field="availability")
        if ends_at <= starts_at:
            raise Invalid("ends_before_start", field="availability")
        if weekday in latest and starts_at < latest[weekday][1]:
            raise Invalid(
                "windows_overlap",
                field="availability",
                weekday=WEEKDAYS[weekday - 1],
                first=f"{latest[weekday][0]:%H:%M}–{latest[weekday][1]:%H:%M}",
                second=f"{starts_at:%H:%M}–{ends_at:%H:%M}",
            )
        latest[weekday] = (starts_at, ends_at)
    return [
        MentorAvailability(mentor=mentor, weekday=weekday, starts_at=starts_at, ends_at=ends_at)
        for weekday, starts_at, ends_at in sorted(windows)
    ]


def _days_off(mentor: Mentor, periods: Sequence[tuple[date, date]]) -> list[MentorDaysOff]:
    if len(periods) > MAX_DAYS_OFF:
        raise Invalid("too_many_days_off", field="days_off", limit=MAX_DAYS_OFF)
    latest: date | None = None
    for starts_on, ends_on in sorted(periods):
        if ends_on < starts_on:
            raise Invalid("ends_before_start", field="days_off")
        if latest is not None and starts_on <= latest:
            raise Invalid("days_off_overlap", field="days_off", day=starts_on)
        latest = ends_on
    return [MentorDaysOff(mentor=mentor, starts_on=first, ends_on=last) for first, last in sorted(periods)]


def _check_zone(time_zone: str) -> str:
    if time_zone not in TimeZone.values:
        raise Invalid("unknown_time_zone", field="time_zone")
    return time_zone


class _Zones:
    """Where mentors are taken to be until they say so: the zone of the partner's city if that is one of the
    agencies', else of the agency that knows the partner longest."""

    def __init__(self) -> None:
        self._of_city = {city.casefold(): zone for city, zone in Agency.objects.values_list("city", "time_zone")}

    def of(self, partner: Partner) -> str:
        zone = self._of_city.get(partner.city.casefold())
        if zone is None:
            known = PartnerVerification.objects.filter(partner=partner).order_by("created_at")
            zone = known.values_list("agency__time_zone", flat=True).first()
        return str(zone or TimeZone.WIB)


@service
def create_mentor(
    *,
    actor: User | None,
    partner_id: uuid.UUID,
    name: str,
    email: str = "",
    occupation: str = "",
    bio: str = "",
    capacity: int = 3,
    user_id: int | None = None,
) -> Mentor:
    """Name a person of the partner who guides participants."""
    partner = find(visible_partners(actor), partner_id)
    require(can_act_for(actor, partner.pk))
    profile = _profile(name, email, occupation, bio, capacity)
    mentor = Mentor.objects.create(
        partner=partner, user_id=_check_user(user_id), time_zone=_Zones().of(partner), **profile
    )
    audit.record(actor=actor, action="mentors.create_mentor", obj=mentor, after={"capacity": capacity})
    return mentor


@service
def update_mentor(
    *,
    actor: User | None,
    mentor_id: uuid.UUID,
    name: str,
    email: str = "",
    occupation: str = "",
    bio: str = "",
    capacity: int = 3,
    is_active: bool = True,
) -> Mentor:
    """Change the profile; one who no longer guides stays on record."""
    mentor = _edited(actor, mentor_id)
    profile = _profile(name, email, occupation, bio, capacity) | {"is_active": is_active}
    changed = [field for field, value in profile.items() if getattr(mentor, field) != value]
    for field in changed:
        setattr(mentor, field, profile[field])
    mentor.save()
    audit.record(actor=actor, action="mentors.update_mentor", obj=mentor, after={"changed": changed})
    return mentor


@service
def set_expertise(
    *, actor: User | None, mentor_id: uuid.UUID, items: Sequence[tuple[str, int]]
) -> list[MentorExpertise]:
    """What the mentor masters, and how far; replaces what was there."""
    mentor = _edited(actor, mentor_id)
    expertise = _expertise(mentor, items, CompetencyCodes())
    mentor.expertise.all().delete()
    MentorExpertise.objects.bulk_create(expertise)
    audit.record(actor=actor, action="mentors.set_expertise", obj=mentor, after={"expertise": dict(items)})
    return expertise


@service
def set_availability(
    *,
    actor: User | None,
    mentor_id: uuid.UUID,
    windows: Sequence[tuple[int, time, time]],
    days_off: Sequence[tuple[date, date]] = (),
    time_zone: str = "",
) -> list[MentorAvailability]:
    """When the mentor has time each week: (weekday, from, until), and the days (first, last) on which not.

    Replaces what was there, but the time zone where none is given. Sessions booked already stay.
    """
    mentor = _edited(actor, mentor_id)
    availability, off = _availability(mentor, windows), _days_off(mentor, days_off)
    if time_zone:
        mentor.time_zone = _check_zone(time_zone)
        mentor.save()
    mentor.availability.all().delete()
    mentor.days_off.all().delete()
    MentorAvailability.objects.bulk_create(availability)
    MentorDaysOff.objects.bulk_create(off)
    audit.record(
        actor=actor,
        action="mentors.set_availability",
        obj=mentor,
        after={"windows": len(availability), "days_off": len(off), "time_zone": mentor.time_zone},
    )
    return availability


def _edited(actor: User | None, mentor_id: uuid.UUID) -> Mentor:
    mentor = lock(visible_mentors(actor), mentor_id)
    require(can_edit_mentor(actor, mentor))
    return mentor


@service
def assign_mentor(*, actor: User | None, slot_id: uuid.UUID, mentor_id: uuid.UUID) -> SlotMentor:
    """Tie a mentor to a slot of the same partner."""
    slot = lock(visible_slots(actor), slot_id)
    require(can_assign_mentor(actor, slot))
    if slot.status in _ENDED:
        raise Conflict("not_in_this_state", status=slot.get_status_display(), action="assign_mentor")
    mentor = Mentor.objects.filter(pk=mentor_id, partner_id=slot.partner_id).first()
    if mentor is None:
        raise Invalid("mentor_of_other_partner", field="mentor_id")
    if not mentor.is_active:
        raise Invalid("mentor_inactive", field="mentor_id")
    tie, created = SlotMentor.objects.get_or_create(slot=slot, mentor=mentor, defaults={"agency_id": slot.agency_id})
    if not created:
        raise Conflict("mentor_assigned", field="mentor_id")
    audit.record(actor=actor, action="mentors.assign_mentor", obj=tie, after={"slot": slot.pk, "mentor": mentor.pk})
    return tie


@service
def unassign_mentor(*, actor: User | None, slot_id: uuid.UUID, mentor_id: uuid.UUID) -> None:
    """Untie a mentor from a slot; placements keep the mentor they have."""
    slot = lock(visible_slots(actor), slot_id)
    require(can_assign_mentor(actor, slot))
    tie = SlotMentor.objects.filter(slot=slot, mentor_id=mentor_id).first()
    if tie is None:
        raise Conflict("mentor_not_assigned", field="mentor_id")
    audit.record(actor=actor, action="mentors.unassign_mentor", obj=tie, before={"slot": slot.pk, "mentor": mentor_id})
    tie.delete()


@service
def import_mentors(*, actor: User | None, rows: Sequence[MentorRow]) -> list[Mentor]:
    """Add mentors with expertise, availability and slots, all or none: by an operator or the system."""
    require(actor is None or actor.is_superuser)
    codes, zones = CompetencyCodes(), _Zones()
    partners = Partner.objects.in_bulk({row.partner_id for row in rows})
    wanted = {slot_id for row in rows for slot_id in row.slot_ids}
    slots = Slot.objects.filter(pk__in=wanted).in_bulk()
    users: set[int] = set()
    mentors: list[Mentor] = []
    expertise: list[MentorExpertise] = []
    availability: list[MentorAvailability] = []
    ties: list[SlotMentor] = []
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            if row.partner_id not in partners:
                raise Invalid("unknown_partner", field="partner_id")
            if row.user_id is not None:
                if row.user_id in users:
                    raise Invalid("unknown_user", field="user_id")
                users.add(row.user_id)
            mentor = Mentor(
                id=row.id or uuid.uuid4(),
                partner_id=row.partner_id,
                user_id=_check_user(row.user_id),
                time_zone=_check_zone(row.time_zone or zones.of(partners[row.partner_id])),
                **_profile(row.name, row.email, row.occupation, row.bio, row.capacity),
            )
            mentors.append(mentor)
            expertise += _expertise(mentor, row.expertise, codes)
            availability += _availability(mentor, row.availability)
            for slot_id in row.slot_ids:
                slot = slots.get(slot_id)
                if slot is None or slot.partner_id != row.partner_id:
                    raise Invalid("mentor_of_other_partner", field="slot_ids")
                ties.append(SlotMentor(slot=slot, mentor=mentor, agency_id=slot.agency_id))
    Mentor.objects.bulk_create(mentors)
    MentorExpertise.objects.bulk_create(expertise)
    MentorAvailability.objects.bulk_create(availability)
    SlotMentor.objects.bulk_create(ties)
    if mentors:
        audit.record(actor=actor, action="mentors.import_mentors", obj=mentors[0], after={"rows": len(mentors)})
    return mentors
