import numpy as np

from headstart.distances.outside import outside


def cloud(items: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(items, 4))


def test_about_five_in_a_hundred_of_the_same_domain_are_outside():
    assert 0.02 <= outside(cloud(400, 0), cloud(400, 1)).mean() <= 0.09


def test_a_cluster_of_its_own_is_outside_and_nothing_else():
    found = outside(cloud(200, 0), np.concatenate([cloud(100, 1), cloud(30, 2) + 8.0]))
    assert found[100:].all()
    assert found[:100].mean() < 0.12


def test_units_do_not_matter():
    first, second = cloud(100, 0), cloud(100, 1) + 1.0
    np.testing.assert_array_equal(outside(first, second), outside(first * 1e3 + 5, second * 1e3 + 5))


def test_two_items_are_each_others_neighbours():
    assert outside(cloud(2, 0), cloud(10, 1) + 50).all()


def test_columns_that_never_varied_before_count():
    first, second = cloud(200, 0), cloud(60, 1)
    first[:, 0], second[:, 0] = 0.0, 50.0
    assert outside(first, second).mean() > 0.9
