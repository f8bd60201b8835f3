"""The best both ways with the hard filters inside.

The linear score of a pair is the weighted share of the gap that the opportunity closes, plus the likeness of the texts,
plus a little for a place that needs no travel; each unmet prerequisite that does not block takes a part away. Its best
few hundred are found exactly, and ordered anew once the rich part is added (see condense). Everything is counted in
whole units (see fixedpoint), so a pair has the same points in every batch, shape and order.
"""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import pairwise
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from matching.engine import explain as explanations
from matching.engine.competencies import Needs, needs_of, teaching_of
from matching.engine.condense import Condenser, Documents, Small
from matching.engine.fixedpoint import ONE, SIDE, quantise
from matching.engine.kernel import KERNELS, Kernel
from matching.engine.reader import SkillReader
from matching.engine.reranking import reranked
from matching.engine.retrieval import Catalogue, Lists, Meeting, Profiles, Rules, best_both_ways, entries
from matching.engine.text import TextFeatures
from matching.engine.types import Candidate, CompetencyText, Match, Opportunity, Reason

Item = TypeVar("Item", Candidate, Opportunity)
CHUNK = 4096  # texts condensed at a time


@dataclass(frozen=True)
class Ranked:
    """The best both ways as arrays of positions in `people.items` and `slots.items`."""

    people: Profiles
    slots: Catalogue
    by_candidate: Lists
    by_opportunity: Lists


@dataclass(frozen=True)
class Ranking:
    """The best matches both ways, best first. Everyone asked about has an entry, be it empty."""

    by_candidate: dict[str, list[Match]] = field(default_factory=dict)
    by_opportunity: dict[str, list[Match]] = field(default_factory=dict)


def _sorted_by_id(items: Iterable[Item]) -> list[Item]:
    ordered = sorted(items, key=lambda item: item.id)
    for one, other in pairwise(ordered):
        if one.id == other.id:
            raise ValueError(f"the id {one.id!r} appears twice")
    return ordered


