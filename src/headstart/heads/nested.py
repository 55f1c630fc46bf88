"""Cross-fitting with everything chosen inside: exact for all folds of all repeats from one decomposition.

Derivation, with the symbols of `headstart.heads.ridge`. Write M = I - H for the residual maker of the fit on all items
at one penalty, and r = M T for its residuals. Leaving out a set S changes the residuals of S to ``M_SS^-1 r_S``. Take
for S a held-out fold b together with some items i of the rest; eliminating b from that system first (Schur's
complement) gives the residual maker and the residuals of the fit without b,

    M' = M - M_:b M_bb^-1 M_b:,    r' = r - M_:b M_bb^-1 r_b,

and the items i left out of *that* fit are missed by ``M'_ii^-1 r'_i``. So the inner leave-one-out of every outer fold,
by which its penalty and calibration are chosen, costs one triangular system instead of a decomposition of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from headstart.heads.ridge import RidgePath, ties


@dataclass(frozen=True, kw_only=True)
class Inner:
    """What one outer fold's own training items say, at one penalty, and what its fit predicts for the fold.

    ``rest (M,)`` are the training items, ``logits (M, C)`` theirs from fits without the fold and without themselves (or
    without their inner fold), ``held (B,)`` the fold's items and ``predicted (B, C)`` their logits. ``error`` is the
    squared error of ``logits``.
    """

    rest: NDArray[np.int64]
    logits: NDArray[np.float64]
    held: NDArray[np.int64]
    predicted: NDArray[np.float64]
    error: float


def nested(path: RidgePath, folds: NDArray[np.integer], inner: NDArray[np.int64], *, start: int) -> list[list[Inner]]:
    """For every repeat of ``folds (R, N)`` and every fold in it, the penalty with the least inner error.

    ``inner (N,)`` holds the numbers of the inner folds; numbers of their own, or a single one, give leave-one-out.
    Equal to fitting every training part anew, with the weights and penalties of ``path``. Every fold walks downhill
    from penalty number ``start``, best that of the fit on all items, to where its own error rises on both sides: the
    minimum, unless the error has two valleys (items about as many as features) and ``start`` lies in the other.

    Raises:
        ValueError: a fold leaves fewer than two items.
    """
    jobs = [_Job.of(numbers == name, inner) for numbers in folds for name in np.unique(numbers)]
    if any(len(job.rest) < 2 for job in jobs):
        least = min(len(job.rest) for job in jobs)
        raise ValueError(
            f"Cross-fitting needs two folds or more, each of which leaves at least 2 items to fit on, got one that "
            f"leaves {least}. Ask for fewer folds, or tie fewer items."
        )
    for step in (1, -1):
        index, walking = start, jobs
        while walking and 0 <= index < len(path.lambdas):
            if step == 1 or index != start:
                _try(path, index, walking)
            walking = [job for job in walking if job.index == index]
            index += step
    found = iter(job.best for job in jobs if job.best is not None)
    return [[next(found) for _ in np.unique(numbers)] for numbers in folds]


@dataclass(kw_only=True)
class _Job:
    """An outer fold, the rest, which rows of the rest are left out together, and what is best so far, at penalty
    number ``index``.
    """

    held: NDArray[np.int64]
    rest: NDArray[np.int64]
    tied: list[NDArray[np.int64]]
    best: Inner | None = None
    index: int = -1

    @classmethod
    def of(cls, out: NDArray[np.bool_], inner: NDArray[np.int64]) -> _Job:
        """The items ``out (N,)`` are held out; see `nested` for ``inner``."""
        held, rest = np.flatnonzero(out), np.flatnonzero(~out)
        return cls(held=held, rest=rest, tied=ties(left_out_by(inner[rest])))


def _try(path: RidgePath, index: int, jobs: list[_Job]) -> None:
    maker, residuals = path.residual_maker(index)
    for job in jobs:
        found = _leave(path, maker, residuals, job)
        if job.best is None or found.error < job.best.error:
            job.best, job.index = found, index


def _leave(path: RidgePath, maker: NDArray[np.float64], residuals: NDArray[np.float64], job: _Job) -> Inner:
    held, rest = job.held, job.rest
    root = np.sqrt(path.weights)[:, None]
    aside = maker[held]
    # One system for both, of M_bb^1/2: what is left of the rest, and the residuals of the fold.
    known = np.empty((len(held), len(rest) + residuals.shape[1]))
    np.take(aside, rest, axis=1, out=known[:, : len(rest)], mode="clip")  # any other mode makes a copy first
    known[:, len(rest) :] = residuals[held]
    lower = np.linalg.cholesky(aside[:, held])
    solved = _forward(lower, known)
    across, whitened = solved[:, : len(rest)], solved[:, len(rest) :]
    missed = solve_triangular(lower, whitened, lower=True, trans=1, check_finite=False)
    left = residuals[rest] - (whitened.T @ across).T
    errors = left / (np.diagonal(maker)[rest] - np.einsum("ij,ij->j", across, across))[:, None]
    for rows in job.tied:
        taken, gone = rest[rows], across.T[rows]
        block = maker[taken[:, :, None], taken[:, None, :]] - gone @ gone.transpose(0, 2, 1)
        errors[rows] = np.linalg.solve(block, left[rows])
    return Inner(
        rest=rest,
        logits=path.signs[rest] - errors / root[rest],
        held=held,
        predicted=path.signs[held] - missed / root[held],
        error=float(np.sum(errors**2)),
    )


def _forward(lower: NDArray[np.floating], known: NDArray[np.float64]) -> NDArray[np.float64]:
    """The solution ``(B, M)`` of ``lower (B, B) x = known (B, M)``.

    By PyTorch, whose threads share one system; SciPy's solve_triangular keeps to one, and others wait for it.
    """
    import torch

    system = torch.linalg.solve_triangular(torch.from_numpy(lower), torch.from_numpy(known), upper=False)
    return system.numpy()


def left_out_by(names: NDArray[np.int64]) -> NDArray[np.int64]:
    """The inner folds ``(M,)`` by which M items are left out: as they are, or one by one where all are in one."""
    return np.arange(len(names)) if len(np.unique(names)) == 1 else names
