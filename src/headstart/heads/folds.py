"""Folds for choosing a penalty inside one training set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stratified_folds(targets: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Fold number of each item, shape ``(N,)``: the items of every class are shuffled and dealt out in turn.

    The dealing goes on from where the previous class stopped, so that fold sizes differ by at most one, and so do
    the shares of any class. Never more folds than items; a class with fewer items than folds is simply missing
    from some of them.

    Raises:
        ValueError: fewer than two items or fewer than two folds.
    """
    if count < 2 or len(targets) < 2:
        raise ValueError(f"Cross-validation needs at least 2 folds and 2 items, got {count} and {len(targets)}.")
    order = np.random.default_rng(seed).permutation(len(targets))
    order = order[np.argsort(targets[order], kind="stable")]
    folds = np.empty(len(targets), dtype=np.int64)
    folds[order] = np.arange(len(targets)) % min(count, len(targets))
    return folds


def grouped_folds(
    targets: NDArray[np.int64], groups: NDArray[np.int64] | None, count: int, seed: int
) -> NDArray[np.int64]:
    """Fold number of each item, shape ``(N,)``, equal for items of equal ``groups (N,)``; None ties none.

    Whole groups are dealt out as `stratified_folds` deals items, by the class of their first item; with a single
    group there is nothing to deal, and its items are treated as untied.

    Raises:
        ValueError: see `stratified_folds`.
    """
    if groups is None:
        return stratified_folds(targets, count, seed)
    _, first, members = np.unique(groups, return_index=True, return_inverse=True)
    if len(first) in (1, len(targets)):
        return stratified_folds(targets, count, seed)
    return stratified_folds(targets[first], count, seed)[members]
