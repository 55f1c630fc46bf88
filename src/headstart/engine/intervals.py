"""95% intervals for scores: on a test split, under cross-validation, after choosing among candidates, for any metric.

How often each of them holds the truth is measured by the bench ``coverage``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from headstart.core.results import Interval
from headstart.engine.estimates import (
    Sample,
    Strata,
    Z,
    by_group,
    cross_validated_variance,
    fold_variance,
    influence,
    scored_rows,
    strata_of,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


def wilson(share: float, count: float, z: float = Z) -> tuple[float, float]:
    """Score interval of Wilson (1927) for a proportion ``share`` seen in ``count`` items (need not be whole)."""
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def stratified_wilson(strata: Strata, z: float = Z) -> tuple[float, float]:
    """Score interval for a weighted mean of independent proportions.

    Each stratum's Wilson bound is taken at a smaller ``z_s``, found so that the bounds together miss as often as one
    bound at ``z``: ``z_s sum_c w_c sigma_c = z (sum_c w_c^2 sigma_c^2)^(1/2)``. That is the idea of Yan and Su
    (Statistics in Biopharmaceutical Research 2, 2010); departing from them the weights are given and sigma_c is taken
    at the bound itself, as in Wilson's own interval, which this is for one stratum or equal strata.
    """
    return _one_sided(strata, z, upper=False), _one_sided(strata, z, upper=True)


def mean_interval(credit: NDArray[np.float64], items: Sample) -> Interval:
    """Score on a test split, from its per-item shares ``credit (N,)``.

    Wilson's interval for accuracy and its stratified form for balanced accuracy. Tied items lower the number of
    items to an effective one: divided by how much larger the variance between groups is than that of as many
    independent items (at least 1; as if ties were perfect when nothing varies).
    """
    rows = scored_rows(credit)
    strata = strata_of(rows, items)
    contributions = by_group(influence(rows, items, centred=True), items.groups)
    grouped = contributions.shape[1] < len(items)
    variance = _grouped_variance(contributions) if grouped else strata.binomial_variance
    inflation = _inflation(variance, strata, items)
    low, high = stratified_wilson(_thinned(strata, inflation), _quantile(contributions[0]) if grouped else Z)
    name = "Wilson" if len(strata.weight) == 1 else "stratified Wilson"
    name = f"{name}, by groups" if grouped else name
    return _enclosing(strata.value, low, high, name)


def cross_validated_interval(credit: NDArray[np.float64], folds: NDArray[np.int64], items: Sample) -> Interval:
    """Score by cross-validation, from out-of-fold shares ``credit (R, N)`` and fold numbers ``folds (R, N)``.

    The variance of `cross_validated_variance` sets the effective number of items of a stratified Wilson interval. The
    value is that of models trained on ``(K-1)/K`` of the items. A model trained on all of them is a little better, so
    the upper end is raised by what an error falling as ``n^(-1/4)`` would gain (by simulation: without it the interval
    lies below the truth up to 8% of the time, and 2% with it).

    ``credit`` may hold NaN where a budget ended first.
    """
    return _cross_validated_at(scored_rows(credit), folds, items, bias=0.0)


def cross_validated_error(credit: NDArray[np.float64], folds: NDArray[np.int64], items: Sample) -> float:
    """Standard error of the cross-validated score of ``credit (R, N)``: the root of `cross_validated_variance`."""
    rows = scored_rows(credit)
    contributions = by_group(influence(rows, items, centred=True), items.groups)
    item_variance = float((contributions**2).sum(1).mean())
    by_folds = fold_variance(rows, folds, items)
    return float(np.sqrt(cross_validated_variance(item_variance, by_folds, int(folds.max()) + 1, len(contributions))))


def selection_corrected(
    credits: NDArray[np.float64],
    folds: NDArray[np.int64],
    items: Sample,
    chosen: int | None = None,
    seed: int = 0,
    draws: int = 1000,
) -> Interval:
    """Score of the chosen one of K candidates by cross-validation, freed from the luck of having been chosen.

    ``credits (K, R, N)`` are out-of-fold shares on common ``folds (R, N)``; NaN where a candidate was not scored.
    Bootstrap bias-corrected cross-validation (Tsamardinos, Greasidou and Borboudakis, Machine Learning 107, 2018,
    algorithm 5): draw items with replacement (whole groups), choose on them, score the choice on the items not drawn.
    The mean over draws is the value. Departing from the paper the interval is not the spread of those scores, each
    made on 37% of the items, but that of `cross_validated_interval` at the lower score. ``chosen`` is the best
    candidate unless given; one that was chosen for its cost and scores below the corrected value is left as it is.
    """
    shares = np.nanmean(np.where(np.isnan(credits).all(1, keepdims=True), 0.0, credits), axis=1)
    seen = np.logical_not(np.isnan(credits).all(axis=1))
    if chosen is None:
        chosen = int(np.argmax([strata_of(candidate, items).value for candidate in credits]))
    plain = cross_validated_interval(credits[chosen], folds, items)
    if len(credits) == 1:
        return plain
    outside = _choose_inside_score_outside(shares, seen, items, np.random.default_rng(seed), draws)
    moved = _cross_validated_at(credits[chosen], folds, items, bias=max(0.0, plain.value - outside))
    return replace(moved, method=f"{plain.method}, corrected for choosing among {len(credits)} (BBC-CV)")


def _cross_validated_at(rows: NDArray[np.float64], folds: NDArray[np.int64], items: Sample, bias: float) -> Interval:
    """`cross_validated_interval` as it would be had the score been lower by ``bias``."""
    strata = strata_of(rows, items)
    n_folds = int(folds.max()) + 1
    inflation = _inflation(cross_validated_error(rows, folds, items) ** 2, strata, items, n_folds / (n_folds - 1))
    value = strata.value - bias
    lowered = replace(strata, share=strata.share * value / strata.value) if bias > 0 else strata
    low, high = stratified_wilson(_thinned(lowered, inflation))
    gain = (1 - value) * (1 - ((n_folds - 1) / n_folds) ** 0.25)
    method = f"{_scheme(rows, n_folds)}, Wilson"
    return _enclosing(value, low, min(1.0, float(high + gain)), method)


def _enclosing(value: float, low: float, high: float, method: str) -> Interval:
    """The interval, its ends moved to ``value`` where rounding put them on its wrong side."""
    return Interval(value=value, low=min(low, value), high=max(high, value), method=method)


def _choose_inside_score_outside(
    shares: NDArray[np.float64], seen: NDArray[np.bool_], items: Sample, rng: np.random.Generator, draws: int
) -> float:
    """Mean out-of-bag score of the in-bag choice; ``shares (K, N)``, ``seen (K, N)``."""
    groups = np.unique(items.groups, return_inverse=True)[1]
    n_groups = int(groups.max()) + 1
    scores = []
    while len(scores) < draws:
        # Some 64 MB of counts at a time.
        batch = min(draws - len(scores), max(1, 8_000_000 // len(items)))
        drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=batch)[:, groups].astype(np.float64)
        inside = _weighted_scores(shares, seen, drawn, items)
        outside = _weighted_scores(shares, seen, (drawn == 0).astype(np.float64), items)
        chosen = np.nanargmax(np.where(np.isnan(inside), -1.0, inside), axis=1)
        scores += list(outside[np.arange(batch), chosen])
    return float(np.nanmean(scores))


def _weighted_scores(
    shares: NDArray[np.float64], seen: NDArray[np.bool_], weights: NDArray[np.float64], items: Sample
) -> NDArray[np.float64]:
    """Metric ``(B, K)`` of every candidate under every item weighting ``weights (B, N)``; NaN where nothing counts."""
    codes = items.strata
    total, mass = np.zeros((2, len(weights), len(shares)))
    for stratum in range(int(codes.max()) + 1):
        here = codes == stratum
        ceiling = items.ceiling[here]
        possible = weights[:, here] @ (seen[:, here] * ceiling).T
        given = weights[:, here] @ (shares[:, here] * seen[:, here]).T
        counts = possible > 0
        total += ceiling.sum() * np.where(counts, given / np.where(counts, possible, 1.0), 0.0)
        mass += ceiling.sum() * counts
    return np.where(mass > 0, total / np.where(mass > 0, mass, 1.0), np.nan)


def _grouped_variance(contributions: NDArray[np.float64]) -> float:
    """Variance of a sum of independent groups' contributions ``(1, G)``."""
    n_groups = contributions.shape[1]
    return float((contributions**2).sum() * n_groups / max(n_groups - 1, 1))


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


