"""What a changed person or slot does to the stored lists, without matching the whole agency.

Each list stands for itself. A list of a person is computed again where it lost its end; a list of a slot is kept longer
than it is shown, so that it may lose some of its people before it is computed again.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max

from asn.models import Agency, Employee
from core import outbox
from core.services import service
from matching import datasets, events
from matching.engine.retrieval import entries
from matching.engine.types import Opportunity
from matching.models import (
    ChangeDuringRun,
    EmployeeAvailability,
    EmployeeList,
    Generation,
    SlotList,
)
from matching.packing import Entry, Place, most_slots, pack_person, pack_slot, unpack_person, unpack_slot
from matching.selectors import shown_generations
from matching.services.locks import lock_until_commit
from matching.services.runs import SLACK, request_full_match, unfinished_runs
from matching.services.shelves import Shelf
from matching.services.versions import is_current
from matching.states import RunReason
from partners.models import Slot

MOST_PATCHED = 20_000  # people whose lists one changed slot may touch; above, a run through all workers is quicker


@service
def refresh_employee(*, employee_id: uuid.UUID) -> bool:
    """Recommend anew for one person; whether anything was looked at."""
    employee = Employee.objects.select_related("agency").filter(pk=employee_id).first()
    generation = _take(employee.agency, employee=employee) if employee else None
    if employee is None or generation is None:
        return False
    shelf = Shelf.of(generation)
    points: dict[int, int] = {}
    people = datasets.candidates(employee.agency, today=employee.agency.today(), only=[employee_id])
    for person in people:
        points = shelf.points_of(person)
        before = EmployeeList.objects.filter(generation=generation, employee=employee_id).values_list(
            "packed", flat=True
        )
        known = unpack_person(before[0], entry_bytes=generation.entry_bytes)[1] if before else []
        best = keep_lead(sorted(points.items(), key=shelf.order)[: generation.k], known, shelf)
        packed = pack_person(datasets.fingerprint(person), best, entry_bytes=generation.entry_bytes)
        _write_people(generation, {employee_id: packed})
    if not people:
        EmployeeList.objects.filter(generation=generation, employee=employee_id).delete()
    _place(generation, employee_id, points)
    return True


@service
def refresh_slot(*, slot_id: uuid.UUID) -> bool:
    """Recommend one slot anew, or take it away when it is not open; whether anything was looked at."""
    slot = Slot.objects.select_related("agency", "agreement").filter(pk=slot_id).first()
    generation = _take(slot.agency, slot=slot) if slot else None
    if slot is None or generation is None:
        return False
    today = slot.agency.today()
    now = datasets.opportunity(slot, today)
    is_open = now.open and now.seats_left > 0
    row = SlotList.objects.filter(generation=generation, slot=slot).first()
    if row is None and not is_open:
        return True
    ordinal = row.ordinal if row else _next_ordinal(generation)
    if _is_too_much(generation, ordinal):
        request_full_match(actor=None, agency_id=slot.agency_id, reason=RunReason.DATA_CHANGED)
        return True
    row = row or SlotList(agency_id=slot.agency_id, generation=generation, slot=slot, ordinal=ordinal)
    row.frozen, row.is_open, row.is_changed = datasets.freeze(now), is_open, True
    row.packed, row.is_cut = b"", False
    row.save()

    shelf = Shelf.of(generation)
    lists = _lists(generation)
    people: list[datasets.Candidate] = []
    points: dict[str, int] = {}
    if is_open:
        people = datasets.candidates(slot.agency, today=today)
        points = _column(shelf, now, people, row, depth=SLACK * generation.k)
        row.save()
    else:
        having = [person for person, (_, best) in lists.items() if any(at == ordinal for at, _ in best)]
        people = datasets.candidates(slot.agency, today=today, only=[uuid.UUID(person) for person in having])
    _patch(generation, shelf, lists, people, ordinal, points)
    return True


def _column(
    shelf: Shelf, slot: Opportunity, people: list[datasets.Candidate], row: SlotList, *, depth: int
) -> dict[str, int]:
    """Everybody's points at one slot; its own list goes into ``row``."""
    recommender = shelf.recommender
    ranked = recommender.rank(recommender.profiles(people), recommender.catalogue([slot]), k=depth)
    everyone = ranked.people.items
    (best,) = list(entries(ranked.by_opportunity)) if everyone else ([],)
    row.packed = pack_slot((uuid.UUID(everyone[at].id), points) for at, points in best)
    row.is_cut = len(best) == depth
    return {person.id: best[0][1] for person, best in zip(everyone, entries(ranked.by_candidate), strict=True) if best}


def _patch(
    generation: Generation,
    shelf: Shelf,
    lists: dict[str, tuple[bytes, list[Entry]]],
    people: list[datasets.Candidate],
    ordinal: int,
    points: dict[str, int],
) -> None:
    """Put one slot into the lists of people, or take it out; whose list cannot tell its end gets a new one."""
    k, size = generation.k, generation.entry_bytes
    wanted: dict[uuid.UUID, bytes] = {}
    unsure: list[datasets.Candidate] = []
    for person in people:
        told = datasets.fingerprint(person)
        before, known = lists.get(person.id, (b"", []))
        mine = (ordinal, points[person.id]) if person.id in points else None
        best = patched(known, ordinal, mine, k, shelf) if told == before else None
        if best is None:
            unsure.append(person)
        elif (led := keep_lead(best, known, shelf)) != known:
            wanted[uuid.UUID(person.id)] = pack_person(told, led, entry_bytes=size)
    told_of = {person.id: datasets.fingerprint(person) for person in unsure}
    for key, best in shelf.best_of(unsure, k).items():
        _, known = lists.get(key, (b"", []))
        wanted[uuid.UUID(key)] = pack_person(told_of[key], keep_lead(best, known, shelf), entry_bytes=size)
    _write_people(generation, wanted)


