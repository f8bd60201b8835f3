"""The workload of `bench`: people and slots from one seed, synthetic but shaped like the real thing.

Competencies and words follow Zipf's law, people and slots belong to job families, texts are generated in words that look
Indonesian. A pair scores 0.65 x share of the gap closed + 0.35 x likeness of the words, as one inner product: each level
step of a competency is a column, in which a person carries the worth of the step and a slot 1.

The same arguments give the same numbers everywhere: every draw is made in a fixed order, so do not reorder them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from matching.engine.fixedpoint import ONE, SIDE, quantise
from matching.engine.kernel import Groups, Problem

GAP_SHARE, TEXT_SHARE = 0.65, 0.35
LEVELS = 5
CORE = 9  # managerial and socio-cultural competencies, which everybody has
FAMILIES = 40
POSITIONS = 1600
VOCABULARY = 6000
PROVINCES = 38
AGENCIES = 600
SUBJECTS = [
    "analisis",
    "kebijakan",
    "publik",
    "pengelolaan",
    "keuangan",
    "daerah",
    "perencanaan",
    "anggaran",
    "pengadaan",
    "barang",
    "jasa",
    "audit",
    "internal",
    "manajemen",
    "risiko",
    "pelayanan",
    "masyarakat",
    "kependudukan",
    "statistik",
    "data",
    "sistem",
    "informasi",
    "keamanan",
    "siber",
    "jaringan",
    "komputer",
    "pengembangan",
    "aplikasi",
    "hukum",
    "peraturan",
    "perundang",
    "kesehatan",
    "gizi",
    "epidemiologi",
    "kebidanan",
    "pendidikan",
    "kurikulum",
    "pelatihan",
    "sumber",
    "daya",
    "manusia",
    "kompetensi",
    "kepegawaian",
    "arsip",
    "komunikasi",
    "humas",
    "pariwisata",
    "budaya",
    "lingkungan",
    "hidup",
    "kehutanan",
    "pertanian",
    "perikanan",
    "peternakan",
    "energi",
    "pertambangan",
    "transportasi",
    "perhubungan",
    "bangunan",
    "jalan",
    "jembatan",
    "tata",
    "ruang",
    "pertanahan",
    "pajak",
    "retribusi",
    "investasi",
    "perizinan",
    "koperasi",
    "usaha",
    "kecil",
    "menengah",
    "industri",
    "perdagangan",
    "sosial",
    "bencana",
    "ketenagakerjaan",
    "pengawasan",
    "evaluasi",
    "pelaporan",
    "kepemimpinan",
    "digital",
    "transformasi",
    "inovasi",
    "magang",
    "mentoring",
    "proyek",
    "teknis",
    "laboratorium",
]

Rng = np.random.Generator
Whole = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Workload:
    """N people and M slots: vectors (float32; gap columns first, then words) and what the hard filters compare."""

    people: sparse.csr_matrix
    slots: sparse.csr_matrix
    gap_columns: int
    e_prov: NDArray[np.int8]
    e_grade: NDArray[np.int8]
    e_hours: NDArray[np.int8]
    e_per: NDArray[np.int8]  # bits: first and second half of the year
    e_inst: NDArray[np.int16]
    s_prov: NDArray[np.int8]  # -1: online
    s_gmin: NDArray[np.int8]
    s_gmax: NDArray[np.int8]
    s_hours: NDArray[np.int8]
    s_per: NDArray[np.int8]
    s_conf: NDArray[np.int16]  # the agency whose people have a conflict of interest; -1: none
    s_cap: NDArray[np.int32]

    def units(self) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Both sides in whole numbers whose product is in units: what every engine is given."""
        return self._whole(self.people, ONE), self._whole(self.slots, 1)

    def _whole(self, side: sparse.csr_matrix, gap_scale: int) -> sparse.csr_matrix:
        gap = side.indices < self.gap_columns
        data = np.where(gap, quantise(side.data, gap_scale), quantise(side.data, SIDE))
        return sparse.csr_matrix((data.astype(np.int32), side.indices, side.indptr), shape=side.shape)

    def problem(self, *, filters: bool) -> Problem:
        """What the kernel has to solve."""
        count, many = len(self.e_prov), len(self.s_prov)
        if not filters:
            return Problem(
                vectors=(self.units(),),
                person_zone=np.zeros(count, np.int32),
                slot_zone=np.zeros(many, np.int32),
                person_limits=np.zeros((0, count), np.int32),
                slot_limits=np.zeros((0, many), np.int32),
            )
        conflicts: list[list[int]] = [[] for _ in range(AGENCIES)]
        for slot in np.flatnonzero(self.s_conf >= 0).tolist():
            conflicts[self.s_conf[slot]].append(slot)
        return Problem(
            vectors=(self.units(),),
            person_zone=self.e_prov.astype(np.int32),
            slot_zone=self.s_prov.astype(np.int32),
            person_limits=np.stack([self.e_grade, -self.e_grade, self.e_hours]).astype(np.int32),
            slot_limits=np.stack([self.s_gmin, -self.s_gmax, self.s_hours]).astype(np.int32),
            person_bits=self.e_per.astype(np.int32),
            slot_bits=self.s_per.astype(np.int32),
            hidden_group=self.e_inst.astype(np.int32),
            hidden=Groups.of(conflicts),
        )

    def allowed(self, people: Whole, slots: Whole) -> NDArray[np.bool_]:
        """The hard filters of each pair, said the plainest way: what the engines are checked against."""
        e, s = people[:, None], slots[None, :]
        near = (self.s_prov[s] == -1) | (self.s_prov[s] == self.e_prov[e])
        grade = (self.s_gmin[s] <= self.e_grade[e]) & (self.e_grade[e] <= self.s_gmax[s])
        time = (self.s_hours[s] <= self.e_hours[e]) & ((self.s_per[s] & self.e_per[e]) != 0)
        allowed: NDArray[np.bool_] = near & grade & time & (self.s_conf[s] != self.e_inst[e])
        return allowed


