"""Logistic regression on more features than fit in memory: L-BFGS over blocks.

The problem is that of `heads.logistic`, on all rows. Two things are taken from a stratified sample of them:

- **A first penalty**, by cross-validation. Were the weights really drawn from the Gaussian prior whose variance C is,
  the best C would not depend on how many rows there are. As they are not, neighbouring penalties are then tried on all
  rows but some held-out ones, for as long as those gain: half a decade weaker each, or else stronger.
- **Coordinates.** The sample's second moments stand for the Hessian's (``p (1 - p) Z'Z`` at even odds; compare
  Boehning, Annals of the Institute of Statistical Mathematics 44, 1992). In coordinates that make them the identity,
  L-BFGS needs about as many steps for a million rows as for a few thousand. It starts from the sample's solution.

Every step reads the features once. Products are made in the features' own precision, block by block, and summed in
float64. Memory is that of the sample and of a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize

from headstart.core.backbone import LinearHead
from headstart.core.features import Features, blocks_of
from headstart.heads.folds import grouped_folds
from headstart.heads.sample import stratified_rows
from headstart.heads.softmax import contrast_of, losses_and_pull
from headstart.heads.standardise import Standardiser

SAMPLE = 4096
"""Rows on which the penalty and the coordinates are settled: twice as many as features are wide or more, so that
their curvature is known, and few enough for dozens of fits on them beside the passes over all."""
HALVES = 2
"""Folds of the sample on which C is chosen."""
STEP = 10.0**0.5
"""Factor between penalties tried on all rows: half a decade, since each is a fit and the loss flat near its least."""
HELD_OUT = 10
"""One row in so many is held out while other penalties are tried on the rest."""
SCORED = 8192
"""Most rows that a penalty is scored on: they are held in memory, and more hardly tell penalties apart better."""
RELATIVE_CS = np.logspace(-2, 4, 19)
"""Path of C, in units of one over the mean squared norm of the standardised rows."""
PATIENCE = 2
"""Rises in a row after which weaker penalties are not tried: a single one may be noise."""
ROUGH = 3e-4
"""Slope left while penalties are compared: their order is settled long before the last digits."""
PASSES = 100
"""L-BFGS gives up refining after so many passes."""
TOLERANCE = 1e-5
"""Largest slope left, in coordinates in which curvature is about one."""


def fit_streamed(
    features: NDArray[np.floating] | Features,
    targets: NDArray[np.int64],
    outputs: int,
    *,
    groups: NDArray[np.int64] | None = None,
    C: float | None = None,
    seed: int = 0,
) -> LinearHead:
    """L2-penalised logistic regression on standardised features, in passes over blocks of them.

    Args:
        features: ``(N, D)``.
        targets: class indices, ``(N,)``. A class without items gets zero weights and a bias far below the others'; a
            single class is all there is to say.
        outputs: number of classes.
        groups: items with equal numbers, ``(N,)``, are on one side when the penalty is chosen; None ties none.
        C: the penalty as in `heads.logistic.fit_logistic`; None chooses it, see the module.
        seed: draws the sample, its folds and what is held out.

    Raises:
        ValueError: a wrong shape, or no items.
    """
    if targets.shape != (len(features),):
        raise ValueError(f"Logistic regression needs (N, D) and (N,), got {features.shape} and {targets.shape}.")
    if not len(targets):
        raise ValueError("Logistic regression needs items to learn from, got none.")
    present, labels = np.unique(targets, return_inverse=True)
    if len(present) == 1:
        return _only(present, outputs, features.shape[1], len(labels))
    rows = stratified_rows(targets, SAMPLE, seed)
    sample = _Labelled(features=np.asarray(features[rows]), labels=labels[rows], classes=len(present))
    whole = _Labelled(features=features, labels=labels, classes=len(present))
    start = None
    if C is None:
        C, start = _chosen(sample, grouped_folds(sample.labels, None if groups is None else groups[rows], HALVES, seed))
        C, start = _adjusted(whole, sample, grouped_folds(labels, groups, HELD_OUT, seed) == 0, C, start)
    standardiser = Standardiser.of(features)
    problem = _Problem.of(whole, standardiser, C, _second_moments(sample, standardiser))
    theta = problem.solve(start, TOLERANCE)
    known = standardiser.fold(problem.head(theta))
    weight = np.zeros((outputs, features.shape[1]))
    bias = np.full(outputs, -problem.reach(theta) - np.log(len(labels)))
    weight[present], bias[present] = known.weight, known.bias
    return LinearHead(weight=weight, bias=bias)


def _only(present: NDArray[np.int64], outputs: int, width: int, items: int) -> LinearHead:
    """Says the one class that is ``present (1,)`` whatever the features; others are as probable as one item more."""
    bias = np.full(outputs, -np.log(items))
    bias[present] = 0.0
    return LinearHead(weight=np.zeros((outputs, width)), bias=bias)


@dataclass(frozen=True, kw_only=True)
class _Labelled:
    """Features ``(N, D)`` with ``labels (N,)`` that number ``classes`` without gaps."""

    features: NDArray[np.floating] | Features
    labels: NDArray[np.int64]
    classes: int

    def at(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> _Labelled:
        """Some of the rows, by number or mark."""
        return _Labelled(features=self.features[rows], labels=self.labels[rows], classes=self.classes)


def _chosen(sample: _Labelled, folds: NDArray[np.integer]) -> tuple[float, NDArray[np.float64]]:
    """C with the least held-out log-loss over ``folds``, and the mean of the folds' solutions at it.

    The path is walked from strong to weak penalties until the loss has risen twice in a row.
    """
    parts = [_Fold.of(sample, folds == name) for name in np.unique(folds)]
    best, worse, before = (np.inf, 0.0, parts[0].problem.zero()), 0, np.inf
    thetas = [part.problem.zero() for part in parts]
    for C in map(float, RELATIVE_CS / parts[0].square):
        thetas = [part.at(C).solve(theta, ROUGH) for part, theta in zip(parts, thetas, strict=True)]
        loss = float(sum(part.loss(theta) for part, theta in zip(parts, thetas, strict=True)))
        if loss < best[0]:
            best = loss, C, np.mean(thetas, axis=0)
        worse, before = (worse + 1 if loss > before else 0), loss
        if worse == PATIENCE:
            break
    return best[1], best[2]


def _adjusted(
    whole: _Labelled, sample: _Labelled, out: NDArray[np.bool_], C: float, theta: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """The best C near this one for the rows that are ``out (N,)``, and the solution without them."""
    fold = _Fold.of(whole, out, sample)

    def tried(C: float, theta: NDArray[np.float64]) -> tuple[float, float, NDArray[np.float64]]:
        found = fold.at(C).solve(theta, ROUGH)
        return fold.loss(found), C, found

    first = best = tried(C, theta)
    for step in (STEP, 1.0 / STEP):
        while (other := tried(best[1] * step, best[2]))[0] < best[0]:
            best = other
        if best is not first:
            break
    return best[1], best[2]


def _second_moments(sample: _Labelled, standardiser: Standardiser) -> NDArray[np.float64]:
    """Second moments ``(D, D)`` of standardised features.

    Few rows for their width mistake noise for curvature; their diagonal is known well, and the rest drawn to it.
    """
    rows = standardiser.apply(np.asarray(sample.features))
    moments = rows.T @ rows / len(rows)
    trust = max(0.0, 1.0 - rows.shape[1] / len(rows))
    return trust * moments + (1.0 - trust) * np.diag(np.diag(moments))


@dataclass(frozen=True, kw_only=True)
class _Problem:
    """``sum_i CE_i / N + |theta|^2 / (2 strength)`` over ``theta (D, K)`` on standardised features.

    L-BFGS works on ``factor' theta``, with ``factor factor'`` near the Hessian, and on ``root`` times the intercepts.
    """

    data: _Labelled
    standardiser: Standardiser
    strength: float
    contrast: NDArray[np.float64]
    factor: NDArray[np.float64]
    root: float

    @classmethod
    def of(cls, data: _Labelled, standardiser: Standardiser, C: float, moments: NDArray[np.float64]) -> _Problem:
        """See `_second_moments`."""
        strength = C * len(data.labels)
        bend = (1.0 / data.classes) * (1.0 - 1.0 / data.classes)
        return cls(
            data=data,
            standardiser=standardiser,
            strength=strength,
            contrast=contrast_of(data.classes),
            factor=np.asarray(cholesky(bend * moments + np.eye(len(moments)) / strength, lower=True)),
            root=float(np.sqrt(bend)),
        )

    def zero(self) -> NDArray[np.float64]:
        """Theta without knowledge, ``(D + 1, K)``, the last row being the intercepts."""
        return np.zeros((len(self.factor) + 1, len(self.contrast)))

    def solve(self, start: NDArray[np.float64] | None, tolerance: float) -> NDArray[np.float64]:
        """Theta ``(D + 1, K)`` from ``start``; ``tolerance`` bounds the slope left in the inner coordinates."""
        start = self.zero() if start is None else start
        inner = np.vstack([self.factor.T @ start[:-1], self.root * start[-1]])
        found = minimize(
            lambda flat: self._objective(flat.reshape(start.shape)), inner.ravel(), jac=True, method="L-BFGS-B",
            options={"maxfun": PASSES, "maxcor": 20, "gtol": tolerance, "ftol": 1e-12},
        )  # fmt: skip
        return self._theta(np.asarray(found.x).reshape(start.shape))

    def head(self, theta: NDArray[np.float64]) -> LinearHead:
        """Over the classes present; reads standardised features."""
        return LinearHead(weight=(theta[:-1] @ self.contrast).T, bias=theta[-1] @ self.contrast)

    def reach(self, theta: NDArray[np.float64]) -> float:
        """The largest logit by absolute value."""
        return max(float(np.abs(columns @ self.contrast).max()) for _, columns, _ in self._columns(theta))

    def _theta(self, inner: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.vstack([solve_triangular(self.factor.T, inner[:-1]), inner[-1] / self.root])

    def _objective(self, inner: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        theta, items = self._theta(inner), len(self.data.labels)
        mean, scale = self.standardiser.mean, self.standardiser.scale
        value, slope, total = 0.0, np.zeros_like(theta[:-1]), np.zeros(theta.shape[1])
        for block, columns, labels in self._columns(theta):
            losses, pull = losses_and_pull(columns @ self.contrast, labels)
            pull = pull @ self.contrast.T
            value += float(losses.sum())
            slope += block.T @ pull.astype(block.dtype)
            total += pull.sum(axis=0)
        slope = scale[:, None] * (slope - np.outer(mean, total)) / items + theta[:-1] / self.strength
        back = np.vstack([solve_triangular(self.factor, slope, lower=True), total / items / self.root])
        return value / items + float(np.sum(theta[:-1] ** 2)) / (2.0 * self.strength), back.ravel()

    def _columns(
        self, theta: NDArray[np.float64]
    ) -> Iterator[tuple[NDArray[np.floating], NDArray[np.float64], NDArray[np.int64]]]:
        """Block by block: features ``(n, D)``, parameters' values ``(n, K)`` and labels ``(n,)``."""
        raw = self.standardiser.scale[:, None] * theta[:-1]
        offset = theta[-1] - self.standardiser.mean @ raw
        for where, block in blocks_of(self.data.features):
            columns = np.asarray(block @ raw.astype(block.dtype), dtype=np.float64) + offset
            yield block, columns, self.data.labels[where]


