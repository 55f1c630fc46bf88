"""The score of the best of many, freed from the luck of having been chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from headstart.engine.intervals import cross_validated_interval
from headstart.engine.strata import MANY, strata_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headstart.core.results import Interval
    from headstart.engine.estimates import Sample


FEWEST_DRAWS = 50
"""However many items there are: the mean of so many draws scatters a seventh as much as one."""


def selection_corrected(
    credits: NDArray[np.float64],
    folds: NDArray[np.integer],
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
    candidate unless given; one that was chosen for its cost, or for what it did elsewhere, and scores below the
    corrected value is left as it is.

    ``draws`` are fewer for more than `MANY` items, in inverse proportion: the luck of a draw falls with their
    number, and a mean of fewer is as good.
    """
    if chosen is None:
        chosen = int(np.argmax([strata_of(candidate, items).value for candidate in credits]))
    plain = cross_validated_interval(credits[chosen], folds, items)
    if len(credits) == 1:
        return plain
    bias = luck(credits, items, plain.value, seed, draws)
    moved = cross_validated_interval(credits[chosen], folds, items, bias=bias)
    return replace(moved, method=f"{plain.method}, corrected for choosing among {len(credits)} (BBC-CV)")


def luck(credits: NDArray[np.float64], items: Sample, score: float, seed: int = 0, draws: int = 1000) -> float:
    """By how much the ``score`` of the choice among ``credits (K, R, N)`` is above what such a choice scores on items
    that it was not made by; 0 at least.
    """
    shares = np.nanmean(np.where(np.isnan(credits).all(1, keepdims=True), 0.0, credits), axis=1)
    seen = np.logical_not(np.isnan(credits).all(axis=1))
    draws = min(draws, max(FEWEST_DRAWS, draws * MANY // len(items)))
    return max(0.0, score - _choose_inside_score_outside(shares, seen, items, np.random.default_rng(seed), draws))


def _choose_inside_score_outside(
    shares: NDArray[np.float64], seen: NDArray[np.bool_], items: Sample, rng: np.random.Generator, draws: int
) -> float:
    """Mean out-of-bag score of the in-bag choice; ``shares (K, N)``, ``seen (K, N)``."""
    groups, n_groups = items.members, items.n_groups
    scores = []
    while len(scores) < draws:
        # Some 16 MB of counts at a time, or one draw.
        batch = min(draws - len(scores), max(1, 2_000_000 // len(items)))
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
