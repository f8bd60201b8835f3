"""A learned bridge from text to labels: the fields or competencies that authors name for what they describe.

Fitted on short titles and the labels their authors chose. Text is read as words and letters and mapped to labels in two
ways that err differently: a ridge regression and the nearness to the centroid of each label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

from matching.engine.text import TextFeatures

Dense = NDArray[np.float64]


Single = NDArray[np.float32]
BLOCK = 256  # labels solved at a time: bounds the memory, changes nothing


class LabelBridge(BaseEstimator):
    """Text to a row of label weights of length one.

    `alpha`: ridge penalty. `rounds`: after how many rounds of conjugate gradients to stop; stopping early keeps to what
    many titles share, which is most of the regularisation. `components`: size of a condensed space in which the ridge is
    solved exactly instead: small and quick, and blind to rare words; 0 goes without. `name_weight`: how many titles the
    name of a label itself stands for. `sharpness`, `centroid_share`: power of the nearness to a centroid, and its say
    beside the ridge. `letter_weight`: 0 reads words only. `fewest`: how many titles must name a label. `rare_first`:
    whether rare labels weigh more than common ones.
    """

    def __init__(
        self,
        *,
        alpha: float = 5.0,
        rounds: int = 5,
        components: int = 0,
        name_weight: float = 5.0,
        sharpness: float = 3.0,
        centroid_share: float = 0.3,
        letter_weight: float = 0.7,
        fewest: int = 2,
        rare_first: bool = True,
        random_state: int = 0,
    ) -> None:
        self.alpha = alpha
        self.rounds = rounds
        self.components = components
        self.name_weight = name_weight
        self.sharpness = sharpness
        self.centroid_share = centroid_share
        self.letter_weight = letter_weight
        self.fewest = fewest
        self.rare_first = rare_first
        self.random_state = random_state

    def fit(
        self,
        X: Sequence[str],
        y: Sequence[Sequence[str]],
        background: Sequence[str] = (),
        *,
        names: Mapping[str, str] | None = None,
        words: TextFeatures | None = None,
    ) -> Self:
        """Learn from titles `X` with labels `y`.

        `background` texts only teach the vocabulary. `names`: how a label reads where it is a code. `words`: features
        fitted already, to share their vocabulary.
        """
        if len(X) != len(y):
            raise ValueError(f"{len(X)} titles need as many lists of labels, not {len(y)}")
        counts = Counter(label for labels in y for label in labels)
        self.labels_ = sorted(label for label, count in counts.items() if count >= self.fewest)
        if not self.labels_:
            often = "twice" if self.fewest == 2 else f"{self.fewest} times"
            raise ValueError(f"no label is named {often}: there is nothing to learn from")
        texts = [*X, *((names or {}).get(label, label) for label in self.labels_)]
        self._learn_words(texts, background, words)
        vectors = self.vectors(texts)
        column = {label: place for place, label in enumerate(self.labels_)}
        rows, columns, values = [], [], []
        for row, labels in enumerate(y):
            for label in labels:
                if label in column:
                    rows.append(row)
                    columns.append(column[label])
                    values.append(1.0 / np.sqrt(len(labels)))
        chosen = sparse.csr_matrix((values, (rows, columns)), shape=(len(X), len(column)))
        targets = sparse.vstack([chosen, sparse.identity(len(column))], format="csr")
        weight = np.concatenate([np.ones(len(X)), np.full(len(column), self.name_weight)])

        self.svd_: Any = None
        if self.components:
            depth = min(self.components, min(vectors.shape) - 1)
            self.svd_ = TruncatedSVD(depth, random_state=self.random_state).fit(vectors)
            points = self.svd_.transform(vectors)
            weighted = points * weight[:, None]
            gram = weighted.T @ points + self.alpha * np.eye(depth)
            self.ridge_ = np.linalg.solve(gram, (targets.T @ weighted).T)
        else:
            self.ridge_ = _ridge(vectors, targets, weight, self.alpha, self.rounds)
        self.centroids_ = normalize(targets.T.tocsr() @ vectors)
        rarity = np.log(len(X) / (np.array([counts[label] for label in self.labels_]) + 5.0))
        self.rarity_ = np.maximum(rarity, 0.0) / max(float(rarity.max()), 1e-9)
        if not self.rare_first:
            self.rarity_ = np.ones(len(self.labels_))
        return self

    def transform(self, X: Sequence[str]) -> Dense:
        """Label weights of texts."""
        check_is_fitted(self, "ridge_")
        return self.from_vectors(self.vectors(X))

    def from_vectors(self, vectors: sparse.csr_matrix) -> Dense:
        """Label weights of (sums of) rows of `vectors`."""
        by_ridge = np.maximum(self._answers(vectors), 0.0) * self.rarity_
        nearness = np.asarray((normalize(vectors) @ self.centroids_.T).todense())
        by_centroid = nearness**self.sharpness * self.rarity_
        weights: Dense = normalize(normalize(by_ridge) + self.centroid_share * normalize(by_centroid))
        return weights

    def vectors(self, X: Sequence[str]) -> sparse.csr_matrix:
        """Texts as rows of words and letters, each of length one."""
        read = self.words_.transform(X)
        if not self.letter_weight:
            return read
        return normalize(sparse.hstack([read, self.letter_weight * self.letters_.transform(X)], format="csr"))

    def confidence(self, X: Sequence[str]) -> float:
        """How strongly a collection speaks to the bridge: the median over texts of the strongest ridge answer."""
        return float(np.median(self._answers(self.vectors(X)).max(axis=1))) if len(X) else 0.0

    def _answers(self, vectors: sparse.csr_matrix) -> Dense:
        points = self.svd_.transform(vectors) if self.svd_ else vectors
        answers: Dense = np.asarray(points @ self.ridge_)
        return answers

    def _learn_words(self, texts: Sequence[str], background: Sequence[str], words: TextFeatures | None) -> None:
        corpus = [*texts, *background]
        self.words_ = TextFeatures(min_df=2).fit(corpus) if words is None else words
        if self.letter_weight:
            self.letters_ = TfidfVectorizer(
                analyzer="char_wb",
                ngram_range=(3, 5),
                sublinear_tf=True,
                min_df=min(5, len(corpus)),
                max_features=40_000,
            ).fit(corpus)


def _ridge(design: sparse.csr_matrix, targets: sparse.csr_matrix, weight: Dense, alpha: float, rounds: int) -> Single:
    """Features x labels: weighted ridge regression by conjugate gradients from zero, every label on its own."""
    rows = sparse.csr_matrix(design, dtype=np.float32)
    weighted = sparse.csr_matrix(rows.multiply(weight[:, None]).T, dtype=np.float32)
    result = np.zeros((design.shape[1], targets.shape[1]), dtype=np.float32)
    for start in range(0, targets.shape[1], BLOCK):
        block = slice(start, start + BLOCK)
        left = np.asarray((weighted @ targets[:, block]).todense(), dtype=np.float32)
        found, step, size = result[:, block], left.copy(), (left**2).sum(axis=0)
        for _ in range(rounds):
            pushed = weighted @ (rows @ step) + alpha * step
            length = size / np.maximum((step * pushed).sum(axis=0), 1e-12)
            found += length * step
            left -= length * pushed
            before, size = size, (left**2).sum(axis=0)
            step = left + size / np.maximum(before, 1e-12) * step
    return result
