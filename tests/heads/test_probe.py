"""The probe and its cross-fitted predictions."""

import numpy as np
import pytest
from scipy.special import log_softmax

from headstart.heads import probe
from headstart.heads.probe import cross_fit_probe, fit_probe, level_logits, shares_scaling
from headstart.heads.ridge import ridge_path
from headstart.heads.weights import balanced_weights


def _sample(items=150, width=40, outputs=3, seed=0):
    generator = np.random.default_rng(seed)
    targets = generator.choice(outputs, items, p=np.arange(1, outputs + 1) / sum(range(1, outputs + 1)))
    centres = 0.7 * generator.normal(size=(outputs, width))
    return generator.normal(size=(items, width)) + centres[targets], targets


def _weigh(targets):
    return balanced_weights(targets, 3).tolist()


@pytest.mark.parametrize(("items", "width"), [(150, 40), (60, 100)])
def test_cross_fitted_predictions_are_those_of_a_probe_per_fold(items, width):
    features, targets = _sample(items, width)
    folds = np.stack([np.random.default_rng(r).permutation(items) % 5 for r in range(2)])
    logits = cross_fit_probe(features, targets, 3, folds, _weigh)
    anew = np.empty_like(logits)
    for repeat, numbers in enumerate(folds):
        for name in range(5):
            held = numbers == name
            head = fit_probe(features[~held], targets[~held], 3, _weigh(targets[~held]))
            anew[repeat, held] = head.logits(features[held])
    # The scalings of columns and penalties are those of all items: hence not to the last digit.
    assert np.mean(logits.argmax(2) == anew.argmax(2)) > 0.97
    assert abs(np.mean(logits.argmax(2) == targets) - np.mean(anew.argmax(2) == targets)) < 0.02
    shared = np.corrcoef((logits - logits.mean(2, keepdims=True)).ravel(), (anew - anew.mean(2, keepdims=True)).ravel())
    assert shared[0, 1] > 0.99


def test_noise_is_predicted_at_chance_and_without_confidence():
    generator = np.random.default_rng(0)
    features, targets = generator.normal(size=(200, 500)), generator.integers(0, 2, 200)
    folds = np.stack([generator.permutation(200) % 5 for _ in range(5)])
    logits = cross_fit_probe(features, targets, 2, folds, lambda t: balanced_weights(t, 2).tolist())
    assert 0.4 < np.mean(logits.argmax(2) == targets) < 0.6
    losses = -log_softmax(logits, axis=2)[:, np.arange(200), targets]
    assert losses.mean() < np.log(2) + 0.1


def test_tied_items_do_not_choose_each_others_penalty():
    """Every item five times over: leave-one-out would find its copy and ask for hardly any penalty."""
    generator = np.random.default_rng(0)
    features, targets = np.repeat(generator.normal(size=(40, 60)), 5, axis=0), np.repeat(np.arange(40) % 2, 5)
    groups = np.repeat(np.arange(40), 5)
    apart = fit_probe(features, targets, 2, [1.0, 1.0])
    tied = fit_probe(features, targets, 2, [1.0, 1.0], groups)
    assert np.linalg.norm(tied.weight) < 0.3 * np.linalg.norm(apart.weight)
    folds = (groups % 4)[None]
    tied, free = (cross_fit_probe(features, targets, 2, folds, lambda t: [1.0, 1.0], ties) for ties in (groups, None))
    assert np.std(tied) < 0.5 * np.std(free)


@pytest.mark.parametrize("groups", [2, 3])
def test_a_few_large_groups_are_fitted_like_each_fold_alone(groups):
    features, targets = _sample(60, 8)
    ties = np.arange(60) % groups
    logits = cross_fit_probe(features, targets, 3, ties[None], _weigh, ties)[0]
    for name in range(groups):
        held = ties == name
        head = fit_probe(features[~held], targets[~held], 3, _weigh(targets[~held]), ties[~held])
        alone = head.logits(features[held])
        assert np.mean(logits[held].argmax(1) == alone.argmax(1)) > 0.9


