"""What every transferability score keeps to, whoever wrote it."""

import dataclasses

import numpy as np
import pytest

from headstart.catalog import scores
from headstart.core.errors import UserError
from tests.scores.samples import SHAPES, sample

NAMES = scores.names()


@pytest.fixture(params=NAMES)
def score(request):
    return scores.get(request.param)()


def test_all_are_created_by_name():
    assert tuple(scores.create()) == NAMES
    assert {"knn", "ridge_loo", "logme", "h_score", "transrate", "gbc", "sfda"} <= set(NAMES)


def test_it_is_a_frozen_value_that_says_when_it_fails(score):
    assert dataclasses.is_dataclass(score)
    assert type(score)() == score
    assert "Fails when" in (type(score).__doc__ or "")
    assert "Comparable between backbones" in " ".join((type(score).__doc__ or "").split())


@pytest.mark.parametrize(("items", "width"), SHAPES)
def test_finite_pure_and_repeatable_on_awkward_samples(score, items, width):
    features, targets = sample(items, width)
    before = features.copy(), targets.copy()
    value = score.score(features, targets)
    assert isinstance(value, float)
    assert np.isfinite(value)
    assert score.score(features, targets) == value
    np.testing.assert_array_equal(features, before[0])
    np.testing.assert_array_equal(targets, before[1])


def test_computed_in_double_precision(score):
    features, targets = sample(60, 8)
    single = features.astype(np.float32)
    assert score.score(single, targets) == score.score(single.astype(np.float64), targets)


def test_names_and_order_of_classes_and_items_do_not_matter(score):
    features, targets = sample(60, 8)
    features = features + np.random.default_rng(3).normal(size=features.shape) * 1e-3  # no ties between duplicates
    value = score.score(features, targets)
    assert score.score(features, 100 - targets) == pytest.approx(value, rel=1e-7)
    order = np.random.default_rng(4).permutation(60)
    assert score.score(features[order], targets[order]) == pytest.approx(value, rel=1e-7)


@pytest.mark.parametrize("empty", [0, 5])
def test_labels_that_fit_score_higher_than_labels_at_random(score, empty):
    """With and without columns that never vary."""
    generator = np.random.default_rng(0)
    targets = np.arange(120) % 3
    features = np.hstack([generator.normal(size=(120, 10)), np.full((120, empty), 3.0)])
    features[:, :3] += 3.0 * np.eye(3)[targets]
    random = [score.score(features, generator.permutation(targets)) for _ in range(5)]
    assert score.score(features, targets) > max(random)


def test_degenerate_samples_are_refused(score):
    with pytest.raises(UserError, match="at least 3 items in at least 2 classes, got 6 in 1"):
        score.score(np.random.default_rng(0).normal(size=(6, 3)), np.zeros(6, dtype=int))
    with pytest.raises(UserError, match="features that differ between items"):
        score.score(np.ones((6, 3)), np.arange(6) % 2)
    with pytest.raises(UserError, match="finite features, got 1 of 6 rows"):
        score.score(np.where(np.arange(18).reshape(6, 3) == 4, np.inf, np.eye(6, 3)), np.arange(6) % 2)
