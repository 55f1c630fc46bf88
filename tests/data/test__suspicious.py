import numpy as np
import pytest

from headstart.data._suspicious import suspicious


def brute_force(probabilities: np.ndarray, targets: np.ndarray) -> list[int]:
    """The definition, one row at a time."""
    n, classes = probabilities.shape
    thresholds = {}
    for j in range(classes):
        own = [probabilities[i, j] for i in range(n) if targets[i] == j]
        if own:
            thresholds[j] = sum(own) / len(own)
    found = []
    for i in range(n):
        reached = [j for j in thresholds if probabilities[i, j] >= thresholds[j]]
        if reached:
            best = max(reached, key=lambda j: probabilities[i, j])
            if best != targets[i]:
                found.append((probabilities[i, targets[i]] - probabilities[i, best], i))
    return [i for _, i in sorted(found)]


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_definition(seed: int):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(4) * 0.5, size=60)
    targets = random.integers(0, 3, size=60)  # class 3 has no row
    found = suspicious(probabilities, targets, [f"{i:02}" for i in range(60)]).tolist()
    assert found == brute_force(probabilities, targets)
    assert found


def test_planted_errors_come_first():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, size=300)
    probabilities = np.full((300, 3), 0.05) + 0.85 * np.eye(3)[truth] + random.normal(0, 0.01, (300, 3))
    targets = truth.copy()
    flipped = random.choice(300, size=15, replace=False)
    targets[flipped] = (truth[flipped] + 1) % 3
    assert set(suspicious(probabilities, targets, [str(i) for i in range(300)])) == set(flipped.tolist())


def test_ties_go_by_id():
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9]])
    targets = np.array([1, 1, 0, 1])
    assert suspicious(probabilities, targets, ["b", "a", "c", "d"]).tolist() == [1, 0]


def test_no_rows_no_suspicion():
    assert suspicious(np.empty((0, 2)), np.empty(0, dtype=np.int64), []).tolist() == []
