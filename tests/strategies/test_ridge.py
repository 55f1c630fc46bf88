from __future__ import annotations

import numpy as np
import pytest

from headstart.core.strategy import FeatureStrategy
from headstart.heads.probe import fit_probe
from headstart.strategies.linear_probe import LinearProbe
from headstart.strategies.multi_view import MultiView

DRAWS = np.random.default_rng(0)
TARGETS = np.arange(120) % 2
FEATURES = DRAWS.normal(size=(120, 6)) + 0.8 * TARGETS[:, None]
GROUPS = np.arange(40).repeat(3)
FOLDS = (np.arange(40) % 4).repeat(3)[None]


@pytest.mark.parametrize("strategy", [LinearProbe(), MultiView()])
def test_the_head_is_the_calibrated_ridge_and_many_features_go_through_sums(strategy: FeatureStrategy, monkeypatch):
    asked = (FEATURES, TARGETS, 2, [1.0, 1.0], GROUPS)
    expected = fit_probe(*asked)
    assert np.array_equal(strategy.fit(*asked).weight, expected.weight)
    monkeypatch.setattr("headstart.core.features.many", lambda features: True)
    streamed = strategy.fit(*asked)
    assert not np.array_equal(streamed.weight, expected.weight)
    agreement = np.mean(streamed.logits(FEATURES).argmax(1) == expected.logits(FEATURES).argmax(1))
    assert agreement > 0.95


@pytest.mark.parametrize("strategy", [LinearProbe(), MultiView()])
def test_folds_together_give_what_a_fit_per_fold_gives(strategy: FeatureStrategy):
    asked = (FEATURES, TARGETS, 2, FOLDS, lambda targets: [1.0, 1.0], GROUPS)
    together, apart = strategy.cross_fit(*asked), FeatureStrategy.cross_fit(strategy, *asked)
    assert together.shape == apart.shape == (1, 120, 2)
    assert np.mean(together.argmax(2) == apart.argmax(2)) > 0.95
