"""Metrics of classification for many resamples at once: every item counts as often as it was drawn."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.float64]
"""How often each item is in each draw, ``(B, N)``; no draw is empty."""


class Draws:
    """Of ``probabilities (N, C)`` and ``targets (N,)``. What does not depend on the draws is worked out once and held
    in small numbers; results are ``(B,)``.
    """

    def __init__(self, probabilities: NDArray[np.floating], targets: NDArray[np.int64]) -> None:
        self._probabilities, self._targets = probabilities, targets
        self._outputs = probabilities.shape[1]
        self._predicted = probabilities.argmax(axis=1).astype(np.int32)
        self._right = self._predicted == targets
        self._own = probabilities[np.arange(len(targets)), targets]

    def mean(self, counts: Counts, values: NDArray[np.floating] | NDArray[np.bool_]) -> NDArray[np.float64]:
        """Of ``values (N,)``."""
        return counts @ values / counts.sum(axis=1)

    def accuracy(self, counts: Counts) -> NDArray[np.float64]:
        """Share of right predictions."""
        return self.mean(counts, self._right)

    def balanced_accuracy(self, counts: Counts) -> NDArray[np.float64]:
        """Mean over the classes of a draw of the share of their items that are right."""
        hits, items = self._hits(counts), self._items(counts)
        shares = np.divide(hits, items, out=np.zeros_like(hits), where=items > 0)
        return shares.sum(axis=1) / np.count_nonzero(items, axis=1)

    def macro_f1(self, counts: Counts) -> NDArray[np.float64]:
        """Mean over classes that occur among targets or predictions of a draw."""
        hits = self._hits(counts)
        named = self._items(counts) + _summed(counts, self._by_prediction, self._predicted, self._outputs)
        scores = np.divide(2.0 * hits, named, out=np.zeros_like(hits), where=named > 0)
        return scores.sum(axis=1) / np.count_nonzero(named, axis=1)

    def log_loss(self, counts: Counts, least: float) -> NDArray[np.float64]:
        """Of probabilities of ``least`` or more."""
        return self.mean(counts, -np.log(np.maximum(self._own.astype(np.float64), least)))

    def brier(self, counts: Counts) -> NDArray[np.float64]:
        """Summed over the classes."""
        squares = np.einsum("nc,nc->n", self._probabilities, self._probabilities)
        return np.maximum(0.0, self.mean(counts, squares - 2.0 * self._own.astype(np.float64) + 1.0))

    def calibration_error(self, counts: Counts, bins: int) -> NDArray[np.float64]:
        """Of the top class, over up to ``bins`` bins of equal mass; an item may lie across two of them."""
        order, gaps = self._by_confidence
        errors = np.empty(len(counts))
        for draw, drawn in enumerate(counts):
            added = drawn[order]
            sums = np.cumsum(added)
            total = int(sums[-1])
            made = min(bins, total)
            # The first ``total % made`` bins hold one item more.
            ends = np.arange(made + 1) * (total // made) + np.minimum(np.arange(made + 1), total % made)
            # Of the items that lie wholly below an end, and of the one that lies across it.
            below = np.searchsorted(sums, ends, side="right")
            across = ends - np.where(below > 0, sums[below - 1], 0.0)
            np.multiply(added, gaps, out=added)
            np.cumsum(added, out=sums)
            summed = np.where(below > 0, sums[below - 1], 0.0) + across * gaps[np.minimum(below, len(gaps) - 1)]
            errors[draw] = np.abs(np.diff(summed)).sum() / total
        return errors

    def roc_auc(self, counts: Counts) -> NDArray[np.float64]:
        """Mann-Whitney statistic of the second of two classes, ties counting half; NaN where a class is missing."""
        levels, codes = np.unique(self._probabilities[:, 1], return_inverse=True)
        positive, negative = np.zeros((2, len(counts), len(levels)))
        for into, chosen in ((positive, self._targets == 1), (negative, self._targets != 1)):
            np.add.at(into.T, codes[chosen], counts[:, chosen].T)
        below = np.cumsum(negative, axis=1) - 0.5 * negative
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        won = np.sum(positive * below, axis=1)
        return np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)

    def _items(self, counts: Counts) -> NDArray[np.float64]:
        """How many items of each draw have each label, ``(B, C)``."""
        return _summed(counts, self._by_target, self._targets, self._outputs)

    def _hits(self, counts: Counts) -> NDArray[np.float64]:
        """How many of those are right, ``(B, C)``."""
        return _summed(counts, self._by_target[self._right[self._by_target]], self._targets, self._outputs)

    @cached_property
    def _by_target(self) -> NDArray[np.int32]:
        return np.argsort(self._targets, kind="stable").astype(np.int32)

    @cached_property
    def _by_prediction(self) -> NDArray[np.int32]:
        return np.argsort(self._predicted, kind="stable").astype(np.int32)

    @cached_property
    def _by_confidence(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Order of the items, and in it by how much confidence exceeds being right."""
        confidence = self._probabilities.max(axis=1)
        order = np.argsort(confidence, kind="stable").astype(np.int32)
        return order, (confidence - self._right)[order].astype(np.float64)


def _summed(counts: Counts, order: NDArray[np.int32], labels: NDArray[np.integer], outputs: int) -> NDArray[np.float64]:
    """Counts of the items in ``order (n,)``, which is that of their ``labels (N,)``, by label: ``(B, outputs)``."""
    found, sizes = np.zeros((len(counts), outputs)), np.bincount(labels[order], minlength=outputs)
    names, ends = np.flatnonzero(sizes), np.cumsum(sizes)
    if len(names):
        found[:, names] = np.add.reduceat(counts[:, order], (ends - sizes)[names], axis=1)
    return found
