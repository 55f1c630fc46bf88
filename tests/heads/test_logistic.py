"""Against scikit-learn, and against cross-validation by hand."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from headstart.heads.folds import stratified_folds
from headstart.heads.logistic import fit_logistic
from headstart.heads.weights import balanced_weights


def _sample(items, width, outputs, seed=0):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(items, width)) * generator.uniform(0.1, 10.0, width) + 3.0
    targets = np.arange(items) % outputs
    features[:, 1] += 4.0 * targets
    features[:, 0] = 5.0
    weights = balanced_weights(targets, outputs)[targets] * generator.uniform(0.5, 2.0, items)
    return features, targets, weights, generator.normal(size=(40, width)) + 3.0


def _sklearn(features, targets, weights, C):
    return LogisticRegression(C=C, tol=1e-12, max_iter=100_000).fit(features, targets, sample_weight=weights)


@pytest.mark.parametrize(("items", "width"), [(40, 60), (60, 900), (120, 12)])
@pytest.mark.parametrize("outputs", [2, 4])
@pytest.mark.parametrize("C", [1e-3, 1e-1, 10.0])
def test_equals_scikit_learn(items, width, outputs, C):
    features, targets, weights, fresh = _sample(items, width, outputs)
    scaler = StandardScaler().fit(features)
    expected = _sklearn(scaler.transform(features), targets, weights, C).predict_proba(scaler.transform(fresh))
    fit = fit_logistic(features, targets, outputs, weights, Cs=[C], floor=0.0)
    assert fit.oof_logits is None
    np.testing.assert_allclose(softmax(fit.head.logits(fresh), axis=1), expected, atol=1e-5)


@pytest.mark.parametrize(("items", "width"), [(40, 60), (120, 12)])
def test_sparse_and_unscaled_equals_scikit_learn(items, width):
    features, targets, weights, fresh = _sample(items, width, 3)
    features[features < 3.0] = 0.0
    expected = _sklearn(features, targets, weights, 0.05).predict_proba(fresh)
    for given in (features, csr_array(features)):
        fit = fit_logistic(given, targets, 3, weights, Cs=[0.05], floor=None)
        np.testing.assert_allclose(softmax(fit.head.logits(fresh), axis=1), expected, atol=1e-5)


@pytest.mark.parametrize(("items", "width"), [(40, 60), (120, 12)])
@pytest.mark.parametrize("floor", [0.0, None])
def test_chosen_penalty_and_out_of_fold_logits_are_those_of_cross_validation(items, width, floor):
    features, targets, weights, _ = _sample(items, width, 3)
    folds, path = stratified_folds(targets, 4, seed=1), [1e-3, 1e-2, 1e-1, 1.0]
    fit = fit_logistic(features, targets, 3, weights, folds=folds, Cs=path, floor=floor)
    losses = {}
    for C in path:
        logits = np.empty((items, 3))
        for fold in range(4):
            train, held = folds != fold, folds == fold
            scaler = StandardScaler(with_mean=floor is not None, with_std=floor is not None).fit(features[train])
            model = _sklearn(scaler.transform(features[train]), targets[train], weights[train], C)
            logits[held] = model.decision_function(scaler.transform(features[held]))
        chances = log_softmax(logits, axis=1)
        losses[C] = np.average(-chances[np.arange(items), targets], weights=weights)
        if fit.C == C:
            np.testing.assert_allclose(log_softmax(fit.oof_logits, axis=1), chances, atol=0.02)
    assert min(losses, key=losses.get) == fit.C


def test_default_path_finds_an_inner_penalty_and_repeats_itself():
    generator = np.random.default_rng(3)
    targets = generator.integers(0, 2, 150)
    features = generator.normal(size=(150, 40)) + 1.0 * targets[:, None] * (np.arange(40) < 5)
    fit = fit_logistic(features, targets, 2)
    loss = -np.mean(log_softmax(fit.oof_logits, axis=1)[np.arange(150), targets])
    assert loss < 0.8 * np.log(2)
    assert 1e-4 < fit.C < 1.0
    again = fit_logistic(features, targets, 2)
    assert (again.C, again.head.bias.tolist()) == (fit.C, fit.head.bias.tolist())


def test_held_out_rows_do_not_reach_their_own_standardisation():
    """Moving one item far out changes its own out-of-fold logits only along its features, never the others' scale."""
    features, targets, weights, _ = _sample(40, 60, 2)
    folds = np.arange(40) // 2 % 5
    before = fit_logistic(features, targets, 2, weights, folds=folds, Cs=[0.01, 0.02]).oof_logits
    moved = features.copy()
    moved[0] += 1e3
    after = fit_logistic(moved, targets, 2, weights, folds=folds, Cs=[0.01, 0.02]).oof_logits
    mates = (folds == folds[0]) & (np.arange(40) != 0)
    np.testing.assert_allclose(after[mates], before[mates], atol=1e-9)


