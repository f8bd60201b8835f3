"""Who gets the attention: exposure of people by group, and one partner's share of the first places.

Sex and age are read here from the personnel number, after the ranking, for a report of averages. The engine never sees
them (invariant 29).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from statistics import fmean as mean
from typing import Any

from asn.models import Agency, Employee
from asn.nip import parse_nip
from core.errors import Invalid
from matching import datasets, packing
from matching.engine.ceiling import limit_first_places
from matching.engine.metrics import exposure, ratio_by_chance, ratio_of_means
from matching.engine.types import Opportunity
from matching.models import EmployeeList, Generation
from partners.models import Slot

SMALLEST_GROUP = 10  # an average over fewer would speak of persons
PARTNERS_SHOWN = 10
OTHERS = ""  # the small groups together
AGE_BANDS = ((30, "under_30"), (40, "30_39"), (50, "40_49"), (200, "50_up"))


def hold_ceiling(generation: Generation, slots: Sequence[Opportunity], ceiling: int) -> dict[str, Any]:
    """Keep the lists of people that nobody sees yet under a ceiling (percent) on one partner's first places.

    Only lists whose order changes are written; safe to repeat. Returns for the run's report: "ceiling", "lists" that
    have a first place, "most" that one partner may have, how many were "moved", the "points_lost" by them, first places
    "above" the ceiling for which no other partner is left, and "partners", those with most, as [name, lists].
    """
    rows = EmployeeList.objects.filter(generation=generation).order_by("employee_id")
    people, packed = [], []
    for person, data in rows.values_list("employee_id", "packed").iterator():
        people.append(person)
        packed.append(bytes(data))
    told, lists = packing.unpack_people(packed, entry_bytes=generation.entry_bytes)
    named = Slot.objects.filter(agency=generation.agency_id).values_list("pk", "partner_id", "partner__name")
    partners = {str(slot): (str(partner), name) for slot, partner, name in named}
    hosts = [partners[slot.id] for slot in slots]
    limited = limit_first_places(lists, [partner for partner, _ in hosts], ceiling / 100)
    repacked = packing.pack_people(told, limited.lists, lists.positions.shape[1], entry_bytes=generation.entry_bytes)
    changed = {who: new for who, old, new in zip(people, packed, repacked, strict=True) if old != new}
    datasets.update_employee_lists(generation.pk, changed)
    heads = limited.lists.positions[:, 0].tolist() if limited.lists.positions.size else []
    counts = Counter(hosts[at] for at in heads if at >= 0)
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:PARTNERS_SHOWN]
    return {
        "ceiling": ceiling,
        "lists": counts.total(),
        "most": limited.most,
        "moved": limited.moved,
        "points_lost": limited.points_lost,
        "above": limited.above,
        "partners": [[name, count] for (_, name), count in most],
    }


def exposure_report(agency: Agency, slot_lists: Iterable[Sequence[str]], *, today: date) -> dict[str, Any]:
    """How attention is shared out among the agency's active people: {"people", "shown", "by": {dimension: …}}.

    ``slot_lists`` are the ids of the people that each slot's list shows, best first. A place on a list is worth
    1/log2(place + 1). For each of sex, age, unit and place: ``ratio`` of the smallest to the largest mean of the groups
    (None where fewer than two are left), ``by_chance``, which one in twenty random divisions into such groups falls
    below, and ``groups`` as [name, people, mean], small ones put together under "" and left out when together they are
    still small; ``left_out`` counts their people.
    """
    seen = exposure(slot_lists)
    people = list(_people(agency, today))
    shown = sum(1 for pk, _ in people if pk in seen)
    dimensions = people[0][1] if people else {}
    return {
        "people": len(people),
        "shown": shown,
        "by": {name: _by([(seen.get(pk, 0.0), traits[name]) for pk, traits in people]) for name in dimensions},
    }


def _people(agency: Agency, today: date) -> Iterator[tuple[str, Mapping[str, str | None]]]:
    rows = Employee.objects.active().filter(agency=agency).order_by("pk")
    for pk, nip, unit, place in rows.values_list("pk", "nip", "unit__name", "unit__place").iterator():
        sex, age = _sex_and_age(nip, today)
        yield str(pk), {"sex": sex, "age": age, "unit": unit, "place": place.strip() or agency.city}


def _sex_and_age(nip: str, today: date) -> tuple[str | None, str | None]:
    """ "female" or "male", and the age band; None where the number does not say."""
    try:
        read = parse_nip(nip)
    except Invalid:
        return None, None
    born_on = read.born_on
    age = today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
    return "female" if read.is_female else "male", next(band for limit, band in AGE_BANDS if age < limit)


def _by(people: Sequence[tuple[float, str | None]]) -> dict[str, Any]:
    sizes = Counter(group for _, group in people if group is not None)
    members: dict[str, list[float]] = {}
    for value, group in people:
        if group is not None:
            members.setdefault(group if sizes[group] >= SMALLEST_GROUP else OTHERS, []).append(value)
    small = members.pop(OTHERS, [])
    if len(small) >= SMALLEST_GROUP:
        members[OTHERS] = small
    parted = [values for _, values in sorted(members.items())]
    compared = len(parted) > 1
    return {
        "ratio": round(ratio_of_means(parted), 4) if compared else None,
        "by_chance": round(ratio_by_chance(parted), 4) if compared else None,
        "groups": [[name, len(values), round(mean(values), 4)] for name, values in sorted(members.items())],
        "left_out": len(people) - sum(len(values) for values in members.values()),
    }
