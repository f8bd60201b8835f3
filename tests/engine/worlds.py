"""Small random worlds for the engine's tests: plain data, no clock, no database."""

from __future__ import annotations

import random
from datetime import date, timedelta

from hypothesis import strategies as st

from matching.engine.types import Candidate, Gap, Opportunity, Outcome, Prerequisite

CODES = [f"TEK-{n}" for n in range(8)]
PHRASES = [
    "mengelola arsip dan dokumen",
    "pelayanan publik digital",
    "keamanan jaringan komputer",
    "penyusunan anggaran daerah",
    "analisis data statistik",
    "pengembangan aplikasi",
    "promosi pariwisata",
    "",
]
FIRST = date(2026, 1, 1)

levels = st.integers(0, 80).map(lambda n: n / 16)


@st.composite
def gaps(draw: st.DrawFn) -> tuple[Gap, ...]:
    codes = draw(st.lists(st.sampled_from(CODES), unique=True, max_size=5))
    found = []
    for code in codes:
        status = draw(st.sampled_from(["gap", "unknown", "expired"]))
        found.append(
            Gap(
                code,
                required=draw(levels),
                assessed=draw(levels),
                importance=draw(st.sampled_from([1.0, 2.0, 0.5])),
                weight=1.0 if status == "gap" else 0.5,
                status=status,
            )
        )
    return tuple(found)


@st.composite
def outcomes(draw: st.DrawFn) -> tuple[Outcome, ...]:
    codes = draw(st.lists(st.sampled_from(CODES), unique=True, max_size=4))
    pairs = [sorted((draw(levels), draw(levels))) for _ in codes]
    return tuple(Outcome(code, low, high) for code, (low, high) in zip(codes, pairs, strict=True))


@st.composite
def prerequisites(draw: st.DrawFn) -> tuple[Prerequisite, ...]:
    codes = draw(st.lists(st.sampled_from(CODES), unique=True, max_size=2))
    return tuple(Prerequisite(c, draw(levels), draw(st.booleans())) for c in codes)


texts = st.lists(st.sampled_from(PHRASES), max_size=3).map(" ".join)
days = st.integers(0, 40).map(lambda n: FIRST + timedelta(days=n))
periods = st.tuples(days, days).map(lambda pair: (min(pair), max(pair)))


@st.composite
def candidates(draw: st.DrawFn, identity: str = "c") -> Candidate:
    return Candidate(
        id=identity,
        gaps=draw(gaps()),
        text=draw(texts),
        agency=draw(st.sampled_from(["solo", "palu"])),
        place=draw(st.sampled_from(["", "solo", "palu"])),
        levels=draw(st.dictionaries(st.sampled_from(CODES), levels, max_size=4)),
        busy=tuple(draw(st.lists(periods, max_size=2))),
        jp_left=draw(st.none() | st.integers(0, 30)),
        hours_per_week=draw(st.none() | st.sampled_from([4.0, 10.0])),
        excluded=frozenset(draw(st.lists(st.sampled_from(["o0", "o1"]), max_size=1))),
    )


@st.composite
def opportunities(draw: st.DrawFn, identity: str = "o") -> Opportunity:
    period = draw(st.none() | periods)
    return Opportunity(
        id=identity,
        outcomes=draw(outcomes()),
        prerequisites=draw(prerequisites()),
        text=draw(texts),
        agency=draw(st.sampled_from(["solo", "palu"])),
        place=draw(st.sampled_from(["", "solo", "palu"])),
        online=draw(st.booleans()),
        starts=period[0] if period else None,
        ends=period[1] if period else None,
        blocks_time=draw(st.booleans()),
        jp=draw(st.integers(0, 30)),
        seats_left=draw(st.integers(-1, 3)),
        hours_per_week=draw(st.sampled_from([0.0, 8.0])),
        open=draw(st.sampled_from([True, True, False])),
    )


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Candidate], list[Opportunity]]:
    people = [draw(candidates(f"c{n}")) for n in range(draw(st.integers(0, 5)))]
    slots = [draw(opportunities(f"o{n}")) for n in range(draw(st.integers(0, 5)))]
    return people, slots


def city(people: int, slots: int, seed: int = 7) -> tuple[list[Candidate], list[Opportunity]]:
    """A larger world from one seed, for speed and for exactness at size."""
    rng = random.Random(seed)
    codes = [f"TEK-{n:03}" for n in range(160)]
    lexicon = " ".join(PHRASES).split()

    def text(length: int) -> str:
        return " ".join(rng.choice(lexicon) + rng.choice(["", "nya", "an"]) for _ in range(length))

    def person(n: int) -> Candidate:
        low = {code: rng.randint(0, 3) for code in rng.sample(codes, 9)}
        return Candidate(
            id=f"c{n:05}",
            gaps=tuple(Gap(c, min(5, a + rng.randint(1, 2)), a) for c, a in low.items()),
            text=text(20),
            agency=f"a{n % 5}",
            place=f"p{n % 5}",
            levels=low,
            busy=((FIRST, FIRST + timedelta(days=9)),) if n % 9 == 0 else (),
        )

    def slot(n: int) -> Opportunity:
        start = FIRST + timedelta(days=rng.randint(0, 30))
        return Opportunity(
            id=f"o{n:05}",
            outcomes=tuple(Outcome(c, 0, rng.randint(2, 4)) for c in rng.sample(codes, 4)),
            prerequisites=tuple(Prerequisite(c, 1, rng.random() < 0.5) for c in rng.sample(codes, 2)),
            text=text(80),
            agency=f"a{n % 5}",
            place=f"p{n % 7}",
            starts=start,
            ends=start + timedelta(days=30),
        )

    return [person(n) for n in range(people)], [slot(n) for n in range(slots)]
