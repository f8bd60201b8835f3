from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from matching.engine.bridge import LabelBridge
from matching.engine.english import looks_english, stem_english
from matching.engine.levels import demand
from matching.engine.rich import Document, Query, RichText, standardise
from matching.engine.text import language_of

TITLES = [
    ("Network Engineer", ["teknik telekomunikasi", "teknik informatika"]),
    ("Teknisi Jaringan", ["teknik telekomunikasi", "teknik komputer"]),
    ("Staf NOC Jaringan", ["teknik telekomunikasi", "teknik komputer"]),
    ("Staf Akuntansi", ["akuntansi"]),
    ("Accounting Staff", ["akuntansi", "manajemen"]),
    ("Staf Pajak", ["akuntansi", "perpajakan"]),
    ("Pembukuan dan Pajak", ["akuntansi", "perpajakan"]),
    ("Arsiparis", ["kearsipan"]),
    ("Pengelola Arsip", ["kearsipan", "manajemen"]),
    ("Teknisi Komputer", ["teknik komputer", "teknik informatika"]),
]
SLOTS = [
    Document("a", "memasang dan merawat jaringan komputer kantor serta NOC", "Network Engineer"),
    Document("b", "menyusun laporan pajak dan pembukuan perusahaan", "Staf Keuangan"),
    Document("c", "menata arsip dan dokumen", "Arsiparis"),
    Document("d", "melayani tamu hotel", "Front Office"),
]


def bridge() -> LabelBridge:
    return LabelBridge().fit([t for t, _ in TITLES], [labels for _, labels in TITLES])


def best(model: RichText, text: str) -> str:
    scores = model.score([Query("q", ((text, 1.0),))])
    return model.documents_[int(np.argmax(scores[0]))].id


def test_words_letters_and_labels_find_what_is_meant() -> None:
    plain = RichText().fit(SLOTS)
    assert best(plain, "pengarsipan") == "c"
    assert best(plain, "jarngan komptuer") == "a"  # typing errors
    bridged = RichText(bridge_floor=0.0).fit(SLOTS, bridge())
    query = [Query("q", (("teknik telekomunikasi", 1.0),))]
    readings = bridged.readings(query, np.ones((1, len(SLOTS)), dtype=bool))
    assert np.ptp(readings["word"]) == 0  # no word in common: only the bridge knows
    assert best(bridged, "teknik telekomunikasi") == "a"


def test_the_bridge_abstains_where_it_recognises_nothing() -> None:
    assert RichText(bridge_floor=0.99).fit(SLOTS, bridge()).bridge_ is None
    english = [Document("e", "the cat sat on the mat with all of its friends")]
    assert RichText(bridge_floor=0.0).fit(english, bridge()).bridge_ is None


def test_the_bridge_names_labels_and_refuses_nothing_to_learn() -> None:
    fitted = bridge()
    weights = fitted.transform(["pembukuan pajak", "pengelolaan arsip"])
    assert [fitted.labels_[place] for place in weights.argmax(axis=1)] == ["perpajakan", "kearsipan"]
    with pytest.raises(ValueError, match="named twice"):
        LabelBridge().fit(["Arsiparis"], [["kearsipan"]])
    with pytest.raises(ValueError, match="need as many lists"):
        LabelBridge().fit(["Arsiparis"], [])
    assert clone(fitted).get_params() == fitted.get_params()


def test_demanding_work_rises_with_the_level_to_be_reached() -> None:
    slots = [
        Document("basic", "membantu input data, mencatat surat, dan melayani tamu keuangan"),
        Document("senior", "merancang strategi, menganalisis risiko, dan mengevaluasi kebijakan keuangan"),
    ]
    model = RichText().fit(slots)
    low, high = (model.score([Query("q", (("keuangan", 1.0),), "gaps", level)])[0] for level in (1.0, 4.0))
    assert high[1] - high[0] > low[1] - low[0]
    assert demand(slots[0].text) < 0 < demand(slots[1].text)
    assert demand("") == 0.0


