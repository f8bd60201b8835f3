from __future__ import annotations

import numpy as np
import pytest

from matching.engine.metrics import coverage, exposure_ratio, gains, ndcg, ratio_by_chance, ratio_of_means


def test_ndcg_is_one_for_the_best_order_and_falls_with_each_swap() -> None:
    grades = {"a": 3.0, "b": 2.0, "c": 1.0}
    assert ndcg(["a", "b", "c"], grades) == pytest.approx(1.0)
    assert 0.0 < ndcg(["c", "b", "a"], grades) < ndcg(["b", "a", "c"], grades) < 1.0
    assert ndcg(["x", "a"], {"a": 1.0}, k=2) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg(["a"], {}) == 0.0


def test_coverage_counts_what_is_shown_to_anyone() -> None:
    assert coverage([["a", "b"], ["b"]], ["a", "b", "c", "d"]) == 0.5
    assert coverage([], []) == 1.0
    assert coverage([[], []], ["a"]) == 0.0


def test_exposure_ratio_compares_the_groups() -> None:
    groups = {"a": "women", "b": "men", "c": "women", "d": "men"}
    assert exposure_ratio([["a", "b"], ["d", "c"]], groups) == pytest.approx(1.0)
    assert exposure_ratio([["a", "b"]], groups) == pytest.approx(0.6309, abs=1e-4)
    assert exposure_ratio([["a"]], groups) == 0.0
    assert exposure_ratio([], groups) == 1.0
    assert exposure_ratio([["a"]], {"a": "women"}) == 1.0


def test_a_ratio_of_few_people_differs_a_lot_by_chance() -> None:
    random = np.random.default_rng(1)
    few = [random.exponential(size=10).tolist() for _ in range(2)]
    many = [random.exponential(size=5000).tolist() for _ in range(2)]
    assert ratio_by_chance(few) < 0.6
    assert ratio_by_chance(many) > 0.9
    assert ratio_by_chance(few) == ratio_by_chance([sorted(few[0], reverse=True), few[1]])
    assert ratio_by_chance([[1.0, 1.0], [1.0]]) == ratio_of_means([[0.0], [0.0]]) == 1.0


def test_one_in_twenty_random_divisions_falls_below_what_chance_allows() -> None:
    below = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        parted = [random.exponential(size=size).tolist() for size in (30, 20, 50)]
        below += ratio_of_means(parted) < ratio_by_chance(parted, random_state=seed)
    assert below <= 20


def test_gains_count_less_further_down() -> None:
    assert gains([1.0, 1.0, 1.0], 2) == pytest.approx(1.6309, abs=1e-4)
    assert gains([], 10) == 0.0
