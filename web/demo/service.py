"""What happens in the service of a few people of each city: stand-ins, contested levels, a change of unit.

Stand-ins of people who are there begin tomorrow: today's decisions stay with the accounts of the demo.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User
from asn import services as asn
from asn.models import OFFICIAL_SOURCES, Agency, Assessment, Employee, Unit
from asn.states import AT_WORK
from placements import services as placements
from placements.models import Application
from placements.states import ApplicationStatus


def build_service(agency: Agency, officer: User) -> None:
    """A Plt., a Plh., a delegation; one open and one decided request for correction; one change of unit."""
    _stand_ins(agency, officer)
    _corrections(agency, officer)
    _change(agency, officer)


def _stand_ins(agency: Agency, officer: User) -> None:
    bosses = list(
        Employee.objects.filter(agency=agency, subordinates__isnull=False, status__in=AT_WORK, user__isnull=False)
        .exclude(user=officer)
        .distinct()
        .order_by("unit__code", "position__position_class__rank", "pk")
    )
    heads: dict[uuid.UUID, Employee] = {}
    for boss in bosses:
        heads.setdefault(boss.unit_id, boss)
    units = list(Unit.objects.filter(agency=agency, pk__in=heads).order_by("code"))
    *held, vacant = units
    for unit in held:
        asn.set_unit_head(actor=officer, unit_id=unit.pk, employee_id=heads[unit.pk].pk)
    if len(held) < 3:
        return
    today = agency.today()
    order: dict[str, Any] = {"actor": officer, "agency_id": agency.pk, "order_date": today - timedelta(days=1)}
    asn.name_acting(
        **order,
        capacity="plt",
        unit_id=vacant.pk,
        acting_id=heads[held[0].pk].pk,
        starts_on=today,
        ends_on=today + timedelta(days=60),
        reason="vacant",
        order_number=f"800.1.3.1/11/{agency.hr_office_short}/{today.year}",
    )
    asn.name_acting(
        **order,
        capacity="plh",
        holder_id=heads[held[1].pk].pk,
        acting_id=heads[held[0].pk].pk,
        starts_on=today + timedelta(days=1),
        ends_on=today + timedelta(days=6),
        reason="duty_trip",
        order_number=f"800.1.11.1/12/{agency.hr_office_short}/{today.year}",
    )
    holder, acting = heads[held[2].pk].user, heads[held[1].pk]
    if holder is not None:
        asn.delegate_decisions(
            actor=holder,
            acting_id=acting.pk,
            starts_on=today + timedelta(days=1),
            ends_on=today + timedelta(days=4),
            reason="training",
        )


def _corrections(agency: Agency, officer: User) -> None:
    rows = (
        Assessment.objects.filter(agency=agency, source__in=OFFICIAL_SOURCES, level__lt=5)
        .exclude(employee__user=None)
        .exclude(employee__user=officer)
        .select_related("employee__user")
        .order_by("-assessed_on", "pk")[:2]
    )
    asked = [
        asn.request_correction(
            actor=row.employee.user,
            assessment_id=row.pk,
            claimed_level=row.level + 1,
            reason="Laporan penilaian yang saya terima menyebut tingkat yang lebih tinggi.",
        )
        for row in rows
        if row.employee.user is not None
    ]
    if len(asked) > 1:
        asn.refuse_correction(
            actor=officer,
            correction_id=asked[1].pk,
            reason="matches_report",
            note="Kami sudah mencocokkannya dengan laporan asli.",
        )


def _change(agency: Agency, officer: User) -> None:
    row = (
        Application.objects.filter(agency=agency, status=ApplicationStatus.SUBMITTED)
        .exclude(employee__user=officer)
        .select_related("employee")
        .order_by("pk")
        .first()
    )
    if row is None:
        return
    person, before = row.employee, row.employee.unit_id
    other = Unit.objects.filter(agency=agency).exclude(pk=before).order_by("code").last()
    if other is None:
        return
    now = timezone.now()
    asn.change_employment(
        actor=officer,
        employee_id=person.pk,
        unit_id=other.pk,
        position_id=person.position_id,
        status=person.status,
        contract_starts_on=person.contract_starts_on,
        contract_ends_on=person.contract_ends_on,
        retires_on=person.retires_on,
        now=now,
    )
    # What its event wakes: the task is there even where no worker runs, and is told once.
    placements.note_change(
        employee_id=person.pk,
        kinds=["unit"],
        unit_id=before,
        position_id=person.position_id,
        changed_at=now,
    )
