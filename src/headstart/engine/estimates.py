"""The mean of per-item shares and how far it may be off: what intervals, comparisons and choices have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headstart.core.task import Task

Z = 1.959963984540054
"""97.5% point of the standard normal: two-sided 95% intervals."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The labelled sample a metric is estimated on.

    ``targets (N,)`` are the strata: per-item shares are averaged within them first. ``groups (N,)`` ties items that
    count as one observation. ``ceiling (N,)`` is the share a perfect prediction earns: all ones for accuracy,
    ``N / (C N_c)`` for balanced accuracy; a metric lies between 0 and ``ceiling.mean()``, which is 1.
    """

    targets: NDArray[np.int64]
    groups: NDArray[np.int64]
    ceiling: NDArray[np.float64]

    @classmethod
    def of(cls, task: Task, targets: NDArray[np.int64], groups: NDArray[np.int64]) -> Sample:
        """The items of a classification task, its ceiling asked of the task itself."""
        perfect = np.eye(task.outputs)[targets]
        return cls(targets=targets, groups=groups, ceiling=task.credit(perfect, targets))

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def strata(self) -> NDArray[np.int64]:
        """``(N,)`` codes from 0. One stratum when every item weighs the same.

        Plain accuracy depends on how many items of each class were drawn, so that holding the class counts fixed
        would understate its spread; balanced accuracy does not.
        """
        if np.allclose(self.ceiling, self.ceiling[0]):
            return np.zeros(len(self.targets), dtype=np.int64)
        return np.unique(self.targets, return_inverse=True)[1]


@dataclass(frozen=True, kw_only=True)
class Strata:
    """Per stratum, shape ``(S,)``: ``weight`` in the metric (sums to 1), mean ``share`` in [0, 1], items ``count``."""

    weight: NDArray[np.float64]
    share: NDArray[np.float64]
    count: NDArray[np.float64]

    @property
    def value(self) -> float:
        """The metric."""
        return float(self.weight @ self.share)

    @property
    def binomial_variance(self) -> float:
        """Variance of the metric if every item were an independent coin."""
        return float((self.weight**2 * self.share * (1 - self.share) / self.count).sum())


def scored_rows(credit: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(R, N)`` view of ``(N,)`` or ``(R, N)`` shares; NaN marks what was not scored."""
    return credit[None] if credit.ndim == 1 else credit


def strata_of(credit: NDArray[np.float64], items: Sample) -> Strata:
    """Strata of ``credit (R, N)``; ``count`` is the number of distinct scored items.

    Strata without any scored item are left out and the others' weights scaled up.
    """
    codes = items.strata
    seen = ~np.isnan(credit)
    ceiling = np.bincount(codes, items.ceiling)
    given = np.bincount(codes, np.where(seen, credit, 0.0).sum(0), minlength=len(ceiling))
    possible = np.bincount(codes, items.ceiling * seen.sum(0), minlength=len(ceiling))
    count = np.bincount(codes, seen.any(0), minlength=len(ceiling)).astype(np.float64)
    kept = count > 0
    weight = ceiling[kept] / ceiling[kept].sum()
    return Strata(weight=weight, share=given[kept] / possible[kept], count=count[kept])


def influence(credit: NDArray[np.float64], items: Sample, *, centred: bool) -> NDArray[np.float64]:
    """What each scored item adds to the estimate, ``(R', N)`` for the repeats that scored most items.

    Rows sum to the metric of that repeat; with ``centred`` the stratum mean over all repeats is taken off first, and
    rows sum to about zero. Unscored items add nothing.
    """
    codes = items.strata
    seen = ~np.isnan(credit)
    whole = seen.sum(1)
    rows, seen = credit[whole == whole.max()], seen[whole == whole.max()]
    n_strata = int(codes.max()) + 1
    in_stratum = np.bincount(codes, minlength=n_strata)
    scored = np.stack([np.bincount(codes, row, minlength=n_strata) for row in seen.astype(float)])
    # A share counts 1/N when its stratum was scored in full, more when only some of it or not every stratum was.
    ceiling = np.bincount(codes, items.ceiling)
    known = (scored > 0) @ ceiling / ceiling.sum()
    scale = (in_stratum / np.maximum(scored, 1.0))[:, codes] / (len(codes) * known[:, None])
    filled = np.where(seen, rows, 0.0)
    if centred:
        every = ~np.isnan(credit)
        sums = np.bincount(codes, np.where(every, credit, 0.0).sum(0), minlength=n_strata)
        means = sums / np.maximum(np.bincount(codes, every.sum(0), minlength=n_strata), 1.0)
        filled = np.where(seen, rows - means[codes], 0.0)
    return filled * scale


def by_group(contributions: NDArray[np.float64], groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """``(R, G)`` sums of ``(R, N)`` contributions over tied items."""
    codes = np.unique(groups, return_inverse=True)[1]
    return np.stack([np.bincount(codes, row).astype(np.float64) for row in contributions])


def fold_variance(credit: NDArray[np.float64], folds: NDArray[np.int64], items: Sample) -> float | None:
    """Variance of a cross-validated mean from the scores of its J splits, corrected for their overlap.

    ``s^2 (1/J + n_test/n_train)`` of Nadeau and Bengio (Machine Learning 52, 2003, section 4.2), with s^2 taken around
    the strata's means so that classes missing from a fold do not count as spread. None when folds hold about one
    item each, or when fewer than two splits were scored: there is then no spread between splits to see.
    """
    n_folds = int(folds.max()) + 1
    if n_folds * 2 > len(items):
        return None
    codes = items.strata
    seen = ~np.isnan(credit)
    sums = np.bincount(codes, np.where(seen, credit, 0.0).sum(0))
    means = sums / np.maximum(np.bincount(codes, seen.sum(0)), 1.0)
    residual = np.where(seen, credit - means[codes], 0.0)
    split = folds + n_folds * np.arange(len(folds))[:, None]
    total = np.bincount(split.ravel(), residual.ravel(), minlength=n_folds * len(folds))
    count = np.bincount(split.ravel(), seen.ravel(), minlength=n_folds * len(folds))
    scores = total[count > 0] / count[count > 0]
    n_splits = len(scores)
    if n_splits < 2:
        return None
    return float((scores**2).sum() / (n_splits - 1) * (1 / n_splits + 1 / (n_folds - 1)))


def cross_validated_variance(item_variance: float, fold_based: float | None, n_folds: int, repeats: int) -> float:
    """From what the items say, and from what the splits say (`fold_variance`) where that is more.

    ``item_variance`` is that of one pass over the items. It is multiplied by ``1 + (n_test / n_train) / 2``, for the
    luck of the training sets, plus ``3 / (8 repeats)``, for that of the partition, which repeats average out. The items
    miss what those of a fold share, the model that scored them; the few dependent splits see it, but give an
    unsteady estimate. The mean of both is taken where it is the larger.

    No theorem stands behind this (there is no unbiased estimate: Bengio and Grandvalet, JMLR 5, 2004). The half, the
    three eighths and the mean were set by simulation, and the benches ``null`` and ``coverage`` measure what they
    achieve.
    """
    by_items = item_variance * (1 + 0.5 / (n_folds - 1) + 0.375 / repeats)
    return by_items if fold_based is None else max(by_items, (by_items + fold_based) / 2)
