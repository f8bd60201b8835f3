"""What is ranked and what is asked, and how a query of several parts is read against a collection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.preprocessing import normalize

Dense = NDArray[np.float64]
Flags = NDArray[np.bool_]
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
    `level` is the level to be reached, where it is known. `own` is what people with gaps say of their own work and
    wishes; it is read apart from the gaps.
    """

    id: str
    parts: tuple[tuple[str, float], ...]
    kind: str = "text"
    level: float | None = None
    own: str = ""

    @property
    def of_own(self) -> Query:
        """The same query with nothing but the own words."""
        return replace(self, parts=((self.own, 1.0),), own="")


class Asked:
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
        """Weighted mean of the parts' likeness, each part of length one; for items that of the likelier half."""
        return self.score(lambda texts: unit(read(texts)), documents)

    def score(self, read: Read, documents: Any) -> Dense:
        """Weighted mean over the parts of the inner product with each document; for items that of the likelier half."""
        parts = read(self.texts)
        result = dense(self.mix @ parts @ documents.T)
        for place in self.items:
            each = np.sort(dense(parts[self.ends[place] : self.ends[place + 1]] @ documents.T), axis=0)
            result[place] = each[-((len(each) + 1) // 2) :].mean(axis=0)
        return result


def dense(values: Any) -> Dense:
    """A plain array, whatever it was."""
    return np.asarray(values.toarray() if sparse.issparse(values) else values, dtype=np.float64)


def unit(rows: Any) -> Any:
    """Rows of length one, also where there are no columns."""
    return normalize(rows) if rows.shape[1] else rows


def standardise(values: Dense, allowed: Flags) -> Dense:
    """Mean 0 and deviation 1 over the allowed pairs of each query; 0 elsewhere."""
    count = np.maximum(allowed.sum(axis=1, keepdims=True), 1)
    mean = np.where(allowed, values, 0.0).sum(axis=1, keepdims=True) / count
    centred = np.where(allowed, values - mean, 0.0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    result: Dense = np.divide(centred, deviation, out=np.zeros_like(centred), where=deviation > 1e-12)
    return result


def kinship(documents: Sequence[Document]) -> Dense | None:
    """How much documents of one family support each other: less with each level between them."""
    if not any(document.family for document in documents):
        return None
    level = np.array([document.level for document in documents])
    codes = {name: code for code, name in enumerate(dict.fromkeys(document.family for document in documents))}
    family = np.array([codes[document.family] for document in documents])
    near = (family[:, None] == family[None, :]) / (1.0 + np.abs(level[:, None] - level[None, :]))
    kin: Dense = near / near.sum(axis=1, keepdims=True)
    return kin
