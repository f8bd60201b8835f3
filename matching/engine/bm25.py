"""Okapi BM25 over word stems: rare words, counted with saturation, in documents neither long nor short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.utils.validation import check_is_fitted

from matching.engine.text import words


class Bm25(BaseEstimator):
    """`transform` gives documents as rows, `ask` gives queries as counts; their product is the score."""

    def __init__(self, *, k1: float = 1.2, b: float = 0.75, language: str = "id") -> None:
        self.k1 = k1
        self.b = b
        self.language = language

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Learn how rare each word is and how long a document usually is."""
        self.count_ = CountVectorizer(analyzer=self._stems).fit([*X, "padan"])  # never an empty vocabulary
        counts = self.count_.transform(X)
        have = np.asarray((counts > 0).sum(axis=0)).ravel()
        self.idf_ = np.log1p((len(X) - have + 0.5) / (have + 0.5))
        self.usual_ = max(counts.sum() / max(len(X), 1), 1.0)
        return self

    def transform(self, X: Sequence[str]) -> sparse.csr_matrix:
        """Documents: what each of their words is worth."""
        check_is_fitted(self, "idf_")
        counts = self.count_.transform(X).tocoo()
        length = np.asarray(counts.sum(axis=1)).ravel()[counts.row] / self.usual_
        worth = counts.data * (self.k1 + 1.0) / (counts.data + self.k1 * (1.0 - self.b + self.b * length))
        return sparse.csr_matrix((worth * self.idf_[counts.col], (counts.row, counts.col)), shape=counts.shape)

    def ask(self, X: Sequence[str]) -> sparse.csr_matrix:
        """Queries: how often each word is asked for."""
        check_is_fitted(self, "idf_")
        return sparse.csr_matrix(self.count_.transform(X), dtype=np.float64)

    def _stems(self, text: str) -> list[str]:
        return [stem for stem, _ in words(text, self.language)]
