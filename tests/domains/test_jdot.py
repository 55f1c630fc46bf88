from __future__ import annotations

import numpy as np

from headstart.core.domain import Pair
from headstart.domains.jdot import Jdot
from tests.domains.pairs import Recorder, fit, right, shifted


def test_labels_arrive_at_the_items_they_are_sent_to():
    """Far from each other, every group of the target gets the label of the group beside it."""
    source = np.repeat([[0.0], [10.0]], 6, axis=0) + np.tile(np.linspace(-0.5, 0.5, 6), 2)[:, None]
    seen = Recorder()
    labels = np.repeat([0, 1], 6)
    Jdot(regularisation=0.005).cross(Pair(source=source, labels=labels, target=source + 1.0, outputs=2), seen)
    np.testing.assert_allclose(seen.shares, np.eye(2)[labels], atol=1e-3)
    np.testing.assert_array_equal(seen.features, source + 1.0)


def test_the_labels_have_a_say_in_who_goes_where():
    """Distances alone send two items of the second class to the first group (it is larger in the target); with less
    weight on them the head's own opinion of those items counts.
    """
    pair, hidden = shifted(150, 120)
    near, far = (right(Jdot(alpha=alpha).cross(pair, fit).head, pair.target, hidden) for alpha in (1.0, 0.01))
    assert near != far


def test_shares_add_up_to_one():
    pair, _ = shifted(60, 45)
    seen = Recorder()
    Jdot(rounds=1).cross(pair, seen)
    np.testing.assert_allclose(seen.shares.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(seen.shares.mean(axis=0), np.eye(3)[pair.labels].mean(axis=0), atol=1e-3)
