"""The slots of a generation as they stand now: the frozen catalogue, and what was read anew since.

Points belong to pairs, so the frozen slots and those read anew are ranked apart and their lists merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from matching import datasets
from matching.engine.ranking import Recommender
from matching.engine.retrieval import Catalogue, entries
from matching.engine.types import Candidate, Opportunity
from matching.models import Generation, SlotList
from matching.packing import Entry


@dataclass(frozen=True)
class Shelf:
    """``ids`` are the slots by ordinal; ``stale`` the ordinals whose frozen slot counts no more; ``fresh`` the slots
    read anew and open, with their ordinals."""

    recommender: Recommender
    catalogue: Catalogue
    ids: Mapping[int, str]
    stale: frozenset[int]
    fresh: tuple[tuple[int, Opportunity], ...]

    @classmethod
    def of(cls, generation: Generation) -> Shelf:
        """The slots of a generation, with changes up to this moment."""
        rows = SlotList.objects.filter(generation=generation)
        ids = {ordinal: str(slot) for ordinal, slot in rows.values_list("ordinal", "slot_id")}
        anew = list(rows.filter(is_changed=True).values_list("ordinal", "frozen", "is_open"))
        return cls(
            datasets.recommender_of(generation.version_id),
            datasets.catalogue_of(generation.pk, generation.catalogue_sha256),
            ids,
            frozenset(ordinal for ordinal, *_ in anew),
            tuple((ordinal, datasets.thaw(frozen)) for ordinal, frozen, is_open in anew if is_open),
        )

    @cached_property
    def _parts(self) -> list[tuple[Catalogue, list[int], frozenset[int]]]:
        """(slots, their ordinals, ordinals among them that do not count)."""
        frozen = (self.catalogue, list(range(len(self.catalogue.items))), self.stale)
        fresh = sorted(self.fresh, key=lambda entry: entry[1].id)
        anew = self.recommender.catalogue([slot for _, slot in fresh])
        return [frozen, (anew, [ordinal for ordinal, _ in fresh], frozenset())]

    def points_of(self, candidate: Candidate) -> dict[int, int]:
        """The points of one person at every slot that may be recommended, by ordinal."""
        person = self.recommender.profiles([candidate])
        found: dict[int, int] = {}
        for slots, ordinals, without in self._parts:
            if slots.items:
                column = self.recommender.rank(person, slots, k=1).by_opportunity
                for ordinal, entry in zip(ordinals, entries(column), strict=True):
                    if entry and ordinal not in without:
                        found[ordinal] = entry[0][1]
        return found

    def best_of(self, candidates: Iterable[Candidate], k: int) -> dict[str, list[Entry]]:
        """The best `k` slots of each person."""
        people = self.recommender.profiles(candidates)
        found: dict[str, list[Entry]] = {person.id: [] for person in people.items}
        for slots, ordinals, without in self._parts:
            if slots.items and people.items:
                rows = entries(self.recommender.rank(people, slots, k=k + len(without)).by_candidate)
                for person, row in zip(people.items, rows, strict=True):
                    found[person.id] += [(ordinals[at], points) for at, points in row if ordinals[at] not in without]
        return {person: sorted(row, key=self.order)[:k] for person, row in found.items()}

    def order(self, entry: Entry) -> tuple[int, str]:
        """What lists of people are sorted by: ties go to the smaller id of a slot."""
        return -entry[1], self.ids[entry[0]]
