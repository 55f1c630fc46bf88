from __future__ import annotations

import numpy as np
import pytest
from scipy.special import log_softmax

from headstart.core.backbone import LinearHead
from headstart.heads.soften import SHARE, softened


def drawn(items: int = 12, dim: int = 30, classes: int = 3) -> tuple[np.ndarray, np.ndarray, LinearHead]:
    """Items that a head with more features than there are items has learnt by heart."""
    draws = np.random.default_rng(0)
    features, targets = draws.normal(size=(items, dim)), np.arange(items) % classes
    wanted = 10 * np.eye(classes)[targets]
    return features, targets, LinearHead(weight=np.linalg.lstsq(features, wanted)[0].T, bias=np.zeros(classes))


def loss(head: LinearHead, features: np.ndarray, targets: np.ndarray) -> float:
    return float(-log_softmax(head.logits(features), axis=1)[np.arange(len(targets)), targets].mean())


@pytest.mark.parametrize("share", [SHARE, 0.1, 0.9])
def test_what_knows_its_items_by_heart_is_left_a_loss(share: float) -> None:
    features, targets, head = drawn()
    assert loss(head, features, targets) < 1e-3
    found = softened(head, features, targets, share)
    assert loss(found, features, targets) == pytest.approx(share * np.log(3), rel=1e-6)
    # The same decisions: one factor for all.
    ratio = found.weight / head.weight
    assert np.allclose(ratio, ratio[0, 0])
    assert 0 < ratio[0, 0] < 1


def test_what_has_much_to_learn_stays_as_it_is() -> None:
    features, targets, head = drawn()
    soft = LinearHead(weight=head.weight / 100, bias=head.bias)
    assert softened(soft, features, targets) is soft
    wrong = LinearHead(weight=-head.weight, bias=head.bias)
    assert softened(wrong, features, targets) is wrong
    assert softened(head, features[:0], targets[:0]) is head


def test_classes_count_the_same() -> None:
    features, targets, head = drawn()
    twice = np.concatenate([np.arange(len(targets)), *[np.flatnonzero(targets == 0)] * 5])
    one, other = softened(head, features, targets), softened(head, features[twice], targets[twice])
    np.testing.assert_allclose(one.weight, other.weight, rtol=1e-6)


def test_biases_shrink_with_the_weights() -> None:
    features, targets, head = drawn()
    shifted = LinearHead(weight=head.weight, bias=np.array([1.0, -2.0, 0.5]))
    found = softened(shifted, features, targets)
    np.testing.assert_allclose(found.bias / shifted.bias, found.weight[0, 0] / shifted.weight[0, 0])
