from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from matching.engine.ranking import Recommender, dump, load
from matching.engine.reader import Reading, SkillReader
from matching.engine.text import spans, words
from matching.engine.types import CompetencyText, Opportunity, Outcome
from tests.engine.worlds import PHRASES
from web.demo import world

LADDER = {
    1: "Mengerjakan tugas rutin dengan petunjuk dan pendampingan.",
    2: "Mengerjakan tugas yang lazim secara mandiri sesuai pedoman.",
    3: "Menganalisis penyebab masalah dan membimbing rekan.",
    4: "Mengevaluasi metode kerja dan mengoordinasikan penerapannya.",
}
CATALOGUE = [
    CompetencyText("ARS", "Pengelolaan Arsip", "Menata dan menyusutkan arsip dinamis serta dokumen.", LADDER),
    CompetencyText("JAR", "Keamanan Jaringan", "Melindungi jaringan komputer dan server dari serangan.", LADDER),
    CompetencyText("ANG", "Penyusunan Anggaran", "Menyusun rencana belanja dan anggaran daerah.", LADDER),
]
TAUGHT = [
    ("Magang Arsiparis. Membantu menata berkas dan arsip.", (Outcome("ARS", 0, 1),)),
    ("Magang Pusat Data. Memantau jaringan dan server kantor.", (Outcome("JAR", 1, 2),)),
    ("Bimbingan Belanja. Merancang strategi anggaran dan mengevaluasi kebijakan.", (Outcome("ANG", 3, 4),)),
    ("Bimbingan Keamanan. Menganalisis risiko serangan dan merancang tata kelola.", (Outcome("JAR", 3, 4),)),
]
READER = SkillReader(floor=0.0).fit([text for text, _ in TAUGHT], [outcomes for _, outcomes in TAUGHT], CATALOGUE)


def test_what_a_text_speaks_of_is_named_with_the_words_that_say_so() -> None:
    text = "Peserta bekerja di kantor kami. Setiap pagi ia memeriksa server dan jaringan komputer, lalu pulang."
    reading = READER.read(text)[0]
    assert reading.code == "JAR"
    assert reading.phrase == text[reading.start : reading.end] == "server dan jaringan komputer"
    assert [r.confidence for r in READER.read(text)] == sorted((r.confidence for r in READER.read(text)), reverse=True)


def test_demanding_work_is_read_at_a_higher_level() -> None:
    routine, demanding = (
        READER.read(text)[0]
        for text in (
            "Membantu mencatat dan menata arsip",
            "Merancang strategi arsip dan mengevaluasi tata kelola arsip",
        )
    )
    assert routine.code == demanding.code == "ARS"
    assert routine.to_level < demanding.to_level
    assert routine.from_level < routine.to_level


@pytest.mark.parametrize("text", ["", "dan yang untuk", "123 … \u0000", "xyzzy plugh quux", "the and of with"])
def test_a_text_without_a_known_word_says_nothing(text: str) -> None:
    assert READER.read(text) == []


def test_a_reader_keeps_silent_below_its_floor_and_names_no_more_than_asked() -> None:
    text = "arsip jaringan anggaran"
    assert len(READER.read(text)) == 3
    assert len(READER.read(text, limit=1)) == 1
    assert READER.read(text, limit=0) == []
    strict = clone(READER).set_params(floor=0.9)
    strict.fit([text for text, _ in TAUGHT], [outcomes for _, outcomes in TAUGHT], CATALOGUE)
    assert all(reading.confidence >= 0.9 for reading in strict.read(text))
    known, half_known = READER.read("arsip dinamis")[0], READER.read("arsip dinamis zxcvb qwert")[0]
    assert half_known.confidence == pytest.approx(known.confidence / 2, abs=1e-4)


@given(st.text(max_size=300) | st.lists(st.sampled_from(PHRASES), max_size=6).map(". ".join))
@settings(deadline=None)
def test_any_text_is_read_in_bounds(text: str) -> None:
    readings = READER.read(text)
    assert readings == READER.read(text)
    for reading in readings:
        assert 0.0 <= reading.confidence <= 1.0
        assert 0 <= reading.start < reading.end <= len(text)
        assert reading.phrase == text[reading.start : reading.end]
        assert 0.0 <= reading.from_level < reading.to_level <= 5.0
    assert len({reading.code for reading in readings}) == len(readings)


