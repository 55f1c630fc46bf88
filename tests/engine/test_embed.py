import numpy as np
import pytest

from headstart.core.errors import UserError
from headstart.engine.embed import feature_map


def clusters(count, dim=40, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    return 4 * rng.normal(size=(3, dim))[labels] + rng.normal(size=(count, dim)), labels


def nearest_agrees(points, labels):
    distance = ((points[:, None] - points) ** 2).sum(-1)
    np.fill_diagonal(distance, np.inf)
    return (labels[distance.argmin(1)] == labels).mean()


def test_neighbours_stay_neighbours_and_the_map_is_reproducible():
    features, labels = clusters(60)
    points, method = feature_map(features.astype(np.float32))
    assert method == "t-SNE"
    assert points.shape == (60, 2)
    assert points.dtype == np.float64
    assert np.abs(points).max() == pytest.approx(1.0)
    assert nearest_agrees(points, labels) > 0.95
    np.testing.assert_array_equal(points, feature_map(features.astype(np.float32))[0])


def test_many_items_are_shown_by_principal_components():
    features, labels = clusters(101)
    points, method = feature_map(features, laid_out=100)
    assert method == "PCA"
    unit = features / np.linalg.norm(features, axis=1, keepdims=True)
    left, scale, _ = np.linalg.svd(unit - unit.mean(0), full_matrices=False)
    expected = left[:, :2] * scale[:2]
    for axis in range(2):
        assert abs(np.corrcoef(points[:, axis], expected[:, axis])[0, 1]) > 0.999
    assert nearest_agrees(points[:200], labels[:200]) > 0.9


@pytest.mark.parametrize(
    "features",
    [np.ones((1, 5)), np.ones((20, 3)), np.zeros((12, 2)), np.arange(9.0).reshape(9, 1), np.eye(3)],
)
def test_degenerate_features_still_make_a_map(features):
    points, method = feature_map(features)
    assert points.shape == (len(features), 2)
    assert np.isfinite(points).all()
    assert method == "PCA"


def test_scale_of_a_row_does_not_matter():
    features, _ = clusters(8)
    scaled = features * np.linspace(1, 50, 8)[:, None]
    np.testing.assert_allclose(feature_map(features)[0], feature_map(scaled)[0], atol=1e-6)


def test_what_cannot_be_mapped_is_said():
    with pytest.raises(UserError, match=r"features of shape \(items, width\); got \(0, 4\)"):
        feature_map(np.empty((0, 4)))
    features, _ = clusters(12)
    features[3, 2] = np.nan
    with pytest.raises(UserError, match="1 of 12 items have features that are not finite"):
        feature_map(features)
