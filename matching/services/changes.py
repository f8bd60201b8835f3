"""What a changed person or slot does to the stored pairs, without matching the whole agency.

Stored pairs always include the best ``k`` of every active person and of every open slot. When one side of some pairs
changes, the lists of the other side are patched; where the stored part of a list cannot prove what its new end is,
that list alone is computed again. So reading the best ``k`` stored pairs equals a fresh computation.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import F, Window
from django.db.models.functions import RowNumber

from asn.models import Agency, Employee
from core import outbox
from core.services import service
from matching import datasets, events
from matching.engine.types import Match
from matching.models import EmployeeAvailability, MatchState, Recommendation
from matching.services.locks import lock_until_commit
from matching.services.runs import request_full_match
from matching.services.versions import is_current
from matching.states import RunReason
from partners.models import Slot

Entry = tuple[int, str]  # (-points, id): smaller is better, ties go to the smaller id, as in the engine


@service
def refresh_employee(*, employee_id: uuid.UUID) -> bool:
    """Recommend anew for one person; whether anything was looked at."""
    employee = Employee.objects.select_related("agency").filter(pk=employee_id).first()
    state = _take(employee.agency) if employee else None
    if employee is None or state is None:
        return False
    agency, me = employee.agency, str(employee_id)
    recommender, today = datasets.recommender_of(state.version_id), agency.today()
    slots = recommender.catalogue(datasets.opportunities(agency, today=today))
    people = datasets.candidates(agency, today=today, only=[employee_id])
    mine = recommender.recommend(people, slots, k=len(slots.items) or 1, reasons=True).by_candidate.get(me, [])

    wanted = {(me, match.opportunity): match for match in mine[: recommender.k]}
    by_slot = {match.opportunity: match for match in mine}
    lists = _best(state, recommender.k, of="slot_id", among="employee_id")
    unsure: list[str] = []
    for slot in slots.items:
        match = by_slot.get(slot.id)
        best = patched(lists.get(slot.id, []), [me], [(-match.points, me)] if match else [], recommender.k)
        if best is None:
            unsure.append(slot.id)
        elif match and (-match.points, me) in best:
            wanted[me, slot.id] = match
    others: list[Match] = []
    if unsure:
        everyone = datasets.candidates(agency, today=today)
        some = [slot for slot in slots.items if slot.id in unsure]
        for column in recommender.recommend(everyone, some, reasons=True).by_opportunity.values():
            wanted |= {(me, match.opportunity): match for match in column if match.candidate == me}
            others += [match for match in column if match.candidate != me]
    _store(state, Recommendation.objects.filter(version=state.version_id, employee=employee_id), wanted, others)
    return True


@service
def refresh_slot(*, slot_id: uuid.UUID) -> bool:
    """Recommend one slot anew, or take it away when it is not open; whether anything was looked at.

    Slots found to have closed in the meantime without anybody saying so (a deadline passed) go with it.
    """
    slot = Slot.objects.select_related("agency").filter(pk=slot_id).first()
    state = _take(slot.agency) if slot else None
    if slot is None or state is None:
        return False
    agency, it = slot.agency, str(slot_id)
    recommender, today = datasets.recommender_of(state.version_id), agency.today()
    slots = recommender.catalogue(datasets.opportunities(agency, today=today))
    this = [opportunity for opportunity in slots.items if opportunity.id == it]
    everyone = recommender.profiles(datasets.candidates(agency, today=today)) if this else None
    column = (
        recommender.recommend(everyone, this, k=len(everyone.items) or 1, reasons=True).by_opportunity[it]
        if everyone is not None
        else []
    )
    wanted = {(match.candidate, it): match for match in column[: recommender.k]}
    by_person = {match.candidate: match for match in column}
    lists = _best(state, recommender.k, of="employee_id", among="slot_id")
    still_open = {opportunity.id for opportunity in slots.items} - {it}
    changed = {slot for best in lists.values() for _, slot in best} - still_open | {it}
    unsure: list[str] = []
    for person in lists.keys() | by_person.keys():
        match = by_person.get(person)
        best = patched(lists.get(person, []), changed, [(-match.points, it)] if match else [], recommender.k)
        if best is None:
            unsure.append(person)
        elif match and (-match.points, it) in best:
            wanted[person, it] = match
    others: list[Match] = []
    if unsure:
        some = datasets.candidates(agency, today=today, only=[uuid.UUID(person) for person in unsure])
        for row in recommender.recommend(some, slots, reasons=True).by_candidate.values():
            wanted |= {(match.candidate, it): match for match in row if match.opportunity == it}
            others += [match for match in row if match.opportunity != it]
    _store(
        state,
        Recommendation.objects.filter(version=state.version_id, slot__in=[uuid.UUID(gone) for gone in changed]),
        wanted,
        others,
    )
    return True


def patched(known: Sequence[Entry], changed: Collection[str], now: Iterable[Entry], k: int) -> list[Entry] | None:
    """The best ``k`` of a list after some of its members changed, or None when what is known cannot tell.

    ``known`` are its best ``k`` before, best first (fewer: there were no more); ``now`` the entries that ``changed``
    members have today. Unknown members come after the last known one.
    """
    kept = [entry for entry in known if entry[1] not in changed]
    best = sorted([*kept, *now])[:k]
    if len(known) < k:
        return best
    return best if len(best) == k and best[-1] <= known[-1] else None


def _take(agency: Agency) -> MatchState | None:
    """The agency's state, with the lock on its recommendations; asks for a whole run where there is nothing to patch."""
    lock_until_commit(agency.pk)
    state = MatchState.objects.select_related("version").defer("version__artifact").filter(agency=agency).first()
    if state is None or not is_current(state.version):
        request_full_match(actor=None, agency_id=agency.pk, reason=RunReason.FIRST)
        return None
    return state


