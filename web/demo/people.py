"""Made-up people: names by city, titles by schooling, and valid personnel numbers with demo serials."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from web.demo import corpus

LOWER, UPPER = 900, 999  # serials that no agency has reached: marks the numbers as ours

# What people of a unit studied: (bachelor, master).
SCHOOLING = {
    "inspektorat": (("S.E.", "S.Ak.", "S.H."), ("M.Ak.", "M.Si.")),
    "bappeda": (("S.E.", "S.T.", "S.Si."), ("M.Si.", "M.T.", "M.P.W.K.")),
    "bpkad": (("S.E.", "S.Ak.", "S.AP."), ("M.Si.", "M.Ak.", "M.M.")),
    "bkpsdm": (("S.Psi.", "S.AP.", "S.IP.", "S.H."), ("M.AP.", "M.M.")),
    "kominfo": (("S.Kom.", "S.T.", "S.I.Kom.", "S.Si."), ("M.Kom.", "M.T.", "M.TI.")),
    "disdik": (("S.Pd.",), ("M.Pd.",)),
    "dinkes": (("S.KM.", "S.Kep., Ns.", "S.Gz.", "S.Farm."), ("M.Kes.", "M.K.M.")),
    "pupr": (("S.T.",), ("M.T.",)),
    "perkim": (("S.T.", "S.Ars."), ("M.T.",)),
    "bpbd": (("S.T.", "S.Si.", "S.Sos."), ("M.Si.",)),
    "dlh": (("S.T.", "S.Si."), ("M.Si.", "M.Ling.")),
    "dinsos": (("S.Sos.", "S.ST.", "S.Psi."), ("M.Si.", "M.Kesos.")),
    "dishub": (("S.T.", "S.ST."), ("M.T.",)),
    "pangan": (("S.P.", "S.Pi."), ("M.P.", "M.Si.")),
    "arpus": (("S.I.Pust.", "S.Hum.", "S.Sos."), ("M.Hum.", "M.Si.")),
    "dispar": (("S.Par.", "S.Sn.", "S.Hum."), ("M.Par.", "M.Si.")),
}
BY_POST = {  # professions that allow one schooling only
    "apoteker": (("S.Farm., Apt.",), ("M.Farm.",)),
    "promkes": (("S.KM.",), ("M.K.M.",)),
    "epidemiolog": (("S.KM.",), ("M.Epid.",)),
    "nutrisionis": (("S.Gz.",), ("M.Gz.",)),
    "perawat-mahir": (("S.Kep., Ns.",), ("M.Kep.",)),
    "sanitarian": (("S.KL.",), ("M.Kes.",)),
    "akuntan-pertama": (("S.Ak.", "S.E."), ("M.Ak.",)),
    "perancang-peraturan": (("S.H.",), ("M.H.",)),
    "analis-hukum": (("S.H.",), ("M.H.",)),
    "pranata-komputer-pertama": (("S.Kom.", "S.T."), ("M.Kom.",)),
    "pranata-komputer-muda": (("S.Kom.", "S.T."), ("M.Kom.", "M.T.")),
    "peksos": (("S.ST.", "S.Sos."), ("M.Kesos.",)),
    "statistisi-pertama": (("S.Stat.", "S.ST."), ("M.Stat.",)),
    "analis-data": (("S.Stat.", "S.Kom.", "S.Si."), ("M.Stat.", "M.Kom.")),
}
DOCTORS = frozenset({"kepala-puskesmas"})
OTHERS = (("S.AP.", "S.Sos.", "S.IP.", "S.H.", "S.E."), ("M.AP.", "M.Si.", "M.H."))
CLASS_AGES = {  # youngest and oldest birth, in years of age
    "JPT_PRATAMA": (47, 58),
    "ADMINISTRATOR": (40, 57),
    "PENGAWAS": (34, 56),
    "JF_AHLI_MADYA": (42, 58),
    "JF_AHLI_MUDA": (33, 54),
    "JF_PENYELIA": (38, 56),
    "JF_MAHIR": (31, 52),
}
GRADES = {
    "PELAKSANA": ("II/c", "II/d", "III/a", "III/b"),
    "JF_TERAMPIL": ("II/c", "II/d"),
    "JF_MAHIR": ("III/a", "III/b"),
    "JF_PENYELIA": ("III/c", "III/d"),
    "JF_AHLI_PERTAMA": ("III/a", "III/b"),
    "JF_AHLI_MUDA": ("III/c", "III/d"),
    "JF_AHLI_MADYA": ("IV/a", "IV/b", "IV/c"),
    "PENGAWAS": ("III/c", "III/d"),
    "ADMINISTRATOR": ("III/d", "IV/a"),
    "JPT_PRATAMA": ("IV/b", "IV/c"),
}
CONTRACT_GRADES = {
    "PELAKSANA": ("V", "VII", "IX"),
    "JF_TERAMPIL": ("VII",),
    "JF_AHLI_PERTAMA": ("IX",),
}
MASTERS = frozenset({"JPT_PRATAMA", "ADMINISTRATOR", "JF_AHLI_MADYA"})
WITHOUT_DEGREE = frozenset({"PELAKSANA", "JF_TERAMPIL", "JF_MAHIR"})


@dataclass(frozen=True, slots=True)
class Person:
    """A name with its titles."""

    name: str
    front: str = ""
    back: str = ""
    female: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """Personnel number and the dates that go with it."""

    nip: str
    kind: str
    grade: str
    contract_starts_on: date | None
    contract_ends_on: date | None
    retires_on: date


class Namer:
    """Draws names that are not used twice in one world."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.used: set[str] = set()

    def draw(self, weights: dict[str, int]) -> tuple[str, bool]:
        """A new name of one of these origins, and whether it is a woman's."""
        pools = corpus.names()
        for attempt in range(400):
            origin = self.rng.choices(list(weights), list(weights.values()))[0]
            pool = pools[origin]
            female = self.rng.random() < 0.52
            sex = "female" if female else "male"
            last = pool.get("last") or pool[f"{sex}_last"]
            parts = [self.rng.choice(pool[sex])]
            if self.rng.random() < 0.3 or attempt > 20:
                parts.append(self.rng.choice(pool[sex]))
            # A single name is common in Java; elsewhere the clan or second name is always there.
            if origin != "jawa" or self.rng.random() < 0.93 or len(parts) == 1:
                parts.append(self.rng.choice(last))
            words = " ".join(parts).split()
            name = " ".join(words[:4])
            if len(set(words)) == len(words) and name not in self.used:
                self.used.add(name)
                return name, female
        raise RuntimeError("The pools of names are exhausted.")

    def employee(self, weights: dict[str, int], unit_kind: str, position_class: str, post: str) -> Person:
        """A civil servant, with the titles that fit the unit, the class and the post."""
        name, female = self.draw(weights)
        if post in DOCTORS:
            return Person(name, "dr.", "M.K.M." if self.rng.random() < 0.4 else "", female)
        bachelors, masters = BY_POST.get(post) or SCHOOLING.get(unit_kind, OTHERS)
        draw = self.rng.random()
        if position_class in WITHOUT_DEGREE and draw < 0.55:
            back = "A.Md." if draw < 0.3 else ""
            return Person(name, "", back, female)
        back = self.rng.choice(bachelors)
        if draw < (0.85 if position_class in MASTERS else 0.2):
            back = f"{back}, {self.rng.choice(masters)}"
        doctor = position_class in MASTERS and self.rng.random() < 0.06
        return Person(name, "Dr." if doctor else "", back, female)


