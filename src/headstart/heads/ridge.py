"""Ridge classification in closed form, with exact leave-one-out and K-fold predictions for a whole path of penalties.

One symmetric eigendecomposition, of the Gram matrix when N <= D and of the covariance otherwise, serves every
penalty, every left-out item and every set of folds.

Derivation. With item weights w (sum W), targets Y in {-1, +1} (one column per class) and an unpenalised intercept,

    minimise  sum_i w_i |y_i - B x_i - b|^2 + lambda |B|_F^2.

Centre by the weighted means m and t, scale rows by sqrt(w): A = diag(sqrt w)(X - 1 m'), T = diag(sqrt w)(Y - 1 t').
With the eigenvectors V of A'A or U of A A' the residuals of the scaled problem are r = (I - H) T, where

    I - H = I - q q' - A V diag(1 / (s + lambda)) V'A' = U diag(lambda / (s + lambda)) U',   q = sqrt(w / W).

U leaves out q, the direction that the intercept takes. Leaving out a set S of rows of a least-squares problem whose
penalty is fixed changes their residuals to exactly

    e_S = (I - H_SS)^-1 r_S   (Woodbury),   for one row  e_i = r_i / (1 - h_i).

The weights of the items left in are held fixed. The second form of I - H serves N <= D: 1 - h_i is then a sum of
positive terms, so that nothing cancels even where the fit interpolates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.heads.temperature import fit_temperature
from headstart.heads.weights import checked_weights

RELATIVE_LAMBDAS = np.logspace(-4, 3, 29)
"""Default path in multiples of the mean eigenvalue of A'A over its rank: four per decade."""


