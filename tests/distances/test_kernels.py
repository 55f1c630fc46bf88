import numpy as np
from scipy.spatial.distance import cdist

from headstart.distances.kernels import squared_distances


def test_squared_distances_against_scipy():
    random = np.random.default_rng(0)
    rows, columns = random.normal(size=(7, 3)) + 100, random.normal(size=(5, 3)) + 100
    np.testing.assert_allclose(squared_distances(rows, columns), cdist(rows, columns, "sqeuclidean"), atol=1e-9)
    assert (squared_distances(rows, rows) >= 0).all()
