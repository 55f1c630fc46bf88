"""The inner problem of logistic regression: one penalty, one set of coordinates, minimised by L-BFGS."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from headstart.heads.frame import Rows, size


@dataclass(frozen=True, kw_only=True)
class SoftmaxProblem:
    """Minimise ``C sum_i w_i CE_i + |theta|^2 / 2`` over ``theta (r, K)`` and an unpenalised intercept ``(K,)``.

    ``rows (N, r)`` are dense or sparse, ``labels (N,)`` number the classes that are present without gaps. Two classes
    share one column: K = 1 and the logits are ``(-z/2, z/2)``, which is binary logistic regression with the usual
    penalty; otherwise K is the number of classes.
    """

    rows: Rows
    labels: NDArray[np.int64]
    weights: NDArray[np.float64]
    mean_square: NDArray[np.float64]
    contrast: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Rows, labels: NDArray[np.int64], weights: NDArray[np.float64]) -> SoftmaxProblem:
        """Prepare for any number of penalties."""
        classes = int(labels.max()) + 1
        return cls(
            rows=rows,
            labels=labels,
            weights=weights / weights.sum(),
            mean_square=np.asarray((weights / weights.sum()) @ rows**2, dtype=np.float64),
            contrast=contrast_of(classes),
        )

    def zero(self) -> NDArray[np.float64]:
        """The start without knowledge: ``(r + 1, K)``, the last row being the intercept."""
        return np.zeros((size(self.rows)[1] + 1, len(self.contrast)))

    def logits(self, rows: Rows, theta: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(M, classes)`` for ``rows (M, r)``."""
        return (rows @ theta[:-1] + theta[-1]) @ self.contrast

    def solve(
        self, strength: float, start: NDArray[np.float64], tolerance: float, iterations: int = 2000
    ) -> NDArray[np.float64]:
        """Theta ``(r + 1, K)`` from ``start``, for the penalty ``1 / (2 strength)`` per unit of mean loss.

        ``strength`` is C times the sum of the weights. Coordinates are divided by the root of the diagonal of
        ``p (1 - p) Z' diag(w) Z + I / strength`` at even odds, p = 1 / max(2, classes); ``tolerance`` bounds the slope
        in them.
        """
        share = 1.0 / max(2, self.contrast.shape[1])
        bend = share * (1.0 - share)
        scale = 1.0 / np.sqrt(np.append(bend * self.mean_square + 1.0 / strength, bend))[:, None]
        shape = start.shape

        def objective(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            value, slope = self._value_and_slope(flat.reshape(shape) * scale, strength)
            return value, (slope * scale).ravel()

        found = minimize(
            objective, (start / scale).ravel(), jac=True, method="L-BFGS-B",
            options={"maxiter": iterations, "maxfun": 2 * iterations, "maxcor": 10, "gtol": tolerance,
                     "ftol": tolerance**2},
        )  # fmt: skip
        return np.asarray(found.x).reshape(shape) * scale

    def _value_and_slope(self, theta: NDArray[np.float64], strength: float) -> tuple[float, NDArray[np.float64]]:
        losses, pull = losses_and_pull(self.logits(self.rows, theta), self.labels)
        value = self.weights @ losses + np.sum(theta[:-1] ** 2) / (2.0 * strength)
        pull = (self.weights[:, None] * pull) @ self.contrast.T
        slope = np.vstack([self.rows.T @ pull, pull.sum(axis=0)])
        slope[:-1] += theta[:-1] / strength
        return float(value), slope


def losses_and_pull(
    logits: NDArray[np.float64], labels: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cross-entropies ``(N,)`` of ``logits (N, C)`` and their derivatives by the logits, ``(N, C)``."""
    items = np.arange(len(labels))
    norms = np.asarray(logsumexp(logits, axis=1))
    pull = np.exp(logits - norms[:, None])
    pull[items, labels] -= 1.0
    return norms - logits[items, labels], pull


def contrast_of(classes: int) -> NDArray[np.float64]:
    """``(K, classes)``: what the K columns of parameters add to every logit."""
    return np.array([[-0.5, 0.5]]) if classes == 2 else np.eye(classes)
