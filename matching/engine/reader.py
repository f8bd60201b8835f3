"""Reads competencies and levels in a text that nobody has labelled: a slot that is being typed, a position, an SKP.

The model is the label bridge, fitted on the catalogue and on texts whose authors declared what they teach. It says how
sure it is, shows the words it went by, and is silent where it recognises too little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from matching.engine.bridge import LabelBridge
from matching.engine.levels import demand, demand_of
from matching.engine.text import TextFeatures, spans
from matching.engine.types import MAX_LEVEL, CompetencyText, Outcome

Dense = NDArray[np.float64]

FOLDS = 3
LONGEST_PHRASE = 14  # words
WORD_COST = 0.1  # of the strongest word: what a word that says nothing costs a phrase
SHARPNESS = 20.0  # how much the likelier of two level indicators counts
MIDDLE = (2.0, 3.0)  # the levels taught where no author has declared any
# Logistic weights (constant, weight of the label) where too few texts are there to fit them.
GUESS = (-4.5, 8.5)
FEWEST = 60  # answers to fit the confidence on


@dataclass(frozen=True, slots=True)
class Reading:
    """A competency that a text speaks of; `phrase` is text[start:end], `confidence` the chance that an author means it."""

    code: str
    from_level: float
    to_level: float
    confidence: float
    phrase: str
    start: int
    end: int


class SkillReader(BaseEstimator):
    """Text to competencies with levels.

    Parameters
    ----------
    components, alpha, name_weight: of the label bridge.
    floor: readings less sure than this are kept back.
    """

    def __init__(
        self,
        *,
        components: int = 256,
        alpha: float = 0.3,
        name_weight: float = 5.0,
        floor: float = 0.1,
        random_state: int = 0,
    ) -> None:
        self.components = components
        self.alpha = alpha
        self.name_weight = name_weight
        self.floor = floor
        self.random_state = random_state

    def fit(
        self,
        X: Sequence[str],
        y: Sequence[Sequence[Outcome]],
        competencies: Sequence[CompetencyText] = (),
        *,
        words: TextFeatures | None = None,
    ) -> Self:
        """Learn from texts with the outcomes that their authors declared, and from the catalogue.

        `words`: features fitted already, to share their vocabulary. With nothing to learn from, the reader is silent.
        """
        if isinstance(X, str) or len(X) != len(y):
            raise ValueError("each text needs its outcomes")
        if not 0.0 <= self.floor <= 1.0:
            raise ValueError("floor must be between 0 and 1")
        told = [(text, list(outcomes)) for text, outcomes in zip(X, y, strict=True) if outcomes]
        texts = [text for text, _ in told]
        labels = [[outcome.competency for outcome in outcomes] for _, outcomes in told]
        names = {competency.code: f"{competency.name}. {competency.text}" for competency in competencies}
        catalogue = [
            (text, [c.code])
            for c in competencies
            for text in (c.name, *(c.level_texts[level] for level in sorted(c.level_texts)))
        ]
        # What several competencies share, as the general description of a level, names none of them.
        used: dict[str, int] = {}
        for text, _ in catalogue:
            used[text] = used.get(text, 0) + 1
        catalogue = [(text, label) for text, label in catalogue if used[text] == 1]
        if words is None:
            words = TextFeatures().fit([*texts, *used, *names.values()])
        self.words_ = words
        self.bridge_: LabelBridge | None = None
        if labels or catalogue:
            self.bridge_ = self._bridge(texts, labels, catalogue, names)
        self.sureness_ = self._learn_confidence(texts, labels, catalogue, names)
        self._learn_levels(told, competencies)
        return self

    def read(self, text: str, limit: int = 5) -> list[Reading]:
        """At most `limit` competencies that the text speaks of, the surest first; none where it is not sure enough."""
        check_is_fitted(self, "sureness_")
        if not isinstance(text, str):
            raise ValueError(f"a text must be a string, not {type(text).__name__}")
        bridge, text = self.bridge_, text[: self.words_.max_characters]
        if bridge is None or limit < 1:
            return []
        found = list(spans(text))
        spoken = [feature for features, _, _ in found for feature in features]
        row = self.words_.from_words([spoken])
        if not row.nnz:
            return []
        work = demand_of(spoken)
        chance = self.chance(bridge.from_vectors(row)[0]) * self._known(found)
        order = np.lexsort((np.arange(len(chance)), -chance))[:limit]
        readings = []
        for label in order[chance[order] >= self.floor]:
            code = bridge.labels_[label]
            start, end = self._phrase(text, found, row, int(label))
            if end > start:
                levels = self._levels(work, row, code)
                readings.append(Reading(code, *levels, round(float(chance[label]), 4), text[start:end], start, end))
        return readings

    # --- learning -----------------------------------------------------------------------------------------------

    def _bridge(
        self,
        texts: Sequence[str],
        labels: Sequence[Sequence[str]],
        catalogue: Sequence[tuple[str, list[str]]],
        names: Mapping[str, str],
    ) -> LabelBridge | None:
        bridge = LabelBridge(
            components=self.components,
            alpha=self.alpha,
            name_weight=self.name_weight,
            centroid_share=1.0,
            letter_weight=0.0,
            fewest=1,
            rare_first=False,
            random_state=self.random_state,
        )
        rows = self.words_.transform([*texts, *(text for text, _ in catalogue), *names.values()])
        if rows.shape[1] < 2 or not (rows - sparse.vstack([rows[0]] * rows.shape[0])).nnz:
            return None  # texts that are all the same tell nothing apart
        bridge.fit(
            [*texts, *(text for text, _ in catalogue)],
            [*labels, *(label for _, label in catalogue)],
            names=names,
            words=self.words_,
        )
        # Half the size, and far finer than what is read from it.
        bridge.svd_.components_ = bridge.svd_.components_.astype(np.float32)
        bridge.ridge_ = bridge.ridge_.astype(np.float32)
        bridge.centroids_ = bridge.centroids_.astype(np.float32)
        return bridge

    def _learn_confidence(
        self,
        texts: Sequence[str],
        labels: Sequence[Sequence[str]],
        catalogue: Sequence[tuple[str, list[str]]],
        names: Mapping[str, str],
    ) -> tuple[float, float]:
        """How often an answer is what the author declared, asked of bridges that have not seen the text.

        Texts that begin alike are often copies and stay together.
        """
        alike = [" ".join(text.lower().split()[:5]) for text in texts]
        fold_of = {start: place % FOLDS for place, start in enumerate(sorted(set(alike)))}
        if len(fold_of) < FOLDS:
            return GUESS
        fold = np.array([fold_of[start] for start in alike])
        table, hit = [], []
        for number in range(FOLDS):
            train, test = np.flatnonzero(fold != number).tolist(), np.flatnonzero(fold == number).tolist()
            bridge = self._bridge([texts[i] for i in train], [labels[i] for i in train], catalogue, names)
            if bridge is None:
                return GUESS
            weights = bridge.transform([texts[i] for i in test])
            best = np.argsort(-weights, axis=1, kind="stable")[:, :5]
            for place, i in enumerate(test):
                for label in best[place]:
                    table.append(weights[place, label])
                    hit.append(bridge.labels_[label] in labels[i])
        if len(hit) < FEWEST or len(set(hit)) < 2:
            return GUESS
        model = LogisticRegression(C=10.0, max_iter=1000).fit(np.array(table)[:, None], np.array(hit))
        return float(model.intercept_[0]), float(model.coef_[0, 0])

    def _learn_levels(self, told: Sequence[tuple[str, list[Outcome]]], competencies: Sequence[CompetencyText]) -> None:
        described = sorted({text for c in competencies for text in c.level_texts.values()})
        place = {text: at for at, text in enumerate(described)}
        self.indicators_ = self.words_.transform(described)
        self.ladder_ = {
            c.code: [(float(level), place[c.level_texts[level]]) for level in sorted(c.level_texts)]
            for c in competencies
            if c.level_texts
        }
        rows = self.words_.transform([text for text, _ in told])
        signs, reached, width = [], [], []
        for at, (text, outcomes) in enumerate(told):
            work = demand(text)
            for outcome in outcomes:
                signs.append((work, self._likeness(rows[at], outcome.competency)))
                reached.append(outcome.to_level)
                width.append(outcome.to_level - outcome.from_level)
        self.width_ = float(np.mean(width)) if width else MIDDLE[1] - MIDDLE[0]
        self.level_middle_ = float(np.mean(reached)) if reached else MIDDLE[1]
        self.sign_middle_ = np.mean(signs, axis=0) if signs else np.zeros(2)
        centred = np.array(signs).reshape(-1, 2) - self.sign_middle_
        pull = centred.T @ (np.array(reached) - self.level_middle_)
        self.level_slopes_ = np.linalg.solve(centred.T @ centred + np.eye(2), pull)

    # --- reading ------------------------------------------------------------------------------------------------

    def chance(self, weights: Dense) -> Dense:
        """How likely an author means each label, by the weights of the bridge."""
        constant, slope = self.sureness_
        return np.where(weights > 0.0, 1.0 / (1.0 + np.exp(-(constant + slope * weights))), 0.0)

    def _known(self, found: Sequence[tuple[tuple[str, ...], int, int]]) -> float:
        """The share of the words, stop words aside, that the reader has ever seen."""
        spoken = [features for features, _, _ in found if features]
        return sum(any(feature in self.words_.vocabulary_ for feature in word) for word in spoken) / len(spoken)

    def _likeness(self, row: sparse.csr_matrix, code: str) -> float:
        """The level whose indicator the text is like; the middle of the ladder where it is like none."""
        ladder = self.ladder_.get(code)
        if not ladder:
            return MIDDLE[1]
        near = (row @ self.indicators_[[at for _, at in ladder]].T).toarray()[0]
        pull = np.exp(SHARPNESS * (near - near.max()))
        return float(pull @ [level for level, _ in ladder] / pull.sum())

    def _levels(self, work: float, row: sparse.csr_matrix, code: str) -> tuple[float, float]:
        """Whole levels from and to, by the level of the work and the likeness to the indicators of the levels."""
        signs = np.array([work, self._likeness(row, code)]) - self.sign_middle_
        reached = float(np.clip(np.rint(self.level_middle_ + signs @ self.level_slopes_), 1.0, MAX_LEVEL))
        return max(0.0, reached - max(1.0, float(np.rint(self.width_)))), reached

    def _phrase(
        self, text: str, found: Sequence[tuple[tuple[str, ...], int, int]], row: sparse.csr_matrix, label: int
    ) -> tuple[int, int]:
        """Where the run of words within one sentence stands that speaks most for a label."""
        bridge = self.bridge_
        if bridge is None:
            return 0, 0
        pull = bridge.svd_.components_[:, row.indices].T @ bridge.ridge_[:, label]
        pull = pull + bridge.centroids_[label, row.indices].toarray()[0]
        names = self.words_.feature_names_
        gain = {names[column]: value for column, value in zip(row.indices, pull * row.data, strict=True)}
        says = np.array([sum(gain.get(feature, 0.0) for feature in features) for features, _, _ in found])
        if not len(says) or says.max() <= 0.0:
            return 0, 0
        silent = says <= 0.0
        says[silent] -= WORD_COST * says.max()
        sums = np.concatenate([[0.0], np.cumsum(says)])
        breaks = [any(mark in text[a[2] : b[1]] for mark in ".;:!?\n") for a, b in pairwise(found)]
        sentence = np.concatenate([[0], np.cumsum(breaks)])
        best, where = 0.0, (0, 0)
        for length in range(1, min(LONGEST_PHRASE, len(says)) + 1):
            runs = np.where(
                sentence[length - 1 :] == sentence[: len(says) - length + 1], sums[length:] - sums[:-length], 0.0
            )
            first = int(runs.argmax())
            if runs[first] > best + 1e-12:
                best, where = float(runs[first]), (first, first + length - 1)
        return found[where[0]][1], found[where[1]][2]
