"""Stored points computed again: what a list says must follow from its model, its slots and the person."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from dataclasses import dataclass, field

from asn.models import Agency
from matching import datasets
from matching.models import EmployeeList, Generation, SlotList
from matching.packing import unpack_person, unpack_slot
from matching.selectors import shown_generations
from matching.services.shelves import Shelf
from matching.services.versions import is_current


@dataclass
class Verification:
    """Pairs that were computed again; people whose data have changed since, and who wait for their new list; pairs that
    came out otherwise, as "employee slot stored computed"."""

    pairs: int = 0
    changed_people: int = 0
    wrong: list[str] = field(default_factory=list)


def verify_lists(*, agency: Agency, sample: int = 0, seed: int = 0) -> Verification:
    """Compute the stored points of some people again (all with ``sample`` 0), on their own lists and those of slots.

    Writes nothing. A generation of other code is passed over: its model cannot be read any more, and a run is due.
    """
    found = Verification()
    generation = Generation.objects.filter(pk__in=shown_generations(agency.pk)).select_related("version").first()
    if generation is None or not is_current(generation.version):
        return found
    stored = {
        str(person): unpack_person(packed, entry_bytes=generation.entry_bytes)
        for person, packed in EmployeeList.objects.filter(generation=generation).values_list("employee_id", "packed")
    }
    people = sorted(stored)
    if sample:
        people = random.Random(seed).sample(people, min(sample, len(people)))
    shelf, on_slots = Shelf.of(generation), _places(generation)
    for person in datasets.candidates(agency, today=agency.today(), only=[uuid.UUID(key) for key in people]):
        told, entries = stored[person.id]
        if datasets.fingerprint(person) != told:
            found.changed_people += 1
            continue
        points = shelf.points_of(person)
        for ordinal, said in {*entries, *on_slots[person.id]}:
            found.pairs += 1
            if points.get(ordinal, 0) != said:
                found.wrong.append(f"{person.id} {shelf.ids[ordinal]} {said} {points.get(ordinal, 0)}")
    return found


def _places(generation: Generation) -> dict[str, list[tuple[int, int]]]:
    """(ordinal, points) of each person on the lists of slots."""
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    rows = SlotList.objects.filter(generation=generation, is_open=True)
    for ordinal, packed in rows.values_list("ordinal", "packed"):
        for person, points in unpack_slot(packed):
            places[str(person)].append((ordinal, points))
    return places
