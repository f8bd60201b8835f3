"""Agencies, who serves them, and the levels they require."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.validators import slug_re

from accounts.models import User
from asn import events
from asn.models import (
    Agency,
    AgencyMembership,
    AgencyStandard,
    Position,
    PositionClass,
    PositionStandard,
    RegionalPriority,
)
from asn.permissions import can_manage_agency, get_visible_agency, get_visible_position
from asn.services.checks import CompetencyCodes, check_choice, check_competency, check_level
from asn.states import AgencyRole, TimeZone
from core import audit, outbox
from core.errors import Invalid, at_row, require
from core.rows import lock
from core.services import service
from core.text import clean_text


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityRow:
    """A competency the city wants most."""

    competency_code: str
    weight: Decimal
    basis: str


def managed_agency(actor: User | None, agency_id: uuid.UUID) -> Agency:
    """The agency, if ``actor`` may keep its people and standards."""
    agency = get_visible_agency(actor, agency_id)
    require(can_manage_agency(actor, agency.pk))
    return agency


# The days a city sets: how long each side has, and how long an offer counts as confirmed.
DEADLINES = ("clearance_days", "approval_days", "acceptance_days", "offer_days", "reminder_days", "pause_days")


@service
def set_deadlines(*, actor: User | None, agency_id: uuid.UUID, **days: int) -> Agency:
    """Set some of ``DEADLINES`` from now on; deadlines that are running stay as they are.

    Raises Invalid(``days_out_of_range`` on the field, ``pause_before_reminder`` on pause_days).
    """
    agency = lock(Agency.objects.all(), managed_agency(actor, agency_id).pk)
    before = {name: getattr(agency, name) for name in days}
    for name, value in days.items():
        most = 365 if name in ("reminder_days", "pause_days") else 60
        if name not in DEADLINES or not 1 <= value <= most:
            raise Invalid("days_out_of_range", field=name, limit=most)
        setattr(agency, name, value)
    if agency.pause_days <= agency.reminder_days:
        raise Invalid("pause_before_reminder", field="pause_days", reminder=agency.reminder_days)
    agency.save(update_fields=(*days, "updated_at"))
    audit.record(actor=actor, action="asn.set_deadlines", obj=agency, agency_id=agency.pk, before=before, after=days)
    return agency


@service
def create_agency(
    *,
    actor: User | None,
    code: str,
    name: str,
    city: str,
    region_code: str,
    hr_office: str,
    hr_office_short: str,
    region_scheme: str = "kemendagri",
    time_zone: str = TimeZone.WIB,
    is_demo: bool = False,
) -> Agency:
    """Open a tenant: by an operator or the system."""
    require(actor is None or actor.is_superuser)
    code = clean_text(code, field="code", limit=40)
    if not slug_re.match(code):
        raise Invalid("code_invalid", field="code")
    if Agency.objects.filter(code=code).exists():
        raise Invalid("code_taken", field="code")
    agency = Agency.objects.create(
        code=code,
        name=clean_text(name, field="name", limit=160),
        city=clean_text(city, field="city", limit=80),
        region_scheme=clean_text(region_scheme, field="region_scheme", limit=20),
        region_code=clean_text(region_code, field="region_code", limit=20),
        time_zone=check_choice(time_zone, TimeZone.values, code="unknown_time_zone", field="time_zone"),
        hr_office=clean_text(hr_office, field="hr_office", limit=160),
        hr_office_short=clean_text(hr_office_short, field="hr_office_short", limit=40),
        is_demo=is_demo,
    )
    audit.record(actor=actor, action="asn.create_agency", obj=agency, agency_id=agency.pk, after={"code": code})
    return agency


@service
def add_agency_member(*, actor: User | None, agency_id: uuid.UUID, user_id: int, role: str) -> AgencyMembership:
    """Let a user serve the agency in a role; one who did before serves again."""
    agency = get_visible_agency(actor, agency_id)
    require(actor is None or actor.is_superuser or can_manage_agency(actor, agency.pk))
    check_choice(role, AgencyRole.values, code="unknown_role", field="role")
    if not User.objects.filter(pk=user_id, is_active=True).exists():
        raise Invalid("unknown_user", field="user_id")
    membership, _ = AgencyMembership.objects.update_or_create(
        agency=agency, user_id=user_id, role=role, defaults={"is_active": True}
    )
    audit.record(actor=actor, action="asn.add_agency_member", obj=membership, after={"user": user_id, "role": role})
    return membership


@service
def set_position_standard(
    *,
    actor: User | None,
    position_id: uuid.UUID,
    competency_code: str,
    level: int,
    source: str,
    is_example: bool = False,
) -> PositionStandard:
    """The level one position requires; goes before the agency's and the class's."""
    position: Position = get_visible_position(actor, position_id)
    require(can_manage_agency(actor, position.agency_id))
    standard, _ = PositionStandard.objects.update_or_create(
        position=position,
        competency_id=check_competency(competency_code),
        defaults={
            "agency_id": position.agency_id,
            "level": check_level(level, field="level"),
            "source": clean_text(source, field="source", limit=200),
            "is_example": is_example,
        },
    )
    _standard_changed(actor, standard)
    return standard


@service
def set_agency_standard(
    *,
    actor: User | None,
    agency_id: uuid.UUID,
    position_class: str,
    competency_code: str,
    level: int,
    source: str,
) -> AgencyStandard:
    """The agency's own level for a position class; goes before the class default."""
    agency = managed_agency(actor, agency_id)
    classes = PositionClass.objects.values_list("code", flat=True)
    standard, _ = AgencyStandard.objects.update_or_create(
        agency=agency,
        position_class_id=check_choice(position_class, classes, code="unknown_position_class", field="position_class"),
        competency_id=check_competency(competency_code),
        defaults={
            "level": check_level(level, field="level"),
            "source": clean_text(source, field="source", limit=200),
        },
    )
    _standard_changed(actor, standard)
    return standard


def _standard_changed(actor: User | None, standard: PositionStandard | AgencyStandard) -> None:
    audit.record(
        actor=actor,
        action="asn.set_standard",
        obj=standard,
        after={"competency": standard.competency_id, "level": standard.level},
    )
    outbox.announce(
        events.STANDARDS_CHANGED,
        key=f"{standard.pk}:{standard.updated_at.isoformat()}",
        agency_id=standard.agency_id,
    )


@service
def import_priorities(
    *, actor: User | None, agency_id: uuid.UUID, rows: Sequence[PriorityRow]
) -> list[RegionalPriority]:
    """Say which competencies the city wants most; known ones get the new weight.

    Announces ``asn.priorities_changed``.
    """
    agency = managed_agency(actor, agency_id)
    codes = CompetencyCodes()
    found: dict[str, RegionalPriority] = {}
    for number, row in enumerate(rows, start=1):
        with at_row(number):
            code = codes.check(row.competency_code, field="competency_code")
            if not 1 <= row.weight <= 5:
                raise Invalid("weight_range", field="weight")
            found[code] = RegionalPriority(
                agency=agency,
                competency_id=code,
                weight=row.weight,
                basis=clean_text(row.basis, field="basis", limit=200),
            )
    priorities = RegionalPriority.objects.bulk_create(
        found.values(),
        update_conflicts=True,
        unique_fields=("agency", "competency"),
        update_fields=("weight", "basis", "updated_at"),
    )
    audit.record(
        actor=actor, action="asn.import_priorities", obj=agency, agency_id=agency.pk, after={"rows": len(priorities)}
    )
    outbox.announce(events.PRIORITIES_CHANGED, key=uuid.uuid4(), agency_id=agency.pk)
    return priorities