class Numberer:
    """Draws personnel numbers (domain: 8 digits birth, 4+2 appointment, sex, serial), each once."""

    def __init__(self, rng: Random, today: date) -> None:
        self.rng = rng
        self.today = today
        self.used: set[str] = set()

    def service(self, position_class: str, *, female: bool, contract: bool = False) -> Service:
        """Number, grade and dates of a person of this class; ``contract`` makes a PPPK."""
        rng, today = self.rng, self.today
        youngest, oldest = (26, 50) if contract else CLASS_AGES.get(position_class, (24, 55))
        for _ in range(400):
            born = today - timedelta(days=rng.randint(youngest * 366, oldest * 365))
            starts: date | None = None
            ends: date | None = None
            if contract:
                year = rng.randint(today.year - 4, today.year - 1)
                month = rng.choice((1, 2, 3))
                order = "21" if year >= today.year - 2 or rng.random() < 0.7 else "22"
                starts = date(year, month, 1)
                ends = date(year + 5, month, 1) - timedelta(days=1)
                middle, kind = f"{year}{order}", "pppk"
                grade = rng.choice(CONTRACT_GRADES[position_class])
            else:
                first = born.year + 21
                last = min(born.year + 35, today.year - 2)
                if first > last:
                    continue
                middle, kind = f"{rng.randint(first, last)}{rng.randint(1, 12):02d}", "pns"
                grade = rng.choice(GRADES[position_class])
            sex = "2" if female else "1"
            nip = f"{born:%Y%m%d}{middle}{sex}{rng.randint(LOWER, UPPER)}"
            if nip in self.used:
                continue
            self.used.add(nip)
            limit = 60 if position_class in ("JPT_PRATAMA", "JF_AHLI_MADYA") else 58
            month_after = date(born.year + limit, born.month, 1) + timedelta(days=32)
            return Service(nip, kind, grade, starts, ends, month_after.replace(day=1))
        raise RuntimeError("No free personnel number found.")
