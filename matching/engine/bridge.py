"""A learned bridge from text to labels: the fields or competencies that authors name for what they describe.

Fitted on short titles, or on slot texts, and the labels their authors chose. Text is read as words and letters,
condensed (LSA), and mapped to labels in two ways that err differently: a ridge regression and the nearness to the
centroid of each label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Self

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


class LabelBridge(BaseEstimator):
    """Text to a row of label weights of length one.

    `components`, `alpha`: size of the condensed space and ridge penalty. `name_weight`: how many titles the name of a
    label itself stands for. `sharpness`: power of the nearness to a centroid. `letter_weight`: 0 reads words only.
    `topics`: size of the second, wordier space that `topic` gives, in which titles and their labels occur together; 0
    leaves it out. `fewest`: how many titles must name a label. `rare_first`: whether rare labels weigh more than common
    ones.
    """

    def __init__(
        self,
        *,
        components: int = 400,
        alpha: float = 2.0,
        name_weight: float = 5.0,
        sharpness: float = 3.0,
        letter_weight: float = 0.7,
        topics: int = 300,
        fewest: int = 2,
        rare_first: bool = True,
        random_state: int = 0,
    ) -> None:
        self.components = components
        self.alpha = alpha
        self.name_weight = name_weight
        self.sharpness = sharpness
        self.letter_weight = letter_weight
        self.topics = topics
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

        depth = min(self.components, min(vectors.shape) - 1)
        self.svd_ = TruncatedSVD(depth, random_state=self.random_state).fit(vectors)
        points = self.svd_.transform(vectors)
        weighted = points * weight[:, None]
        gram = weighted.T @ points + self.alpha * np.eye(depth)
        self.ridge_ = np.linalg.solve(gram, (targets.T @ weighted).T)
        self.centroids_ = normalize(targets.T.tocsr() @ vectors)
        rarity = np.log(len(X) / (np.array([counts[label] for label in self.labels_]) + 5.0))
        self.rarity_ = np.maximum(rarity, 0.0) / max(float(rarity.max()), 1e-9)
        if not self.rare_first:
            self.rarity_ = np.ones(len(self.labels_))

        if self.topics:
            joined = [f"{title} . {' . '.join(labels)}" for title, labels in zip(X, y, strict=True)]
            self.topic_words_ = TextFeatures(min_df=2).fit([*joined, *background])
            seen = sparse.vstack([self.topic_words_.transform(joined), 2.0 * self.topic_words_.transform(background)])
            size = min(self.topics, min(seen.shape) - 1)
            self.topic_svd_ = TruncatedSVD(size, random_state=self.random_state).fit(seen)
        return self

    def transform(self, X: Sequence[str]) -> Dense:
        """Label weights of texts."""
        check_is_fitted(self, "ridge_")
        return self.from_vectors(self.vectors(X))

    def from_vectors(self, vectors: sparse.csr_matrix) -> Dense:
        """Label weights of (sums of) rows of `vectors`."""
        by_ridge = np.maximum(self.svd_.transform(vectors) @ self.ridge_, 0.0) * self.rarity_
        nearness = np.asarray((normalize(vectors) @ self.centroids_.T).todense())
        by_centroid = nearness**self.sharpness * self.rarity_
        weights: Dense = normalize(normalize(by_ridge) + normalize(by_centroid))
        return weights

    def vectors(self, X: Sequence[str]) -> sparse.csr_matrix:
        """Texts as rows of words and letters, each of length one."""
        read = self.words_.transform(X)
        if not self.letter_weight:
            return read
        return normalize(sparse.hstack([read, self.letter_weight * self.letters_.transform(X)], format="csr"))

    def topic(self, X: Sequence[str]) -> Dense:
        """Texts in the space where titles and labels occur together, rows of length one."""
        points: Dense = normalize(self.topic_svd_.transform(self.topic_words_.transform(X)))
        return points

    def confidence(self, X: Sequence[str]) -> float:
        """How strongly a collection speaks to the bridge: the median over texts of the strongest ridge answer."""
        answers = self.svd_.transform(self.vectors(X)) @ self.ridge_
        return float(np.median(answers.max(axis=1))) if len(X) else 0.0

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
