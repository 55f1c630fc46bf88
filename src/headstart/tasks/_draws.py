"""Metrics of classification for many resamples at once: every item counts as often as it was drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Draws:
    """``counts (B, N)`` say how often each item is in each draw; no draw is empty. Results are ``(B,)``."""

    def __init__(
        self, probabilities: NDArray[np.floating], targets: NDArray[np.int64], counts: NDArray[np.integer]
    ) -> None:
        self._probabilities, self._targets = probabilities, targets
        self._counts = counts.astype(np.float64)
        self._totals = self._counts.sum(axis=1)
        self._outputs = probabilities.shape[1]
        self._predicted = probabilities.argmax(axis=1)
        self._right = self._predicted == targets

    def mean(self, values: NDArray[np.floating] | NDArray[np.bool_]) -> NDArray[np.float64]:
        """Of ``values (N,)``."""
        return self._counts @ values / self._totals

    def accuracy(self) -> NDArray[np.float64]:
        """Share of right predictions."""
        return self.mean(self._right)

    def balanced_accuracy(self) -> NDArray[np.float64]:
        """Mean over the classes of a draw of the share of their items that are right."""
        hits, items = self._hits(), self._items(self._targets)
        shares = np.divide(hits, items, out=np.zeros_like(hits), where=items > 0)
        return shares.sum(axis=1) / np.count_nonzero(items, axis=1)

    def macro_f1(self) -> NDArray[np.float64]:
        """Mean over classes that occur among targets or predictions of a draw."""
        hits, named = self._hits(), self._items(self._targets) + self._items(self._predicted)
        scores = np.divide(2.0 * hits, named, out=np.zeros_like(hits), where=named > 0)
        return scores.sum(axis=1) / np.count_nonzero(named, axis=1)

    def log_loss(self, least: float) -> NDArray[np.float64]:
        """Of probabilities of ``least`` or more."""
        return self.mean(-np.log(np.maximum(self._own(), least)))

    def brier(self) -> NDArray[np.float64]:
        """Summed over the classes."""
        squares = np.einsum("nc,nc->n", self._probabilities, self._probabilities)
        return np.maximum(0.0, self.mean(squares - 2.0 * self._own() + 1.0))

    def calibration_error(self, bins: int) -> NDArray[np.float64]:
        """Of the top class, over up to ``bins`` bins of equal mass; an item may lie across two of them."""
        confidence = self._probabilities.max(axis=1)
        order = np.argsort(confidence, kind="stable")
        gaps = (confidence - self._right)[order].astype(np.float64)
        items, summed = np.zeros((2, len(self._counts), len(order) + 1))
        items[:, 1:] = self._counts[:, order]
        np.multiply(items[:, 1:], gaps, out=summed[:, 1:])
        for each in (items, summed):
            np.cumsum(each, axis=1, out=each)
        errors = np.empty(len(items))
        for draw, total in enumerate(self._totals.astype(np.int64)):
            made = min(bins, int(total))
            # The first ``total % made`` bins hold one item more.
            ends = np.arange(made + 1) * (total // made) + np.minimum(np.arange(made + 1), total % made)
            before = np.searchsorted(items[draw], ends, side="right") - 1
            along = (ends - items[draw, before]) * gaps[np.minimum(before, len(gaps) - 1)]
            errors[draw] = np.abs(np.diff(summed[draw, before] + along)).sum() / total
        return errors

    def roc_auc(self) -> NDArray[np.float64]:
        """Mann-Whitney statistic of the second of two classes, ties counting half; NaN where a class is missing."""
        levels, codes = np.unique(self._probabilities[:, 1], return_inverse=True)
        positive, negative = np.zeros((2, len(self._counts), len(levels)))
        for into, chosen in ((positive, self._targets == 1), (negative, self._targets != 1)):
            np.add.at(into.T, codes[chosen], self._counts[:, chosen].T)
        below = np.cumsum(negative, axis=1) - 0.5 * negative
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        won = np.sum(positive * below, axis=1)
        return np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)

    def _own(self) -> NDArray[np.float64]:
        """What each item's own class got, ``(N,)``."""
        return self._probabilities[np.arange(len(self._targets)), self._targets].astype(np.float64)

    def _items(self, labels: NDArray[np.int64]) -> NDArray[np.float64]:
        """How many items of each draw have each label, ``(B, C)``."""
        return self._summed(np.argsort(labels, kind="stable"), labels)

    def _hits(self) -> NDArray[np.float64]:
        right = np.flatnonzero(self._right)
        return self._summed(right[np.argsort(self._targets[right], kind="stable")], self._targets)

    def _summed(self, order: NDArray[np.int64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
        """Counts of the items in ``order (n,)``, which is that of their ``labels (N,)``, by label: ``(B, C)``."""
        found = np.zeros((len(self._counts), self._outputs))
        sizes = np.bincount(labels[order], minlength=self._outputs)
        names, ends = np.flatnonzero(sizes), np.cumsum(sizes)
        if len(names):
            found[:, names] = np.add.reduceat(self._counts[:, order], (ends - sizes)[names], axis=1)
        return found
