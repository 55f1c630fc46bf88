"""The mean of per-item shares and how far it may be off: what intervals, comparisons and choices have in common.

The derivation is in ``docs/intervals.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from headstart.engine.strata import fit_strata, sums
from headstart.heads.codes import numbered

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
        perfect = np.eye(task.outputs, dtype=np.float16)[targets]
        return cls(targets=targets, groups=groups, ceiling=task.credit(perfect, targets))

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def weighted(self) -> bool:
        """Whether items of some strata count more than others."""
        return not np.allclose(self.ceiling, self.ceiling[0])

    @cached_property
    def members(self) -> NDArray[np.integer]:
        """Groups as ``(N,)`` codes from 0."""
        return numbered(self.groups)

    @property
    def n_groups(self) -> int:
        """How many groups there are; as many as items where none are tied."""
        return int(self.members.max()) + 1

    @cached_property
    def strata(self) -> NDArray[np.integer]:
        """``(N,)`` codes from 0. One stratum when every item weighs the same.

        Plain accuracy depends on how many items of each class were drawn, so that holding the class counts fixed
        would understate its spread; balanced accuracy does not.
        """
        if not self.weighted:
            return np.zeros(len(self.targets), dtype=np.int64)
        return numbered(self.targets)


def scored_rows(credit: NDArray[np.float64]) -> NDArray[np.float64]:
    """``(R, N)`` view of ``(N,)`` or ``(R, N)`` shares; NaN marks what was not scored."""
    return credit[None] if credit.ndim == 1 else credit


def scored_groups(credit: NDArray[np.float64], items: Sample) -> NDArray[np.bool_]:
    """``(G,)`` in the order of `by_group`: which groups hold an item scored in ``credit (R, N)``."""
    return np.bincount(items.members, ~np.isnan(credit).all(0)) > 0


def influence(credit: NDArray[np.float64], items: Sample, *, centred: bool) -> NDArray[np.float64]:
    """What each scored item adds to the estimate, ``(R', N)`` for the repeats that scored most items.

    Rows sum to the metric of that repeat. With ``centred`` the share expected in the stratum (`fit_strata`, over all
    repeats) is taken off first and the rest enlarged for having been fitted; the squares, summed by group, then sum to
    the variance. Unscored items add nothing.
    """
    codes = items.strata
    seen = ~np.isnan(credit)
    whole = seen.sum(1)
    rows = credit
    if whole.min() < whole.max():
        rows, seen = credit[whole == whole.max()], seen[whole == whole.max()]
    in_stratum = np.bincount(codes)
    scored = np.stack([sums(codes, row) for row in seen])
    # A share counts 1/N when its stratum was scored in full, more when only some of it or not every stratum was.
    ceiling = np.bincount(codes, items.ceiling)
    known = (scored > 0) @ ceiling / ceiling.sum()
    scale = in_stratum / np.maximum(scored, 1.0) / (len(codes) * known[:, None])
    if centred:
        fit = fit_strata(credit, items)
        scale *= np.sqrt(fit.enlarged)
        rows = rows - fit.expected[codes] * items.ceiling
    added = np.where(seen, rows, 0.0)
    added *= scale[:, codes]
    return added


def by_group(contributions: NDArray[np.float64], items: Sample) -> NDArray[np.float64]:
    """``(R, G)`` sums of ``(R, N)`` contributions over tied items."""
    return np.stack([sums(items.members, row) for row in contributions])


def fold_variance(credit: NDArray[np.float64], folds: NDArray[np.integer], items: Sample) -> float | None:
    """Variance of a cross-validated mean from the scores of its J splits, corrected for their overlap.

    ``s^2 (1/J + n_test/n_train)`` of Nadeau and Bengio (Machine Learning 52, 2003, section 4.2), with s^2 taken around
    the means of the strata (`fit_strata`) so that classes missing from a fold do not count as spread. None when
    folds hold about one item each, or when fewer than two splits were scored: there is then no spread between splits
    to see.
    """
    n_folds = int(folds.max()) + 1
    if n_folds * 2 > len(items):
        return None
    seen = ~np.isnan(credit)
    fit = fit_strata(credit, items)
    codes = items.strata
    residual = np.where(seen, credit - fit.expected[codes] * items.ceiling, 0.0)
    # Between splits n items of a stratum lose what J splits do, which s^2 puts back, unless they are fewer than splits.
    if fit.small.any():
        residual *= np.sqrt(np.where(fit.small, fit.enlarged, 1.0))[codes]
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
