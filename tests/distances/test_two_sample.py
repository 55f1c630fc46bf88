import numpy as np
import pytest

from headstart.core.domain_card import LEVEL, Distance
from headstart.core.errors import UserError
from headstart.distances.two_sample import drawn_sides, separability, two_sample


def cloud(items: int, seed: int, width: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(items, width))


def test_sides_that_are_far_apart():
    found = two_sample(cloud(80, 0), cloud(60, 1) + 2.0, draws=99)
    assert found.p == pytest.approx(0.01)
    assert found.within is None
    assert found.separability.value > 1.8 > found.separability.null_high
    assert found.mmd.value > 10 * found.mmd.null_high
    assert found.frechet.value > 0.3 > found.frechet.null_high
    assert found.items == 60


@pytest.mark.parametrize("kind", ["moved", "wider", "of another shape"])
def test_each_way_to_differ_is_found(kind: str):
    other = cloud(150, 1)
    if kind == "moved":
        other = other + 0.6
    elif kind == "wider":
        other = other * 1.5
    else:
        other = np.sign(other) * (0.8 + 0.6 * np.random.default_rng(2).random(other.shape))
    assert two_sample(cloud(150, 0), other, draws=99).p <= 0.02


def test_the_same_domain_is_flagged_as_often_as_the_level_says():
    flagged = [
        two_sample(cloud(30, 2 * seed), cloud(30, 2 * seed + 1), seed=seed, draws=39).p <= LEVEL for seed in range(200)
    ]
    assert 0.01 <= np.mean(flagged) <= 0.1


def test_the_order_of_sides_and_scales_of_columns_hardly_matter():
    first, second = cloud(60, 0), cloud(60, 1) + 0.4
    one, other = two_sample(first, second, draws=99), two_sample(second, first, draws=99)
    assert one.mmd.value == pytest.approx(other.mmd.value)
    assert one.separability.value == pytest.approx(other.separability.value, abs=0.1)
    scaled = two_sample(first * 1e6 + 1e3, second * 1e6 + 1e3, draws=99)
    assert scaled.mmd.value == pytest.approx(one.mmd.value, rel=1e-6)
    assert scaled.p == one.p


def test_draws_keep_how_many_there_are():
    sides = drawn_sides(4, 3, 50, np.random.default_rng(0))
    assert sides.shape == (7, 51)
    np.testing.assert_array_equal(sides[:, 0], [True] * 4 + [False] * 3)
    assert (sides.sum(axis=0) == 4).all()
    assert len({tuple(side) for side in sides.T}) > 20


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(UserError, match=r"takes 10 independent items of each at least .* and there are 9 and 12\."):
        two_sample(cloud(9, 0), cloud(12, 1))
    with pytest.raises(UserError, match=r"The features of both sides are the same for every item\."):
        two_sample(np.ones((20, 3)), np.ones((20, 3)))


def test_likeness_is_that_of_each_item_of_the_second_side():
    second = np.concatenate([cloud(30, 1), cloud(30, 2) + 4.0])
    found = two_sample(cloud(60, 0), second, draws=19)
    np.testing.assert_array_equal(found.rows, np.arange(60))
    assert found.likeness[:30].min() > found.likeness[30:].max()


def test_classes_held_equal():
    """Two classes far apart, three times as frequent on one side each: a difference, and none within the classes."""
    centres = np.array([[0.0] * 6, [5.0] * 6])
    labels = np.repeat([0, 1], [60, 20]), np.repeat([0, 1], [20, 60])
    first, second = (centres[given] + cloud(80, side) for side, given in enumerate(labels))
    found = two_sample(first, second, strata=labels, draws=99)
    assert found.p <= 0.02
    assert found.within is not None
    assert found.within > LEVEL
    moved = two_sample(first, second + 0.8, strata=labels, draws=99)
    assert moved.within is not None
    assert moved.within <= 0.02
    plain = two_sample(first, second, draws=99)
    assert (plain.p, plain.within) == (found.p, None)
    assert (plain.separability, plain.mmd) == (found.separability, found.mmd)


def test_draws_within_strata_keep_how_many_of_each_there_are():
    strata = np.array([0, 0, 1, 1, 0, 1, 1, 1])
    sides = drawn_sides(4, 4, 30, np.random.default_rng(0), strata)
    for kind in (0, 1):
        assert (sides[strata == kind].sum(axis=0) == 2).all()
    assert len({tuple(side) for side in sides.T}) > 10


def test_separability_alone_is_that_of_the_comparison():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(40, 6)), random.normal(size=(40, 6)) + 0.7
    alone, whole = separability(np.concatenate([first, second]), 40), two_sample(first, second).separability
    assert alone.value == pytest.approx(whole.value)
    assert alone.p <= 0.05
    near = separability(random.normal(size=(80, 6)), 40)
    assert near.p > 0.05
    assert separability(np.ones((20, 3)), 10) == Distance(value=0.0, null_mean=0.0, null_high=0.0, p=1.0)