def generate(people: int, slots: int, *, seed: int = 7, competencies: int = 1000) -> Workload:
    """The workload of a seed."""
    rng = np.random.default_rng(seed)
    lexicon = _lexicon(VOCABULARY, rng)
    families = zipf(FAMILIES, 0.6)
    e_family = rng.choice(FAMILIES, people, p=families)
    s_family = rng.choice(FAMILIES, slots, p=families)

    row, code = _pick(rng, people, 3, 12, e_family, competencies)
    assessed = rng.integers(0, 4, len(row))
    size = rng.choice([1, 2, 3], len(row), p=[0.6, 0.3, 0.1])
    required = np.minimum(assessed + size, LEVELS)
    priority = rng.choice([1.0, 2.0, 3.0], len(row), p=[0.5, 0.3, 0.2])
    total = np.bincount(row, priority * (required - assessed), people)
    total[total == 0] = 1
    worth = GAP_SHARE * priority / total[row]
    gaps = _steps(row, code, assessed, required, worth, people, competencies)

    row, code = _pick(rng, slots, 2, 8, s_family, competencies)
    reached = rng.integers(2, 6, len(row))
    taught = _steps(row, code, np.zeros_like(reached), reached, np.ones(len(row)), slots, competencies)

    e_texts = _texts(rng, lexicon, e_family, 3, 14, repeated=0.4)
    s_texts = _texts(rng, lexicon, s_family, 15, 45, repeated=0.0)
    vectorizer = TfidfVectorizer(dtype=np.float32, sublinear_tf=True).fit(s_texts)
    side = np.float32(np.sqrt(TEXT_SHARE))
    e_words, s_words = vectorizer.transform(e_texts) * side, vectorizer.transform(s_texts) * side

    provinces = zipf(PROVINCES, 0.8)
    e_prov = rng.choice(PROVINCES, people, p=provinces).astype(np.int8)
    e_grade = rng.choice(5, people, p=[0.1, 0.3, 0.35, 0.2, 0.05]).astype(np.int8)
    e_hours = rng.choice(4, people, p=[0.2, 0.3, 0.3, 0.2]).astype(np.int8)
    e_per = rng.integers(1, 4, people).astype(np.int8)
    e_inst = rng.integers(0, AGENCIES, people).astype(np.int16)
    online = rng.random(slots) < 0.35
    s_prov = np.where(online, -1, rng.choice(PROVINCES, slots, p=provinces)).astype(np.int8)
    s_gmin = rng.choice(4, slots, p=[0.5, 0.25, 0.15, 0.1]).astype(np.int8)
    s_gmax = np.minimum(s_gmin + rng.integers(1, 4, slots), 4).astype(np.int8)
    s_hours = rng.choice(4, slots, p=[0.4, 0.3, 0.2, 0.1]).astype(np.int8)
    s_per = rng.integers(1, 4, slots).astype(np.int8)
    conflict = rng.random(slots) < 0.05
    s_conf = np.where(conflict, rng.integers(0, AGENCIES, slots), -1).astype(np.int16)
    s_cap = rng.integers(1, 40, slots).astype(np.int32)
    return Workload(
        sparse.hstack([gaps, e_words], "csr"),
        sparse.hstack([taught, s_words], "csr"),
        gaps.shape[1],
        e_prov,
        e_grade,
        e_hours,
        e_per,
        e_inst,
        s_prov,
        s_gmin,
        s_gmax,
        s_hours,
        s_per,
        s_conf,
        s_cap,
    )


