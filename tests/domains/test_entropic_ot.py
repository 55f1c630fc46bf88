from __future__ import annotations

import numpy as np

from headstart.core.domain import Pair
from headstart.domains.entropic_ot import EntropicOT
from tests.domains.pairs import Recorder


def test_by_hand_two_pairs_of_points():
    """Costs 1 and 9 by a median of 5: a source item goes to ``p near + (1 - p) far``, p / (1 - p) = exp(8 / 5)."""
    source, target = np.array([[0.0], [4.0]] * 2), np.array([[1.0], [3.0]] * 2)
    seen = Recorder()
    EntropicOT(regularisation=1.0).cross(
        Pair(source=source, labels=np.array([0, 1, 0, 1]), target=target, outputs=2), seen
    )
    near = np.exp(8 / 5) / (1 + np.exp(8 / 5))
    expected = near * 1.0 + (1 - near) * 3.0
    np.testing.assert_allclose(seen.features[:, 0], [expected, 4.0 - expected] * 2, atol=1e-6)


def test_with_little_entropy_a_permutation_finds_its_way_back():
    random = np.random.default_rng(0)
    source = random.normal(size=(12, 3)) * 5
    target = source[random.permutation(12)] + 0.01
    seen = Recorder()
    labels = np.arange(12) % 2
    EntropicOT(regularisation=0.001).cross(Pair(source=source, labels=labels, target=target, outputs=2), seen)
    np.testing.assert_allclose(seen.features, source + 0.01, atol=1e-3)
