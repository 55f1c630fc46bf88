from __future__ import annotations

import numpy as np
import pytest

from headstart.domains._moments import Moments, power
from headstart.domains.linear_ot import transport


def test_mapped_moments_are_the_targets():
    random = np.random.default_rng(0)
    source = random.normal(size=(3000, 4)) @ random.normal(size=(4, 4)) + 3.0
    target = random.normal(size=(2000, 4)) @ random.normal(size=(4, 4)) - 1.0
    mapped = transport(source, target)(source)
    np.testing.assert_allclose(mapped.mean(axis=0), target.mean(axis=0), atol=1e-9)
    # Of what is mapped; what remains is the shrinkage of both covariances.
    np.testing.assert_allclose(np.cov(mapped.T), np.cov(target.T), rtol=0.02, atol=0.02)


def test_the_map_of_the_shrunk_covariances_is_exact():
    random = np.random.default_rng(1)
    first, second = (Moments.of(random.normal(size=(50, 5)) @ random.normal(size=(5, 5))).covariance for _ in range(2))
    root, inverse = power(first, 0.5), power(first, -0.5)
    between = inverse @ power(root @ second @ root, 0.5) @ inverse
    np.testing.assert_allclose(between @ first @ between, second, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(between, between.T, atol=1e-12)


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_by_hand_in_one_dimension(factor: float):
    """Between normal distributions on a line: standardise, then take on the other's mean and deviation."""
    source = np.linspace(-1.0, 1.0, 401)[:, None]
    target = 7.0 + factor * source
    np.testing.assert_allclose(transport(source, target)(source), target, rtol=1e-9)
