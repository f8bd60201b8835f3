"""Rich likeness of texts: several readings of the same words, standardised and added up to one score.

Too slow for a whole province, meant for re-ranking the best few hundred and for measuring quality. The exact linear
score of `ranking` is what finds those few hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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

from matching.engine.bridge import LabelBridge
from matching.engine.levels import demand
from matching.engine.text import TextFeatures, language_of

Dense = NDArray[np.float64]
Flags = NDArray[np.bool_]
Weights = tuple[tuple[str, float], ...]
Read = Callable[[Sequence[str]], Any]


@dataclass(frozen=True, slots=True)
class Document:
    """Something to rank. Documents of one family (a competency, say) at neighbouring levels support each other."""

    id: str
    text: str
    title: str = ""
    family: str = ""
    level: float = 0.0

    @property
    def whole(self) -> str:
        """All that is written about it."""
        return " . ".join(part for part in (self.family, self.title, self.text) if part)


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked, in weighted parts.

    kind "gaps": the parts are what is lacking; "items": works of which the likelier half speaks; "text": words.
    `level` is the level to be reached, where it is known.
    """

    id: str
    parts: tuple[tuple[str, float], ...]
    kind: str = "text"
    level: float | None = None


TEXT_WEIGHTS = (
    ("word", 0.2),
    ("feedback", 0.2),
    ("letters", 0.4),
    ("title", 0.1),
    ("labels", 2.2),
    ("topic", 0.3),
    ("kin", 1.6),
)
GAP_WEIGHTS = (("word", 0.4), ("feedback", 0.5), ("latent", 0.6), ("labels", 1.0), ("demand", 0.8))


class RichText(BaseEstimator):
    """Scores every document of a collection for every query.

    One configuration for everything, with two documented rules: queries made of gaps use `gap_weights` (meaning before
    spelling, and the level of the work), all others `text_weights`; and the label bridge abstains from a collection in
    which it recognises little (`bridge_floor`).
    """

    def __init__(
        self,
        *,
        text_weights: Weights = TEXT_WEIGHTS,
        gap_weights: Weights = GAP_WEIGHTS,
        latent: int = 64,
        feedback: int = 5,
        bridge_floor: float = 0.12,
        middle_level: float = 2.0,
        random_state: int = 0,
    ) -> None:
        self.text_weights = text_weights
        self.gap_weights = gap_weights
        self.latent = latent
        self.feedback = feedback
        self.bridge_floor = bridge_floor
        self.middle_level = middle_level
        self.random_state = random_state

    def fit(self, documents: Sequence[Document], bridge: LabelBridge | None = None) -> Self:
        """Learn words, letters and condensed meaning of the documents; an already fitted bridge may join."""
        if not documents:
            raise ValueError("there are no documents to rank")
        self.documents_ = list(documents)
        texts = [document.whole for document in self.documents_]
        titles = [document.title for document in self.documents_]
        self.language_ = language_of(texts)
        english = self.language_ == "en"
        self.word_ = TextFeatures(language=self.language_, bigrams=english).fit(texts)
        self.words_ = self.word_.transform(texts)
        self.letter_ = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit([*texts, "padan"])
        self.letters_ = self.letter_.transform(texts)
        self.single_ = TextFeatures(language=self.language_).fit(texts)
        single = self.single_.transform(texts)
        depth = min(self.latent, min(single.shape) - 1)
        self.svd_ = TruncatedSVD(depth, random_state=self.random_state).fit(single) if depth > 0 else None
        self.latent_ = normalize(self.svd_.transform(single)) if self.svd_ else np.zeros((len(texts), 1))
        self.titled_ = any(titles)
        self.title_words_ = self.word_.transform(titles)
        self.title_letters_ = self.letter_.transform(titles)
        self.kin_ = _kin(self.documents_)
        demands = np.array([demand(f"{document.whole} . {document.title}") for document in self.documents_])
        self.demand_ = (demands - demands.mean()) / (demands.std() or 1.0)
        recognised = bridge is not None and not english and bridge.confidence(texts) >= self.bridge_floor
        self.bridge_ = bridge if recognised else None
        if self.bridge_ is not None:
            named = [document.title or document.whole for document in self.documents_]
            self.labels_ = self.bridge_.transform(texts) + self.bridge_.transform(named)
            self.topics_ = self.bridge_.topic(texts)
            if self.titled_:
                self.topics_ = self.topics_ + self.bridge_.topic(named)
        return self

    def readings(self, queries: Sequence[Query], allowed: Flags) -> dict[str, Dense]:
        """Each reading of every pair, not yet comparable with the others. `allowed` marks the pairs that count."""
        check_is_fitted(self, "documents_")
        if not queries:
            raise ValueError("there are no queries to rank for")
        asked = _Asked(queries)
        found = {
            "word": asked.likeness(self.word_.transform, self.words_),
            "letters": asked.likeness(self.letter_.transform, self.letters_),
            "latent": asked.likeness(self._condense, self.latent_),
        }
        found["feedback"] = self._feedback(found["word"], allowed)
        if self.titled_:
            found["title"] = asked.likeness(self.word_.transform, self.title_words_) + asked.likeness(
                self.letter_.transform, self.title_letters_
            )
        if self.bridge_ is not None:
            labels = self.bridge_.from_vectors(asked.sums(self.bridge_.vectors))
            found["labels"] = labels @ self.labels_.T
            found["topic"] = asked.likeness(self.bridge_.topic, self.topics_)
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

    def _condense(self, texts: Sequence[str]) -> Any:
        if self.svd_ is None:
            return np.zeros((len(texts), 1))
        return normalize(self.svd_.transform(self.single_.transform(texts)))

    def _feedback(self, first: Dense, allowed: Flags) -> Dense:
        """Pseudo-relevance feedback: likeness to the mean of the documents that come first."""
        count = min(self.feedback, first.shape[1])
        best = np.argsort(-np.where(allowed, first, -np.inf), axis=1, kind="stable")[:, :count]
        rows = np.repeat(np.arange(len(first)), count)
        heard = np.take_along_axis(allowed & (first > 0.0), best, axis=1).astype(np.float64)
        chosen = sparse.csr_matrix((heard.ravel(), (rows, best.ravel())), shape=first.shape)
        likeness: Dense = (_unit(chosen @ self.words_) @ self.words_.T).toarray()
        return likeness


