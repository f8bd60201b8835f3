"""Who gets the attention: exposure of people by group, and the ceiling on one partner's first places.

Sex and age are read here from the personnel number, after the ranking, for a report of averages. The engine never sees
them (invariant 29).
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from statistics import fmean as mean
from typing import Any

from accounts.models import User
from asn.models import Agency, Employee
from asn.nip import parse_nip
from asn.permissions import get_visible_agency
from core import audit
from core.errors import Invalid, require
from core.services import service
from core.text import clean_text
from matching.engine.metrics import exposure, ratio_by_chance, ratio_of_means
from matching.models import MatchPolicy
from matching.permissions import can_set_policy
from matching.services.runs import request_full_match
from matching.states import FIRST_PLACE_CEILING, LEAST_CEILING, RunReason

SMALLEST_GROUP = 10  # an average over fewer would speak of persons
PARTNERS_SHOWN = 10
OTHERS = ""  # the small groups together
AGE_BANDS = ((30, "under_30"), (40, "30_39"), (50, "40_49"), (200, "50_up"))


@service
def set_policy(*, actor: User | None, agency_id: uuid.UUID, first_place_ceiling: int, basis: str) -> MatchPolicy:
    """Decide how much of the first places one partner may have, on what basis; a new run follows.

    Raises Invalid(``ceiling_out_of_range`` on first_place_ceiling, ``required`` on basis).
    """
    agency = get_visible_agency(actor, agency_id)
    require(can_set_policy(actor, agency.pk))
    if not LEAST_CEILING <= first_place_ceiling <= 100:
        raise Invalid("ceiling_out_of_range", field="first_place_ceiling", least=LEAST_CEILING)
    before = MatchPolicy.objects.select_for_update(no_key=True).filter(agency=agency).first()
    policy, _ = MatchPolicy.objects.update_or_create(
        agency=agency,
        defaults={
            "first_place_ceiling": first_place_ceiling,
            "basis": clean_text(basis, field="basis", limit=300),
            "decided_by": actor,
        },
    )
    audit.record(
        actor=actor,
        action="matching.policy_set",
        obj=policy,
        before={"first_place_ceiling": before.first_place_ceiling if before else FIRST_PLACE_CEILING},
        after={"first_place_ceiling": policy.first_place_ceiling, "basis": policy.basis},
    )
    if before is None or before.first_place_ceiling != policy.first_place_ceiling:
        request_full_match(actor=actor, agency_id=agency.pk, reason=RunReason.POLICY_CHANGED)
    return policy


def first_places(names: Iterable[str], *, ceiling: int) -> dict[str, Any]:
    """How the first places of people's lists are shared out, for a run's report.

    ``names`` has the partner's name for each list that has a first place; ``ceiling`` is the percentage in force.
    {"lists", "ceiling", "partners": the PARTNERS_SHOWN with most as [name, lists]}.
    """
    counts = Counter(names)
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:PARTNERS_SHOWN]
    return {"lists": counts.total(), "ceiling": ceiling, "partners": [[name, count] for name, count in most]}


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