@given(st.text(max_size=200))
def test_places_of_words_hold_for_any_way_of_writing_accents(text: str) -> None:
    spoken = [feature for features, _, _ in spans(text) for feature in features]
    if unicodedata.is_normalized("NFC", text):
        assert spoken == [feature for feature, _ in words(text)]
    assert all(text[start:end].strip() for _, start, end in spans(text))


def test_decomposed_accents_move_no_phrase() -> None:
    text = unicodedata.normalize("NFD", "Café résumé é è. Menata arsip dinamis")
    assert READER.read(text)[0].phrase == "Menata arsip dinamis"


def test_a_long_text_is_read_only_in_its_beginning() -> None:
    long = " ".join(text for text, _ in TAUGHT)
    long = (long + " ") * (20_000 // len(long))
    assert READER.read(long)
    assert READER.read(long + "x" * 80_000) == READER.read(long + "y" * 80_000)


def test_nothing_to_learn_from_makes_a_silent_reader() -> None:
    assert SkillReader().fit([], []).read("arsip") == []
    assert SkillReader().fit(["arsip"], [()]).read("arsip") == []
    assert SkillReader().fit(["arsip"], [(Outcome("ARS", 0, 1),)]).read("arsip") == []  # one word tells nothing apart
    with pytest.raises(NotFittedError):
        SkillReader().read("arsip")
    with pytest.raises(ValueError, match="needs its outcomes"):
        SkillReader().fit(["arsip"], [])
    with pytest.raises(ValueError, match="floor"):
        SkillReader(floor=2).fit([], [])
    with pytest.raises(ValueError, match="must be a string"):
        READER.read(None)  # type: ignore[arg-type]


def test_the_reader_travels_with_the_recommender() -> None:
    slots = [Opportunity(id=str(n), text=text, outcomes=o) for n, (text, o) in enumerate(TAUGHT)]
    recommender = Recommender().fit([], slots, CATALOGUE)
    again = load(dump(recommender))
    told = again.reader_.read("Menata arsip dinamis")
    assert told == recommender.reader_.read("Menata arsip dinamis")
    assert isinstance(told[0], Reading)


# --- the demo world ---------------------------------------------------------------------------------------------------


def test_most_slots_of_the_demo_world_are_read_right_by_a_reader_that_has_not_seen_them() -> None:
    """Copies of a text in other cities are left out with it."""
    planned = world.plan(seed=7, size="city", today=date(2026, 11, 22))
    catalogue = [
        CompetencyText(code, name, description, levels) for code, name, description, levels in _shipped_catalogue()
    ]
    texts = [f"{slot.title}. {slot.description}" for slot in planned.slots]
    outcomes = [tuple(Outcome(*line) for line in slot.outcomes) for slot in planned.slots]
    fold = {title: place % 4 for place, title in enumerate(sorted({slot.title for slot in planned.slots}))}
    folds = [fold[slot.title] for slot in planned.slots]
    found = sure = right = 0
    for number in range(4):
        train = [i for i in range(len(texts)) if folds[i] != number]
        reader = SkillReader().fit([texts[i] for i in train], [outcomes[i] for i in train], catalogue)
        for i in (i for i in range(len(texts)) if folds[i] == number):
            readings, mine = reader.read(texts[i]), {outcome.competency for outcome in outcomes[i]}
            found += any(reading.code in mine for reading in readings[:3])
            sure += sum(reading.confidence >= 0.6 for reading in readings)
            right += sum(reading.confidence >= 0.6 and reading.code in mine for reading in readings)
    assert found / len(texts) > 0.88
    assert right / sure > 0.75


def _shipped_catalogue() -> list[tuple[str, str, str, dict[int, str]]]:
    import csv
    from pathlib import Path

    folder = Path(world.__file__).parents[2] / "asn" / "data"
    levels: dict[str, dict[int, str]] = {}
    with (folder / "competency_levels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            levels.setdefault(row["code"], {})[int(row["level"])] = row["descriptor_id"]
    with (folder / "competencies.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["code"], row["name_id"], row["description_id"], levels.get(row["code"], levels[""]))
            for row in csv.DictReader(file)
        ]
