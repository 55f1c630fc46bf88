import numpy as np
from sklearn.preprocessing import StandardScaler

from headstart.core import features as contract
from headstart.core.backbone import LinearHead
from headstart.heads.standardise import Standardiser


def test_without_floor_equals_scikit_learn_and_drops_constant_columns():
    features = np.random.default_rng(0).normal(size=(20, 3)) * [1.0, 100.0, 0.01] + 1e4
    features = np.column_stack([features, np.full(20, 0.1)])
    scaled = Standardiser.of(features, floor=0.0).apply(features)
    np.testing.assert_allclose(scaled[:, :3], StandardScaler().fit_transform(features[:, :3]), atol=1e-9)
    np.testing.assert_array_equal(scaled[:, 3], 0.0)


def test_floor_keeps_quiet_columns_quiet():
    features = np.random.default_rng(0).normal(size=(500, 2)) * [1.0, 1e-3]
    variance = features.var(axis=0)
    expected = variance / (variance + 0.1 * variance.mean())
    np.testing.assert_allclose(Standardiser.of(features, floor=0.1).apply(features).var(axis=0), expected)


def test_scaling_disappears_into_the_head():
    features = np.random.default_rng(0).normal(size=(20, 3)) * [1.0, 100.0, 0.01] + 5.0
    standardiser = Standardiser.of(features)
    head = LinearHead(weight=np.arange(6.0).reshape(2, 3), bias=np.array([1.0, -1.0]))
    np.testing.assert_allclose(
        standardiser.fold(head).logits(features), head.logits(standardiser.apply(features)), atol=1e-9
    )


def test_moments_of_many_features_are_summed_over_blocks(monkeypatch):
    features = np.random.default_rng(5).normal(1e4, 1.0, size=(500, 4)) * [1.0, 5.0, 0.1, 0.0]
    whole = Standardiser.of(features)
    monkeypatch.setattr(contract, "MANY_ROWS", 10)
    monkeypatch.setattr(contract, "MANY_VALUES", 100)
    monkeypatch.setattr(contract, "BLOCK_BYTES", 640)
    summed = Standardiser.of(features)
    np.testing.assert_allclose(summed.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(summed.scale, whole.scale, rtol=1e-9)
