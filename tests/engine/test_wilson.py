import numpy as np
import pytest
from scipy import optimize
from scipy.stats import binomtest

from headstart.engine.strata import Strata
from headstart.engine.wilson import stratified_wilson, wilson


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (3, 10), (10, 10), (45, 50), (499, 1000)])
def test_wilson_is_that_of_scipy(hits, count):
    known = binomtest(hits, count).proportion_ci(method="wilson")
    np.testing.assert_allclose(wilson(hits / count, count), (known.low, known.high), atol=1e-12)


def test_rounding_leaves_both_ends_between_0_and_1():
    above = np.nextafter(1.0, 2.0)
    assert wilson(above, 100.0, 0.0) == (1.0, 1.0)
    assert wilson(-5e-324, 100.0, 0.0) == (0.0, 0.0)


def test_one_stratum_and_equal_strata_are_plain_wilson():
    one = Strata(weight=np.ones(1), share=np.array([0.9]), count=np.array([40.0]))
    four = Strata(weight=np.full(4, 0.25), share=np.full(4, 0.9), count=np.full(4, 10.0))
    np.testing.assert_allclose(stratified_wilson(one), wilson(0.9, 40))
    np.testing.assert_allclose(stratified_wilson(four), wilson(0.9, 40))


def test_stratified_bounds_solve_the_score_equation():
    strata = Strata(weight=np.array([0.5, 0.5]), share=np.array([0.92, 0.7]), count=np.array([180.0, 20.0]))

    def excess(scale):
        ends = np.array([wilson(p, n, scale)[0] for p, n in zip(strata.share, strata.count, strict=True)])
        deviation = np.sqrt((strata.weight**2 * ends * (1 - ends) / strata.count).sum())
        return strata.value - strata.weight @ ends - 1.959963984540054 * deviation

    scale = optimize.brentq(excess, 0.1, 3.0)
    expected = sum(0.5 * wilson(p, n, scale)[0] for p, n in zip(strata.share, strata.count, strict=True))
    assert stratified_wilson(strata)[0] == pytest.approx(expected, abs=1e-7)