def test_class_of_one_item_and_class_of_none():
    generator = np.random.default_rng(0)
    targets = np.r_[np.zeros(15, int), np.ones(15, int), 2]
    features = generator.normal(size=(31, 8)) + 2.0 * targets[:, None]
    fit = fit_logistic(features, targets, 4)
    assert np.all(np.isfinite(fit.oof_logits))
    assert not np.any(fit.head.logits(features).argmax(axis=1) == 3)
    assert fit.head.weight.shape == (4, 8)


@pytest.mark.parametrize("outputs", [2, 3])
@pytest.mark.parametrize("sparse", [False, True])
def test_items_of_a_single_class_are_all_there_is_to_say(outputs, sparse):
    features = np.random.default_rng(0).normal(size=(12, 5))
    given, floor = (csr_array(features), None) if sparse else (features, 0.0)
    fit = fit_logistic(given, np.full(12, 1), outputs, floor=floor)
    logits = fit.head.logits(features + 3.0)
    assert (logits.argmax(axis=1) == 1).all()
    assert np.isfinite(logits).all()
    assert np.isfinite(fit.oof_logits).all()


@pytest.mark.parametrize("seed", range(12))
def test_the_default_path_ends_at_the_best_third_of_a_decade_on_either_side(seed):
    """What is chosen is the best of all steps around it: of a fine path that is walked to its end."""
    generator = np.random.default_rng(seed)
    targets = generator.integers(0, 2, 120)
    features = generator.normal(size=(120, 30)) + 0.4 * targets[:, None] * (np.arange(30) < 6)
    folds = stratified_folds(targets, 5, seed=0)
    fit = fit_logistic(features, targets, 2, folds=folds)

    def loss(C):
        """Of one penalty: a path of two equal ones has to choose, and chooses it."""
        logits = fit_logistic(features, targets, 2, folds=folds, Cs=[C, C]).oof_logits
        return -np.mean(log_softmax(logits, axis=1)[np.arange(120), targets])

    reached = loss(fit.C)
    for step in (-1 / 3, 1 / 3):
        assert loss(fit.C * 10**step) > reached - 1e-4


def test_two_items_and_constant_features_still_fit():
    fit = fit_logistic(np.full((2, 3), 7.0), np.array([0, 1]), 2)
    np.testing.assert_allclose(softmax(fit.head.logits(np.full((1, 3), 7.0)), axis=1), 0.5, atol=1e-6)


def test_refuses_what_it_cannot_fit():
    features, targets = np.ones((4, 2)), np.array([0, 1, 0, 1])
    with pytest.raises(ValueError, match=r"needs \(N, D\) and \(N,\)"):
        fit_logistic(features, targets[:3], 2)
    with pytest.raises(ValueError, match="needs items to learn from, got none"):
        fit_logistic(features[:0], targets[:0], 2)
    with pytest.raises(ValueError, match="C must be a non-empty list of positive numbers"):
        fit_logistic(features, targets, 2, Cs=[])
    with pytest.raises(ValueError, match="at least two folds"):
        fit_logistic(features, targets, 2, folds=np.zeros(4, int))
    with pytest.raises(ValueError, match="Sparse features cannot be standardised"):
        fit_logistic(csr_array(features), targets, 2)
