"""95% intervals for the primary metric: on a test split, and under cross-validation.

What they rest on is derived in ``docs/intervals.md``; how often each of them holds the truth is measured by the bench
``coverage``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from headstart.core.results import Interval
from headstart.engine.estimates import (
    Sample,
    Z,
    by_group,
    cross_validated_variance,
    fold_variance,
    influence,
    scored_groups,
    scored_rows,
)
from headstart.engine.folds import scheme
from headstart.engine.strata import Strata, strata_of
from headstart.engine.wilson import stratified_wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNKNOWN = "no interval: all scored items are tied together"
"""Method of the whole range, where one group of ties is one observation and shows no spread."""


def mean_interval(credit: NDArray[np.float64], items: Sample) -> Interval:
    """Score on a test split, from its per-item shares ``credit (N,)``.

    Wilson's interval for accuracy and its stratified form for balanced accuracy. Where items are tied or count
    differently, the number of items is lowered to an effective one: divided by how much larger the variance is than
    that of as many independent coins (at least 1; as if ties were perfect when nothing varies). Where all items are
    tied together, everything from 0 to 1.
    """
    rows = scored_rows(credit)
    strata = strata_of(rows, items)
    tied = _tied(rows, items)
    if tied == "all":
        return Interval(value=strata.value, low=0.0, high=1.0, method=UNKNOWN)
    contributions = by_group(influence(rows, items, centred=True), items)
    inflation = 1.0
    if tied or items.weighted:
        inflation = _inflation(float((contributions**2).sum()), strata, items)
    low, high = stratified_wilson(_thinned(strata, inflation), _quantile(contributions[0], strata) if tied else Z)
    name = "stratified Wilson" if items.weighted else "Wilson"
    return _enclosing(strata.value, low, high, f"{name}, by groups" if tied else name)


def cross_validated_interval(
    credit: NDArray[np.float64], folds: NDArray[np.integer], items: Sample, bias: float = 0.0
) -> Interval:
    """Score by cross-validation, from out-of-fold shares ``credit (R, N)`` and fold numbers ``folds (R, N)``.

    The variance of `cross_validated_variance` sets the effective number of items of a stratified Wilson interval. The
    value is that of models trained on ``(K-1)/K`` of the items. A model trained on all of them is a little better, so
    the upper end is raised by what an error falling as ``n^(-1/4)`` would gain (by simulation: without it the interval
    lies below the truth up to 8% of the time, and 2% with it).

    ``credit`` may hold NaN where a budget ended first. ``bias`` is known to be too much of the score and comes off it.
    """
    rows = scored_rows(credit)
    strata, n_folds = strata_of(rows, items), int(folds.max()) + 1
    value = strata.value - bias
    tied, done = _tied(rows, items), scheme(rows, folds)
    if tied == "all":
        return Interval(value=value, low=0.0, high=1.0, method=f"{done}; {UNKNOWN}")
    contributions = by_group(influence(rows, items, centred=True), items)
    inflation = _inflation(_variance(contributions, rows, folds, items), strata, items, n_folds / (n_folds - 1))
    z = _quantile(contributions.mean(0)[scored_groups(rows, items)], strata) if tied else Z
    lowered = replace(strata, share=strata.share * value / strata.value) if bias > 0 else strata
    low, high = stratified_wilson(_thinned(lowered, inflation), z)
    gain = (1 - value) * (1 - ((n_folds - 1) / n_folds) ** 0.25)
    return _enclosing(value, low, min(1.0, high + gain), f"{done}, Wilson{', by groups' if tied else ''}")


def _variance(
    contributions: NDArray[np.float64], rows: NDArray[np.float64], folds: NDArray[np.integer], items: Sample
) -> float:
    item_variance = float((contributions**2).sum(1).mean())
    by_folds = fold_variance(rows, folds, items)
    return cross_validated_variance(item_variance, by_folds, int(folds.max()) + 1, len(contributions))


def _tied(rows: NDArray[np.float64], items: Sample) -> Literal["", "some", "all"]:
    """Whether "all" scored items are in one group, "some" share one, or none ("")."""
    groups, count = int(scored_groups(rows, items).sum()), int((~np.isnan(rows)).any(0).sum())
    if groups == count:
        return ""
    return "all" if groups == 1 else "some"


def _enclosing(value: float, low: float, high: float, method: str) -> Interval:
    """The interval, its ends moved to ``value`` where rounding put them on its wrong side."""
    return Interval(value=value, low=min(low, value), high=max(high, value), method=method)


def _inflation(variance: float, strata: Strata, items: Sample, least: float = 1.0) -> float:
    """How many times the variance exceeds that of independent items, 1 at the lowest.

    Where every item of a class earns the same there is no variance to compare: ``least`` times the mean group size.
    """
    if strata.binomial_variance > 0:
        return max(1.0, variance / strata.binomial_variance)
    sizes = np.unique(items.groups, return_counts=True)[1]
    return least * float((sizes**2).sum() / sizes.sum())


def _thinned(strata: Strata, inflation: float) -> Strata:
    return Strata(weight=strata.weight, share=strata.share, count=strata.count / inflation)


def _quantile(contributions: NDArray[np.float64], strata: Strata) -> float:
    """97.5% point of Student's t for a variance estimated from the scored groups' ``contributions (G,)``.

    Its degrees of freedom are those of a chi-square as unsteady as that estimate, ``2 G / (kurtosis - 1)``, at most
    ``G - 1``: a handful of groups with errors among many without is little to learn the spread between groups from.
    Where every item of a class earns the same, no variance was estimated and the normal's is given.
    """
    if strata.binomial_variance == 0:
        return Z
    n_groups, squares = len(contributions), contributions**2
    kurtosis = n_groups * float((squares**2).sum() / squares.sum() ** 2) if squares.sum() > 0 else 1.0
    return float(stats.t.ppf(0.975, max(1.0, min(n_groups - 1, 2 * n_groups / max(kurtosis - 1, 1e-9)))))