@pytest.mark.parametrize(
    ("items", "width", "shift", "expected"), [(30, 1, 0.5, 0.55), (40, 2, 0.5, 0.54), (40, 200, 2.0, 0.55)]
)
def test_a_weak_signal_is_not_read_backwards(items, width, shift, expected):
    """Left-out logits lean away from an item's own class; a calibration fitted to that would turn all decisions."""
    right = []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        targets = np.arange(items) % 2
        truth = np.arange(2000) % 2
        features, fresh = (generator.normal(size=(len(t), width)) for t in (targets, truth))
        features[:, 0] += shift * targets
        fresh[:, 0] += shift * truth
        head = fit_probe(features, targets, 2, [1.0, 1.0])
        right.append(np.mean(head.logits(fresh).argmax(1) == truth))
    assert np.mean(right) > expected


def test_level_logits_are_those_of_the_intercept_of_all_items():
    features, targets = _sample(30, 5)
    rows = features - features.mean(axis=0)
    path = ridge_path(rows, targets, 3, lambdas=[1e12])  # nothing but the intercept
    for folds in (np.arange(30), np.arange(30) % 4):
        found = level_logits(path.out_of_fold(0, folds), path.signs, folds)
        np.testing.assert_allclose(found, np.tile(path.signs.mean(axis=0), (30, 1)), atol=1e-8)


def test_scalings_are_shared_where_folds_hardly_differ():
    generator, folds = np.random.default_rng(0), np.arange(400)[None] % 5
    even = generator.normal(size=(400, 30))
    assert shares_scaling(even, folds)
    assert not shares_scaling(generator.standard_t(2, size=(400, 30)), folds)
    assert not shares_scaling(even + 3.0 * (folds.T == 2) * generator.normal(size=30), folds)
    only = np.where(folds.T == 2, even, 0.0)
    assert not shares_scaling(only, folds)  # constant in what is fitted on
    assert shares_scaling(np.ones((400, 3)), folds)
    rare = even.copy()
    rare[:, 0] = np.arange(400) == 7  # constant in what is fitted on, and hardly anything elsewhere
    assert shares_scaling(rare, folds)


def test_rare_classes_count_as_much_as_common_ones():
    features, targets = _sample(900, 6)
    new, truth = _sample(3000, 6, seed=0)
    head = fit_probe(features, targets, 3, _weigh(targets))
    plain = fit_probe(features, targets, 3, [1.0, 1.0, 1.0])
    rare = truth == 0
    assert np.mean(head.logits(new)[rare].argmax(1) == 0) > np.mean(plain.logits(new)[rare].argmax(1) == 0)


def test_constant_features_are_no_obstacle():
    _, targets = _sample(30, 6)
    head = fit_probe(np.ones((30, 6)), targets, 3, _weigh(targets))
    assert np.isfinite(head.logits(np.ones((2, 6)))).all()


def test_the_fit_of_what_was_cross_fitted_takes_over_its_decomposition(monkeypatch):
    features, targets = _sample(60, 100)
    plain = fit_probe(features, targets, 3, np.ones(3))
    folds = np.arange(60)[None] % 5
    decomposed = []
    monkeypatch.setattr(probe, "ridge_path", lambda *given, **how: decomposed.append(1) or ridge_path(*given, **how))
    cross_fit_probe(features, targets, 3, folds, lambda seen: np.ones(3))
    fit_probe(features[:50], targets[:50], 3, np.ones(3))
    assert decomposed == [1, 1]
    np.testing.assert_array_equal(fit_probe(features.copy(), targets, 3, np.ones(3)).weight, plain.weight)
    assert decomposed == [1, 1]
    fit_probe(features, targets, 3, np.ones(3))
    assert decomposed == [1, 1, 1]