def test_documents_of_one_family_support_each_other() -> None:
    levels = [
        Document("k1", "kerja sama dalam tim", family="Kerja Sama", level=1),
        Document("k2", "membangun kemitraan", family="Kerja Sama", level=2),
        Document("i1", "bertindak jujur", family="Integritas", level=1),
    ]
    scores = RichText().fit(levels).score([Query("q", (("tim", 1.0),))])[0]
    assert scores[0] > scores[1] > scores[2]


def test_items_speak_by_their_likelier_half() -> None:
    model = RichText().fit(SLOTS)
    readings = model.readings(
        [Query("q", (("arsip", 1.0), ("tamu hotel", 1.0)), "items"), Query("r", (("arsip", 1.0),))],
        np.ones((2, 4), bool),
    )
    assert readings["word"][0, 2] == pytest.approx(readings["word"][1, 2])


def test_queries_and_documents_without_words_have_defined_scores() -> None:
    model = RichText().fit([Document("x", ""), Document("y", "dan yang")])
    queries = [Query("q", (("", 1.0),)), Query("r", ())]
    assert model.score(queries).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    with pytest.raises(ValueError, match="no documents"):
        RichText().fit([])
    with pytest.raises(ValueError, match="no queries"):
        model.score([])


def test_pairs_that_are_not_allowed_do_not_count() -> None:
    values = np.array([[1.0, 3.0, 100.0]])
    assert standardise(values, np.array([[True, True, False]])).tolist() == [[-1.0, 1.0, 0.0]]


def test_a_collection_has_the_language_of_its_stop_words() -> None:
    assert language_of(["the use of data for all", "arsip"]) == "en"
    assert language_of(["penggunaan data untuk semua", "marketing"]) == "id"
    assert language_of([]) == "id"


@pytest.mark.parametrize(
    "family", ["manage managing management", "report reports reporting reported", "city cities", "programming programs"]
)
def test_english_words_of_one_root_meet(family: str) -> None:
    assert len({stem_english(word) for word in family.split()}) == 1


def test_english_is_told_from_indonesian_by_its_spelling() -> None:
    assert all(looks_english(word) for word in ["management", "quality", "teaching", "report"])
    assert not any(looks_english(word) for word in ["pengelolaan", "arsip", "daerah", "kota"])


def test_what_people_say_of_themselves_is_read_apart_from_their_gaps() -> None:
    gap = (("menata arsip", 1.0),)
    queries = [Query("q", gap, "gaps"), Query("r", gap, "gaps", own="melayani tamu hotel")]
    ignored, heard = (RichText(own_share=share).fit(SLOTS).score(queries) for share in (0.0, 0.5))
    assert np.allclose(ignored[0], ignored[1])
    assert np.allclose(heard[0], ignored[0])
    assert heard[1, 3] > heard[0, 3]


def test_feedback_listens_to_the_one_that_stands_out() -> None:
    model = RichText(feedback=2).fit(SLOTS)
    every = np.ones((1, 4), bool)
    near = model._feedback(np.array([[1.0, 0.9, 0.0, 0.0]]), every)[0]
    alone = model._feedback(np.array([[5.0, 0.0, 0.0, -1.0]]), every)[0]
    assert near[1] > 0.5
    assert alone[1] < 0.1
    assert not model._feedback(np.zeros((1, 4)), ~every).any()


def test_background_teaches_meaning_and_is_not_ranked() -> None:
    slots = [
        Document("h", "menata dapur restoran"),
        Document("i", "merawat mesin bengkel"),
        Document("j", "arsip kota"),
    ]
    works = ["koki memasak di dapur restoran", "koki memimpin dapur restoran", "montir membongkar mesin bengkel"]
    taught = RichText(latent=(3,)).fit(slots, background=works)
    assert len(taught.documents_) == 3
    query, every = [Query("q", (("koki", 1.0),))], np.ones((1, 3), bool)
    assert taught.readings(query, every)["latent"][0].argmax() == 0
    assert not RichText(latent=(3,)).fit(slots).readings(query, every)["latent"].any()
