"""What scikit-learn asks of every estimator, as far as it can be asked of texts and of pairs.

Its full suite feeds numbers to `fit`; for string input it runs nothing at all, so the checks that need no numbers are
called one by one.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sklearn.base import BaseEstimator
from sklearn.utils import estimator_checks as checks

from matching.engine.bm25 import Bm25
from matching.engine.bridge import LabelBridge
from matching.engine.calibration import PointsCalibrator
from matching.engine.condense import Condenser
from matching.engine.ranking import Recommender
from matching.engine.reader import SkillReader
from matching.engine.rich import RichText
from matching.engine.text import TextFeatures
from matching.engine.wordspace import WordSpace

ESTIMATORS = [
    TextFeatures(),
    Recommender(),
    PointsCalibrator(),
    SkillReader(),
    LabelBridge(),
    RichText(),
    Condenser(),
    Bm25(),
    WordSpace(),
]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(
    "check",
    [
        checks.check_estimator_cloneable,
        checks.check_estimator_repr,
        checks.check_valid_tag_types,
        checks.check_no_attributes_set_in_init,
        checks.check_parameters_default_constructible,
        checks.check_get_params_invariance,
        checks.check_set_params,
    ],
    ids=lambda c: c.__name__,
)
def test_scikit_learn_manners(estimator: BaseEstimator, check: Callable[[str, BaseEstimator], None]) -> None:
    check(type(estimator).__name__, estimator)