@dataclass(frozen=True, kw_only=True)
class RidgePath:
    """Ridge solutions for every one of ``lambdas (L,)``; see the module for the symbols.

    With ``gram`` the ``basis (N, R)`` is U and ``back (D, R)`` is A'U, without it they are AV and V. ``spectrum (R,)``
    is s, ``aims (N, C)`` is T and ``projected (R, C)`` is basis' T.
    """

    lambdas: NDArray[np.float64]
    gram: bool
    basis: NDArray[np.float64]
    spectrum: NDArray[np.float64]
    back: NDArray[np.float64]
    aims: NDArray[np.float64]
    projected: NDArray[np.float64]
    signs: NDArray[np.float64]
    weights: NDArray[np.float64]
    feature_mean: NDArray[np.float64]
    target_mean: NDArray[np.float64]

    def loo(self, index: int) -> NDArray[np.float64]:
        """Logits ``(N, C)`` of every item from the fit without it, at ``lambdas[index]``."""
        kept = self._squares @ self._kept(index)
        if not self.gram:
            kept += 1.0 - self.weights / self.weights.sum()
        return self.signs - self._residuals(index) / (kept * np.sqrt(self.weights))[:, None]

    @property
    def loo_logits(self) -> NDArray[np.float64]:
        """`loo` for the whole path, ``(L, N, C)``."""
        return np.stack([self.loo(index) for index in range(len(self.lambdas))])

    def out_of_fold(self, index: int, folds: NDArray[np.integer]) -> NDArray[np.float64]:
        """Logits ``(N, C)`` of every item from the fit without its fold, at ``lambdas[index]``.

        ``folds (N,)`` holds fold numbers; any grouping will do, single items too. Exact, at the cost of one linear
        system of the fold's size per fold.

        Raises:
            ValueError: all items are in one fold, so that nothing is left to fit on.
        """
        if len(np.unique(folds)) < 2:
            raise ValueError("Out-of-fold predictions need items in at least two folds, got one fold.")
        return self.without(index, ties(folds))

    def best(self, folds: NDArray[np.integer] | None = None) -> tuple[int, NDArray[np.float64]]:
        """Number of the penalty with the least squared error on left-out items, or folds ``(N,)`` as in `out_of_fold`,
        and their logits ``(N, C)``.
        """
        tied = [] if folds is None else ties(folds)
        left_out = [self.without(index, tied) for index in range(len(self.lambdas))]
        least = int(np.argmin([np.sum((logits - self.signs) ** 2) for logits in left_out]))
        return least, left_out[least]

    def without(self, index: int, tied: list[NDArray[np.int64]]) -> NDArray[np.float64]:
        """`loo` with the rows of each block of ``tied`` (`ties`) left out together."""
        logits = np.empty_like(self.signs) if sum(rows.size for rows in tied) == len(self.signs) else self.loo(index)
        residuals, factor = self._residuals(index), self._kept(index)
        intercept, root = np.sqrt(self.weights / self.weights.sum()), np.sqrt(self.weights)
        for rows in tied:
            part = self.basis[rows]
            kept = (part * factor) @ part.transpose(0, 2, 1)
            if not self.gram:
                along = intercept[rows]
                kept += np.eye(rows.shape[1]) - along[:, :, None] * along[:, None, :]
            logits[rows] = self.signs[rows] - np.linalg.solve(kept, residuals[rows]) / root[rows, None]
        return logits

    def residual_maker(self, index: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """``I - H (N, N)`` and the residuals ``(N, C)`` of the fit on all items, at ``lambdas[index]``."""
        if self.gram:
            half = self.basis * np.sqrt(self._kept(index))
            return half @ half.T, self._residuals(index)
        intercept = np.sqrt(self.weights / self.weights.sum())
        half = np.column_stack([self.basis * np.sqrt(-self._kept(index)), intercept])
        maker = half @ half.T
        np.negative(maker, out=maker)
        maker[np.diag_indices(len(maker))] += 1.0
        return maker, self._residuals(index)

    def head(self, index: int) -> LinearHead:
        """The head fitted on all items at ``lambdas[index]``."""
        solution = self.projected / (self.spectrum + self.lambdas[index])[:, None]
        weight = (self.back @ solution).T
        return LinearHead(weight=weight, bias=self.target_mean - weight @ self.feature_mean)

    @cached_property
    def _squares(self) -> NDArray[np.float64]:
        return self.basis**2

    def _kept(self, index: int) -> NDArray[np.float64]:
        """What I - H does along each column of ``basis``, beside the identity when that is not ``gram``."""
        shrunk = self.spectrum + self.lambdas[index]
        return self.lambdas[index] / shrunk if self.gram else -1.0 / shrunk

    def _residuals(self, index: int) -> NDArray[np.float64]:
        """``(I - H) T`` of the fit on all items, ``(N, C)``, in the scale of sqrt(w)."""
        along = self.basis @ (self._kept(index)[:, None] * self.projected)
        return along if self.gram else along + self.aims


def ties(folds: NDArray[np.integer]) -> list[NDArray[np.int64]]:
    """What `blocks_of_equal_size` gives for folds of two items and more."""
    return [rows for rows in blocks_of_equal_size(folds) if rows.shape[1] > 1]


def blocks_of_equal_size(folds: NDArray[np.integer]) -> list[NDArray[np.int64]]:
    """Rows of each fold of ``folds (N,)``, as one array ``(count, size)`` for each size that folds have."""
    _, codes, counts = np.unique(folds, return_inverse=True, return_counts=True)
    order, starts = np.argsort(codes, kind="stable"), np.cumsum(counts) - counts
    return [order[starts[counts == size][:, None] + np.arange(size)] for size in np.unique(counts)]


@dataclass(frozen=True, kw_only=True)
class RidgeFit:
    """``head`` gives calibrated logits; ``loo_logits (N, C)`` are those of leave-one-out, also calibrated."""

    head: LinearHead
    penalty: float
    temperature: float
    loo_logits: NDArray[np.float64]


def fit_ridge(
    features: NDArray[np.floating],
    targets: NDArray[np.int64],
    outputs: int,
    weights: NDArray[np.floating] | None = None,
    *,
    lambdas: Sequence[float] | NDArray[np.float64] | None = None,
) -> RidgeFit:
    """Ridge classification with its penalty chosen by leave-one-out, and a temperature that makes it probabilistic.

    The penalty has the least weighted squared leave-one-out error (Allen's PRESS). The log-loss after a temperature
    fitted for every penalty chooses as well from 300 items upwards and worse below: by 1.1 points of balanced
    accuracy with 100 tweets and 0.3 with 50 digits, because both the temperature and the penalty then fit the noise.
    The features are used as they are, so that leave-one-out stays exact.

    Arguments and errors are those of `ridge_path`.
    """
    path = ridge_path(features, targets, outputs, weights, lambdas)
    errors = [float(path.weights @ np.sum((path.loo(i) - path.signs) ** 2, axis=1)) for i in range(len(path.lambdas))]
    best = int(np.argmin(errors))
    logits = path.loo(best)
    temperature = fit_temperature(logits, targets, path.weights)
    return RidgeFit(
        head=path.head(best).divided_by(temperature),
        penalty=float(path.lambdas[best]),
        temperature=temperature,
        loo_logits=logits / temperature,
    )


def ridge_path(
    features: NDArray[np.floating],
    targets: NDArray[np.int64],
    outputs: int,
    weights: NDArray[np.floating] | None = None,
    lambdas: Sequence[float] | NDArray[np.float64] | None = None,
) -> RidgePath:
    """Decompose once; see `RidgePath` for what can then be read off.

    Args:
        features: ``(N, D)``.
        targets: class indices, ``(N,)``.
        outputs: number of classes C; a class without items gets zero weights and bias -1.
        weights: positive item weights, ``(N,)``; None for one each.
        lambdas: positive penalties, ``(L,)``; None for `RELATIVE_LAMBDAS` times the mean eigenvalue.

    Raises:
        ValueError: fewer than two items, a wrong shape, or a penalty or weight that is not positive.
    """
    items = len(features)
    if items < 2 or targets.shape != (items,):
        raise ValueError(f"Ridge needs at least 2 items with one target each, got {items} and {targets.shape}.")
    signs = np.where(targets[:, None] == np.arange(outputs), 1.0, -1.0)
    return ridge_path_to(features, signs, weights, lambdas)


def ridge_path_to(
    features: NDArray[np.floating],
    signs: NDArray[np.float64],
    weights: NDArray[np.floating] | None = None,
    lambdas: Sequence[float] | NDArray[np.float64] | None = None,
) -> RidgePath:
    """`ridge_path` for any targets ``signs (N, C)``.

    Raises:
        ValueError: a penalty or weight that is not positive.
    """
    items = len(features)
    weights = checked_weights(weights, items)
    features = np.asarray(features, dtype=np.float64)
    root, total = np.sqrt(weights)[:, None], weights.sum()
    feature_mean, target_mean = weights @ features / total, weights @ signs / total
    rows, aims = root * (features - feature_mean), root * (signs - target_mean)
    gram = items - 1 <= features.shape[1]
    if gram:
        basis, spectrum = _gram_side(rows, root[:, 0] / np.sqrt(total))
        back = rows.T @ basis
    else:
        back = np.linalg.eigh(rows.T @ rows)[1]
        basis = rows @ back
        spectrum = np.sum(basis**2, axis=0)
    if lambdas is None:
        scale = float(np.sum(rows**2)) / max(1, min(items - 1, features.shape[1]))
        lambdas = RELATIVE_LAMBDAS * (scale if scale > 0.0 else 1.0)
    path = np.asarray(lambdas, dtype=np.float64)
    if path.ndim != 1 or not len(path) or not np.all(np.isfinite(path) & (path > 0)):
        raise ValueError(f"Ridge penalties must be a non-empty list of positive numbers, got {lambdas}.")
    return RidgePath(
        lambdas=path, gram=gram, basis=basis, spectrum=spectrum, back=back, aims=aims, projected=basis.T @ aims,
        signs=signs, weights=weights, feature_mean=feature_mean, target_mean=target_mean,
    )  # fmt: skip


def _gram_side(
    rows: NDArray[np.float64], intercept: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Orthonormal ``(N, N-1)`` basis of everything orthogonal to ``intercept (N,)``, and its eigenvalues.

    A Householder reflection takes the intercept's direction to the first axis, which is then dropped. Null directions
    of the Gram matrix (duplicate rows) stay in the basis with eigenvalue zero and never mix with the intercept.
    """
    mirror = intercept.copy()
    mirror[0] += 1.0  # all weights are positive: no cancellation
    mirror *= np.sqrt(2.0 / (mirror @ mirror))
    reduced = (rows - np.outer(mirror, mirror @ rows))[1:]
    spectrum, vectors = np.linalg.eigh(reduced @ reduced.T)
    basis = np.vstack([np.zeros(len(spectrum)), vectors])
    return basis - np.outer(mirror, mirror @ basis), np.maximum(spectrum, 0.0)
