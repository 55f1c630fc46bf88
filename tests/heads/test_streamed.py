"""Against the fit in memory."""

import numpy as np
import pytest
from scipy.special import softmax

from headstart.core import features as contract
from headstart.heads import streamed
from headstart.heads.logistic import fit_logistic
from headstart.heads.streamed import fit_streamed


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(contract, "BLOCK_BYTES", 4000)
    monkeypatch.setattr(contract, "MANY_ROWS", 10)
    monkeypatch.setattr(contract, "MANY_VALUES", 5000)
    monkeypatch.setattr(streamed, "SAMPLE", 300)


def _data(items, classes, width=12, dtype=np.float64):
    rng = np.random.default_rng(0)
    targets = rng.choice(classes, size=items, p=np.arange(1, classes + 1) / (classes * (classes + 1) / 2))
    scales = np.geomspace(0.05, 5.0, width)
    features = (rng.normal(size=(items, width)) + np.eye(classes, width)[targets]) @ rng.normal(size=(width, width))
    return ((features + 3.0) * scales).astype(dtype), targets


def _centred(logits):
    return logits - logits.mean(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize(("dtype", "within"), [(np.float64, 2e-4), (np.float32, 1e-3)])
def test_equals_the_fit_in_memory_at_the_same_penalty(classes, dtype, within):
    features, targets = _data(1500, classes, dtype=dtype)
    expected = fit_logistic(features, targets, classes, Cs=[0.01]).head
    found = fit_streamed(features, targets, classes, C=0.01)
    np.testing.assert_allclose(_centred(found.logits(features)), _centred(expected.logits(features)), atol=within)


def test_the_penalty_predicts_as_well_as_that_of_cross_validation_on_all_rows():
    features, targets = _data(3000, 4)
    train, test = np.arange(1500), np.arange(1500, 3000)

    def loss(head):
        logits = head.logits(features[test])
        norms = np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1)) + logits.max(1)
        return np.mean(norms - logits[np.arange(1500), targets[test]])

    found = loss(fit_streamed(features[train], targets[train], 4))
    expected = loss(fit_logistic(features[train], targets[train], 4).head)
    assert found == pytest.approx(expected, abs=0.003)


def test_a_class_without_items_is_never_predicted():
    features, targets = _data(600, 3)
    head = fit_streamed(features, targets + (targets > 0), 4)
    logits = head.logits(features)
    assert np.all(head.weight[1] == 0)
    assert np.all(logits[:, 1] < logits[:, [0, 2, 3]].min(axis=1))


def test_equal_seeds_give_equal_heads():
    features, targets = _data(700, 3)
    first = fit_streamed(features, targets, 3, groups=np.arange(700) // 2)
    assert np.array_equal(first.weight, fit_streamed(features, targets, 3, groups=np.arange(700) // 2).weight)


@pytest.mark.parametrize("tied", [True, False])
def test_ties_are_on_one_side_of_every_split_in_the_sample_and_in_all_rows(monkeypatch, tied):
    features, targets = _data(700, 3)
    features[:, 0] = np.arange(700) // 2  # tells which rows belong together
    torn, make = [], streamed._Fold.of

    def seen(data, out, sample=None):
        groups = np.asarray(data.features)[:, 0]
        torn.append(len(np.intersect1d(groups[out], groups[~out])))
        return make(data, out, sample)

    monkeypatch.setattr(streamed._Fold, "of", seen)
    fit_streamed(features, targets, 3, groups=np.arange(700) // 2 if tied else None)
    assert len(torn) == streamed.HALVES + 1
    assert [count == 0 for count in torn] == [tied] * len(torn)


def test_refuses_what_it_cannot_fit():
    features, targets = _data(100, 3)
    with pytest.raises(ValueError, match=r"needs \(N, D\) and \(N,\), got \(100, 12\) and \(99,\)"):
        fit_streamed(features, targets[1:], 3)
    with pytest.raises(ValueError, match=r"needs items to learn from, got none\."):
        fit_streamed(features[:0], targets[:0], 3)


def test_a_single_class_is_all_there_is_to_say():
    features, _ = _data(100, 3)
    head = fit_streamed(features, np.ones(100, dtype=np.int64), 3)
    probabilities = softmax(head.logits(features), axis=1)
    np.testing.assert_allclose(probabilities[:, 1], 100 / 102)
    np.testing.assert_allclose(probabilities, probabilities[:1].repeat(100, axis=0))
