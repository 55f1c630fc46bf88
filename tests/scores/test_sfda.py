import numpy as np
import pytest
from scipy.linalg import eigh
from scipy.special import softmax

from headstart.scores.sfda import SelfChallengingFisher
from tests.scores.samples import SHAPES, rotation, sample


def _discriminant(rows, labels, shrinkage):
    """The paper's way: generalised eigenvectors of the shrunk scatter matrices."""
    shares = np.bincount(labels) / len(labels)
    means = np.stack([rows[labels == c].mean(axis=0) for c in range(len(shares))])
    within = sum(share * np.cov(rows[labels == c].T, bias=True) for c, share in enumerate(shares))
    if shrinkage is None:
        shrinkage = max(np.exp(-5 * np.linalg.eigvalsh(within).max()), 1e-10)
    identity = np.eye(rows.shape[1]) / rows.shape[1]
    shrunk = (1 - shrinkage) * within + shrinkage * np.trace(within) * identity
    total = np.cov(rows.T, bias=True)
    between = (1 - shrinkage) * total + shrinkage * np.trace(total) * identity - shrunk
    vectors = eigh(between, shrunk)[1]
    coefficients = means @ vectors @ vectors.T
    offsets = np.log(shares) - 0.5 * np.diag(means @ coefficients.T)
    return softmax(rows @ coefficients.T + offsets, axis=1), means, shrinkage


def _by_hand(features, targets, components):
    labels = np.unique(targets, return_inverse=True)[1]
    rows = features - features.mean(axis=0)
    rows = rows @ np.linalg.svd(rows, full_matrices=False)[2].T[:, :components]
    first, means, shrinkage = _discriminant(rows, labels, None)
    sure = softmax(first, axis=1)
    mixed = np.empty_like(rows)
    for i, label in enumerate(labels):
        others = np.delete(means, label, axis=0).mean(axis=0)
        mixed[i] = sure[i, label] * rows[i] + (1 - sure[i, label]) * others
    second, _, _ = _discriminant(mixed, labels, shrinkage)
    return np.mean(second[np.arange(len(labels)), labels])


@pytest.mark.parametrize(("items", "width"), SHAPES)
@pytest.mark.parametrize("scale", [0.1, 1.0])
def test_equals_the_paper(items, width, scale):
    features, targets = sample(items, width)
    found = SelfChallengingFisher(components=6).score(features * scale, targets)
    assert found == pytest.approx(_by_hand(features * scale, targets, 6), abs=1e-8)


def test_rotation_and_shift_change_nothing():
    features, targets = sample(60, 8)
    value = SelfChallengingFisher().score(features, targets)
    assert SelfChallengingFisher().score(features @ rotation(8) + 4.0, targets) == pytest.approx(value, rel=1e-8)


def test_classes_without_any_spread_are_told_apart_perfectly():
    assert SelfChallengingFisher().score(np.repeat(np.eye(3), 4, axis=0), np.repeat(np.arange(3), 4)) == pytest.approx(
        1
    )
