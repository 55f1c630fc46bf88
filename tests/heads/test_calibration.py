"""Matrix scaling: what it learns from enough items, and what it falls back on."""

import numpy as np
import pytest
from scipy.special import log_softmax

from headstart.core.backbone import LinearHead
from headstart.heads.balanced import balanced_accuracy
from headstart.heads.calibration import calibrate_regression, fit_calibration
from headstart.heads.probe import level_logits
from headstart.heads.ridge import ridge_path
from headstart.heads.temperature import fit_temperature
from headstart.heads.weights import balanced_weights


def _drawn(items, matrix, bias, seed=0):
    """Logits and targets whose posterior is the softmax of the mapped logits."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(items, 3)) * 2
    true = logits @ np.asarray(matrix).T + bias
    targets = (true + generator.gumbel(size=true.shape)).argmax(axis=1)
    return logits, targets, true


def _loss(logits, targets):
    return -log_softmax(logits, axis=1)[np.arange(len(targets)), targets].mean()


def test_many_items_bring_back_the_map_that_made_the_targets():
    matrix, bias = [[1.5, 0.0, 0.0], [0.0, 0.5, 0.0], [0.5, 0.0, 1.0]], [0.5, 0.0, -0.5]
    # Only differences between logits reach the softmax: the map has to be one of centred logits.
    centring = np.eye(3) - 1 / 3
    logits, targets, _ = _drawn(20_000, centring @ matrix @ centring, bias)
    found = fit_calibration(logits, targets, np.ones(3))
    mapped = centring @ found.matrix
    np.testing.assert_allclose(mapped, centring @ matrix @ centring, atol=0.06)
    np.testing.assert_allclose(centring @ found.bias, centring @ bias, atol=0.06)


def test_few_items_stay_near_their_temperature():
    logits, targets, _ = _drawn(6, np.eye(3), np.zeros(3), seed=3)
    found = fit_calibration(logits, targets, np.ones(3))
    cold = 1 / fit_temperature(logits, targets)
    assert np.abs(found.matrix - cold * (np.eye(3) - 1 / 3)).max() < 0.5 * cold


def test_it_does_not_matter_in_what_units_the_logits_come_or_what_is_added_to_all_of_an_item():
    logits, targets, _ = _drawn(200, np.eye(3), np.zeros(3))
    found = fit_calibration(logits, targets, np.ones(3))
    other = fit_calibration(1000 * logits + np.arange(200)[:, None], targets, np.ones(3))
    np.testing.assert_allclose(
        found.apply(logits), other.apply(1000 * logits + np.arange(200)[:, None]), rtol=1e-3, atol=1e-3
    )


def test_it_lowers_the_weighted_loss_below_that_of_a_temperature():
    logits, targets, _ = _drawn(2000, np.diag([2.0, 0.3, 1.0]), [1.0, 0.0, -1.0])
    found = fit_calibration(logits, targets, np.ones(3))
    assert _loss(found.apply(logits), targets) < _loss(logits / fit_temperature(logits, targets), targets) - 0.05


def test_class_weights_move_the_decisions_to_equally_frequent_classes():
    generator = np.random.default_rng(0)
    targets = (generator.uniform(size=4000) < 0.1).astype(np.int64)
    evidence = generator.normal(size=4000) + 2.0 * targets - 1.0
    posterior = np.stack([np.zeros(4000), 2.0 * evidence + np.log(0.1 / 0.9)], axis=1)
    counts = np.bincount(targets)
    found = fit_calibration(posterior, targets, 4000 / (2 * counts))
    # At equal frequencies the boundary is where the evidence is zero.
    calibrated = found.apply(posterior)
    at = np.interp(0.0, np.sort(calibrated[:, 1] - calibrated[:, 0]), np.sort(evidence))
    assert abs(at) < 0.1


def test_a_class_without_items_and_logits_without_spread_are_no_obstacle():
    logits, targets, _ = _drawn(50, np.eye(3), np.zeros(3))
    found = fit_calibration(logits, np.minimum(targets, 1), np.ones(3))
    assert np.isfinite(found.matrix).all()
    assert found.bias[2] == 0.0
    flat = fit_calibration(np.zeros((50, 3)), targets, np.ones(3))
    assert np.isfinite(flat.apply(np.zeros((4, 3)))).all()


def test_folding_into_a_head_gives_the_calibrated_logits():
    logits, targets, _ = _drawn(300, np.diag([2.0, 0.3, 1.0]), np.zeros(3))
    found = fit_calibration(logits, targets, np.ones(3))
    generator = np.random.default_rng(1)
    head = LinearHead(weight=generator.normal(size=(3, 5)), bias=generator.normal(size=3))
    features = generator.normal(size=(7, 5))
    np.testing.assert_allclose(found.fold(head).logits(features), found.apply(head.logits(features)))


def test_regression_on_classes_of_one_size_is_calibrated_as_anything_else():
    logits, targets, _ = _drawn(300, np.diag([2.0, 0.3, 1.0]), np.zeros(3))
    plain, found = fit_calibration(logits, targets, np.ones(3)), calibrate_regression(logits, targets, np.ones(3))
    np.testing.assert_allclose(found.apply(logits), plain.apply(logits), atol=1e-9)


def test_regression_hears_rare_classes_by_the_length_of_their_indicator():
    """With so few items the calibration hardly leaves where it starts: at the square root of the weight."""
    generator, weights = np.random.default_rng(0), np.array([0.5, 8.0])
    targets = np.repeat([0, 1], [16, 1])
    logits = np.where(targets[:, None] == np.arange(2), 0.1, -0.1) + 0.01 * generator.normal(size=(17, 2))
    found = calibrate_regression(logits, targets, weights)
    moved = found.matrix / fit_calibration(logits, targets, weights).matrix
    assert moved[1, 1] > 2.0 * moved[0, 0]


@pytest.mark.parametrize(("ratio", "least"), [(15, 0.02), (1, 0.0)])
def test_uneven_classes_gain_balanced_accuracy_and_even_ones_are_as_they_were(ratio: int, least: float):
    """Five classes in twenty directions, regressed on signs; scored on classes of one size."""
    gains = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        counts = np.geomspace(45, 45 / ratio, 5).astype(int)
        centres = random.normal(size=(5, 20)) * 0.5
        targets, hidden = np.repeat(np.arange(5), counts), np.repeat(np.arange(5), 200)
        rows, others = (centres[each] + random.normal(size=(len(each), 20)) for each in (targets, hidden))
        path, weights = ridge_path(rows, targets, 5), balanced_weights(targets, 5)
        best, held = path.best()
        level, logits = level_logits(held, path.signs, np.arange(len(targets))), path.head(best).logits(others)
        scores = [
            balanced_accuracy(fit(level, targets, weights).apply(logits), hidden)
            for fit in (fit_calibration, calibrate_regression)
        ]
        gains.append(scores[1] - scores[0])
    assert np.mean(gains) >= least
    assert ratio > 1 or np.abs(gains).max() == 0.0
