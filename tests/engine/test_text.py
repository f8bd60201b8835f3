from __future__ import annotations

import pytest

from matching.engine.text import TextFeatures, spellings, stem, words

FAMILIES = """
    kirim mengirim pengiriman dikirim kiriman
    tulis menulis penulisan penulis tulisan
    magang pemagangan memagangkan
    kelola pengelolaan mengelola dikelola pengelola
    ajar mengajar pengajaran pelajaran belajar pembelajaran mempelajari pelajar
    sehat kesehatan menyehatkan kesehatannya
    layan pelayanan melayani layanan pelayan
    susun menyusun penyusunan disusun
    latih pelatihan melatih dilatih
    kembang pengembangan mengembangkan berkembang perkembangan dikembangkan
    arsip kearsipan pengarsipan mengarsipkan
    periksa pemeriksaan memeriksa pemeriksa diperiksa
    uang keuangan
    didik pendidikan mendidik pendidik
    daya pemberdayaan memberdayakan
    usaha perusahaan pengusaha berusaha
    kerja bekerja pekerja pekerjaan mengerjakan
    tempat penempatan menempatkan ditempatkan
    cetak percetakan mencetak pencetakan
    tindak tindakan penindakan
    awas mengawasi pengawasan
    baik perbaikan memperbaiki kebaikan
    teliti penelitian meneliti peneliti
    nilai penilaian menilai dinilai
    jalan perjalanan menjalankan berjalan
    laksana pelaksanaan melaksanakan
    simpan menyimpan penyimpanan
    rancang perancangan merancang
    rawat perawatan merawat
    ternak beternak peternakan
    olah mengolah pengolahan
    rencana perencanaan merencanakan direncanakan perencana
    anggaran penganggaran menganggarkan
    aman keamanan pengamanan
    bimbing pembimbing bimbingan membimbing
    kendali pengendalian mengendalikan
    izin perizinan mengizinkan
    promosi mempromosikan
    tanam penanaman menanam tanaman
    pimpin pimpinan pemimpin memimpin kepemimpinan
    pasar pemasaran memasarkan
    uji menguji pengujian
    tata menata penataan
    tugas bertugas petugas penugasan
    pajak perpajakan
    report reports
    program programming
"""


@pytest.mark.parametrize("family", FAMILIES.strip().splitlines())
def test_words_of_one_root_meet(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ajar", "kejar"),
        ("pajak", "ajak"),
        ("saham", "paham"),
        ("perintah", "rintang"),
        ("evaluasi", "evaluator"),
    ],
)
def test_words_of_different_roots_stay_apart(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_abbreviations_and_habits_of_spelling_meet_the_full_words() -> None:
    def features(text: str) -> set[str]:
        return {feature for feature, _ in words(text)}

    assert features("SDM") == features("sumber daya manusia")
    assert features("Intern") == features("pemagangan")
    assert features("analisa") == features("Analisis")
    assert features("K3") == features("keselamatan dan kesehatan kerja")


def test_stop_words_numbers_and_single_letters_say_nothing() -> None:
    assert list(words("dan yang untuk the with 2024 12 a x")) == []


def test_composed_and_decomposed_characters_are_the_same() -> None:
    composed, decomposed = ([feature for feature, _ in words(text)] for text in ("résumé", "re\u0301sume\u0301"))
    assert composed == decomposed


def test_spellings_keep_what_the_reader_sees() -> None:
    seen = spellings("Pengelolaan Arsip; mengelola arsip.")
    assert seen == {"kelola": "Pengelolaan", "arsip": "Arsip"}


def test_rows_have_length_one_and_stuffing_gains_little() -> None:
    features = TextFeatures().fit(["arsip daerah", "jaringan komputer", "arsip jaringan"])
    rows = features.transform(["arsip daerah", "arsip " * 500 + "daerah", "tidak dikenal"])
    squares = rows.multiply(rows).sum(axis=1).A1.tolist()
    assert squares == pytest.approx([1.0, 1.0, 0.0])
    assert list(features.get_feature_names_out()) == [
        "arsip",
        "daerah",
        "jaring",
        "komputer",
    ]


@pytest.mark.parametrize("corpus", [[], [""], ["dan yang untuk"], ["", "2024"]])
def test_a_corpus_without_words_gives_no_columns(corpus: list[str]) -> None:
    assert TextFeatures().fit(corpus).transform(["arsip", ""]).shape == (2, 0)


def test_very_long_text_is_read_up_to_the_cap() -> None:
    long = "arsip " * 20_000 + "komputer"
    features = TextFeatures().fit([long, "jaringan"])
    assert "komputer" not in features.vocabulary_
    assert features.transform([long]).nnz == 1


@pytest.mark.parametrize("wrong", ["one text", [b"bytes"], [None]])
def test_what_is_not_a_list_of_texts_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="text"):
        TextFeatures().fit(wrong)  # type: ignore[arg-type]
