"""The evidence against the Gaussian it is, and that it is the maximum."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from headstart.scores.logme import LogME, maximum_evidence
from tests.scores.samples import SHAPES, rotation, sample


def _noisy(items, width):
    features, targets = sample(items, width)
    columns = np.eye(8)[targets][:, [0, 1, 4, 7]]
    return features, columns, targets


def _evidence(features, column, alpha, beta):
    covariance = np.eye(len(features)) / beta + features @ features.T / alpha
    return multivariate_normal(np.zeros(len(features)), covariance).logpdf(column)


@pytest.mark.parametrize(("items", "width"), SHAPES)
def test_equals_the_exact_gaussian_evidence(items, width):
    features, columns, targets = _noisy(items, width)
    evidence, alpha, beta = maximum_evidence(features, columns)
    compared = 0
    for c in range(columns.shape[1]):
        if 1e-6 < alpha[c] / beta[c] < 1e6:  # beyond, the covariance itself cannot be written down to 1e-8
            assert evidence[c] == pytest.approx(_evidence(features, columns[:, c], alpha[c], beta[c]), rel=1e-8)
            compared += 1
    assert compared >= 3
    assert LogME().score(features, targets) == pytest.approx(evidence.mean() / items, rel=1e-12)


def test_no_other_alpha_and_beta_do_better_and_the_fixed_point_of_the_paper_holds():
    features, columns, _ = _noisy(60, 8)
    evidence, alpha, beta = maximum_evidence(features, columns)
    for c in range(4):
        for a in (0.3, 0.99, 1.01, 3.0, 1e3):
            for b in (0.9, 0.999, 1.001, 1.1):
                assert _evidence(features, columns[:, c], a * alpha[c], b * beta[c]) < evidence[c] + 1e-9
        posterior = np.linalg.inv(alpha[c] * np.eye(8) + beta[c] * features.T @ features)
        mean = beta[c] * posterior @ features.T @ columns[:, c]
        gamma = 8 - alpha[c] * np.trace(posterior)
        assert gamma / (mean @ mean) == pytest.approx(alpha[c], rel=1e-4)
        residual = columns[:, c] - features @ mean
        assert (60 - gamma) / (residual @ residual) == pytest.approx(beta[c], rel=1e-4)


@pytest.mark.parametrize(("items", "width"), SHAPES)
def test_rotations_and_empty_columns_change_nothing(items, width):
    features, targets = sample(items, width)
    value = LogME().score(features, targets)
    assert LogME().score(features @ rotation(width), targets) == pytest.approx(value, rel=1e-8)
    assert LogME().score(np.hstack([features, np.zeros((items, 500))]), targets) == pytest.approx(value, rel=1e-10)


def test_noise_prefers_the_model_without_features():
    """With nothing to learn the best t is as large as the search allows, and the evidence that of plain noise."""
    generator = np.random.default_rng(0)
    features = generator.normal(size=(200, 5)) - 0.0
    column = generator.normal(size=(200, 1))
    column -= features @ np.linalg.lstsq(features, column, rcond=None)[0]
    evidence, alpha, beta = maximum_evidence(features, column)
    assert alpha[0] / beta[0] > 1e10
    variance = float(np.mean(column**2))
    assert evidence[0] == pytest.approx(-100 * (np.log(2 * np.pi * variance) + 1), rel=1e-9)
