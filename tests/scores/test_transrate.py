import numpy as np
import pytest

from headstart.scores.transrate import TransRate
from tests.scores.samples import SHAPES, rotation, sample


def _rate(rows, eps):
    return 0.5 * np.linalg.slogdet(np.eye(rows.shape[1]) + rows.T @ rows / (len(rows) * eps))[1]


@pytest.mark.parametrize(("items", "width"), SHAPES)
@pytest.mark.parametrize("eps", [1e-4, 1e-1])
def test_equals_the_formula(items, width, eps):
    features, targets = sample(items, width)
    rows = features - features.mean(axis=0)
    rows *= np.sqrt(items / np.trace(rows @ rows.T))
    inside = sum(np.mean(targets == name) * _rate(rows[targets == name], eps) for name in np.unique(targets))
    assert TransRate(eps=eps).score(features, targets) == pytest.approx(_rate(rows, eps) - inside, abs=1e-8)


def test_never_negative_and_free_of_rotation_scale_and_empty_columns():
    features, targets = sample(60, 8)
    value = TransRate().score(features, targets)
    assert TransRate().score(features @ rotation(8) * 30.0 + 4.0, targets) == pytest.approx(value, rel=1e-9)
    assert TransRate().score(np.hstack([features, np.zeros((60, 100))]), targets) == pytest.approx(value, rel=1e-9)
    generator = np.random.default_rng(0)
    assert all(TransRate().score(features, generator.permutation(targets)) >= 0.0 for _ in range(20))
