"""Made-up applications of the past, for the demonstration's percentages to be learnt from.

How one ends is drawn from what the slot would have closed of the person's gaps and not from the recommender's points, so
whether points say anything of endings is found out in the demo as it would be in earnest.
"""

from __future__ import annotations

import math
from collections import defaultdict
from random import Random

from web.demo.records import Employee, PastApplication, Slot, World

PER_PERSON = 4  # one past application for so many people
LEAST = 300
LOOKED_AT = (1, 2, 4, 8, 16)  # people choose the best of so many slots they have seen
ODDS_AT_NO_FIT = -1.8
ODDS_PER_FIT = 4.2
# How an application ends that comes to nothing, and how often.
FAILURES = {"rejected": 35, "declined": 20, "withdrawn": 20, "expired": 10, "no_show": 5, "ended_early": 10}


def past_applications(world: World, rng: Random) -> list[PastApplication]:
    """Several hundred pairs of all cities with their ending, each pair once."""
    slots: dict[str, list[Slot]] = defaultdict(list)
    for slot in world.slots:
        if slot.status in ("published", "running", "finished"):
            slots[slot.city].append(slot)
    people = [person for person in world.employees if slots[person.city] and any(map(person.gap, person.required))]
    seen: set[tuple[str, str]] = set()
    found = []
    for _ in range(max(LEAST, len(world.employees) // PER_PERSON)):
        person = rng.choice(people)
        offers = slots[person.city]
        looked_at = rng.sample(offers, min(rng.choice(LOOKED_AT), len(offers)))
        slot = max(looked_at, key=lambda offer: fit(person, offer))
        if (person.key, slot.key) not in seen:
            seen.add((person.key, slot.key))
            found.append(PastApplication(person.key, slot.key, _ending(rng, fit(person, slot))))
    return found


def fit(person: Employee, slot: Slot) -> float:
    """Between 0 and 1: how much of what the person lacks the slot teaches, the first of it counting most."""
    missing = sum(map(person.gap, person.required))
    taught = 0.0
    for code, low, high in slot.outcomes:
        steps = min(high, person.required.get(code, 0)) - max(low, person.levels.get(code, 0))
        taught += max(0, steps) * (1.0 if code in person.levels else 0.5)  # a level nobody has assessed may be there
    return min(1.0, 1.6 * math.sqrt(taught / missing)) if missing else 0.0


def _ending(rng: Random, fit: float) -> str:
    if rng.random() < 1.0 / (1.0 + math.exp(-ODDS_AT_NO_FIT - ODDS_PER_FIT * fit)):
        return "completed"
    return rng.choices(list(FAILURES), list(FAILURES.values()))[0]
