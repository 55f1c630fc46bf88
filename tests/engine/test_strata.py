import numpy as np
import pytest

from headstart.engine.estimates import influence
from headstart.engine.strata import PRIOR, fit_strata, strata_of
from tests.engine.samples import balanced


def test_strata_give_the_metric_back():
    rng = np.random.default_rng(0)
    items = balanced(rng.choice(3, size=60, p=[0.6, 0.3, 0.1]))
    credit = (rng.random((2, 60)) < 0.7) * items.ceiling
    strata = strata_of(credit, items)
    assert strata.value == pytest.approx(credit.mean())
    recalls = [(credit[:, items.targets == c] > 0).mean() for c in range(3)]
    np.testing.assert_allclose(strata.share, recalls)
    np.testing.assert_allclose(strata.weight, 1 / 3)


def test_unscored_strata_are_left_out():
    items = balanced([0, 0, 0, 1, 1])
    credit = np.array([[1.0, 0.0, np.nan, np.nan, np.nan]]) * items.ceiling
    strata = strata_of(credit, items)
    assert strata.value == pytest.approx(0.5)
    np.testing.assert_allclose(strata.weight, 1.0)


def test_small_strata_are_collapsed_into_one():
    items = balanced([0] * 50 + [1] * 2 + [2])
    credit = items.ceiling * np.array([1.0] * 40 + [0.0] * 10 + [1.0, 0.0] + [1.0])
    strata = strata_of(credit[None], items)
    np.testing.assert_allclose(strata.weight, [1 / 3, 2 / 3])
    np.testing.assert_allclose(strata.share, [0.8, 0.75])
    assert strata.value == pytest.approx(credit.mean())
    squares = influence(credit[None], items, centred=True)[0] ** 2
    assert (2 / 3) ** 2 * 0.75 * 0.25 / strata.count[1] == pytest.approx(squares[50:].sum())


def test_one_small_stratum_stays_by_itself():
    items = balanced([0] * 50 + [1] * 3)
    np.testing.assert_allclose(strata_of(items.ceiling[None], items).count, [50, 3])


def test_what_is_small_is_counted_in_groups():
    groups = np.concatenate([np.arange(50), [50, 50, 50, 51, 51, 51], [52] * 6])
    items = balanced([0] * 50 + [1] * 6 + [2] * 6, groups)
    strata = strata_of(items.ceiling[None], items)
    # Where all is right, as many equally weighted items as have the same binomial variance; one group is one item.
    np.testing.assert_allclose(strata.count, [50, 4 / (1 / 6 + 1)])


def test_small_strata_keep_to_their_own_means_as_far_as_there_are_many():
    right = np.array([1.0, 1.0, 0.0, 0.0])

    def expected(pairs):
        items = balanced(np.concatenate([np.repeat(np.arange(pairs), 2), [pairs] * 9]))
        credit = items.ceiling * np.append(np.tile(right, pairs // 2), np.ones(9))
        return fit_strata(credit[None], items).expected[0]

    for pairs in (2, 6, 400):
        assert expected(pairs) == pytest.approx(1 - 0.5 * PRIOR / (PRIOR + pairs))


def test_without_a_difference_squares_are_enlarged_by_what_was_fitted():
    items = balanced([0] * 12 + [1] * 6)
    fit = fit_strata(items.ceiling[None], items)
    np.testing.assert_allclose(fit.enlarged, [12 / 11, 6 / 5])
    np.testing.assert_array_equal(fit.small, False)


def test_what_is_always_right_is_exactly_one():
    items = balanced(np.repeat(np.arange(7), [3, 1, 2, 2, 49, 11, 7]))
    strata = strata_of(np.tile(items.ceiling, (3, 1)), items)
    np.testing.assert_array_equal(strata.share, 1.0)
    assert strata.binomial_variance == 0
