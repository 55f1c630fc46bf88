"""Folds for choosing a penalty inside one training set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.heads.codes import numbered, untied


def stratified_folds(targets: NDArray[np.int64], count: int, seed: int) -> NDArray[np.signedinteger]:
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
    made = min(count, len(targets))
    folds = np.empty(len(targets), dtype=fold_numbers(made))
    folds[order] = np.arange(len(targets)) % made
    return folds


def fold_numbers(count: int) -> type[np.signedinteger]:
    """What the numbers of ``count`` folds are held in: there is one for each of up to millions of items."""
    return np.int16 if count <= np.iinfo(np.int16).max else np.int64


def grouped_folds(
    targets: NDArray[np.int64], groups: NDArray[np.int64] | None, count: int, seed: int
) -> NDArray[np.signedinteger]:
    """Fold number of each item, shape ``(N,)``, equal for items of equal ``groups (N,)``; None ties none.

    Whole groups are dealt out as `stratified_folds` deals items, by the class of their first item; with a single
    group there is nothing to deal, and its items are treated as untied.

    Raises:
        ValueError: see `stratified_folds`.
    """
    members = None if groups is None or not len(groups) else numbered(groups)
    if members is None or members.max() == 0 or untied(members):
        return stratified_folds(targets, count, seed)
    first = np.unique(members, return_index=True)[1]
    return stratified_folds(targets[first], count, seed)[members]
