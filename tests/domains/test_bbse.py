from __future__ import annotations

import numpy as np
import pytest

from headstart.core.domain import Pair, one_hot
from headstart.domains.bbse import LEAST, Bbse, class_shares
from tests.domains.pairs import fit, items, right


def skewed(shares: list[float], seed: int = 3) -> tuple[Pair, np.ndarray]:
    source, labels = items(300, 0)
    rows, hidden = items(3000, seed)
    counts = (np.array(shares) * 600).astype(int)
    kept = np.concatenate([np.flatnonzero(hidden == each)[:count] for each, count in enumerate(counts)])
    return Pair(source=source, labels=labels, target=rows[kept], outputs=3), hidden[kept]


@pytest.mark.parametrize("shares", [[0.6, 0.3, 0.1], [1 / 3, 1 / 3, 1 / 3], [0.0, 0.5, 0.5]])
def test_frequencies_are_found(shares: list[float]):
    pair, _ = skewed(shares)
    head = fit(pair.source, one_hot(pair.labels, 3))
    np.testing.assert_allclose(class_shares(pair, fit, head), shares, atol=0.05)


def test_by_hand():
    """Predictions right in 8 of 10 cases and 7 of 10 predicted first: .8 s + .2 (1 - s) = .7, s = 5/6."""
    rows = np.zeros((20, 1))
    rows[:8], rows[10:12] = 1.0, 1.0
    labels = np.repeat([0, 1], 10)
    certain = 60.0

    class Known:
        def __call__(self, features, shares, *, weights=None, groups=None):
            from headstart.core.backbone import LinearHead

            return LinearHead(weight=np.array([[certain], [-certain]]), bias=np.array([-certain / 2, certain / 2]))

    target = np.repeat([1.0, 0.0], [7, 3])[:, None]
    pair = Pair(source=rows, labels=labels, target=target, outputs=2)
    known = Known()
    found = class_shares(pair, known, known(rows, rows))
    np.testing.assert_allclose(found, [5 / 6, 1 / 6], atol=1e-5)
    head = Bbse().cross(pair, known).head
    np.testing.assert_allclose(np.diff(head.bias), certain + np.log((1 / 6) / (5 / 6)), atol=1e-4)


def test_more_are_right_where_classes_are_skewed():
    pair, hidden = skewed([0.8, 0.15, 0.05])
    plain = fit(pair.source, one_hot(pair.labels, 3))
    assert right(Bbse().cross(pair, fit).head, pair.target, hidden) > right(plain, pair.target, hidden)


def test_a_class_that_is_not_there_is_not_ruled_out():
    pair, _ = skewed([0.0, 0.5, 0.5])
    plain, head = fit(pair.source, one_hot(pair.labels, 3)), Bbse().cross(pair, fit).head
    assert (head.bias - plain.bias)[0] >= np.log(3 * LEAST) - 1e-9
    assert Bbse.candidate is False