def _unit(rows: Any) -> Any:
    """Rows of length one, also where there are no columns."""
    return normalize(rows) if rows.shape[1] else rows


class _Asked:
    """The parts of many queries, read at one go."""

    def __init__(self, queries: Sequence[Query]) -> None:
        asked = [query.parts or (("", 0.0),) for query in queries]
        self.texts = [text for parts in asked for text, _ in parts]
        sizes = [len(parts) for parts in asked]
        self.ends = np.cumsum([0, *sizes])
        weights = [np.array([weight for _, weight in parts]) for parts in asked]
        flat = np.concatenate([weight / weight.sum() if weight.sum() > 0 else weight for weight in weights])
        rows = np.repeat(np.arange(len(queries)), sizes)
        self.mix = sparse.csr_matrix((flat, (rows, np.arange(len(rows)))), shape=(len(queries), len(self.texts)))
        self.items = [place for place, query in enumerate(queries) if query.kind == "items"]

    def sums(self, read: Read) -> Any:
        """For each query the weighted sum of its parts, each of length one."""
        return self.mix @ normalize(read(self.texts))

    def likeness(self, read: Read, documents: Any) -> Dense:
        """Weighted mean over the parts; for items the mean of the likelier half."""
        parts = _unit(read(self.texts))
        mixed = self.mix @ parts @ documents.T
        result: Dense = np.asarray(mixed.toarray() if sparse.issparse(mixed) else mixed, dtype=np.float64)
        for place in self.items:
            each = parts[self.ends[place] : self.ends[place + 1]] @ documents.T
            each = np.sort(each.toarray() if sparse.issparse(each) else each, axis=0)
            result[place] = each[-((len(each) + 1) // 2) :].mean(axis=0)
        return result


def standardise(values: Dense, allowed: Flags) -> Dense:
    """Mean 0 and deviation 1 over the allowed pairs of each query; 0 elsewhere."""
    count = np.maximum(allowed.sum(axis=1, keepdims=True), 1)
    mean = np.where(allowed, values, 0.0).sum(axis=1, keepdims=True) / count
    centred = np.where(allowed, values - mean, 0.0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    result: Dense = np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 1e-12)
    return result


def _kin(documents: Sequence[Document]) -> Dense | None:
    """How much documents of one family support each other: less with each level between them."""
    if not any(document.family for document in documents):
        return None
    level = np.array([document.level for document in documents])
    codes = {name: code for code, name in enumerate(dict.fromkeys(document.family for document in documents))}
    family = np.array([codes[document.family] for document in documents])
    near = (family[:, None] == family[None, :]) / (1.0 + np.abs(level[:, None] - level[None, :]))
    kin: Dense = near / near.sum(axis=1, keepdims=True)
    return kin
