"""Which rows train and which test.

Policy: a test split the user gave is used as it is (``given``). Otherwise, from `LEAST_FOR_SPLIT` items on, a fifth
is held out once (``made``): the test set is then large enough for an interval of a few points, and the training set
loses little. Below that nothing is held out (``none``) and the score comes from cross-validation, because an
interval from a fifth of a few hundred items is twice as wide as one from all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_FOR_SPLIT = 1000
SHARE = 0.2


def hold_out(
    targets: NDArray[np.int64], groups: NDArray[np.int64], digests: Sequence[str], seed: int
) -> NDArray[np.bool_]:
    """Mask ``(N,)`` of the test rows: about a fifth of every class, no group on both sides.

    Groups are visited in an order drawn from ``seed`` and the content of their items, so that neither the order of
    the rows nor the names of the files matters. A group goes to the test side when that brings the classes' shares
    closer to a fifth (sum of squares over classes), and when every class it holds keeps two groups to train on.
    """
    classes = int(targets.max(initial=-1)) + 1
    n_groups = int(groups.max(initial=-1)) + 1
    counts = np.zeros((n_groups, classes), dtype=np.int64)
    np.add.at(counts, (groups, targets), 1)
    missing = SHARE * counts.sum(axis=0)
    remaining = (counts > 0).sum(axis=0)
    chosen = np.zeros(n_groups, dtype=bool)
    for group in _shuffled(groups, digests, seed):
        held = counts[group]
        improves = ((missing - held) ** 2).sum() < (missing**2).sum()
        if improves and (remaining[held > 0] > 2).all():
            chosen[group] = True
            missing = missing - held
            remaining = remaining - (held > 0)
    return chosen[groups]


def _shuffled(groups: NDArray[np.int64], digests: Sequence[str], seed: int) -> list[int]:
    first: dict[int, str] = {}
    for group, digest in zip(groups.tolist(), digests, strict=True):
        first[group] = min(digest, first.get(group, digest))
    return sorted(first, key=lambda group: hashlib.sha256(f"{seed} {first[group]}".encode()).digest())
