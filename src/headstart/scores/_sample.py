"""What every score needs of its input: checked, in float64, with the classes numbered without gaps."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.errors import UserError
from headstart.core.score import kept


@dataclass(frozen=True, kw_only=True)
class Sample:
    """``features (N, D)``, ``labels (N,)`` from 0 to C - 1, ``counts (C,)`` all positive."""

    features: NDArray[np.float64]
    labels: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, features: NDArray[np.floating], targets: NDArray[np.int64]) -> Sample:
        """Check and number.

        Raises:
            UserError: shapes that do not fit, values that are not finite, fewer than two classes or three items, or
                features that are the same for every item. All that is wrong is said at once.
        """
        features = np.asarray(features, dtype=np.float64)
        problems = []
        if features.ndim != 2 or np.shape(targets) != (len(features),):
            raise UserError(
                f"A score needs features (N, D) and targets (N,), got {features.shape} and {np.shape(targets)}."
            )
        if not np.all(np.isfinite(features)):
            rows = int(np.count_nonzero(~np.isfinite(features).all(axis=1)))
            problems.append(f"A score needs finite features, got {rows} of {len(features)} rows with others.")
        labels, counts = np.unique(targets, return_inverse=True, return_counts=True)[1:]
        if len(counts) < 2 or len(targets) < 3:
            problems.append(
                f"A score needs at least 3 items in at least 2 classes, got {len(targets)} in {len(counts)}."
            )
        if len(features) and np.all(features == features[0]):
            problems.append("A score needs features that differ between items, got the same for every item.")
        if problems:
            raise UserError(*problems)
        return cls(features=features, labels=labels, counts=counts)

    @property
    def onehot(self) -> NDArray[np.float64]:
        """Class membership, ``(N, C)``."""
        return np.eye(len(self.counts))[self.labels]

    @property
    def shares(self) -> NDArray[np.float64]:
        """Class frequencies ``(C,)``."""
        return self.counts / self.counts.sum()

    @property
    def means(self) -> NDArray[np.float64]:
        """Class means ``(C, D)``."""
        return self.onehot.T @ self.features / self.counts[:, None]

    def item_weights(self) -> NDArray[np.float64]:
        """Weights ``(N,)`` under which every class counts the same; they sum to N."""
        return (len(self.labels) / (len(self.counts) * self.counts))[self.labels]

    def balanced_accuracy(self, scores: NDArray[np.float64]) -> float:
        """Mean over classes of the share of items whose highest of ``scores (N, C)`` is their own class."""
        return float(np.mean(self.item_weights() * (scores.argmax(axis=1) == self.labels)))


def principal_coordinates(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Centred rows in their principal axes, ``(N, r)`` with r at most min(N, D), largest variance first.

    Distances and inner products of the centred rows are kept exactly.
    """
    left, singular = decomposed(features - features.mean(axis=0))
    return left * singular


_NOTHING, _EXACT = 1e-13, 1e-8
"""Shares of the largest eigenvalue: rounding up to the first, at least eight digits of it from the second on."""


def decomposed(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Left singular vectors ``(N, r)`` and singular values ``(r,)`` of ``rows (N, D)``, r = min(N, D), largest first.
    Where a value is 0 its vector may be, too.

    They are kept for other scores of the same features (`core.score.kept`): finding them is most of their work.
    """
    digest = hashlib.sha256(repr(rows.shape).encode())
    digest.update(np.ascontiguousarray(rows).data)
    key = digest.digest()
    known = kept()
    if key not in known:
        found = _by_eigenvalues(rows)
        if found is None:
            left, singular, _ = np.linalg.svd(rows, full_matrices=False)
            found = left, singular
        known[key] = found
    return known[key]


def _by_eigenvalues(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """`decomposed` from the smaller Gram matrix, in less than half the time; None where squaring costs digits."""
    wide = rows.shape[0] <= rows.shape[1]
    values, vectors = np.linalg.eigh(rows @ rows.T if wide else rows.T @ rows)
    values, vectors = values[::-1], vectors[:, ::-1]
    real = values > _NOTHING * max(rows.shape) * values[0]
    if not real.any() or values[real][-1] < _EXACT * values[0]:
        return None
    left = np.where(real, vectors if wide else rows @ vectors, 0.0)
    singular = np.sqrt(np.where(real, values, 0.0)) if wide else np.linalg.norm(left, axis=0)
    return left if wide else np.divide(left, singular, out=left, where=real), singular
