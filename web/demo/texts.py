"""Puts slot texts together so that no sentence occurs in more than three slots of one world."""

from __future__ import annotations

from collections import Counter
from random import Random

from web.demo import corpus

MOST = 3


class Writer:
    """Remembers every sentence it has written."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.written: Counter[str] = Counter()

    def fits(self, text: str) -> bool:
        """Whether each sentence of the text may occur once more."""
        return all(self.written[sentence] < MOST for sentence in corpus.split_sentences(text))

    def keep(self, text: str) -> str:
        """Count the sentences of a text that a slot now has."""
        self.written.update(corpus.split_sentences(text))
        return text

    def sentence(self, bank: str, **words: object) -> str:
        """One sentence of a bank, filled in and not used up; empty when none is left."""
        choices = list(corpus.sentences()[bank])
        self.rng.shuffle(choices)
        filled = [choice.format(**words) for choice in choices]
        filled = [f"{text[0].upper()}{text[1:]}" for text in filled]
        rarest = min(filled, key=lambda text: self.written[text])
        return f"{rarest}." if self.written[rarest] < MOST else ""