def patched(known: Sequence[Entry], changed: int, now: Entry | None, k: int, shelf: Shelf) -> list[Entry] | None:
    """The best ``k`` of a person's list after one slot changed, or None when what is known cannot tell.

    ``known`` are its best ``k`` before, whichever leads (fewer: there were no more); ``now`` the entry that the changed
    slot has today, if any. Unknown slots come after the last known one.
    """
    kept = [entry for entry in known if entry[0] != changed]
    best = sorted([*kept, *([now] if now else [])], key=shelf.order)[:k]
    if len(known) < k:
        return best
    last = max(map(shelf.order, known))
    return best if len(best) == k and shelf.order(best[-1]) <= last else None


def keep_lead(best: list[Entry], known: Sequence[Entry], shelf: Shelf) -> list[Entry]:
    """``best`` under the slot that a ceiling had let lead ``known``, while it and the one it overtook are still there."""
    if len(known) < 2 or shelf.order(known[0]) < shelf.order(known[1]):
        return best
    places = {slot: at for at, (slot, _) in enumerate(best)}
    lead, overtaken = places.get(known[0][0]), places.get(known[1][0])
    if lead is None or overtaken is None:
        return best
    return [best[lead], *best[:lead], *best[lead + 1 :]]


def _place(generation: Generation, person: uuid.UUID, points: dict[int, int]) -> None:
    """Put one person where they belong on the lists of all slots, and off the others."""
    k, key = generation.k, person.bytes
    for row in SlotList.objects.filter(generation=generation, is_open=True).defer("frozen"):
        data, mine = bytes(row.packed), points.get(row.ordinal, 0)
        worst = int.from_bytes(data[-2:], "little")
        if key not in data and (not mine or (row.is_cut and mine < worst)):
            continue
        before = unpack_slot(data)
        after, is_cut = placed(before, person, mine, is_cut=row.is_cut, depth=SLACK * k)
        if after == before and is_cut == row.is_cut:
            continue
        row.packed, row.is_cut = pack_slot(after), is_cut
        row.save(update_fields=("packed", "is_cut", "updated_at"))
        if is_cut and len(after) < k:
            outbox.announce(events.SLOT_CHANGED, key=f"{row.pk}:{uuid.uuid4()}", slot_id=row.slot_id)


def placed(
    places: Sequence[Place], person: uuid.UUID, points: int, *, is_cut: bool, depth: int
) -> tuple[list[Place], bool]:
    """A slot's list after one person changed, and whether there may be others after its end.

    What is left of a cut list without its lost members is still the best of all, only shorter; somebody who comes after
    its end cannot be told from those unknown, and is left out.
    """
    kept = [place for place in places if place[0] != person]
    if points:
        mine = (person, points)
        if not is_cut or (places and _order(mine) <= _order(places[-1])):
            kept = sorted([*kept, mine], key=_order)
    return kept[:depth], is_cut or len(kept) > depth


def _order(place: Place) -> tuple[int, uuid.UUID]:
    return -place[1], place[0]


def _take(agency: Agency, *, employee: Employee | None = None, slot: Slot | None = None) -> Generation | None:
    """The generation that the agency sees, with the lock on its lists; None where there is nothing to patch.

    A run under way may have read the old data already: the change is noted for its end. Where nothing is shown yet, or
    only what another engine made, a run is asked for.
    """
    lock_until_commit(agency.pk)
    run = unfinished_runs().filter(agency=agency).exclude(started_at=None).first()
    if run is not None:
        ChangeDuringRun.objects.get_or_create(run=run, employee=employee, slot=slot, defaults={"agency": agency})
    shown = Generation.objects.filter(pk__in=shown_generations(agency.pk)).select_related("version")
    generation = shown.defer("version__artifact", "catalogue").first()
    if generation is not None and is_current(generation.version):
        return generation
    if run is None:
        request_full_match(actor=None, agency_id=agency.pk, reason=RunReason.FIRST)
    return None


def _next_ordinal(generation: Generation) -> int:
    last = SlotList.objects.filter(generation=generation).aggregate(last=Max("ordinal"))["last"]
    return 0 if last is None else last + 1


def _is_too_much(generation: Generation, ordinal: int) -> bool:
    """Whether a slot cannot be patched in: too many people, or no ordinal left."""
    if ordinal >= most_slots(generation.entry_bytes):
        return True
    return EmployeeList.objects.filter(generation=generation)[: MOST_PATCHED + 1].count() > MOST_PATCHED


def _lists(generation: Generation) -> dict[str, tuple[bytes, list[Entry]]]:
    rows = EmployeeList.objects.filter(generation=generation).values_list("employee_id", "packed")
    return {
        str(person): unpack_person(packed, entry_bytes=generation.entry_bytes) for person, packed in rows.iterator()
    }


def _write_people(generation: Generation, lists: dict[uuid.UUID, bytes]) -> None:
    """Store lists of people, new or in place of those from before."""
    there = datasets.update_employee_lists(generation.pk, lists)
    new = [(str(person), lists[person]) for person in sorted(lists) if person not in there]
    if new:
        datasets.write_employee_lists(generation.pk, new)


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
