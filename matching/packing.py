"""Lists as bytes, so that a province fits into little room and a whole shard is written at once.

A person's list is 6 bytes that tell what it was made from, then an entry for each slot: its ordinal above 14 bits of
points, in as many bytes as the ordinals of the generation need (3 up to 1,024 slots, 4 up to 262,144). A slot's list is for each person 16 bytes of id and 2 of points. What a shard adds
to the lists of slots is, slot by slot, `depth` times a position among its people and points (2 bytes each), where 0
points fill the end. Everything is little-endian and best first.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from matching.engine.retrieval import Lists

FINGERPRINT = 6
MOST_PEOPLE = 1 << 16  # of one shard, whose positions take two bytes
SMALLEST_ENTRY, LARGEST_ENTRY = 3, 8  # bytes
Entry = tuple[int, int]  # ordinal of a slot, points
Place = tuple[uuid.UUID, int]  # a person, points

_POINTS_BITS = 14  # 10,000 at most
_PLACE = struct.Struct("<16sH")
_PART = np.dtype([("person", "<u2"), ("points", "<u2")])


def most_slots(entry_bytes: int) -> int:
    """How many ordinals fit into entries of so many bytes."""
    return 1 << (8 * entry_bytes - _POINTS_BITS)


def entry_bytes_for(slots: int) -> int:
    """The bytes of an entry where there are so many slots."""
    return next(size for size in range(SMALLEST_ENTRY, LARGEST_ENTRY + 1) if slots <= most_slots(size))


def _pack(ordinals: NDArray[np.int32], points: NDArray[np.int32], entry_bytes: int) -> NDArray[np.uint8]:
    """Entries as bytes, those of one entry along the last axis."""
    entries = (ordinals.astype("<i8") << _POINTS_BITS) | points
    return entries[..., None].view(np.uint8)[..., :entry_bytes]


def _unpack(data: bytes, entry_bytes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ordinals and points of entries one after the other."""
    packed = np.frombuffer(data, dtype=np.uint8).reshape(-1, entry_bytes)
    entries = np.zeros((len(packed), 8), dtype=np.uint8)
    entries[:, :entry_bytes] = packed
    whole = entries.view("<i8")[:, 0]
    return whole >> _POINTS_BITS, whole & ((1 << _POINTS_BITS) - 1)


def pack_people(fingerprints: Sequence[bytes], lists: Lists, k: int, *, entry_bytes: int) -> list[bytes]:
    """The lists of many people, at most the best `k` slots of each."""
    entries = _pack(lists.positions[:, :k], lists.points[:, :k], entry_bytes)
    counts = np.count_nonzero(lists.positions[:, :k] >= 0, axis=1).tolist()
    return [
        fingerprint + row[:count].tobytes()
        for fingerprint, row, count in zip(fingerprints, entries, counts, strict=True)
    ]


def unpack_people(packed: Sequence[bytes], *, entry_bytes: int) -> tuple[list[bytes], Lists]:
    """The fingerprints and lists of `pack_people`, best first again where a list was led by another than its best."""
    counts = np.asarray([(len(data) - FINGERPRINT) // entry_bytes for data in packed], dtype=np.int64)
    ordinals, found = _unpack(b"".join(data[FINGERPRINT:] for data in packed), entry_bytes)
    filled = np.arange(counts.max(initial=0)) < counts[:, None]
    positions = np.full(filled.shape, -1, dtype=np.int32)
    points = np.zeros(filled.shape, dtype=np.int32)
    positions[filled], points[filled] = ordinals, found
    order = np.lexsort((positions, -points), axis=1)
    lists = Lists(np.take_along_axis(positions, order, axis=1), np.take_along_axis(points, order, axis=1))
    return [data[:FINGERPRINT] for data in packed], lists


def pack_person(fingerprint: bytes, entries: Sequence[Entry], *, entry_bytes: int) -> bytes:
    """One person's list."""
    ordinals, points = np.asarray(entries, dtype=np.int32).reshape(-1, 2).T
    return fingerprint + _pack(ordinals, points, entry_bytes).tobytes()


def unpack_person(packed: bytes | memoryview, *, entry_bytes: int) -> tuple[bytes, list[Entry]]:
    """The fingerprint and the entries of `pack_person`."""
    data = bytes(packed)
    ordinals, points = _unpack(data[FINGERPRINT:], entry_bytes)
    return data[:FINGERPRINT], list(zip(ordinals.tolist(), points.tolist(), strict=True))


def pack_slot(places: Iterable[Place]) -> bytes:
    """One slot's list."""
    return b"".join(_PLACE.pack(person.bytes, points) for person, points in places)


def unpack_slot(packed: bytes | memoryview) -> list[Place]:
    """The places of `pack_slot`."""
    return [(uuid.UUID(bytes=person), points) for person, points in _PLACE.iter_unpack(bytes(packed))]


def pack_part(lists: Lists, depth: int) -> bytes:
    """What one shard adds: the best `depth` of its people for every slot."""
    part = np.zeros((len(lists.positions), depth), dtype=_PART)
    width = min(depth, lists.positions.shape[1])
    part["person"][:, :width] = np.maximum(lists.positions[:, :width], 0)
    part["points"][:, :width] = lists.points[:, :width]
    return part.tobytes()


def merge_parts(parts: Iterable[tuple[bytes, bytes]], slots: int, depth: int) -> Iterator[tuple[bytes, bool]]:
    """The list of every slot over all shards, and whether there may be people after its last one.

    `parts` are, in the order of ids, the ids of each shard's people (16 bytes each) and its `pack_part`. Ties go to the
    smaller id.
    """
    best = np.zeros((slots, depth), dtype=np.uint64)
    total = np.zeros(slots, dtype=np.int64)
    is_cut = np.zeros(slots, dtype=bool)
    people: list[bytes] = []
    for number, (ids, part) in enumerate(parts):
        people.append(ids)
        found = np.frombuffer(part, dtype=_PART).reshape(slots, depth)
        here = np.count_nonzero(found["points"], axis=1)
        total += here
        is_cut |= here == depth
        # Larger is better: points, and below them the place in id order from its end.
        order = np.uint64(number << 16) + found["person"].astype(np.uint64)
        keys = (found["points"].astype(np.uint64) << np.uint64(48)) + (np.uint64((1 << 48) - 1) - order)
        keys[found["points"] == 0] = 0
        both = np.concatenate([best, keys], axis=1)
        best = np.sort(np.partition(both, depth, axis=1)[:, depth:], axis=1)[:, ::-1]
    is_cut |= total > depth
    for row, cut in zip(best, is_cut.tolist(), strict=True):
        yield _slot_list(row, people), cut


def _slot_list(row: NDArray[np.uint64], people: Sequence[bytes]) -> bytes:
    places = []
    for key in row[row > 0].tolist():
        order = (1 << 48) - 1 - (key & ((1 << 48) - 1))
        ids, at = people[order >> 16], 16 * (order & 0xFFFF)
        places.append(_PLACE.pack(ids[at : at + 16], key >> 48))
    return b"".join(places)


def copy_stream(rows: Iterable[Sequence[bytes]]) -> bytes:
    """Rows of encoded fields as PostgreSQL's binary COPY reads them."""
    parts = [b"PGCOPY\n\xff\r\n\0", bytes(8)]
    length = struct.Struct("!i").pack
    for row in rows:
        parts.append(struct.pack("!h", len(row)))
        parts += chain.from_iterable((length(len(field)), field) for field in row)
    parts.append(struct.pack("!h", -1))
    return b"".join(parts)
