import itertools
import tracemalloc

import numpy as np
import pytest

from headstart.scores.gbc import GaussianBhattacharyya
from tests.scores.samples import SHAPES, rotation, sample


def _overlap(first, second, variances):
    """exp(-B) of two Gaussians with covariance matrices, by the general formula."""
    one, other = (np.diag(each) for each in variances)
    middle = (one + other) / 2
    gap = first - second
    distance = gap @ np.linalg.solve(middle, gap) / 8
    logs = [np.linalg.slogdet(each)[1] for each in (middle, one, other)]
    return np.exp(-distance - 0.5 * (logs[0] - 0.5 * (logs[1] + logs[2])))


@pytest.mark.parametrize(("items", "width"), SHAPES)
@pytest.mark.parametrize("spherical", [True, False])
@pytest.mark.parametrize("components", [3, 64])
def test_equals_the_general_formula(items, width, spherical, components):
    features, targets = sample(items, width)
    rows = features - features.mean(axis=0)
    _, _, right = np.linalg.svd(rows, full_matrices=False)
    rows = rows @ right.T[:, :components]
    names = np.unique(targets)
    means = {name: rows[targets == name].mean(axis=0) for name in names}
    spread = {name: rows[targets == name].var(axis=0) for name in names}
    if spherical:
        spread = {name: np.full(rows.shape[1], each.mean()) for name, each in spread.items()}
    spread = {name: np.maximum(each, 1e-4 * np.mean(rows**2)) for name, each in spread.items()}
    pairs = itertools.permutations(names, 2)
    expected = -sum(_overlap(means[a], means[b], (spread[a], spread[b])) for a, b in pairs)
    found = GaussianBhattacharyya(components=components, spherical=spherical).score(features, targets)
    assert found == pytest.approx(expected, abs=1e-8)


def test_bounds_and_invariances():
    features, targets = sample(60, 8)
    value = GaussianBhattacharyya().score(features, targets)
    assert -12.0 < value < 0.0
    assert GaussianBhattacharyya().score(features @ rotation(8) * 30.0 + 4.0, targets) == pytest.approx(value)
    same = np.tile(np.random.default_rng(0).normal(size=(10, 4)), (2, 1))
    assert GaussianBhattacharyya().score(same, np.repeat([0, 1], 10)) == pytest.approx(-2.0)


def test_a_thousand_classes_need_no_gigabytes():
    features = np.random.default_rng(0).normal(size=(2000, 16))
    tracemalloc.start()
    try:
        GaussianBhattacharyya(components=16).score(features, np.arange(2000) % 1000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 100 * 1024**2  # all pairs at once would take 128 MB for each of several arrays
