"""From points to a probability that was learnt from what happened, or to saying that too little is known.

Points order pairs; they say nothing of chances. A logistic curve of the points is the smallest monotone map that can be
fitted on a few hundred outcomes (Platt, 1999). How far it may be believed is measured on outcomes that were left out of
each fit, and a curve that beats the plain average by no more than chance is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

Dense = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]

NO_ANSWER = float("nan")
WILSON = 1.959964  # the normal quantile of a 95% interval

# Why no probability is given.
TOO_FEW_OUTCOMES = "too_few_outcomes"
TOO_FEW_SUCCESSES = "too_few_successes"
TOO_FEW_FAILURES = "too_few_failures"
TOO_FEW_GROUPS = "too_few_groups"
NO_SKILL = "no_skill"


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Outcomes with similar predictions: the mean prediction, the share that happened and its 95% Wilson interval."""

    predicted: float
    observed: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Points to a probability: logistic, never falling, and flat beyond the points that outcomes are known for."""

    intercept: float
    slope: float
    low: float
    high: float

    def __call__(self, points: ArrayLike) -> Dense:
        """The probability at each number of points."""
        known = np.clip(np.asarray(points, dtype=np.float64), self.low, self.high)
        probability: Dense = 1.0 / (1.0 + np.exp(-np.clip(self.intercept + self.slope * known, -700.0, 700.0)))
        return probability


class PointsCalibrator(BaseEstimator):
    """Learns the probability of an event from points, monotone, and judges itself on what it has not seen.

    Parameters
    ----------
    min_outcomes: below this many outcomes it abstains.
    min_each: so many events, non-events and groups there must be at least.
    folds: parts of the cross-fitting.
    bins, smallest_bin: at most so many bins of the reliability, each of at least so many outcomes on average.
    rounds: bootstrap samples behind the interval of the skill.
    C: inverse strength of the penalty on the slope, in standard deviations of the points; it keeps the slope finite
        where points part the events cleanly.
    random_state: who falls into which fold and bootstrap sample. The order of the outcomes does not matter.

    Attributes
    ----------
    abstains_: why no probability may be shown, or "" when one may.
    curve_: what was learnt from all outcomes, or None where there was too little to fit.
    n_, positives_: outcomes, and those where the event happened.
    brier_, brier_skill_, brier_skill_interval_, ece_, reliability_: of predictions made without the outcome that they
        are for. The skill is 1 - Brier / Brier of the overall rate, which the comparison knows and the curve does not;
        its interval holds 95% of bootstrap samples of whole groups. NaN and () where there was too little to fit.
    """

    def __init__(
        self,
        *,
        min_outcomes: int = 100,
        min_each: int = 20,
        folds: int = 10,
        bins: int = 10,
        smallest_bin: int = 25,
        rounds: int = 1000,
        C: float = 10.0,
        random_state: int | None = 0,
    ) -> None:
        self.min_outcomes = min_outcomes
        self.min_each = min_each
        self.folds = folds
        self.bins = bins
        self.smallest_bin = smallest_bin
        self.rounds = rounds
        self.C = C
        self.random_state = random_state

    def fit(self, points: ArrayLike, happened: ArrayLike, groups: Sequence[object] | None = None) -> Self:
        """Learn from the points of pairs and whether the event happened.

        Outcomes of one group (of one slot, say, whose seats they competed for) are left out and resampled together.
        Raises ValueError for points that are not finite, events that are neither true nor false, unequal lengths.
        """
        self._check_parameters()
        values, events = _points(points), _events(happened)
        if len(events) != len(values) or (groups is not None and len(groups) != len(values)):
            raise ValueError("points, events and groups must be equally many")
        order = np.lexsort((events, values))
        labels = np.arange(len(values)) if groups is None else _coded(groups)[order]
        values, events = values[order], events[order]
        self.n_, self.positives_ = len(events), int(events.sum())
        self.curve_: Curve | None = None
        self.brier_ = self.brier_skill_ = self.ece_ = NO_ANSWER
        self.brier_skill_interval_: tuple[float, float] = (NO_ANSWER, NO_ANSWER)
        self.reliability_: tuple[ReliabilityBin, ...] = ()
        self.abstains_ = self._too_few(len(np.unique(labels)))
        if self.abstains_:
            return self
        # Canonical order first, so that the same outcomes in another order fall into the same folds.
        order = np.lexsort((events, values, labels))
        values, events, labels = values[order], events[order], labels[order]
        random = check_random_state(self.random_state)
        self.curve_ = self._fit_curve(values, events)
        self._judge(self._left_out(values, events, labels, random), events, labels, random)
        if not self.brier_skill_interval_[0] > 0.0:
            self.abstains_ = NO_SKILL
        return self

    def predict_proba(self, points: ArrayLike) -> Dense:
        """The probabilities, shape (n, 2), that the event does not happen and that it does.

        Raises ValueError where the calibrator abstains: then there is no number to show.
        """
        check_is_fitted(self, "abstains_")
        values = _points(points)
        if self.abstains_ or self.curve_ is None:
            raise ValueError(f"no probability: {self.abstains_}")
        happens = self.curve_(values)
        return np.column_stack([1.0 - happens, happens])

    # --- fitting --------------------------------------------------------------------------------------------------

    def _check_parameters(self) -> None:
        least = {"min_outcomes": 1, "min_each": 1, "folds": 2, "bins": 1, "smallest_bin": 1, "rounds": 1}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise ValueError(f"{name} must be at least {low}, not {getattr(self, name)!r}")
        if not self.C > 0.0:
            raise ValueError(f"C must be above 0, not {self.C!r}")

    def _too_few(self, groups: int) -> str:
        if self.n_ < self.min_outcomes:
            return TOO_FEW_OUTCOMES
        if self.positives_ < self.min_each:
            return TOO_FEW_SUCCESSES
        if self.n_ - self.positives_ < self.min_each:
            return TOO_FEW_FAILURES
        return TOO_FEW_GROUPS if groups < max(self.min_each, self.folds) else ""

    def _fit_curve(self, values: Dense, events: Flags) -> Curve:
        """The likelihood is concave: where its best slope is negative, 0 is the best of those that are allowed, and the
        best intercept is then the log odds."""
        share = (events.sum() + 0.5) / (len(events) + 1.0)  # half an event more keeps the odds finite
        middle, spread, low, high = (float(f(values)) for f in (np.mean, np.std, np.min, np.max))
        flat = Curve(float(np.log(share / (1.0 - share))), 0.0, low, high)
        if spread <= 1e-9 * max(1.0, abs(middle)) or events.all() or not events.any():
            return flat
        model = LogisticRegression(C=self.C, tol=1e-8, max_iter=1000).fit(((values - middle) / spread)[:, None], events)
        slope = float(model.coef_[0, 0]) / spread
        return Curve(float(model.intercept_[0]) - slope * middle, slope, low, high) if slope > 0.0 else flat

    def _left_out(self, values: Dense, events: Flags, labels: Codes, random: np.random.RandomState) -> Dense:
        """For each outcome the prediction of a curve that was fitted without its fold."""
        _, groups = np.unique(labels, return_inverse=True)
        fold = (random.permutation(groups.max() + 1) % self.folds)[groups]
        predicted = np.empty(len(values))
        for number in range(self.folds):
            here = fold == number
            predicted[here] = self._fit_curve(values[~here], events[~here])(values[here])
        return predicted

    def _judge(self, predicted: Dense, events: Flags, labels: Codes, random: np.random.RandomState) -> None:
        _, groups = np.unique(labels, return_inverse=True)
        size = int(groups.max()) + 1
        errors = np.bincount(groups, weights=(predicted - events) ** 2, minlength=size)
        counts = np.bincount(groups, minlength=size).astype(np.float64)
        hits = np.bincount(groups, weights=events.astype(np.float64), minlength=size)
        self.brier_ = float(errors.sum() / self.n_)
        self.brier_skill_ = _skill(float(errors.sum()), self.n_, self.positives_)
        samples = np.empty(self.rounds)
        for number in range(self.rounds):
            drawn = np.bincount(random.randint(size, size=size), minlength=size).astype(np.float64)
            samples[number] = _skill(float(drawn @ errors), float(drawn @ counts), float(drawn @ hits))
        low, high = np.quantile(samples, [0.025, 0.975])
        self.brier_skill_interval_ = (float(low), float(high))
        self.reliability_ = self._reliability(predicted, events)
        self.ece_ = sum(one.count * abs(one.predicted - one.observed) for one in self.reliability_) / self.n_

    def _reliability(self, predicted: Dense, events: Flags) -> tuple[ReliabilityBin, ...]:
        """Bins of about equally many outcomes; equal predictions share a bin."""
        number = max(1, min(self.bins, self.n_ // self.smallest_bin))
        edges = np.quantile(predicted, np.arange(1, number) / number)
        place = np.searchsorted(edges, predicted, side="right")
        return tuple(_bin(predicted[place == at], events[place == at]) for at in np.unique(place))


def _points(points: ArrayLike) -> Dense:
    values: Dense = np.asarray(points, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError(f"points must be one-dimensional, not of shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("points must be finite")
    return values


def _events(happened: ArrayLike) -> Flags:
    values: NDArray[Any] = np.asarray(happened)
    if values.ndim != 1:
        raise ValueError(f"events must be one-dimensional, not of shape {values.shape}")
    if not np.isin(values, (0, 1)).all():
        raise ValueError("an event either happened (1, True) or did not (0, False)")
    return values.astype(np.bool_)


def _coded(groups: Sequence[object]) -> Codes:
    places: dict[object, int] = {}
    for label in sorted(set(groups), key=str):
        places[label] = len(places)
    return np.asarray([places[label] for label in groups], dtype=np.int64)


def _skill(error: float, count: float, hits: float) -> float:
    """1 - Brier / Brier of the overall rate; 0 where all or none happened, since nothing can be told apart there."""
    rate = hits / count
    reference = count * rate * (1.0 - rate)
    return float(1.0 - error / reference) if reference > 0.0 else 0.0


def _bin(predicted: Dense, events: Flags) -> ReliabilityBin:
    count, share = len(events), float(events.mean())
    spread = WILSON**2 / count
    centre = (share + spread / 2.0) / (1.0 + spread)
    half = WILSON * float(np.sqrt(share * (1.0 - share) / count + spread / (4.0 * count))) / (1.0 + spread)
    return ReliabilityBin(float(predicted.mean()), share, max(0.0, centre - half), min(1.0, centre + half), count)
