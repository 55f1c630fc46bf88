"""Folds for cross-validation: stratified by class, grouped so that tied items never straddle, repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headstart.core.errors import UserError
from headstart.engine.outputs import stacked
from headstart.heads.codes import numbered, untied
from headstart.heads.folds import fold_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray


def repeated_folds(
    targets: NDArray[np.int64], groups: NDArray[np.int64], folds: int, repeats: int, seed: int, noun: str = "group"
) -> tuple[NDArray[np.signedinteger], str]:
    """Fold numbers ``(repeats, N)`` in ``[0, folds)`` and a note on what could not be done as asked ("" if nothing).

    Rows with equal ``groups (N,)`` share a fold. Groups of the same make-up (the same number of items of each class)
    are interchangeable: they are shuffled and dealt to whichever folds hold least of their classes, larger groups
    first, so that without ties every class is spread to within one item. Fewer folds are made when there are fewer
    groups than ``folds``. Equal arguments give equal folds. The note calls a group by the ``noun``.

    Raises:
        UserError: fewer than two folds or one repeat were asked for, or all items are tied into one group.
    """
    _check(targets, groups, folds, repeats)
    codes, members = numbered(targets), numbered(groups)
    sizes = np.bincount(members)
    made = min(folds, len(sizes))
    rng = np.random.default_rng(seed)
    deck = _Deck(codes, members, sizes, rng)
    numbers = stacked([deck.deal(made, rng)[members] for _ in range(repeats)])
    return numbers, _note(codes, members, sizes, folds, numbers, noun)


def scheme(credit: NDArray[np.float64], folds: NDArray[np.integer]) -> str:
    """The cross-validation that ``credit (R, N)`` comes from, in words; NaN marks the splits that were not run."""
    n_folds = int(folds.max()) + 1
    finished = [len(np.unique(row[~np.isnan(scores)])) for scores, row in zip(credit, folds, strict=True)]
    repeats = sum(count > 0 for count in finished)
    whole = f"{repeats} x {n_folds}-fold cross-validation" if repeats > 1 else f"{n_folds}-fold cross-validation"
    asked = repeats * n_folds
    return whole if sum(finished) == asked else f"{sum(finished)} of the {asked} splits of {whole}"


class _Deck:
    """Groups sorted by size, with those of equal make-up together."""

    def __init__(
        self,
        codes: NDArray[np.integer],
        members: NDArray[np.integer],
        sizes: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> None:
        self._class_sizes = np.bincount(codes)
        self._n_groups = len(sizes)
        # The make-up of a group is identified by a sum of random 64-bit numbers, one per class: a (groups, classes)
        # table would not fit in memory for 100,000 items of 1,000 classes.
        keys = rng.integers(0, 2**63, size=len(self._class_sizes), dtype=np.uint64)
        makeup = np.zeros(len(sizes), dtype=np.uint64)
        np.add.at(makeup, members, keys[codes])
        order = np.lexsort((makeup, -sizes))
        cuts = np.flatnonzero((np.diff(makeup[order]) != 0) | (np.diff(sizes[order]) != 0)) + 1
        self._piles = np.split(order, cuts)
        first_row = np.argsort(members, kind="stable")
        starts = np.concatenate([[0], np.cumsum(sizes)])
        self._contents = [
            np.unique(codes[first_row[starts[pile[0]] : starts[pile[0] + 1]]], return_counts=True)
            for pile in self._piles
        ]

    def deal(self, folds: int, rng: np.random.Generator) -> NDArray[np.signedinteger]:
        """Fold number of every group, ``(groups,)``, in two bytes where they hold it."""
        held = np.zeros((folds, len(self._class_sizes)))
        total = np.zeros(folds)
        result = np.empty(self._n_groups, dtype=fold_numbers(folds))
        for pile, (present, counts) in zip(self._piles, self._contents, strict=True):
            # Of the shares of the classes that a fold holds, the sum of squares is kept low: a rare class counts as
            # much as a common one, so that its few groups do not end up together.
            share = counts / self._class_sizes[present]
            load = (held[:, present] / self._class_sizes[present]) @ share
            step = float(share @ share)
            given = _pour(len(pile), load / step, total, rng)
            result[rng.permutation(pile)] = np.repeat(np.arange(folds), given)
            held[:, present] += given[:, None] * counts
            total += given * counts.sum()
        return result


def _pour(
    amount: int, level: NDArray[np.float64], total: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """How many of ``amount`` equal groups each fold gets so that the fullest is as low as can be.

    ``level`` is measured in groups. Ties go to the fold with fewer items in all, then at random; empty folds are
    therefore filled first, and none stays empty.
    """
    folds = len(level)
    water = (amount + level.sum()) / folds
    sure = np.floor(water - level).astype(np.int64) - 1
    base = sure if (sure >= 0).all() else np.zeros(folds, dtype=np.int64)
    rest = amount - int(base.sum())
    heights = np.round((level + base)[:, None] + np.arange(rest), 9)
    tie = np.broadcast_to(np.lexsort((rng.random(folds), total)).argsort()[:, None], heights.shape)
    order = np.lexsort((tie.ravel(), heights.ravel()))[:rest]
    return base + np.bincount(order // max(rest, 1), minlength=folds)


def _check(targets: NDArray[np.int64], groups: NDArray[np.int64], folds: int, repeats: int) -> None:
    problems = []
    if folds < 2:
        problems.append(f"Cross-validation needs at least 2 folds, {folds} asked for.")
    if repeats < 1:
        problems.append(f"Cross-validation needs at least 1 repeat, {repeats} asked for.")
    if targets.shape != groups.shape:
        problems.append(f"Every item needs a target and a group: got {targets.shape[0]} and {groups.shape[0]}.")
    elif np.all(groups == groups[:1]):
        problems.append(
            f"All {len(groups)} items are tied into one group, and cross-validation needs at least two: "
            "give more items, or a finer group column."
        )
    if problems:
        raise UserError(*problems)


def _note(
    codes: NDArray[np.integer],
    members: NDArray[np.integer],
    sizes: NDArray[np.int64],
    asked: int,
    numbers: NDArray[np.int64],
    noun: str,
) -> str:
    """What could not be done as asked, of the fold ``numbers (repeats, N)``."""
    said, made = [], int(numbers.max()) + 1
    if made < asked:
        said.append(f"{made} folds instead of {asked}, because the items form only {made} {noun}s")
    spread = _different(codes, members)
    folds = np.min([_different(codes, row) for row in numbers], axis=0)
    lone, together = spread == 1, (spread > 1) & (folds == 1)
    rare = int(((spread > 1) & (spread < made) & ~together).sum())
    if lone.any():
        said.append(f"{_classes(int(lone.sum()))} in one {noun} only, so never learnt and scored together")
    if together.any():
        said.append(f"{_classes(int(together.sum()))} in one fold only, so never learnt and scored together")
    if rare:
        said.append(f"{_classes(rare)} in fewer {noun}s than folds, so missing from some folds")
    if sizes.max() > 1.5 * len(codes) / made and sizes.max() > 1:
        said.append(f"uneven folds, because one {noun} holds {sizes.max() / len(codes):.0%} of the items")
    return "; ".join(said)


def _different(codes: NDArray[np.integer], numbers: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many different ``numbers (N,)`` each class has, ``(C,)``."""
    if untied(numbers):
        return np.bincount(codes)
    classes, largest = int(codes.max()) + 1, int(numbers.max()) + 1
    pairs = codes * largest + numbers
    if classes * largest > len(codes):
        return np.bincount(np.unique(pairs) // largest)
    there = np.zeros(classes * largest, dtype=bool)
    there[pairs] = True
    return there.reshape(classes, largest).sum(axis=1)


def _classes(count: int) -> str:
    return f"{count} class is" if count == 1 else f"{count} classes are"
