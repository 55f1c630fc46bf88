"""Which rows train and which test.

Policy: a test split the user gave is used as it is (``given``). Otherwise, from `LEAST_FOR_SPLIT` items on, a fifth
is held out once (``made``): the test set is then large enough for an interval of a few points, and the training set
loses little. Below that nothing is held out (``none``) and the score comes from cross-validation, because an
interval from a fifth of a few hundred items is twice as wide as one from all of them. Nor is anything held out where
fewer than `LEAST_GROUPS` groups could be: items of one group say little more than one of them, and an interval
from fewer than five of them would be a guess.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from headstart.core.dataset import Issue
from headstart.core.words import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_FOR_SPLIT = 1000
LEAST_GROUPS = 5
SHARE = 0.2


def made(
    targets: NDArray[np.int64], groups: NDArray[np.int64], digests: Sequence[str], seed: int, noun: str = "group"
) -> tuple[NDArray[np.bool_], list[Issue]]:
    """Mask ``(N,)`` of the test rows where the user gave none; all False if nothing is held out, with a note where that
    is because of the groups, each of which people call a ``noun``.
    """
    nothing = np.zeros(len(targets), dtype=bool)
    if len(targets) < LEAST_FOR_SPLIT:
        return nothing, []
    test = hold_out(targets, groups, digests, seed)
    held, total = len(np.unique(groups[test])), len(np.unique(groups))
    if held >= LEAST_GROUPS:
        return test, []
    sentence = (
        f"No test split was made: of {counted(total, noun)} only {held} could be held out, and an interval needs at "
        f"least {LEAST_GROUPS}; the score is cross-validated unless you give a test split or more {noun}s."
    )
    return nothing, [Issue(code="few_groups", severity="note", message=sentence, count=total)]


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
    # What each group holds, as lists: a (groups, classes) table of 100,000 by 1,000 would take 800 MB.
    cells, sizes = np.unique(groups * classes + targets, return_counts=True)
    group_of, class_of = np.divmod(cells, max(classes, 1))
    starts = np.searchsorted(group_of, np.arange(n_groups + 1))
    missing = SHARE * np.bincount(targets, minlength=classes)
    remaining = np.bincount(class_of, minlength=classes)
    chosen = np.zeros(n_groups, dtype=bool)
    for group in _shuffled(groups, digests, seed):
        inside = slice(starts[group], starts[group + 1])
        held, size = class_of[inside], sizes[inside]
        improves = ((missing[held] - size) ** 2).sum() < (missing[held] ** 2).sum()
        if improves and (remaining[held] > 2).all():
            chosen[group] = True
            missing[held] -= size
            remaining[held] -= 1
    return chosen[groups]


def _shuffled(groups: NDArray[np.int64], digests: Sequence[str], seed: int) -> list[int]:
    first: dict[int, str] = {}
    for group, digest in zip(groups.tolist(), digests, strict=True):
        first[group] = min(digest, first.get(group, digest))
    return sorted(first, key=lambda group: hashlib.sha256(f"{seed} {first[group]}".encode()).digest())
