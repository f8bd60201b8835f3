"""The rich part of a score as one product of two short vectors of small whole numbers.

A slot is condensed to what it means (LSA), which competencies the skill reader reads in its text, and the level of work
that its words speak of; a person to the same of the own text, the gaps, and the level they must reach. Nothing of it
depends on what a slot declares, so the promises about declared outcomes are those of the linear score alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from matching.engine.competencies import GRAIN, Needs
from matching.engine.fixedpoint import ONE, apportion
from matching.engine.levels import demand_of
from matching.engine.reader import SkillReader

Dense = NDArray[np.float64]
Small = NDArray[np.int8]
Documents = Sequence[Sequence[str]]

TOP = 127  # scale of both vectors
EXACT = 1 << 24  # float32 holds every whole number up to here
FINE = 1 << 12  # scale at which the bridge is multiplied in whole numbers


@dataclass(frozen=True)
class Parts:
    """What of a product comes from where, in units of score; `read` by competency. `demanding`: as the work sounds."""

    meaning: int
    read: dict[str, int]
    level: int
    demanding: bool


class Condenser(BaseEstimator):
    """Texts and gaps as short vectors of whole numbers.

    Parameters
    ----------
    meaning, read, level: how much each part can add at most, as shares of a score.
    components: size of the condensed meaning.
    labels: size of the space of competencies; a larger catalogue is condensed to it.
    nearness: likeness of spelling from which an unknown word stands for a known one.
    middle_level: the level to reach at which the level of work neither adds nor takes.
    """

    def __init__(
        self,
        *,
        meaning: float = 0.08,
        read: float = 0.08,
        level: float = 0.04,
        components: int = 64,
        labels: int = 192,
        nearness: float = 0.5,
        middle_level: float = 2.5,
        random_state: int = 0,
    ) -> None:
        self.meaning = meaning
        self.read = read
        self.level = level
        self.components = components
        self.labels = labels
        self.nearness = nearness
        self.middle_level = middle_level
        self.random_state = random_state

    def fit(self, X: Documents, y: object = None, *, reader: SkillReader) -> Self:
        """Learn from texts of slots, read into features already, and from the skill reader fitted on them.

        A reader that has learnt nothing leaves the level of work alone to speak.
        """
        most = max(self.meaning, self.read, self.level)
        if not (min(self.meaning, self.read, self.level) >= 0.0 and most <= 1.0):
            raise ValueError("meaning, read and level must be shares from 0 to 1")
        if not 0 < (self.components + self.labels + 1) * TOP * TOP < EXACT:
            raise ValueError("components and labels must be positive, and so few that sums stay exact")
        self.reader_ = reader
        self.step_ = round(most * ONE / (TOP * TOP))
        self.shares_ = tuple(part / most if most else 0.0 for part in (self.meaning, self.read, self.level))
        bridge, words = reader.bridge_, reader.words_
        self.codes_: list[str] = bridge.labels_ if bridge else []
        self.ridge_ = np.rint(bridge.ridge_.astype(np.float64) * FINE) if bridge else None
        self.speller_: TfidfVectorizer | None = None
        if bridge:
            self.speller_ = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit(words.feature_names_)
            self.spelt_ = self.speller_.transform(words.feature_names_).T.tocsr()
        rows = words.from_words(X)
        self.mean_, self.usual_ = np.zeros(0), 1.0
        if bridge:
            points = _project(rows, bridge.svd_.components_[: self.components])
            self.mean_ = points.mean(axis=0) if len(X) else np.zeros(points.shape[1])
            lengths = np.sqrt(((points - self.mean_) ** 2).sum(axis=1))
            self.usual_ = float(np.median(lengths)) if len(X) and np.median(lengths) > 0 else 1.0
        demands = np.array([demand_of(features) for features in X if features])
        self.demand_ = (float(demands.mean()), float(demands.std()) or 1.0) if len(demands) else (0.0, 1.0)
        self.basis_: Dense | None = None
        if len(self.codes_) > self.labels:
            svd = TruncatedSVD(self.labels, random_state=self.random_state)
            self.basis_ = svd.fit(np.concatenate([self.chances(X, rows), np.eye(len(self.codes_))])).components_.T
        return self

    @property
    def size(self) -> int:
        """How long the vectors are."""
        check_is_fitted(self, "step_")
        return len(self.mean_) + (self.labels if self.basis_ is not None else len(self.codes_)) + 1

    def slots(self, documents: Documents, rows: sparse.csr_matrix, focus: Dense) -> Small:
        """Texts of slots as (slots, size). `focus`: how much what is read in each counts."""
        middle, spread = self.demand_
        work = np.array(
            [[(demand_of(features) - middle) / (2.0 * spread) if features else 0.0] for features in documents]
        )
        said = [self._meaning(documents, rows), self._onto_basis(self.chances(documents, rows))]
        return _small([*(part * focus[:, None] for part in said), work])

    def people(self, documents: Documents, rows: sparse.csr_matrix, gaps: sparse.csr_matrix, reach: Dense) -> Small:
        """Texts and gaps of people as (people, size). `gaps`, `reach`: see `asks`."""
        meaning, read, level = self.shares_
        lift = np.where(np.isnan(reach), 0.0, np.clip((reach - self.middle_level) / 2.0, -1.0, 1.0))
        parts = [self._meaning(documents, rows) * meaning, self._onto_basis(gaps) * read, lift[:, None] * level]
        return _small(parts)

    def asks(self, needs: Needs, whole: int) -> tuple[sparse.csr_matrix, Dense]:
        """What people lack: (people, codes) shares of a gap of `whole` units, and the level each must reach, or NaN."""
        worth = (needs.worth * (needs.high - needs.low)).astype(np.float64)
        column = {code: place for place, code in enumerate(self.codes_)}
        known = np.array([column.get(code, -1) for code in needs.codes], dtype=np.int64)[needs.code]
        there = known >= 0
        gaps = sparse.csr_matrix(
            (worth[there] / max(whole, 1), (needs.row[there], known[there])), shape=(needs.count, len(self.codes_))
        )
        total = np.bincount(needs.row, worth, minlength=needs.count)
        levels = np.bincount(needs.row, worth * needs.high / GRAIN, minlength=needs.count)
        return gaps, np.divide(levels, total, out=np.full(needs.count, np.nan), where=total > 0)

    def chances(self, documents: Documents, rows: sparse.csr_matrix) -> Dense:
        """How surely each text speaks of each competency: (texts, codes), 0 below the floor of the reader."""
        bridge, reader = self.reader_.bridge_, self.reader_
        if bridge is None or self.ridge_ is None:
            return np.zeros((len(documents), 0))
        # In whole numbers, so that a text is read alike alone and among others.
        points = np.rint(_project(rows, bridge.svd_.components_) * FINE)
        by_ridge = np.maximum(points @ self.ridge_, 0.0)
        by_centroid = (rows @ bridge.centroids_.T).toarray().astype(np.float64) ** bridge.sharpness
        weights = normalize(normalize(by_ridge) + normalize(by_centroid))
        vocabulary = reader.words_.vocabulary_
        known = [sum(f in vocabulary for f in features) / len(features) if features else 0.0 for features in documents]
        chance = reader.chance(weights) * np.array(known).reshape(-1, 1)
        sure: Dense = np.where(chance >= reader.floor, chance, 0.0)
        return sure

    def parts(self, person: Small, slot: Small, worth: Mapping[str, int]) -> Parts:
        """The rich part of one pair taken apart. `worth`: what each gap of the person is worth, in whatever measure;
        it tells competencies apart where a large catalogue is condensed.
        """
        each = person.astype(np.int64) * slot.astype(np.int64) * self.step_
        split = len(self.mean_)
        read = each[split:-1]
        if self.basis_ is None:
            told = {self.codes_[at]: int(read[at]) for at in np.flatnonzero(read)}
        else:
            spoken = slot[split:-1] @ self.basis_.T
            pull = [round(max(spoken[at], 0.0) * worth.get(code, 0)) for at, code in enumerate(self.codes_)]
            total = int(read.sum())
            shares = apportion(total, pull if any(pull) else [1] * len(pull))
            told = {code: units for code, units in zip(self.codes_, shares, strict=True) if units}
        return Parts(int(each[:split].sum()), told, int(each[-1]), bool(slot[-1] > 0))

    # --- inside -------------------------------------------------------------------------------------------------

    def _meaning(self, documents: Documents, rows: sparse.csr_matrix) -> Dense:
        """Condensed meaning less that of everything, of length one at most: texts about everything are short."""
        bridge = self.reader_.bridge_
        if bridge is None:
            return np.zeros((len(documents), 0))
        rows = rows + self._misspelt(documents, rows)
        points = (
            _project(rows, bridge.svd_.components_[: self.components])
            - np.where(np.diff(rows.indptr) > 0, 1.0, 0.0)[:, None] * self.mean_
        )
        lengths = np.sqrt((points**2).sum(axis=1))[:, None]
        condensed: Dense = points / np.maximum(lengths, self.usual_)
        return condensed

    def _misspelt(self, documents: Documents, rows: sparse.csr_matrix) -> sparse.csr_matrix:
        """Words that no text of the fit had, as the known words that are spelt like them; each weighs like a known one."""
        vocabulary = self.reader_.words_.vocabulary_
        found: dict[str, int] = {}
        at, which = [], []
        for place, features in enumerate(documents):
            for feature in sorted({feature for feature in features if feature not in vocabulary}):
                at.append(place)
                which.append(found.setdefault(feature, len(found)))
        if not found or self.speller_ is None:
            return sparse.csr_matrix(rows.shape)
        near = self.speller_.transform(list(found)) @ self.spelt_
        near.data[near.data < self.nearness] = 0.0
        near.eliminate_zeros()
        weight = 1.0 / np.sqrt(np.maximum(np.diff(rows.indptr), 1))[at]
        mix = sparse.csr_matrix((weight, (at, which)), shape=(len(documents), len(found)))
        return mix @ normalize(near)

    def _onto_basis(self, labels: Any) -> Dense:
        if self.basis_ is not None:
            labels = sparse.csr_matrix(labels) @ self.basis_
        onto: Dense = labels.toarray() if sparse.issparse(labels) else labels
        return onto


def _project(rows: sparse.csr_matrix, components: NDArray[Any]) -> Dense:
    """Rows onto components, row by row in one order of adding; only the columns that occur are touched."""
    used, inverse = np.unique(rows.indices, return_inverse=True)
    narrow = sparse.csr_matrix((rows.data, inverse, rows.indptr), shape=(rows.shape[0], len(used)))
    projected: Dense = narrow @ components[:, used].T.astype(np.float64)
    return projected


def _small(parts: Sequence[Dense]) -> Small:
    return np.rint(np.clip(np.concatenate(parts, axis=1), -1.0, 1.0) * TOP).astype(np.int8)
