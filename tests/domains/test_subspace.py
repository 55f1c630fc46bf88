from __future__ import annotations

import numpy as np
import pytest

from headstart.core.domain import Pair
from headstart.domains.subspace import Subspace, _principal
from tests.domains.pairs import Recorder, fit, right, same, shifted


def test_as_the_paper_writes_it():
    pair, _ = shifted()
    seen = Recorder()
    head = Subspace(directions=2).cross(pair, seen).head
    centred = [rows - rows.mean(axis=0) for rows in (pair.source, pair.target)]
    own, other = (np.linalg.svd(rows, full_matrices=False)[2][:2].T for rows in centred)
    aligned = centred[0] @ own @ own.T @ other
    # Directions are known but for their sign, which does not matter in the space that they lie in.
    middle = pair.target.mean(axis=0)
    np.testing.assert_allclose((seen.features - middle) @ other, aligned, atol=1e-9)
    np.testing.assert_allclose((seen.features - middle) @ other @ other.T, seen.features - middle, atol=1e-9)
    # Of the target the head reads its own two directions alone.
    inner = fit(seen.features, np.eye(3)[pair.labels])
    np.testing.assert_allclose(head.logits(pair.target), inner.logits(middle + centred[1] @ other @ other.T), atol=1e-9)


def test_by_hand_a_turn_by_ninety_degrees_is_undone():
    """What varied along the first axis varies along the second: the aligned coordinate is the same."""
    line = np.linspace(-3.0, 3.0, 60)
    source, target = np.column_stack([line, 0.01 * np.cos(line * 9)]), np.column_stack([0.01 * np.cos(line * 9), line])
    found = _principal(target, 1)
    np.testing.assert_allclose(np.abs(found[:, 0]), [0.0, 1.0], atol=0.01)
    pair = Pair(source=source, labels=(line > 0).astype(np.int64), target=source + 5.0, outputs=2)
    assert right(Subspace(directions=1).cross(pair, fit).head, pair.target, pair.labels) == 1.0


@pytest.mark.parametrize("directions", [6, 64])
def test_all_directions_of_equal_domains_change_nothing(directions: int):
    pair = same()
    plain = fit(pair.source, np.eye(3)[pair.labels])
    found = Subspace(directions=directions).cross(pair, fit).head
    assert right(found, pair.target, pair.labels) >= right(plain, pair.target, pair.labels) - 0.02
