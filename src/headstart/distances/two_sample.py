"""Do two sets of features come from one domain? Three distances, each against the same domain split at random.

The null of every number is the same items with sides drawn anew, as many on each. Of items that are tied (near-copies,
those of one patient) one is looked at, drawn at random: they are no evidence of their own, and what is left may change
sides freely. A share of such draws at least as far apart is a p-value without assumptions, exact for any sizes; that of
the smallest of several (Westfall and Young 1993, section 2.3) holds its level for all of them together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.card import Distance
from headstart.core.errors import UserError
from headstart.core.features import Features
from headstart.distances.frechet import extrapolated
from headstart.distances.mmd import discrepancies
from headstart.distances.separability import separabilities
from headstart.heads.standardise import Standardiser

MOST = 1000
"""Items a side that are looked at, drawn at random."""
FEWEST = 10
DRAWS = 199
"""Of the null: with the sides as they are, two hundred, so that p-values are multiples of half a percent."""
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class TwoSample:
    """How far apart two sides are.

    ``separability`` is the proxy A-distance, 0 to 2 (below 0 counts as 0), whose p-value compares the classifier's
    margins, which are finer than its errors; ``mmd`` the squared maximum mean discrepancy, ``frechet`` the Fréchet
    distance of Gaussians as a share of the spread; ``p`` is that of all three together. ``items`` independent ones a
    side were looked at. ``rows`` are those of the second side, ``likeness`` says how much each looks like the first:
    what the classifier predicts for it when it has not seen it, 1 for the first side and -1 for the second.
    """

    separability: Distance
    mmd: Distance
    frechet: Distance
    p: float
    items: int
    rows: NDArray[np.int64]
    likeness: NDArray[np.float64]

    @property
    def apart(self) -> bool:
        """Whether the sides are told apart at the 5% level."""
        return self.p <= LEVEL


def two_sample(
    first: NDArray[np.floating] | Features,
    second: NDArray[np.floating] | Features,
    *,
    first_groups: NDArray[np.int64] | None = None,
    second_groups: NDArray[np.int64] | None = None,
    strata: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> TwoSample:
    """Compare ``first (N, D)`` with ``second (M, D)``; rows of equal groups ``(N,)`` and ``(M,)`` are tied.

    Both sides are cut to the size of the smaller one, `MOST` at most. Columns are scaled by the spread of both
    together. With ``strata``, the classes of both sides, sides are drawn anew within each class only: what is left is a
    difference beyond that of how frequent classes are.

    Raises:
        UserError: a side has too few items or groups, or all features are the same.
    """
    random = np.random.default_rng(seed)
    single = [independent(len(side), tied, random) for side, tied in ((first, first_groups), (second, second_groups))]
    size = min(*map(len, single), MOST)
    if size < FEWEST:
        raise UserError(
            f"Telling two sides apart takes {FEWEST} independent items of each at least (copies and groups count "
            f"once), and there are {len(single[0])} and {len(single[1])}."
        )
    looked = [np.sort(rows[:size]) for rows in single]
    pooled = np.concatenate(
        [np.asarray(side[rows], dtype=np.float64) for side, rows in zip((first, second), looked, strict=True)]
    )
    rows = Standardiser.of(pooled).apply(pooled)
    if not np.any(rows):
        raise UserError("The features of both sides are the same for every item.")
    kinds = None if strata is None else np.concatenate([own[part] for own, part in zip(strata, looked, strict=True)])
    sides = drawn_sides(size, size, draws, random, kinds)
    errors, margins, held = separabilities(rows, sides)
    values = [np.maximum(2 * (1 - 2 * errors), 0.0), discrepancies(rows, sides), extrapolated(rows, sides, random)]
    shares = np.stack([_shares(each) for each in (margins, *values[1:])])
    found = [_distance(value, float(share[0])) for value, share in zip(values, shares, strict=True)]
    return TwoSample(
        separability=found[0],
        mmd=found[1],
        frechet=found[2],
        p=float(_shares(-shares.min(axis=0))[0]),
        items=size,
        rows=looked[1],
        likeness=held[size:],
    )


def independent(count: int, groups: NDArray[np.int64] | None, random: np.random.Generator) -> NDArray[np.int64]:
    """One of so many rows for each of their ``groups (count,)``, in an order that is drawn at random."""
    order = random.permutation(count)
    if groups is None:
        return order
    return order[np.sort(np.unique(np.asarray(groups)[order], return_index=True)[1])]


def drawn_sides(
    first: int,
    second: int,
    draws: int,
    random: np.random.Generator,
    strata: NDArray[np.int64] | None = None,
) -> NDArray[np.bool_]:
    """``(first + second, 1 + draws)``: whether each item is on the first side; as it is, then drawn at random, as many
    as there are of each of the ``strata (first + second,)``.
    """
    sides = np.arange(first + second) < first
    kinds = np.zeros(len(sides), dtype=np.int64) if strata is None else strata
    dealt = np.repeat(sides[:, None], 1 + draws, axis=1)
    for kind in np.unique(kinds):
        own = np.flatnonzero(kinds == kind)
        dealt[own, 1:] = random.permuted(dealt[own, 1:], axis=0)
    return dealt


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each of ``values (P,)`` the share of all that are at least as large."""
    return (len(values) - np.searchsorted(np.sort(values), values, side="left")) / len(values)


def _distance(values: NDArray[np.float64], p: float) -> Distance:
    return Distance(
        value=float(values[0]), null_mean=float(values[1:].mean()), null_high=float(np.quantile(values[1:], 0.95)), p=p
    )
