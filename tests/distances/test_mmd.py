import numpy as np
import pytest

from headstart.distances.mmd import WIDTHS, discrepancies


def by_definition(first: np.ndarray, second: np.ndarray) -> float:
    """Equation 3 of Gretton et al. 2012, item by item."""
    pooled = np.concatenate([first, second])
    median = np.median([np.sum((a - b) ** 2) for i, a in enumerate(pooled) for b in pooled[:i]])

    def kernel(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.mean([np.exp(-np.sum((a - b) ** 2) / (2 * width**2 * median)) for width in WIDTHS]))

    def within(side: np.ndarray) -> float:
        return float(np.mean([kernel(a, b) for i, a in enumerate(side) for j, b in enumerate(side) if i != j]))

    return within(first) + within(second) - 2 * float(np.mean([kernel(a, b) for a in first for b in second]))


@pytest.mark.parametrize("counts", [(5, 5), (4, 7)])
def test_against_the_definition(counts: tuple[int, int]):
    random = np.random.default_rng(0)
    first, second = random.normal(size=(counts[0], 3)), random.normal(size=(counts[1], 3)) + 0.5
    sides = np.arange(sum(counts))[:, None] < counts[0]
    (found,) = discrepancies(np.concatenate([first, second]), sides)
    assert found == pytest.approx(by_definition(first, second), rel=1e-10)
    (swapped,) = discrepancies(np.concatenate([first, second]), ~sides)
    assert swapped == pytest.approx(found)


def test_unbiased_around_nothing():
    random = np.random.default_rng(0)
    sides = np.arange(20)[:, None] < 10
    found = [discrepancies(random.normal(size=(20, 2)), sides)[0] for _ in range(400)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 20


def test_rows_that_are_all_the_same_are_not_apart():
    np.testing.assert_allclose(discrepancies(np.ones((6, 2)), np.arange(6)[:, None] < 3), 0.0, atol=1e-12)
