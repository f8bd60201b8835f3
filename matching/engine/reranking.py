"""Re-ranking: what exact retrieval has found, ordered by the final points.

The final points of a pair are its linear points and its rich part. So they need no second look at gaps and words.
"""

from __future__ import annotations

import numpy as np

from matching.engine.condense import Small
from matching.engine.fixedpoint import final_points
from matching.engine.retrieval import Lists

WIDE = 8  # times the depth: with no more on the other side one whole product is quicker than picking vectors
CHUNK = 1 << 22  # numbers held at a time


def reranked(lists: Lists, own: Small, other: Small, step: int, depth: int) -> Lists:
    """The `depth` best of each list by final points; ties go to the smaller position.

    `own` has the vector of each list's owner, `other` those of the positions; `step` units make up 1 of their product.
    """
    size, wide = len(other), len(other) <= WIDE * lists.positions.shape[1]
    kept = min(depth, lists.positions.shape[1])
    positions = np.full((len(own), kept), -1, dtype=np.int32)
    points = np.zeros((len(own), kept), dtype=np.int32)
    facing = other.astype(np.float32).T if wide else np.zeros((0, 0), np.float32)
    width = size if wide else lists.positions.shape[1] * own.shape[1]
    rows = max(1, CHUNK // max(width, 1))
    for start in range(0, len(own), rows) if kept else ():
        chunk = slice(start, start + rows)
        listed = lists.positions[chunk]
        there = listed >= 0
        mine = own[chunk].astype(np.float32)  # sums stay below 2^24, so float32 is exact
        if wide:
            product = np.take_along_axis(mine @ facing, listed * there, axis=1)
        else:
            product = (other[listed * there].astype(np.float32) @ mine[:, :, None])[:, :, 0]
        final = final_points(lists.points[chunk].astype(np.int64), product.astype(np.int64) * step)
        keys = np.where(there, final * size + (size - 1 - listed), -1)
        if kept < keys.shape[1]:
            keys = np.partition(keys, keys.shape[1] - kept, axis=1)[:, -kept:]
        keys = np.sort(keys, axis=1)[:, ::-1]
        found = keys >= 0
        positions[chunk] = np.where(found, size - 1 - keys % size, -1)
        points[chunk] = np.where(found, keys // size, 0)
    return Lists(positions, points)