class Recommender(BaseEstimator):
    """Ranks opportunities for candidates and candidates for opportunities.

    Parameters
    ----------
    k: how many matches to keep on either side.
    rerank: how many matches by the linear score are ordered anew by the final one, on either side.
    text_weight, place_weight, rich_weight: shares of a full score for likeness of the texts, for a place without travel
        and for the rich part (meaning and competencies read in the text two fifths each, level of work one); closing
        the whole gap earns the rest.
    gap_power: 1 counts gaps in proportion to their size, above 1 puts large gaps first.
    prerequisite_penalty: part of the score that each unmet, not blocking prerequisite takes away.
    unknown_blocks: whether a required prerequisite whose level is unknown blocks too; otherwise it lowers.
    chunk_cells: pairs that the plain kernel scores at a time, which bounds its memory.
    kernel: "compiled", "plain" or, by size, "auto". All give the same lists.
    """

    def __init__(
        self,
        *,
        k: int = 20,
        rerank: int = 200,
        text_weight: float = 0.2,
        place_weight: float = 0.05,
        rich_weight: float = 0.2,
        gap_power: float = 1.5,
        prerequisite_penalty: float = 0.15,
        unknown_blocks: bool = False,
        chunk_cells: int = 1_000_000,
        kernel: Kernel = "auto",
    ) -> None:
        self.k = k
        self.rerank = rerank
        self.text_weight = text_weight
        self.place_weight = place_weight
        self.rich_weight = rich_weight
        self.gap_power = gap_power
        self.prerequisite_penalty = prerequisite_penalty
        self.unknown_blocks = unknown_blocks
        self.chunk_cells = chunk_cells
        self.kernel = kernel

    def fit(
        self,
        candidates: Iterable[Candidate],
        opportunities: Iterable[Opportunity],
        competencies: Iterable[CompetencyText] = (),
    ) -> Self:
        """Learn words from the texts of both sides and of the catalogue, each text counted once, and the skill reader
        from the catalogue and the outcomes that opportunities declare; then how to condense all that.
        """
        self._check_parameters()
        slots = sorted(opportunities, key=lambda slot: (slot.id, slot.text))
        catalogue = sorted(competencies, key=lambda competency: competency.code)
        texts = {c.text for c in candidates} | {o.text for o in slots}
        for competency in catalogue:
            texts |= {f"{competency.name}. {competency.text}", *competency.level_texts.values()}
        self.text_ = TextFeatures().fit(sorted(texts))
        self.reader_ = SkillReader().fit(
            [slot.text for slot in slots], [slot.outcomes for slot in slots], catalogue, words=self.text_
        )
        fifth = self.rich_weight / 5.0
        self.condenser_ = Condenser(meaning=2.0 * fifth, read=2.0 * fifth, level=fifth).fit(
            self.text_.documents(sorted({slot.text for slot in slots})), reader=self.reader_
        )
        return self

    # --- making ready -------------------------------------------------------------------------------------------

    def profiles(self, candidates: Iterable[Candidate] | Profiles) -> Profiles:
        """Candidates as vectors; the answer can stand wherever candidates are asked for."""
        if isinstance(candidates, Profiles):
            return candidates
        check_is_fitted(self, "text_")
        items = _sorted_by_id(candidates)
        needs = needs_of(items, share=self._gap_share(), gap_power=self.gap_power)
        documents, rows, where = self._read(items)
        gaps, reach = self._asks(needs)
        chunks = [
            self.condenser_.people(
                [documents[i] for i in at], rows[at], gaps[start : start + CHUNK], reach[start : start + CHUNK]
            )
            for start in range(0, len(items), CHUNK)
            for at in (where[start : start + CHUNK],)
        ]
        return Profiles(items, needs, _weighed(rows, self.text_weight)[where], self._stacked(chunks))

    def catalogue(self, opportunities: Iterable[Opportunity] | Catalogue) -> Catalogue:
        """Opportunities as vectors; the answer can stand wherever opportunities are asked for."""
        if isinstance(opportunities, Catalogue):
            return opportunities
        check_is_fitted(self, "text_")
        items = _sorted_by_id(opportunities)
        documents, rows, where = self._read(items)
        focus = self.text_.focus(documents)
        chunks = [
            self.condenser_.slots(
                documents[start : start + CHUNK], rows[start : start + CHUNK], focus[start : start + CHUNK]
            )
            for start in range(0, len(documents), CHUNK)
        ]
        return Catalogue(items, teaching_of(items), _weighed(rows, focus)[where], self._stacked(chunks)[where])

    def _read(
        self, items: Sequence[Candidate] | Sequence[Opportunity]
    ) -> tuple[Documents, sparse.csr_matrix, list[int]]:
        """The different texts as features and as rows, and which item has which; equal texts are read once."""
        rows: dict[str, int] = {}
        where = [rows.setdefault(item.text, len(rows)) for item in items]
        documents = self.text_.documents(rows)
        return documents, self.text_.from_words(documents), where

    def _gap_share(self) -> float:
        return max(0.0, 1.0 - self.text_weight - self.place_weight - self.rich_weight)

    def _asks(self, needs: Needs) -> tuple[sparse.csr_matrix, NDArray[np.float64]]:
        return self.condenser_.asks(needs, round(self._gap_share() * ONE))

    def _stacked(self, chunks: Sequence[Small]) -> Small:
        return np.concatenate(chunks) if chunks else np.zeros((0, self.condenser_.size), dtype=np.int8)

    # --- ranking ------------------------------------------------------------------------------------------------

    def recommend(
        self,
        candidates: Iterable[Candidate] | Profiles,
        opportunities: Iterable[Opportunity] | Catalogue,
        *,
        k: int | None = None,
        reasons: bool = False,
    ) -> Ranking:
        """The k best opportunities of every candidate and the k best candidates of every opportunity.

        Ties go to the smaller id. Pairs that a hard filter excludes, or that have no points, never appear. Reasons are
        left out unless asked for: `explain` gives those of one pair.
        """
        ranked = self.rank(self.profiles(candidates), self.catalogue(opportunities), k=k)
        people, slots = ranked.people.items, ranked.slots.items
        seen: dict[tuple[int, int], Match] = {}

        def match(i: int, j: int, points: int) -> Match:
            if (i, j) not in seen:
                seen[i, j] = (
                    self._match(ranked.people, ranked.slots, i, j)
                    if reasons
                    else Match(people[i].id, slots[j].id, points)
                )
            return seen[i, j]

        return Ranking(
            {people[i].id: [match(i, *entry) for entry in row] for i, row in enumerate(entries(ranked.by_candidate))},
            {
                slots[j].id: [match(i, j, points) for i, points in row]
                for j, row in enumerate(entries(ranked.by_opportunity))
            },
        )

    def rank(self, people: Profiles, slots: Catalogue, *, k: int | None = None) -> Ranked:
        """The same as `recommend`, as arrays: what many thousands of people at a time are ranked with."""
        depth = self._depth(k)
        found = best_both_ways(Meeting.of(people, slots), self._rules(), max(depth, self.rerank))
        step = self.condenser_.step_
        return Ranked(
            people,
            slots,
            reranked(found[0], people.dense, slots.dense, step, depth),
            reranked(found[1], slots.dense, people.dense, step, depth),
        )

    def recommend_for(
        self,
        candidates: Iterable[Candidate] | Profiles,
        opportunities: Iterable[Opportunity] | Catalogue,
        *,
        k: int | None = None,
        reasons: bool = False,
    ) -> dict[str, list[Match]]:
        """The k best opportunities of some candidates: what a changed assessment asks."""
        return self.recommend(candidates, opportunities, k=k, reasons=reasons).by_candidate

    def candidates_for(
        self,
        opportunity: Opportunity,
        candidates: Iterable[Candidate] | Profiles,
        *,
        k: int | None = None,
    ) -> list[Match]:
        """The k best candidates of one opportunity: what a new slot asks."""
        return self.recommend(candidates, [opportunity], k=k).by_opportunity[opportunity.id]

    def explain(self, candidate: Candidate, opportunity: Opportunity) -> Match:
        """The score of one pair taken apart: its points are those of `recommend`, and its reasons add up to them.

        Whether the pair is possible at all is another question, which `why_not` answers.
        """
        people, slots = self.profiles([candidate]), self.catalogue([opportunity])
        return self._match(people, slots, 0, 0)

    def why_not(self, candidate: Candidate, opportunity: Opportunity) -> tuple[Reason, ...]:
        """Every reason why the pair cannot be recommended; empty when it can."""
        hindrances = explanations.hindrances(candidate, opportunity, unknown_blocks=self.unknown_blocks)
        if not hindrances and self.explain(candidate, opportunity).points == 0:
            return (Reason("nothing_in_common", 0),)
        return hindrances

    # --- inside -------------------------------------------------------------------------------------------------

    def _check_parameters(self) -> None:
        shares = (self.text_weight, self.place_weight, self.rich_weight)
        if not (min(shares) >= 0.0 and sum(shares) <= 1.0 + 1e-9):
            raise ValueError("text_weight, place_weight and rich_weight must be at least 0 and together at most 1")
        if not 0.0 <= self.prerequisite_penalty <= 1.0:
            raise ValueError("prerequisite_penalty must be between 0 and 1")
        if not self.gap_power > 0.0:
            raise ValueError("gap_power must be above 0")
        if self.k < 1 or self.rerank < 1 or self.chunk_cells < 1:
            raise ValueError("k, rerank and chunk_cells must be at least 1")
        if self.kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}")

    def _depth(self, k: int | None) -> int:
        depth = self.k if k is None else k
        if depth < 1:
            raise ValueError("k must be at least 1")
        return depth

    def _rules(self) -> Rules:
        return Rules(
            place_units=round(self.place_weight * ONE),
            prerequisite_penalty=self.prerequisite_penalty,
            unknown_blocks=self.unknown_blocks,
            chunk_cells=self.chunk_cells,
            kernel=self.kernel,
        )

    def _match(self, people: Profiles, slots: Catalogue, i: int, j: int) -> Match:
        """One pair by itself, with reasons."""
        candidate, opportunity = people.items[i], slots.items[j]
        mine = slice(*np.searchsorted(people.needs.row, (i, i + 1)))
        worth = {
            people.needs.codes[code]: int(value)
            for code, value in zip(people.needs.code[mine], people.needs.worth[mine], strict=True)
        }
        theirs = _row(slots.text, j)
        names = self.text_.feature_names_
        terms = {
            names[column]: value * theirs[column] for column, value in _row(people.text, i).items() if column in theirs
        }
        rules = self._rules()
        points, reasons = explanations.taken_apart(
            candidate,
            opportunity,
            worth=worth,
            terms=terms,
            rich=self.condenser_.parts(people.dense[i], slots.dense[j], worth),
            place_units=rules.place_units,
            kept=rules.kept(len(opportunity.prerequisites)).tolist(),
            unknown_blocks=self.unknown_blocks,
        )
        return Match(candidate.id, opportunity.id, points, reasons)


