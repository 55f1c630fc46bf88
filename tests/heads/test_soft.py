from __future__ import annotations

import numpy as np
import pytest

from headstart.heads.probe import fit_probe
from headstart.heads.soft import fit_soft
from headstart.heads.weights import balanced_weights


def items(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    labels = random.integers(0, 3, count)
    return np.eye(3, 8)[labels] + random.normal(size=(count, 8)), labels


@pytest.mark.parametrize("grouped", [False, True])
def test_equal_to_the_probe_where_shares_are_sure(grouped: bool):
    features, labels = items(90)
    groups = np.arange(90) // 2 if grouped else None
    plain = fit_probe(features, labels, 3, balanced_weights(labels, 3), groups)
    found = fit_soft(features, np.eye(3)[labels], groups=groups)
    np.testing.assert_allclose(found.weight, plain.weight, rtol=1e-9)
    np.testing.assert_allclose(found.bias, plain.bias, rtol=1e-9)


def test_an_item_that_counts_twice_is_as_good_as_two_for_the_regression():
    """The scale of the columns is that of the rows as they are given, so they are made such that it is the same."""
    features, labels = items(60)
    twice = fit_soft(np.tile(features, (2, 1)), np.eye(3)[np.tile(labels, 2)], groups=np.tile(np.arange(60), 2))
    once = fit_soft(features, np.eye(3)[labels], weights=np.full(60, 2.0))
    gap = np.abs(twice.logits(features).argmax(axis=1) - once.logits(features).argmax(axis=1))
    assert gap.mean() < 0.1


def test_items_that_hardly_count_have_no_say():
    features, labels = items(80)
    wrong = np.where(np.arange(80) < 40, labels, (labels + 1) % 3)
    weights = np.where(np.arange(80) < 40, 1.0, 1e-6)
    found = fit_soft(features, np.eye(3)[wrong], weights=weights)
    assert np.mean(found.logits(features[:40]).argmax(axis=1) == labels[:40]) > 0.6
    other = fit_soft(features, np.eye(3)[wrong], weights=weights[::-1])
    assert np.mean(other.logits(features[:40]).argmax(axis=1) == labels[:40]) < 0.5


def test_shares_in_between():
    features, labels = items(200)
    shares = 0.8 * np.eye(3)[labels] + 0.2 / 3
    found = fit_soft(features, shares)
    assert np.mean(found.logits(features).argmax(axis=1) == labels) > 0.6


@pytest.mark.parametrize(("count", "weight", "said"), [(1, 1.0, "at least 2 items, got 1"), (3, -1.0, "positive")])
def test_refusals(count: int, weight: float, said: str):
    weights = np.append(np.ones(count - 1), weight) if count > 1 else None
    with pytest.raises(ValueError, match=said):
        fit_soft(np.arange(count * 2.0).reshape(count, 2), np.eye(2)[np.arange(count) % 2], weights=weights)
