"""Finding rows by what somebody remembers of a name: any order, beginnings of words, slips of the finger."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.postgres.search import TrigramWordSimilarity
from django.db.models import Q, QuerySet, Value
from django.db.models.lookups import GreaterThanOrEqual

MOST_WORDS = 6
# Below this, a word and its misspelling have too few letters in common to tell them from others.
_LIKE = 0.5
_SHORTEST_MISSPELT = 4
_WORD = re.compile(r"[^\s,.;:()]+")


def by_words(rows: QuerySet[Any], text: str, *fields: str) -> QuerySet[Any]:
    """Rows in which each word of ``text`` begins a word of one of the fields, or nearly does.

    "ratna s" finds "Sri Ratna"; accents and case do not matter; "ratan" finds "Ratna".
    """
    words = _WORD.findall(text)[:MOST_WORDS]
    if not words:
        return rows.none()
    for word in words:
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__unaccent__iregex": rf"\m{re.escape(word)}"})
            if len(word) >= _SHORTEST_MISSPELT and not any(char.isdigit() for char in word):
                found |= Q(GreaterThanOrEqual(TrigramWordSimilarity(word, field), Value(_LIKE)))
        rows = rows.filter(found)
    return rows
