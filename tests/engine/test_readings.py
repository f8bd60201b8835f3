"""The readings that `rich` adds up, each on its own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from matching.engine.bm25 import Bm25
from matching.engine.wordspace import WordSpace

TEXTS = [
    "memasak nasi dan sayur di dapur hotel",
    "koki memasak ikan dan sayur di dapur",
    "koki menyiapkan nasi dan ikan di hotel",
    "memasang kabel jaringan dan router kantor",
    "teknisi merawat router dan kabel kantor",
    "teknisi memasang jaringan kantor",
]


def test_words_that_keep_the_same_neighbours_are_near() -> None:
    space = WordSpace(components=6).fit(TEXTS)
    cook, rice, cable = space.transform(["koki", "nasi", "kabel"])
    assert cook @ rice > 0.3 > cook @ cable
    again = WordSpace(components=6).fit(TEXTS).transform(["koki"])
    assert np.array_equal(again[0], cook)


def test_texts_without_known_words_lie_nowhere() -> None:
    space = WordSpace().fit(TEXTS)
    assert not space.transform(["", "dan yang", "xyz"]).any()
    assert np.linalg.norm(space.transform(["koki"])) == pytest.approx(1.0)
    assert WordSpace().fit(["arsip"]).transform(["arsip"]).tolist() == [[0.0]]
    assert clone(WordSpace(window=3)).get_params()["window"] == 3


def test_bm25_rewards_rare_words_saturates_and_minds_the_length() -> None:
    texts = ["arsip kota", "arsip arsip arsip arsip kota", "pajak kota", "arsip kota " + "gudang barang kantor " * 5]
    model = Bm25().fit(texts)
    scores = (model.ask(["arsip", "pajak", "kota", ""]) @ model.transform(texts).T).toarray()
    assert scores[0, 0] < scores[0, 1] < 2.0 * scores[0, 0]
    assert scores[0, 3] < scores[0, 0]
    assert scores[1, 2] > scores[0, 0] > scores[2, 0] > 0.0
    assert not scores[3].any()


def test_bm25_is_the_formula() -> None:
    model = Bm25().fit(["arsip kota", "pajak"])
    got = (model.ask(["arsip"]) @ model.transform(["arsip kota", "pajak"]).T).toarray()[0]
    idf, length = np.log(1 + 1.5 / 1.5), 2 / 1.5
    assert got == pytest.approx([idf * 2.2 / (1 + 1.2 * (0.25 + 0.75 * length)), 0.0])


def test_bm25_without_a_word_is_defined() -> None:
    model = Bm25().fit(["", "dan"])
    assert (model.ask(["arsip"]) @ model.transform(["arsip"]).T).toarray().tolist() == [[0.0]]
