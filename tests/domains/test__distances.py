from __future__ import annotations

import numpy as np

from headstart.domains._distances import costs, median


def test_by_hand():
    found = costs(np.array([[0.0], [1.0]]), np.array([[1.0], [3.0]]))
    np.testing.assert_allclose(found, np.array([[1.0, 9.0], [0.0, 4.0]]) / 2.5)


def test_where_all_are_the_same():
    assert median(np.zeros((2, 2))) == 1.0
