"""Words as points: words that stand near the same words lie near each other, and so do the texts made of them.

Positive pointwise mutual information of neighbouring stems, condensed. Learned from nothing but the texts themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd
from sklearn.utils.validation import check_is_fitted

from matching.engine.text import TextFeatures, words

Dense = NDArray[np.float64]


class WordSpace(BaseEstimator):
    """Texts as the idf-weighted sum of their words' points, seen from the middle of the collection.

    `window`: how many words away a neighbour may stand (it counts 1 / distance). `components`: size of the space.
    `smoothing`: power that keeps rare neighbours from looking remarkable (Levy, Goldberg and Dagan 2015).
    """

    def __init__(
        self,
        *,
        components: int = 100,
        window: int = 5,
        smoothing: float = 0.75,
        language: str = "id",
        random_state: int = 0,
    ) -> None:
        self.components = components
        self.window = window
        self.smoothing = smoothing
        self.language = language
        self.random_state = random_state

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Learn the point of every word that at least two texts have, and the middle of the texts."""
        self.words_ = TextFeatures(min_df=2, language=self.language).fit(X)
        vocabulary = self.words_.vocabulary_
        read = [[vocabulary[word] for word, _ in words(text, self.language) if word in vocabulary] for text in X]
        association = self._association(read, len(vocabulary))
        size = min(self.components, len(vocabulary) - 1)
        if size < 1 or association.nnz == 0:
            self.points_ = np.zeros((len(vocabulary), 1))
        else:
            left, strength, _ = randomized_svd(association, size, n_iter=4, random_state=self.random_state)
            self.points_ = left * np.sqrt(strength)
        self.middle_ = self._sums(X).mean(axis=0)
        return self

    def transform(self, X: Sequence[str]) -> Dense:
        """Rows of length one; a text without a known word gives zeros."""
        check_is_fitted(self, "points_")
        sums = self._sums(X)
        known = np.abs(sums).sum(axis=1, keepdims=True) > 0
        rows: Dense = normalize(np.where(known, sums - self.middle_, 0.0))
        return rows

    def _sums(self, X: Sequence[str]) -> Dense:
        sums: Dense = np.asarray(self.words_.transform(X) @ self.points_)
        return sums

    def _association(self, texts: Sequence[Sequence[int]], size: int) -> sparse.csr_matrix:
        """How much more often two words are neighbours than chance would have it: max(0, log ratio)."""
        flat = np.array([word for text in texts for word in text], dtype=np.int64)
        text_of = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        near = sparse.csr_matrix((size, size))
        for distance in range(1, self.window + 1):
            same = text_of[distance:] == text_of[:-distance]
            left, right = flat[:-distance][same], flat[distance:][same]
            near = near + sparse.csr_matrix((np.full(len(left), 1.0 / distance), (left, right)), shape=(size, size))
        near = (near + near.T).tocoo()
        seen = np.asarray(near.sum(axis=1)).ravel()
        share = seen**self.smoothing
        expected = seen[near.row] * share[near.col] / max(share.sum(), 1e-12)
        surprise = np.log(np.maximum(near.data, 1e-12) / np.maximum(expected, 1e-12))
        kept = surprise > 0
        return sparse.csr_matrix((surprise[kept], (near.row[kept], near.col[kept])), shape=(size, size))
