"""A light stemmer for English words, which Indonesian texts mix in and English collections consist of."""

from __future__ import annotations

import re

# Letters and endings that Indonesian spelling does not have, or hardly.
_ENGLISH = re.compile(
    r"th|ph|ck|sh|wh|gh|ee|oo|ou|ea|ow|([bcdfghjlmpqrstvwxz])\1|[qxv]|[eyd]$|tion|ct|ment"
    r"|(?:nt|rt|st|ft|lt|ld|nce|ings?|ness|ions?|als?|ers|ors|es|us|ics?|ical|ive|ous|able|ible)$"
)
_VOWEL = re.compile(r"[aeiouy]")
_ENDINGS = (
    *(("ization", "ize"), ("isation", "ize"), ("ational", "ate"), ("fulness", ""), ("ousness", ""), ("iveness", "")),
    *(("ation", "ate"), ("ator", "ate"), ("ment", ""), ("ness", ""), ("ful", ""), ("ical", "ic"), ("ally", "al")),
    *(("ly", ""), ("er", ""), ("or", ""), ("ity", ""), ("ive", ""), ("ion", ""), ("al", ""), ("ance", "")),
    *(("ence", ""), ("able", ""), ("ible", ""), ("ic", ""), ("ous", "")),
)
_SHORTEST_STEM = 4


def looks_english(word: str) -> bool:
    """Whether the spelling of a lower-case word gives it away as English."""
    return word.isascii() and word.isalpha() and _ENGLISH.search(word) is not None


def stem_english(word: str) -> str:
    """Plural, -ing, -ed and one derivational ending taken off, so that manage, managing and management meet."""
    if len(word) <= 3:
        return word
    if word.endswith("sses"):
        word = word[:-2]
    elif word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and _VOWEL.search(rest):
            if len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "lsz":
                rest = rest[:-1]
            word = rest + "e" if rest.endswith(("at", "iz", "bl")) else rest
            break
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word.removesuffix(ending) + instead
            break
    if word.endswith("e") and len(word) > 4:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word
