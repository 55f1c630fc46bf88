from __future__ import annotations

import numpy as np

from headstart.core.domain import Pair
from headstart.domains.coral import Coral
from tests.domains.pairs import Recorder


def test_source_features_take_on_the_moments_of_the_target():
    """By hand: variances 4 and 1 become 1 and 9, so that columns are multiplied by 1/2 and 3, around the new mean."""
    source = np.array([[2.0, 0.0], [-2.0, 0.0], [0.0, 1.0], [0.0, -1.0]] * 500) * np.sqrt(2.0)
    target = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 3.0], [0.0, -3.0]] * 500) * np.sqrt(2.0) + [5.0, -1.0]
    seen = Recorder()
    Coral().cross(Pair(source=source, labels=np.arange(2000) % 2, target=target, outputs=2), seen)
    np.testing.assert_allclose(seen.features, source * [0.5, 3.0] + [5.0, -1.0], rtol=0.01, atol=0.01)


def test_as_the_paper_writes_it():
    """Whitening and colouring by singular value decompositions, on covariances that are given."""
    random = np.random.default_rng(0)
    source, target = (random.normal(size=(4000, 3)) @ random.normal(size=(3, 3)) for _ in range(2))
    seen = Recorder()
    Coral().cross(Pair(source=source, labels=np.arange(4000) % 2, target=target, outputs=2), seen)
    roots = []
    for rows, exponent in ((source, -0.5), (target, 0.5)):
        left, values, _ = np.linalg.svd(np.cov(rows.T, ddof=0))
        roots.append((left * values**exponent) @ left.T)
    expected = (source - source.mean(axis=0)) @ roots[0] @ roots[1] + target.mean(axis=0)
    np.testing.assert_allclose(seen.features, expected, atol=0.1)
