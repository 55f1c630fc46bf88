"""The probe of `heads.probe` from sums over blocks of features: one pass, and memory that does not grow with the rows.

Everything that ridge regression needs of a set of rows are the moments of ``z = (x, y)``, ``sum 1``, ``sum z`` and
``sum z z'``, and moments add up: those of all folds but one are the total minus its own. They are taken around a point
near the mean, so that centring them later cancels little, and columns are standardised by scaling them.

The squared error of a head on a fold follows from the fold's moments, too: with residual ``r = y - B x - b``,

    sum |r|^2 = tr(M S M') - 2 c'M s + n |c|^2,   M = (-B, I),  c = b,

so that the penalty is chosen by exact out-of-fold error without reading the features again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.core.features import Features, blocks_of
from headstart.heads.calibration import Calibration, calibrate_regression
from headstart.heads.codes import numbered
from headstart.heads.folds import grouped_folds
from headstart.heads.probe import PENALTIES
from headstart.heads.sample import stratified_rows
from headstart.heads.standardise import Standardiser

FOLDS = 5
"""Of many rows each knows little that four fifths of them do not."""
CALIBRATED = 10_000
"""Rows to whose out-of-fold logits the calibration is fitted."""


@dataclass(frozen=True, kw_only=True)
class StreamedProbe:
    """``head`` gives calibrated logits; ``fold_heads (K)`` are the fits without each fold, as they are.

    ``errors (L,)`` are the out-of-fold squared errors at ``lambdas (L,)``, of which ``penalty`` has the least.
    """

    head: LinearHead
    penalty: float
    lambdas: NDArray[np.float64]
    errors: NDArray[np.float64]
    fold_heads: tuple[LinearHead, ...]
    calibration: Calibration


def fit_probe_streamed(
    features: NDArray[np.floating] | Features,
    targets: NDArray[np.int64],
    outputs: int,
    class_weights: Sequence[float],
    groups: NDArray[np.int64] | None = None,
    *,
    folds: NDArray[np.integer] | None = None,
) -> StreamedProbe:
    """`heads.probe.fit_probe` for many rows, left out in folds and not one by one.

    Args:
        features: ``(N, D)``.
        targets: class indices, ``(N,)``.
        outputs: number of classes C.
        class_weights: what classes count for the calibration, ``(C,)``.
        groups: items with equal numbers, ``(N,)``, are in one fold; None ties none.
        folds: fold numbers, ``(N,)``; None draws `FOLDS`.

    Raises:
        ValueError: a wrong shape, or fewer than two folds.
    """
    items = len(features)
    if items < 2 or targets.shape != (items,):
        raise ValueError(f"Ridge needs at least 2 items with one target each, got {items} and {targets.shape}.")
    folds = grouped_folds(targets, groups, FOLDS, 0) if folds is None else folds
    codes = numbered(folds)
    count = int(codes.max(initial=-1)) + 1
    if count < 2:
        raise ValueError("Choosing a penalty needs items in at least two folds, got one fold.")
    origin, parts = _by_fold(features, targets, outputs, codes, count)
    standardiser = sum(parts[1:], parts[0]).standardiser(origin)
    parts = [part.scaled(standardiser.scale) for part in parts]
    whole = sum(parts[1:], parts[0])
    path = PENALTIES * (whole.spread / max(1, min(items - 1, whole.width)) or 1.0)
    heads, errors = _left_out(whole, parts, path)
    best = int(np.argmin(errors))

    def on_raw(head: LinearHead) -> LinearHead:
        weight = head.weight * standardiser.scale
        return LinearHead(weight=weight, bias=head.bias - weight @ origin)

    fold_heads = tuple(on_raw(head[best]) for head in heads)
    rows = stratified_rows(targets, CALIBRATED, 0)
    shown, logits = np.asarray(features[rows]), np.empty((len(rows), outputs))
    for code, head in enumerate(fold_heads):
        held = codes[rows] == code
        logits[held] = head.logits(shown[held]) + whole.leaning_without(parts[code])
    calibration = calibrate_regression(logits, targets[rows], np.asarray(class_weights))
    return StreamedProbe(
        head=calibration.fold(on_raw(whole.solutions(path[best : best + 1])[0])),
        penalty=float(path[best]),
        lambdas=path,
        errors=errors,
        fold_heads=fold_heads,
        calibration=calibration,
    )


def _left_out(
    whole: Moments, parts: Sequence[Moments], path: NDArray[np.float64]
) -> tuple[list[list[LinearHead]], NDArray[np.float64]]:
    """For each part the heads without it, one per penalty of ``path (L,)``; and their squared errors on it ``(L,)``."""
    heads = [whole.minus(part).solutions(path) for part in parts]
    errors = [[part.error(head) for head in along] for part, along in zip(parts, heads, strict=True)]
    return heads, np.sum(errors, axis=0)


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Moments ``first (D + C,)`` and ``second (D + C, D + C)`` of ``count`` features and signs; ``width`` is D."""

    count: int
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    width: int

    def __add__(self, other: Moments) -> Moments:
        return Moments(
            count=self.count + other.count,
            first=self.first + other.first,
            second=self.second + other.second,
            width=self.width,
        )

    def minus(self, other: Moments) -> Moments:
        """Of the rows that are here and not there."""
        return Moments(
            count=self.count - other.count,
            first=self.first - other.first,
            second=self.second - other.second,
            width=self.width,
        )

    def leaning_without(self, other: Moments) -> NDArray[np.float64]:
        """By how much the mean signs ``(C,)`` here exceed those without ``other``; see `probe.level_logits`."""
        rest = self.minus(other)
        return (self.first / self.count - rest.first / rest.count)[self.width :]

    def scaled(self, scale: NDArray[np.float64]) -> Moments:
        """With the features times ``scale (D,)``."""
        factors = np.append(scale, np.ones(len(self.first) - self.width))
        second = self.second * np.outer(factors, factors)
        return Moments(count=self.count, first=self.first * factors, second=second, width=self.width)

    def standardiser(self, origin: NDArray[np.float64]) -> Standardiser:
        """Of features that were taken from ``origin (D,)``."""
        mean = self.first[: self.width] / self.count
        variance = np.maximum(np.diag(self.second)[: self.width] / self.count - mean**2, 0.0)
        return Standardiser.from_moments(origin + mean, variance, self.count)

    @property
    def spread(self) -> float:
        """Summed squares of the centred features."""
        return float(np.trace(self.centred()[: self.width, : self.width]))

    def centred(self) -> NDArray[np.float64]:
        """``sum (z - mean)(z - mean)'``."""
        return self.second - np.outer(self.first, self.first) / self.count

    def solutions(self, path: NDArray[np.float64]) -> list[LinearHead]:
        """The head at every penalty of ``path (L,)``."""
        centred, mean = self.centred(), self.first / self.count
        inner, outer = mean[: self.width], mean[self.width :]
        spectrum, vectors = np.linalg.eigh(centred[: self.width, : self.width])
        along = vectors.T @ centred[: self.width, self.width :]
        heads = []
        for penalty in path:
            # Rounding leaves null directions with tiny eigenvalues of either sign.
            weight = (vectors @ (along / (np.maximum(spectrum, 0.0) + penalty)[:, None])).T
            heads.append(LinearHead(weight=weight, bias=outer - weight @ inner))
        return heads

    def error(self, head: LinearHead) -> float:
        """Sum of squared errors of ``head`` on these rows."""
        residual = np.hstack([-head.weight, np.eye(len(head.bias))])
        spread = float(np.sum((residual @ self.second) * residual))
        shift = float(head.bias @ (residual @ self.first))
        return spread - 2.0 * shift + self.count * float(head.bias @ head.bias)


def _by_fold(
    features: NDArray[np.floating] | Features,
    targets: NDArray[np.int64],
    outputs: int,
    codes: NDArray[np.integer],
    folds: int,
) -> tuple[NDArray[np.float64], list[Moments]]:
    """The origin ``(D,)`` that features are taken from, and the moments of each fold."""
    width = features.shape[1]
    origin = np.asarray(next(blocks_of(features))[1].mean(axis=0, dtype=np.float64))
    firsts = np.zeros((folds, width + outputs))
    seconds = np.zeros((folds, width + outputs, width + outputs))
    for where, block in blocks_of(features):
        signs = np.where(targets[where, None] == np.arange(outputs), 1.0, -1.0)
        rows = np.hstack([block - origin, signs])
        for code in range(folds):
            here = rows[codes[where] == code]
            firsts[code] += here.sum(axis=0)
            seconds[code] += here.T @ here
    return origin, [
        Moments(count=int(count), first=first, second=second, width=width)
        for count, first, second in zip(np.bincount(codes, minlength=folds), firsts, seconds, strict=True)
    ]
