from __future__ import annotations

import numpy as np

from headstart.heads.logistic import fit_logistic
from headstart.strategies.linear_probe import LinearProbe


def data() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(1)
    targets = np.repeat([0, 1, 2], [40, 20, 10])
    return generator.normal(size=(70, 6)) + 0.8 * np.eye(6)[targets], targets


def test_the_bias_is_shifted_by_the_log_class_weights_and_nothing_else_changes():
    features, targets = data()
    weights = [0.5, 1.0, 2.0]
    plain = fit_logistic(features, targets, 3).head
    head = LinearProbe().fit(features, targets, 3, weights)
    assert np.array_equal(head.weight, plain.weight)
    assert np.allclose(head.bias - plain.bias, np.log(weights))


def test_ridge_is_the_other_head():
    features, targets = data()
    ridge = LinearProbe(head="ridge").fit(features, targets, 3, [0.5, 1.0, 2.0])
    assert np.mean(ridge.logits(features).argmax(axis=1) == targets) > 0.6
    assert not np.allclose(ridge.weight, LinearProbe().fit(features, targets, 3, [1, 1, 1]).weight)
