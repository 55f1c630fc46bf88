import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf_shrinkage

from headstart.scores.h_score import HScore, ledoit_wolf
from tests.scores.samples import SHAPES, rotation, sample


def _by_hand(features, targets):
    names, labels = np.unique(targets, return_inverse=True)
    shrinkage = ledoit_wolf_shrinkage(features)
    total = np.cov(features.T, bias=True)
    width = features.shape[1]
    estimate = (1 - shrinkage) * total + shrinkage * np.trace(total) / width * np.eye(width)
    expected = np.stack([features[labels == label].mean(axis=0) for label in range(len(names))])[labels]
    return (1 - shrinkage) * np.trace(np.linalg.solve(estimate, np.cov(expected.T, bias=True))) / (len(names) - 1)


@pytest.mark.parametrize(("items", "width"), SHAPES)
def test_equals_the_formula(items, width):
    features, targets = sample(items, width)
    assert HScore().score(features, targets) == pytest.approx(_by_hand(features, targets), abs=1e-8)


@pytest.mark.parametrize(("items", "width"), SHAPES)
def test_shrinkage_equals_scikit_learn(items, width):
    features, _ = sample(items, width)
    rows = features - features.mean(axis=0)
    assert ledoit_wolf(rows) == pytest.approx(ledoit_wolf_shrinkage(features), abs=1e-10)


def test_between_zero_and_one_and_free_of_rotation_and_scale():
    features, targets = sample(60, 8)
    value = HScore().score(features, targets)
    assert 0.0 < value < 1.0
    assert HScore().score(features @ rotation(8) * 30.0 + 4.0, targets) == pytest.approx(value, rel=1e-9)
    separated = np.eye(4)[np.arange(400) % 4] + 1e-6 * np.random.default_rng(0).normal(size=(400, 4))
    assert 0.97 < HScore().score(separated, np.arange(400) % 4) <= 1.0


def test_covariance_that_is_the_target_already_is_not_shrunk():
    rows = np.vstack([np.eye(3), -np.eye(3)])
    assert ledoit_wolf(rows) == 0.0
