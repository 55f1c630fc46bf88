from __future__ import annotations

import numpy as np

from headstart.domains._entropy import information, softmax
from headstart.domains.shot_im import ShotIM
from tests.domains.pairs import fit, right, shifted


def test_predictions_become_certain_and_stay_varied():
    pair, hidden = shifted()
    before = fit(pair.source, np.eye(3)[pair.labels])
    after = ShotIM().cross(pair, fit).head
    first, second = before.logits(pair.target), after.logits(pair.target)
    assert information(second)[0] < information(first)[0]
    assert softmax(second).max(axis=1).mean() > softmax(first).max(axis=1).mean()
    assert right(after, pair.target, hidden) >= right(before, pair.target, hidden)


def test_a_strong_anchor_keeps_the_source_head():
    pair, _ = shifted()
    before = fit(pair.source, np.eye(3)[pair.labels])
    after = ShotIM(anchor=1e6).cross(pair, fit).head
    np.testing.assert_allclose(after.weight, before.weight, atol=1e-5)
    np.testing.assert_allclose(after.bias, before.bias, atol=1e-5)


def test_where_it_ends_the_gradient_is_none():
    pair, _ = shifted()
    start, end = fit(pair.source, np.eye(3)[pair.labels]), ShotIM(anchor=0.5).cross(pair, fit).head
    mean = pair.target.mean(axis=0)
    slope = information(end.logits(pair.target))[1]
    np.testing.assert_allclose(slope.T @ (pair.target - mean) + 0.5 * (end.weight - start.weight), 0.0, atol=1e-3)
