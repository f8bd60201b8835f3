"""How slots of each kind look in the made-up world: how long, how many hours and seats, which sentences."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """One kind. ``letter`` marks its texts; ``appeal`` is how gladly partners offer it."""

    letter: str
    weeks: tuple[int, ...]
    hours: tuple[int, ...]
    seats: tuple[int, ...]
    appeal: float = 1.0
    daily: bool = True  # comes in every day: where the work is, with office hours and a diary


STYLES = {
    "internship": Style(letter="m", weeks=(2, 3, 4, 4, 6, 8), hours=(15, 20, 24, 30, 36), seats=(1, 2, 2, 3, 4)),
    "mentoring": Style(
        letter="b", weeks=(8, 8, 10, 12), hours=(2, 2, 3), seats=(2, 3, 4, 5, 6), appeal=1.25, daily=False
    ),
}
