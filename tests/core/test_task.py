from __future__ import annotations

import numpy as np

from headstart.core.task import one_by_one


def test_draws_one_by_one_repeat_their_items_and_miss_what_is_not_there():
    seen = []

    def metrics(probabilities: np.ndarray, targets: np.ndarray) -> dict[str, float]:
        seen.append((probabilities[:, 0].tolist(), targets.tolist()))
        found = {"items": float(len(targets))}
        return found | {"rare": 1.0} if 2 in targets else found

    of_draws = one_by_one(metrics, np.array([[0.1], [0.2], [0.3]]), np.array([0, 1, 2]))
    found = of_draws(np.array([[2, 1, 0], [0, 0, 1]]))
    assert seen == [([0.1, 0.1, 0.2], [0, 0, 1]), ([0.3], [2])]
    np.testing.assert_array_equal(found["items"], [3.0, 1.0])
    np.testing.assert_array_equal(found["rare"], [np.nan, 1.0])