@dataclass(frozen=True, kw_only=True)
class _Fold:
    """Rows to fit on, and ``held (m, D)``, standardised, with ``labels (m,)`` to score on."""

    problem: _Problem
    moments: NDArray[np.float64]
    held: NDArray[np.float64]
    labels: NDArray[np.int64]

    @classmethod
    def of(cls, data: _Labelled, out: NDArray[np.bool_], sample: _Labelled | None = None) -> _Fold:
        """Without the rows that are ``out (N,)``; the curvature is that of ``sample``, None for the rows fitted on.

        Of many rows held out, a sample is scored on.
        """
        part = data.at(~out)
        rows = np.flatnonzero(out)
        held = data.at(rows[stratified_rows(data.labels[rows], SCORED, 0)])
        standardiser = Standardiser.of(part.features)
        moments = _second_moments(part if sample is None else sample, standardiser)
        return cls(
            problem=_Problem.of(part, standardiser, 1.0, moments),
            moments=moments,
            held=standardiser.apply(np.asarray(held.features)),
            labels=held.labels,
        )

    @property
    def square(self) -> float:
        """Mean squared norm of the rows."""
        return float(np.trace(self.moments)) or 1.0

    def at(self, C: float) -> _Problem:
        """The problem with another penalty."""
        return _Problem.of(self.problem.data, self.problem.standardiser, C, self.moments)

    def loss(self, theta: NDArray[np.float64]) -> float:
        """Summed held-out log-loss."""
        return float(losses_and_pull(self.problem.head(theta).logits(self.held), self.labels)[0].sum())
