import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from headstart.distances.hellinger import hellinger


def one(*moments: float) -> float:
    return float(hellinger(*(np.array([each], dtype=np.float64) for each in moments))[0])


@pytest.mark.parametrize("moments", [(0, 1, 1, 1), (0, 1, 0, 4), (-2, 0.5, 1, 3), (5, 0.01, 5, 0.02)])
def test_it_is_half_the_squared_difference_of_the_roots_of_the_densities(moments: tuple[float, ...]):
    mean, variance, other, spread = moments
    first, second = norm(mean, np.sqrt(variance)), norm(other, np.sqrt(spread))
    whole, _ = quad(lambda x: (np.sqrt(first.pdf(x)) - np.sqrt(second.pdf(x))) ** 2, -30, 30, points=[mean, other])
    assert one(*moments) == pytest.approx(whole / 2, abs=1e-8)


def test_the_same_gaussian_is_at_zero_and_a_far_one_at_one():
    assert one(3, 2, 3, 2) == 0
    assert one(0, 1, 1000, 1) == 1


def test_sides_may_be_swapped():
    assert one(0, 1, 2, 5) == pytest.approx(one(2, 5, 0, 1))