def zipf(count: int, power: float) -> Numbers:
    """Chances that fall with rank."""
    weight: Numbers = 1 / np.arange(1, count + 1) ** power
    weight /= weight.sum()
    return weight


def _lexicon(count: int, rng: Rng) -> NDArray[np.object_]:
    """Words that look Indonesian, the subjects of public administration first."""
    consonants = ["b", "c", "d", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "w", "y", "ng", "ny"]
    syllables = [c + v + end for c in consonants for v in "aiueo" for end in ("", "n", "r", "s", "ng", "k")]
    prefixes = ["", "", "", "me", "pe", "ber", "di", "ter", "ke"]
    suffixes = ["", "", "", "an", "kan", "nya", "i"]
    found = dict.fromkeys(SUBJECTS)
    while len(found) < count:
        prefix = prefixes[rng.integers(9)]
        body = "".join(syllables[i] for i in rng.integers(len(syllables), size=rng.integers(2, 4)))
        found.setdefault(prefix + body + suffixes[rng.integers(7)])
    return np.array(list(found), dtype=object)


def _pick(rng: Rng, count: int, least: int, most: int, family: Whole, competencies: int) -> tuple[Whole, Whole]:
    """For each row some different competencies: three in ten core, half of the own family, the rest anywhere."""
    sizes = rng.integers(least, most + 1, count)
    total = int(sizes.sum())
    row = np.repeat(np.arange(count), sizes)
    per_family = (competencies - CORE) // FAMILIES
    which = rng.random(total)
    core = rng.choice(CORE, total, p=zipf(CORE, 0.5))
    own = CORE + family[row] * per_family + rng.choice(per_family, total, p=zipf(per_family, 0.9))
    anywhere = rng.choice(competencies, total, p=zipf(competencies, 0.9))
    code = np.where(which < 0.3, core, np.where(which < 0.8, own, anywhere))
    key = np.unique(row.astype(np.int64) * competencies + code)
    return key // competencies, key % competencies


def _steps(
    row: Whole, code: Whole, low: Whole, high: Whole, value: Numbers, rows: int, competencies: int
) -> sparse.csr_matrix:
    """The value in each level step of (low, high]."""
    parts = [(low < level) & (level <= high) for level in range(1, LEVELS + 1)]
    columns = np.concatenate([code[there] * LEVELS + step for step, there in enumerate(parts)])
    values = np.concatenate([value[there] for there in parts]).astype(np.float32)
    rows_of = np.concatenate([row[there] for there in parts])
    return sparse.csr_matrix((values, (rows_of, columns)), (rows, competencies * LEVELS))


def _texts(
    rng: Rng, lexicon: NDArray[np.object_], family: Whole, least: int, most: int, *, repeated: float
) -> list[str]:
    """A position's three words and free words of the family and of the language; some texts are the position only."""
    count, per_family = len(family), POSITIONS // FAMILIES
    chances = zipf(len(lexicon), 1.0)
    sizes = rng.integers(least, most + 1, count)
    positions = [
        " ".join(lexicon[(of * 23 + rng.integers(0, 60, 3)) % len(lexicon)])
        for of in range(FAMILIES)
        for _ in range(per_family)
    ]
    position = family * per_family + rng.choice(per_family, count, p=zipf(per_family, 0.8))
    free = rng.random(count) >= repeated
    total = int(sizes.sum())
    general = rng.choice(len(lexicon), total, p=chances)
    local = rng.integers(0, 120, total)
    own = rng.random(total) < 0.5
    word = lexicon[np.where(own, (np.repeat(family, sizes) * 23 + local) % len(lexicon), general)]
    ends = np.cumsum(sizes)
    return [
        positions[position[i]] + (" " + " ".join(word[end - size : end]) if free[i] else "")
        for i, (end, size) in enumerate(zip(ends.tolist(), sizes.tolist(), strict=True))
    ]
