"""Reads the hand-written texts of the demo world. No Django, no randomness."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from web.demo.kinds import STYLES

DATA = Path(__file__).parent / "data"
REFERENCE = Path(__file__).parents[2] / "asn" / "data"
KINDS = {style.letter: kind for kind, style in STYLES.items()}


@dataclass(frozen=True, slots=True)
class Vignette:
    """One hand-written slot text: what one does, with whom, what one leaves behind."""

    kind: str
    title: str
    text: str
    competency: str
    from_level: int
    to_level: int
    further: tuple[str, ...]
    on_site: bool


@dataclass(frozen=True, slots=True)
class PositionTemplate:
    """A position with its duties and example standards, and where it may stand."""

    code: str
    position_class: str
    units: frozenset[str]
    weight: int
    standards: tuple[tuple[str, int], ...]
    title: str
    duties: str

    def fits(self, unit_kind: str) -> bool:
        """Whether units of this kind have it."""
        return "*" in self.units or unit_kind in self.units


@dataclass(frozen=True, slots=True)
class PartnerTemplate:
    """An invented host."""

    kind: str
    scope: str
    tags: tuple[str, ...]
    name: str
    sector: str
    city: str
    address: str
    about: str


@dataclass(frozen=True, slots=True)
class UnitTemplate:
    """A department of a city."""

    kind: str
    name: str
    place: str
    share: int


@dataclass(frozen=True, slots=True)
class City:
    """A pilot city as tenant."""

    code: str
    name: str
    city: str
    region_code: str
    time_zone: str
    hr_office: str
    hr_office_short: str
    mayor: str
    districts: tuple[str, ...]
    names: dict[str, int]
    focus: tuple[str, ...]
    units: tuple[UnitTemplate, ...]


def _blocks(path: Path) -> Iterator[tuple[list[str], list[str]]]:
    """(words of the header, lines below it) for each block that begins with ``@``."""
    header: list[str] | None = None
    lines: list[str] = []
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if line.startswith("@"):
            if header is not None:
                yield header, lines
            header, lines = line[1:].split(), []
        elif header is not None and line:
            lines.append(line)
    if header is not None:
        yield header, lines


@cache
def vignettes() -> tuple[Vignette, ...]:
    """Every slot text, in the order of the files."""
    found = []
    for path in sorted(DATA.glob("slots_*.txt")):
        for (code, kind, levels, *rest), (title, text) in _blocks(path):
            low, high = levels.split(">")
            found.append(
                Vignette(
                    KINDS[kind],
                    title,
                    text,
                    code,
                    int(low),
                    int(high),
                    tuple(word for word in rest if word != "luring"),
                    "luring" in rest,
                )
            )
    return tuple(found)


@cache
def positions() -> tuple[PositionTemplate, ...]:
    """Every position template."""
    found = []
    for (code, klass, units, weight, *standards), (title, duties) in _blocks(DATA / "positions.txt"):
        pairs = (standard.split(":") for standard in standards)
        found.append(
            PositionTemplate(
                code,
                klass,
                frozenset(units.split(",")),
                int(weight),
                tuple((competency, int(level)) for competency, level in pairs),
                title,
                duties,
            )
        )
    return tuple(found)


@cache
def partners() -> tuple[PartnerTemplate, ...]:
    """Every host."""
    found = []
    for (kind, scope, tags), (line, about) in _blocks(DATA / "partners.txt"):
        name, sector, city, address = (part.strip() for part in line.split("|"))
        found.append(PartnerTemplate(kind, scope, tuple(tags.split(",")), name, sector, city, address, about))
    return tuple(found)


@cache
def _toml(name: str) -> dict[str, Any]:
    with (DATA / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


@cache
def cities() -> tuple[City, ...]:
    """The five pilot cities."""
    found = []
    for given in _toml("cities")["city"]:
        row = dict(given)
        row["units"] = tuple(UnitTemplate(*unit) for unit in row["units"])
        row["districts"], row["focus"] = tuple(row["districts"]), tuple(row["focus"])
        found.append(City(**row))
    return tuple(found)


def sentences() -> dict[str, Any]:
    """Sentences around the slot texts, and those of mentors, logbooks and evaluations."""
    return _toml("sentences")


def names() -> dict[str, dict[str, list[str]]]:
    """Pools of name parts by origin."""
    return _toml("names")


@cache
def host_tags(competency: str, kind: str) -> frozenset[str]:
    """Tags of partners that can teach it: the longest prefix wins, one for the kind before a general one."""
    table = _toml("sectors")
    letter = STYLES[kind].letter
    for length in range(len(competency), 2, -1):
        prefix = competency[:length]
        for key in (f"{prefix}/{letter}", prefix):
            if key in table:
                return frozenset(table[key])
    return frozenset()


@cache
def competency_names() -> dict[str, str]:
    """Code to Indonesian name, from the shipped catalogue."""
    with (REFERENCE / "competencies.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: row["name_id"] for row in csv.DictReader(file)}


@cache
def class_standards() -> dict[str, dict[str, int]]:
    """Required generic levels by position class."""
    found: dict[str, dict[str, int]] = {}
    with (REFERENCE / "position_standards.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["position_class"], {})[row["competency_code"]] = int(row["required_level"])
    return found


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, without the closing mark."""
    return [part.strip().rstrip(".?!") for part in re.split(r"(?<=[.?!])\s+", text) if part.strip()]
