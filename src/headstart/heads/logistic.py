"""L2-penalised multinomial logistic regression with the penalty chosen by cross-validation.

The objective is scikit-learn's, ``C sum_i w_i CE_i + |theta|^2 / 2``, with the intercept unpenalised and two classes
sharing one weight vector, so that equal C means an equal model. Three things make a cross-validated path cheap, none
of which changes the solution:

- The weights of an L2-penalised linear model lie in the span of the training rows (representer theorem), so with
  N < D the D columns become at most N coordinates ``Z = U sqrt(s)``, the left half of the rows' singular value
  decomposition. With N >= D they are only rotated, ``Z = A V``.
- In those coordinates the Hessian is nearly diagonal at every C, and dividing by the root of its diagonal leaves
  L-BFGS a problem that it finishes in a few dozen steps (`SoftmaxProblem.solve`).
- Penalties are walked from strong to weak, each starting from its neighbour's solution; the walk ends once the
  held-out loss has clearly passed its minimum.

Features are standardised inside, anew on the training rows of every fold, so that held-out items do not leak.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse
from scipy.special import log_softmax

from headstart.core.backbone import LinearHead
from headstart.heads.folds import stratified_folds
from headstart.heads.frame import Frame, Rows, size
from headstart.heads.softmax import SoftmaxProblem
from headstart.heads.standardise import FLOOR
from headstart.heads.weights import checked_weights

RELATIVE_CS = np.logspace(-2, 4, 7)
"""Default coarse path of C, in units of one over the mean squared norm of the (standardised) rows."""
_REFINEMENT = 10.0 ** np.array([1 / 3, 2 / 3])
FOLDS = 5
"""Folds on which C is chosen where none are given."""
_PATIENCE = 2
_ROUGH, _FINE = 3e-4, 1e-9


@dataclass(frozen=True, kw_only=True)
class LogisticFit:
    """``head`` reads raw features; ``C`` is the penalty used.

    ``oof_logits (N, outputs)`` are those of each item from the fit without its fold, at the chosen C; None when C was
    given and nothing had to be chosen.
    """

    head: LinearHead
    C: float
    oof_logits: NDArray[np.float64] | None


def fit_logistic(
    features: NDArray[np.floating] | csr_array,
    targets: NDArray[np.int64],
    outputs: int,
    weights: NDArray[np.floating] | None = None,
    *,
    folds: NDArray[np.integer] | int = 0,
    Cs: Sequence[float] | NDArray[np.float64] | None = None,
    floor: float | None = FLOOR,
) -> LogisticFit:
    """Logistic regression with C chosen by cross-validated, weighted log-loss.

    Args:
        features: ``(N, D)``; sparse only without a floor.
        targets: class indices, ``(N,)``. A class without items gets zero weights and a bias below every logit that
            the other classes reach on these rows; a single class is all there is to say.
        outputs: number of classes.
        weights: positive item weights, ``(N,)``; None for one each. They weigh the fit and the held-out loss.
        folds: fold numbers, ``(N,)``, or the seed that draws five stratified folds.
        Cs: the penalties to choose from; one alone is used as it is. None for `RELATIVE_CS`, then steps of a third of
            a decade to either side of the best of them. A walk ends after two penalties in a row worse than the best
            so far.
        floor: columns are first standardised with this floor (see `Standardiser.of`); None leaves them as they are.
            The head reads raw features either way.

    Raises:
        ValueError: a wrong shape, a C or weight that is not positive, or no items.
    """
    features = _as_float64(features)
    if targets.shape != (size(features)[0],):
        raise ValueError(f"Logistic regression needs (N, D) and (N,), got {features.shape} and {targets.shape}.")
    if not len(targets):
        raise ValueError("Logistic regression needs items to learn from, got none.")
    weights = checked_weights(weights, len(targets))
    path = None if Cs is None else np.sort(np.asarray(Cs, dtype=np.float64))
    if path is not None and (path.ndim != 1 or not len(path) or not np.all(np.isfinite(path) & (path > 0))):
        raise ValueError(f"C must be a non-empty list of positive numbers, got {Cs}.")
    labelled = _Labelled(targets=targets, weights=weights, outputs=outputs)
    frame, coordinates = Frame.of(features, floor=floor)
    whole = _Part.of(coordinates, labelled)
    if path is not None and len(path) == 1:
        C, oof_logits = float(path[0]), None
    else:
        folds = stratified_folds(targets, FOLDS, folds) if isinstance(folds, int) else folds
        search = _Search.of(features, frame, coordinates, labelled, folds)
        if path is None:
            square = float(weights @ np.asarray((coordinates**2).sum(axis=1)) / weights.sum())
            search.walk(RELATIVE_CS / (square if square > 0.0 else 1.0))
            coarse = search.best
            search.walk(coarse / _REFINEMENT)
            search.walk(coarse * _REFINEMENT)
        else:
            search.walk(path)
        C, oof_logits = search.best, search.tried[search.best].logits
    head = whole.head(whole.solve(C, None, _FINE))
    return LogisticFit(head=frame.fold(head), C=C, oof_logits=oof_logits)


def _as_float64(features: NDArray[np.floating] | csr_array) -> Rows:
    if issparse(features):
        return csr_array(features, dtype=np.float64)
    return np.asarray(features, dtype=np.float64)


@dataclass(frozen=True, kw_only=True)
class _Labelled:
    """Targets and weights ``(N,)``, and how many classes there are in all."""

    targets: NDArray[np.int64]
    weights: NDArray[np.float64]
    outputs: int

    def rows(self, rows: NDArray[np.int64]) -> _Labelled:
        return replace(self, targets=self.targets[rows], weights=self.weights[rows])

    def loss(self, logits: NDArray[np.float64], scored: NDArray[np.bool_]) -> float:
        """Weighted mean log-loss of the items that ``scored (N,)`` marks."""
        losses = -log_softmax(logits[scored], axis=1)[np.arange(int(scored.sum())), self.targets[scored]]
        return float(np.average(losses, weights=self.weights[scored]))


@dataclass(frozen=True, kw_only=True)
class _Part:
    """Some of the items as a `SoftmaxProblem` over the classes ``present (K,)`` among them."""

    problem: SoftmaxProblem
    present: NDArray[np.int64]
    outputs: int
    total: float

    @classmethod
    def of(cls, rows: Rows, labelled: _Labelled) -> _Part:
        present, labels = np.unique(labelled.targets, return_inverse=True)
        return cls(
            problem=SoftmaxProblem.of(rows, labels, labelled.weights),
            present=present,
            outputs=labelled.outputs,
            total=float(labelled.weights.sum()),
        )

    def solve(self, C: float, start: NDArray[np.float64] | None, tolerance: float) -> NDArray[np.float64]:
        return self.problem.solve(C * self.total, self.problem.zero() if start is None else start, tolerance)

    def head(self, theta: NDArray[np.float64]) -> LinearHead:
        """Head over all ``outputs`` that reads coordinates."""
        known = (theta @ self.problem.contrast).T
        never = -float(np.max(np.abs(self.problem.logits(self.problem.rows, theta)))) - np.log(len(self.problem.labels))
        weight, bias = np.zeros((self.outputs, len(theta) - 1)), np.full(self.outputs, never)
        weight[self.present], bias[self.present] = known[:, :-1], known[:, -1]
        return LinearHead(weight=weight, bias=bias)


@dataclass(frozen=True, kw_only=True)
class _Tried:
    """One C: solutions and held-out logits ``(N, outputs)`` of all folds, and the loss."""

    thetas: tuple[NDArray[np.float64], ...]
    logits: NDArray[np.float64]
    loss: float


@dataclass(frozen=True, kw_only=True)
class _Search:
    """Cross-validation over C. ``scored (N,)`` marks items whose class their fold's training rows know."""

    parts: tuple[_Part, ...]
    held: tuple[NDArray[np.int64], ...]
    held_rows: tuple[Rows, ...]
    scored: NDArray[np.bool_]
    labelled: _Labelled
    tried: dict[float, _Tried]

    @classmethod
    def of(
        cls, features: Rows, frame: Frame, coordinates: Rows, labelled: _Labelled, folds: NDArray[np.integer]
    ) -> _Search:
        """One problem per fold, in coordinates that the fold's own training rows define."""
        names = np.unique(folds)
        if len(names) < 2:
            raise ValueError("Choosing C needs items in at least two folds, got one fold.")
        parts, held, held_rows = [], [], []
        scored = np.zeros(len(folds), dtype=bool)
        for name in names:
            inside, outside = np.flatnonzero(folds != name), np.flatnonzero(folds == name)
            if frame.floor is None:
                rows, beside = coordinates[inside], coordinates[outside]
            else:
                own, rows = frame.refitted(features[inside])
                beside = own.apply(features[outside])
            parts.append(_Part.of(rows, labelled.rows(inside)))
            held.append(outside)
            held_rows.append(beside)
            scored[outside] = np.isin(labelled.targets[outside], parts[-1].present)
        if not scored.any():
            scored[:] = True  # one item per class: every penalty is as blind as the next
        return cls(
            parts=tuple(parts), held=tuple(held), held_rows=tuple(held_rows), scored=scored, labelled=labelled, tried={}
        )

    @property
    def best(self) -> float:
        """The C with the least held-out loss; the smallest of equals."""
        return min(self.tried, key=lambda C: (self.tried[C].loss, C))

    def walk(self, path: NDArray[np.float64]) -> None:
        """Try every C of ``path`` in its order, until the loss has been rising."""
        worse = 0
        for C in map(float, path):
            before = min((tried.loss for tried in self.tried.values()), default=np.inf)
            self.tried[C] = self._try(C)
            worse = worse + 1 if self.tried[C].loss > before else 0
            if worse >= _PATIENCE:
                return

    def _try(self, C: float) -> _Tried:
        near = min(self.tried, key=lambda other: abs(np.log(other / C)), default=None)
        thetas, logits = [], np.zeros((len(self.scored), self.labelled.outputs))
        for index, (part, held, rows) in enumerate(zip(self.parts, self.held, self.held_rows, strict=True)):
            theta = part.solve(C, None if near is None else self.tried[near].thetas[index], _ROUGH)
            head = part.head(theta)
            logits[held] = rows @ head.weight.T + head.bias
            thetas.append(theta)
        loss = self.labelled.loss(logits, self.scored)
        return _Tried(thetas=tuple(thetas), logits=logits, loss=loss)
