from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from matching.engine.calibration import Curve, PointsCalibrator


def history(n: int, *, slope: float = 6.0, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Points, and events that get likelier with them along a logistic curve."""
    random = np.random.default_rng(seed)
    points = random.integers(500, 9500, n)
    return points, random.random(n) < 1 / (1 + np.exp(-slope * (points - 5000) / 10_000))


def test_a_history_that_follows_the_points_gives_a_probability() -> None:
    points, happened = history(800)
    fitted = PointsCalibrator().fit(points, happened)
    assert fitted.abstains_ == ""
    assert (fitted.n_, fitted.positives_) == (800, happened.sum())
    assert fitted.curve_ is not None
    assert fitted.curve_.slope == pytest.approx(6e-4, rel=0.2)
    true = 1 / (1 + np.exp(-6 * (np.array([2000, 5000, 8000]) - 5000) / 10_000))
    assert fitted.predict_proba([2000, 5000, 8000])[:, 1] == pytest.approx(true, abs=0.06)
    assert fitted.predict_proba([2000]).sum() == pytest.approx(1.0)
    low, high = fitted.brier_skill_interval_
    assert 0.0 < low < fitted.brier_skill_ < high < 1.0
    assert fitted.brier_ == pytest.approx((1 - fitted.brier_skill_) * happened.mean() * (1 - happened.mean()))
    assert fitted.ece_ < 0.06
    assert len(fitted.reliability_) == 10
    assert sum(one.count for one in fitted.reliability_) == 800
    assert all(one.low <= one.observed <= one.high for one in fitted.reliability_)
    predicted = [one.predicted for one in fitted.reliability_]
    assert predicted == sorted(predicted)


def test_predictions_are_made_without_the_outcome_that_they_are_for() -> None:
    """An in-sample curve would be credited with some skill on pure noise; left out, it must look useless on average."""
    skills = []
    for seed in range(40):
        random = np.random.default_rng(seed)
        noise = PointsCalibrator(rounds=1).fit(random.integers(0, 10_000, 200), random.random(200) < 0.5)
        skills.append(noise.brier_skill_)
    assert np.mean(skills) < 0.0


def test_noise_abstains() -> None:
    shown = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        fitted = PointsCalibrator(rounds=200).fit(random.integers(0, 10_000, 300), random.random(300) < 0.4)
        shown += not fitted.abstains_
    assert shown <= 3


def test_points_that_speak_against_the_event_abstain_with_a_flat_curve() -> None:
    points, happened = history(600)
    fitted = PointsCalibrator().fit(points, ~happened)
    assert fitted.abstains_ == "no_skill"
    assert fitted.curve_ is not None
    assert fitted.curve_.slope == 0.0
    assert fitted.curve_(5000) == pytest.approx(1 - happened.mean(), abs=0.01)
    with pytest.raises(ValueError, match="no_skill"):
        fitted.predict_proba([1])


@pytest.mark.parametrize(
    ("points", "happened", "code"),
    [
        ([], [], "too_few_outcomes"),
        ([5.0] * 99, [True] * 99, "too_few_outcomes"),
        (range(200), [True] * 200, "too_few_failures"),
        (range(200), [False] * 200, "too_few_successes"),
        (range(200), [True] * 19 + [False] * 181, "too_few_successes"),
        (range(200), [1] * 181 + [0] * 19, "too_few_failures"),
        ([7000] * 200, [1, 0] * 100, "no_skill"),
    ],
)
def test_thin_or_uniform_data_abstains(points: Any, happened: Any, code: str) -> None:
    fitted = PointsCalibrator().fit(list(points), happened)
    assert fitted.abstains_ == code
    assert (fitted.reliability_ == ()) == (code != "no_skill")


def test_outcomes_of_one_group_are_left_out_together_and_resampled_together() -> None:
    points, happened = history(400)
    alone = PointsCalibrator().fit(points, happened)
    assert PointsCalibrator().fit(points, happened, groups=[n % 5 for n in range(400)]).abstains_ == "too_few_groups"
    tenfold = PointsCalibrator().fit(np.repeat(points, 10), np.repeat(happened, 10), np.repeat(np.arange(400), 10))
    width, tight = np.diff(tenfold.brier_skill_interval_), np.diff(alone.brier_skill_interval_)
    assert width == pytest.approx(tight, rel=0.25)  # copies are no news
    naive = PointsCalibrator().fit(np.repeat(points, 10), np.repeat(happened, 10))
    assert np.diff(naive.brier_skill_interval_) < width / 2


def test_points_that_part_the_events_cleanly_stay_finite() -> None:
    points = np.arange(400) * 25
    fitted = PointsCalibrator().fit(points, points >= 5000)
    assert fitted.abstains_ == ""
    assert fitted.curve_ is not None
    assert np.isfinite(fitted.curve_.slope)
    assert 0.0 <= fitted.predict_proba([0])[0, 1] < 0.01
    assert fitted.predict_proba([10_000])[0, 1] > 0.99


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-8, 8), st.integers(100, 250))
def test_more_points_never_mean_a_smaller_probability(seed: int, slope: float, n: int) -> None:
    points, happened = history(n, slope=slope, seed=seed)
    fitted = PointsCalibrator(rounds=20, min_each=5).fit(points, happened)
    if fitted.curve_ is None:
        assert fitted.abstains_.startswith("too_few")
        return
    chances = fitted.curve_(np.arange(0, 10_001, 50))
    assert (np.diff(chances) >= 0.0).all()
    assert ((chances > 0.0) & (chances < 1.0)).all()


def test_beyond_the_points_that_outcomes_are_known_for_the_curve_stays_flat() -> None:
    curve = Curve(intercept=-2.0, slope=4e-4, low=3000.0, high=7000.0)
    assert curve([0, 3000]).tolist() == [curve(3000)] * 2
    assert curve([7000, 10_000]).tolist() == [curve(7000)] * 2
    assert curve(5000) == pytest.approx(0.5)


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), st.booleans())
def test_the_same_outcomes_in_another_order_give_the_same_answer(random: Any, grouped: bool) -> None:
    points, happened = history(150)
    groups = [f"slot {n % 30}" for n in range(150)]
    order = list(range(150))
    random.shuffle(order)
    one = PointsCalibrator(rounds=20).fit(points, happened, groups if grouped else None)
    other = PointsCalibrator(rounds=20).fit(
        points[order], happened[order], [groups[n] for n in order] if grouped else None
    )
    assert repr(vars(one)) == repr(vars(other))  # by their digits: NaN differs from itself


@pytest.mark.parametrize(
    ("points", "happened", "groups", "says"),
    [
        ([1.0, float("nan")], [1, 0], None, "finite"),
        ([1.0, float("inf")], [1, 0], None, "finite"),
        ([[1.0], [2.0]], [1, 0], None, "one-dimensional"),
        ([1.0, 2.0], [[1], [0]], None, "one-dimensional"),
        ([1.0, 2.0], [1], None, "equally many"),
        ([1.0, 2.0], [1, 0], ["a"], "equally many"),
        ([1.0, 2.0], [1, 2], None, "either happened"),
        ([1.0, 2.0], [1.0, float("nan")], None, "either happened"),
        ([1.0, 2.0], ["yes", "no"], None, "either happened"),
    ],
)
def test_bad_input_is_refused(points: Any, happened: Any, groups: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        PointsCalibrator().fit(points, happened, groups)


@pytest.mark.parametrize(
    "wrong", [{"folds": 1}, {"bins": 0}, {"rounds": 0}, {"min_each": 0}, {"C": 0.0}, {"C": float("nan")}]
)
def test_bad_parameters_are_refused_by_fit(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        PointsCalibrator(**wrong).fit(*history(200))


def test_an_unfitted_calibrator_says_so() -> None:
    with pytest.raises(NotFittedError):
        clone(PointsCalibrator(folds=4)).predict_proba([1])


def test_the_interval_covers_the_skill_of_the_curve_on_new_data() -> None:
    """The lower bound is what is relied on: on fresh outcomes the skill falls below it only now and then."""
    below = 0
    for seed in range(40):
        fitted = PointsCalibrator(rounds=200).fit(*history(300, slope=4.0, seed=seed))
        points, happened = history(5000, slope=4.0, seed=1000 + seed)
        assert fitted.curve_ is not None
        rate = happened.mean()
        fresh = 1 - ((fitted.curve_(points) - happened) ** 2).mean() / (rate * (1 - rate))
        below += fresh < fitted.brier_skill_interval_[0]
    assert below <= 4
