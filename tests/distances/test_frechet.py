import numpy as np
import pytest
from scipy.linalg import sqrtm

from headstart.distances.frechet import extrapolated, squared


def test_by_hand_in_one_dimension():
    """Means 1 and 4, deviations 1 and 3: (4 - 1)^2 + (3 - 1)^2."""
    rows = np.array([[0.0], [2.0], [1.0], [7.0]])
    sides = np.arange(4)[:, None] < 2
    np.testing.assert_allclose(squared(rows, sides, ~sides), [13.0])


def test_against_the_formula():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(30, 4)), random.normal(size=(40, 4)) @ random.normal(size=(4, 4)) + 1
    sides = np.arange(70)[:, None] < 30
    a, b = np.cov(first.T, bias=True), np.cov(second.T, bias=True)
    wanted = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2) + np.trace(a + b - 2 * np.real(sqrtm(a @ b)))
    np.testing.assert_allclose(squared(np.concatenate([first, second]), sides, ~sides), [wanted], rtol=1e-9)


def test_the_bias_of_few_items_is_taken_out():
    """Around nothing the plain distance is all bias; what is left of it is noise. The true distance stays."""
    random = np.random.default_rng(0)
    sides = np.arange(200)[:, None] < 100
    plain, found, apart = [], [], []
    for _ in range(60):
        rows = random.normal(size=(200, 8))
        plain.append(squared(rows, sides, ~sides)[0] / 8)
        found.append(extrapolated(rows, sides, random)[0])
        apart.append(extrapolated(rows + 2.0 * sides * (np.arange(8) == 0), sides, random)[0])
    assert abs(np.mean(found)) < 0.2 * np.mean(plain)
    assert np.mean(apart) == pytest.approx(4 / 9, rel=0.05)  # of a spread of 8 and the variance 1 between the sides
