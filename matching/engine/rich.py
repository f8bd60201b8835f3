"""Rich likeness of texts: several readings of the same words, standardised and added up to one score.

Too slow for a whole province, meant for re-ranking the best few hundred and for measuring quality. The exact linear
score of `ranking` is what finds those few hundred.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from matching.engine.asked import Asked, Dense, Document, Flags, Query, dense, kinship, standardise, unit
from matching.engine.bm25 import Bm25
from matching.engine.bridge import LabelBridge
from matching.engine.levels import demand
from matching.engine.text import TextFeatures, language_of
from matching.engine.wordspace import WordSpace

__all__ = ["GAP_WEIGHTS", "TEXT_WEIGHTS", "Document", "Query", "RichText", "standardise"]

Weights = tuple[tuple[str, float], ...]

# What `tune` proposed from even weights, five folds.
TEXT_WEIGHTS: Weights = (
    ("word", 0.1),
    ("letters", 0.4),
    ("bm25", 0.15),
    ("latent", 0.25),
    ("context", 0.15),
    ("feedback", 0.2),
    ("title", 0.25),
    ("labels", 3.4),
    ("kin", 3.95),
)
GAP_WEIGHTS: Weights = (
    ("word", 0.15),
    ("letters", 0.1),
    ("bm25", 0.2),
    ("latent", 0.75),
    ("context", 0.2),
    ("feedback", 0.3),
    ("labels", 1.2),
    ("demand", 0.6),
)


class RichText(BaseEstimator):
    """Scores every document of a collection for every query.

    One configuration for everything, with two documented rules: queries made of gaps use `gap_weights` (meaning before
    spelling, and the level of the work), all others `text_weights`; and the label bridge abstains from a collection in
    which it recognises little (`bridge_floor`). `own_share` is the say of a person's own words beside the gaps.
    """

    def __init__(
        self,
        *,
        text_weights: Weights = TEXT_WEIGHTS,
        gap_weights: Weights = GAP_WEIGHTS,
        latent: tuple[int, ...] = (32, 64, 128),
        context: int = 100,
        feedback: int = 5,
        own_share: float = 0.35,
        bridge_floor: float = 0.12,
        middle_level: float = 2.0,
        random_state: int = 0,
    ) -> None:
        self.text_weights = text_weights
        self.gap_weights = gap_weights
        self.latent = latent
        self.context = context
        self.feedback = feedback
        self.own_share = own_share
        self.bridge_floor = bridge_floor
        self.middle_level = middle_level
        self.random_state = random_state

    def fit(
        self, documents: Sequence[Document], bridge: LabelBridge | None = None, background: Sequence[str] = ()
    ) -> Self:
        """Learn words, letters and meanings of the documents; an already fitted bridge may join.

        `background`: further texts of the same kind, not to be ranked, which only teach words and meanings.
        """
        if not documents:
            raise ValueError("there are no documents to rank")
        self.documents_ = list(documents)
        texts = [document.whole for document in self.documents_]
        titles = [document.title for document in self.documents_]
        self.language_ = language_of(texts)
        english = self.language_ == "en"
        every = [*texts, *background]
        self.word_ = TextFeatures(language=self.language_, bigrams=english).fit(every)
        self.words_ = self.word_.transform(texts)
        self.letter_ = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit([*texts, "padan"])
        self.letters_ = self.letter_.transform(texts)
        self.bm25_ = Bm25(language=self.language_).fit(texts)
        self.counted_ = self.bm25_.transform(texts)
        self.single_ = TextFeatures(language=self.language_).fit(every)
        single = self.single_.transform(every)
        sizes = sorted({min(size, min(single.shape) - 1) for size in self.latent} - {-1, 0})
        self.svds_ = [TruncatedSVD(size, random_state=self.random_state).fit(single) for size in sizes]
        self.latent_ = self._condense(texts)
        self.context_ = WordSpace(components=self.context, language=self.language_, random_state=self.random_state).fit(
            every
        )
        self.contexts_ = self.context_.transform(texts)
        self.titled_ = any(titles)
        self.title_words_ = self.word_.transform(titles)
        self.title_letters_ = self.letter_.transform(titles)
        self.kin_ = kinship(self.documents_)
        demands = np.array([demand(f"{document.whole} . {document.title}") for document in self.documents_])
        self.demand_ = (demands - demands.mean()) / (demands.std() or 1.0)
        recognised = bridge is not None and not english and bridge.confidence(texts) >= self.bridge_floor
        self.bridge_ = bridge if recognised else None
        if self.bridge_ is not None:
            described = [document.text or document.title for document in self.documents_]
            named = [document.title or document.text for document in self.documents_]
            self.labels_ = self.bridge_.transform(described) + self.bridge_.transform(named)
        return self

    def readings(self, queries: Sequence[Query], allowed: Flags) -> dict[str, Dense]:
        """Each reading of every pair, not yet comparable with the others. `allowed` marks the pairs that count.

        Where people tell of their own work and wishes, that is read apart and joins with `own_share`.
        """
        check_is_fitted(self, "documents_")
        if not queries:
            raise ValueError("there are no queries to rank for")
        found = self._read(queries, allowed)
        told = [place for place, query in enumerate(queries) if query.own]
        if told:
            own = self._read([queries[place].of_own for place in told], allowed[told])
            for name, values in found.items():
                mine = self.own_share * standardise(own[name], allowed[told])
                values[told] = (1.0 - self.own_share) * standardise(values[told], allowed[told]) + mine
        if self.language_ == "id" and any(query.level is not None for query in queries):
            reach = [0.0 if query.level is None else query.level - self.middle_level for query in queries]
            found["demand"] = np.outer(reach, self.demand_)
        return found

    def fuse(self, queries: Sequence[Query], readings: Mapping[str, Dense], allowed: Flags) -> Dense:
        """One score for every pair: standardised readings, weighted by the kind of query."""
        for_gaps, for_text = dict(self.gap_weights), dict(self.text_weights)
        weights = [for_gaps if query.kind == "gaps" else for_text for query in queries]
        total: Dense = np.zeros(allowed.shape)
        for name, values in readings.items():
            share = np.array([table.get(name, 0.0) for table in weights])
            # The demand of work is already in standard deviations, and its size for a query is what it says.
            total += share[:, None] * (values if name == "demand" else standardise(values, allowed))
        if self.kin_ is not None:
            share = np.array([table.get("kin", 0.0) for table in weights])
            total = standardise(total, allowed) + share[:, None] * standardise(total @ self.kin_, allowed)
        return total

    def score(self, queries: Sequence[Query], allowed: Flags | None = None) -> Dense:
        """The fused score of every pair."""
        mask = np.ones((len(queries), len(self.documents_)), dtype=bool) if allowed is None else allowed
        return self.fuse(queries, self.readings(queries, mask), mask)

    def _read(self, queries: Sequence[Query], allowed: Flags) -> dict[str, Dense]:
        asked = Asked(queries)
        found = {
            "word": asked.likeness(self.word_.transform, self.words_),
            "letters": asked.likeness(self.letter_.transform, self.letters_),
            "bm25": asked.score(self.bm25_.ask, self.counted_),
            "latent": asked.score(self._condense, self.latent_),
            "context": asked.likeness(self.context_.transform, self.contexts_),
        }
        first = sum(standardise(found[name], allowed) for name in ("word", "letters", "latent"))
        found["feedback"] = self._feedback(np.asarray(first), allowed)
        if self.titled_:
            found["title"] = asked.likeness(self.word_.transform, self.title_words_) + asked.likeness(
                self.letter_.transform, self.title_letters_
            )
        if self.bridge_ is not None:
            found["labels"] = self.bridge_.from_vectors(asked.sums(self.bridge_.vectors)) @ self.labels_.T
        return found

    def _condense(self, texts: Sequence[str]) -> Any:
        """Condensed meaning at several resolutions side by side: none of them is right, their mean is steady."""
        if not self.svds_:
            return np.zeros((len(texts), 1))
        words = self.single_.transform(texts)
        return np.hstack([normalize(svd.transform(words)) for svd in self.svds_])

    def _feedback(self, first: Dense, allowed: Flags) -> Dense:
        """Pseudo-relevance feedback: likeness to the mean of the documents that come first.

        A document e-fold less likely, a deviation behind the best, has e times less to say: where one document stands
        out, it speaks alone.
        """
        level = np.where(allowed, standardise(first, allowed), -np.inf)
        count = min(self.feedback, first.shape[1])
        best = np.argsort(-level, axis=1, kind="stable")[:, :count]
        heights = np.take_along_axis(level, best, axis=1)
        top = np.maximum(heights[:, :1], 0.0)  # also where nothing is allowed
        heard = np.where(heights > 0.0, np.exp(heights - top), 0.0)
        rows = np.repeat(np.arange(len(first)), count)
        chosen = sparse.csr_matrix((heard.ravel(), (rows, best.ravel())), shape=first.shape)
        return dense(unit(chosen @ self.words_) @ self.words_.T)
