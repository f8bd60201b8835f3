"""What views hand to the components in web/templates/components, in typed form."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

Tone = Literal["neutral", "info", "accent", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Crumb:
    """One step of the way here; the last one has no address."""

    label: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One stage of an application or placement: who held it, holds it, or will hold it.

    ``at`` says when a done step happened; ``deadline`` until when the present one must.
    """

    title: str
    state: Literal["done", "now", "next", "stopped"]
    who: str = ""
    at: dt.datetime | None = None
    deadline: dt.datetime | dt.date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason in a sentence; ``points`` (of 10,000) is its exact part of the score."""

    text: str
    tone: Literal["good", "warn", "neutral"] = "good"
    points: int = 0


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a placement is completed once it was applied for; no ``percent`` where too little is known.

    ``of`` of ``similar`` earlier applications were completed; ``is_example``: some of them were made up for the demo.
    """

    percent: int | None = None
    of: int = 0
    similar: int = 0
    is_example: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a fact list; ``url`` leads to where it can be changed."""

    label: str
    value: object
    url: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a data table; ``sort`` is the key the page understands, empty for none."""

    label: str
    sort: str = ""
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a long form."""

    label: str
    state: Literal["done", "now", "next"]
    url: str = ""