def _best(state: MatchState, k: int, *, of: str, among: str) -> dict[str, list[Entry]]:
    """The best ``k`` stored entries of each list, best first."""
    place = Window(RowNumber(), partition_by=F(of), order_by=[F("points").desc(), F(among)])
    rows = Recommendation.objects.filter(agency=state.agency_id, version=state.version_id)
    lists: dict[str, list[Entry]] = {}
    for owner, member, points in (
        rows.annotate(place=place).filter(place__lte=k).order_by(of, "place").values_list(of, among, "points")
    ):
        lists.setdefault(str(owner), []).append((-points, str(member)))
    return lists


def _store(
    state: MatchState, stale: Iterable[Recommendation], wanted: Mapping[datasets.Pair, Match], others: Iterable[Match]
) -> None:
    """Replace the stale rows by those wanted, and add the pairs of others that are not there yet."""
    extra = {(match.candidate, match.opportunity): match for match in others}
    if extra:
        there = Recommendation.objects.filter(
            version=state.version_id,
            employee__in={employee for employee, _ in extra},
            slot__in={slot for _, slot in extra},
        )
        for employee, slot in there.values_list("employee_id", "slot_id"):
            extra.pop((str(employee), str(slot)), None)
    datasets.write_pairs(
        agency_id=state.agency_id, version_id=state.version_id, stored=stale, wanted={**wanted, **extra}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityRow:
    """When a person of a batch is taken (inclusive days), hours left under a ceiling, where the person has applied."""

    employee_id: uuid.UUID
    busy: Sequence[tuple[date, date]]
    hours_left: int | None
    applied_slots: Sequence[uuid.UUID]


@service
def import_availability(*, agency_id: uuid.UUID, rows: Sequence[AvailabilityRow]) -> int:
    """Take note of many people at once; returns how many. Announces nothing: refresh the agency afterwards."""
    EmployeeAvailability.objects.bulk_create(
        [
            EmployeeAvailability(
                agency_id=agency_id,
                employee_id=row.employee_id,
                **_availability(row.busy, row.hours_left, row.applied_slots),
            )
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=("employee",),
        update_fields=("busy", "hours_left", "applied_slots", "updated_at"),
    )
    return len(rows)


def _availability(
    busy: Sequence[tuple[date, date]], hours_left: int | None, applied_slots: Sequence[uuid.UUID]
) -> dict[str, Any]:
    return {
        "busy": [DateRange(first, last, "[]") for first, last in sorted(busy)],
        "hours_left": hours_left,
        "applied_slots": sorted(set(applied_slots)),
    }


@service
def set_availability(
    *,
    employee_id: uuid.UUID,
    busy: Sequence[tuple[date, date]],
    hours_left: int | None,
    applied_slots: Sequence[uuid.UUID],
) -> EmployeeAvailability:
    """Take note of when a person is taken (inclusive days), how many learning hours are left under a ceiling, and where
    the person has applied. Announces a change, and nothing when all is as before.

    Called by placements inside its own services; a projection of rows that are audited there.
    """
    employee = Employee.objects.get(pk=employee_id)
    facts = _availability(busy, hours_left, applied_slots)
    before = EmployeeAvailability.objects.filter(employee=employee).first()
    row, _ = EmployeeAvailability.objects.update_or_create(
        employee=employee, defaults={"agency_id": employee.agency_id, **facts}
    )
    row.refresh_from_db()
    if before is None or any(getattr(before, name) != getattr(row, name) for name in facts):
        outbox.announce(
            events.AVAILABILITY_CHANGED, key=uuid.uuid4(), employee_id=employee.pk, agency_id=employee.agency_id
        )
    return row