def _quantile(contributions: NDArray[np.float64]) -> float:
    """97.5% point of Student's t for a variance estimated from ``contributions (G,)``.

    Its degrees of freedom are those of a chi-square as unsteady as that estimate, ``2 G / (kurtosis - 1)``, at most
    ``G - 1``: a handful of groups with errors among many without is little to learn the spread between groups from.
    """
    n_groups, squares = len(contributions), contributions**2
    if n_groups < 2 or squares.sum() == 0:
        return Z
    kurtosis = n_groups * float((squares**2).sum() / squares.sum() ** 2)
    return float(stats.t.ppf(0.975, max(1.0, min(n_groups - 1, 2 * n_groups / max(kurtosis - 1, 1e-9)))))


def _scheme(rows: NDArray[np.float64], n_folds: int) -> str:
    return f"{len(rows)} x {n_folds}-fold cross-validation" if len(rows) > 1 else f"{n_folds}-fold cross-validation"


def _one_sided(strata: Strata, z: float, *, upper: bool) -> float:
    def bounds(scale: float) -> NDArray[np.float64]:
        return np.array([wilson(p, n, scale)[upper] for p, n in zip(strata.share, strata.count, strict=True)])

    scale = z
    for _ in range(50):
        at = bounds(scale)
        spread = strata.weight * np.sqrt(at * (1 - at) / strata.count)
        if spread.sum() <= 0:
            break
        previous, scale = scale, z * float(np.sqrt((spread**2).sum()) / spread.sum())
        if abs(scale - previous) < 1e-9:
            break
    return float(strata.weight @ bounds(scale))