def _weighed(rows: sparse.csr_matrix, weight: float | NDArray[np.float64]) -> sparse.csr_matrix:
    """Rows of length one as whole numbers, with a weight for all or for each."""
    matrix = rows.copy()
    matrix.data = quantise(
        matrix.data * np.repeat(np.broadcast_to(weight, len(matrix.indptr) - 1), np.diff(matrix.indptr)), SIDE
    )
    matrix = matrix.astype(np.int32)
    matrix.eliminate_zeros()
    return matrix


def _row(matrix: sparse.csr_matrix, i: int) -> dict[int, int]:
    span = slice(matrix.indptr[i], matrix.indptr[i + 1])
    columns, values = matrix.indices[span].tolist(), matrix.data[span].tolist()
    return dict(zip(columns, values, strict=True))


# --- model versions -----------------------------------------------------------------------------------------------


def dump(recommender: Recommender) -> bytes:
    """A fitted recommender as bytes, to be stored with its model version."""
    return pickle.dumps(recommender, protocol=5)


def load(data: bytes) -> Recommender:
    """The recommender of `dump`. Only for bytes that this system stored itself: unpickling runs code."""
    recommender = pickle.loads(data)  # noqa: S301 - our own bytes, as said
    if not isinstance(recommender, Recommender):
        raise ValueError("these bytes do not hold a recommender")
    return recommender


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(f"cannot hash {type(value).__name__}")


def data_hash(
    candidates: Iterable[Candidate],
    opportunities: Iterable[Opportunity],
    competencies: Iterable[CompetencyText] = (),
) -> str:
    """A fingerprint of what a model was fitted on; the same in every process and for every order of the input."""
    digest = hashlib.sha256()
    catalogue = sorted(competencies, key=lambda competency: competency.code)
    for items in (_sorted_by_id(candidates), _sorted_by_id(opportunities), catalogue):
        for item in items:
            row: dict[str, Any] = asdict(item)
            digest.update(json.dumps(row, default=_plain, sort_keys=True, separators=(",", ":")).encode())
            digest.update(b"\n")
        digest.update(b"--\n")
    return digest.hexdigest()
