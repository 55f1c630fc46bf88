"""Do two sets of features come from one domain? Three distances, each against the same domain split at random.

The null of every number is the same data with sides drawn anew: whole groups of tied items change sides together, so
that near-copies and items of one patient are no evidence of their own. A share of such draws at least as far apart is a
p-value without assumptions, exact for any sizes; that of the smallest of several (Westfall and Young 1993, section 2.3)
holds its level for all of them together.
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
from headstart.heads.codes import numbered
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
    distance of Gaussians as a share of the spread; ``p`` is that of all three together. ``items`` a side were looked
    at, in ``groups`` groups. ``rows`` are those of the second side, ``likeness`` says how much each looks like the
    first: what the classifier predicts for it when it has not seen it, 1 for the first side and -1 for the second.
    """

    separability: Distance
    mmd: Distance
    frechet: Distance
    p: float
    items: int
    groups: int
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

    With ``strata``, the classes of both sides, sides are drawn anew within each class only: what is left is a
    difference beyond that of how frequent classes are.

    Both sides are cut to the size of the smaller one, `MOST` at most. Columns are scaled by the spread of both
    together.

    Raises:
        UserError: a side has too few items or groups, or all features are the same.
    """
    random = np.random.default_rng(seed)
    size = min(len(first), len(second), MOST)
    parts, groups, looked = [], [], []
    for side, tied in ((first, first_groups), (second, second_groups)):
        rows = np.sort(random.permutation(len(side))[:size])
        looked.append(rows)
        parts.append(np.asarray(side[rows], dtype=np.float64))
        groups.append(None if tied is None else np.asarray(tied)[rows])
    codes, count = units_of(size, size, *groups)
    others = int(codes.max()) + 1 - count
    if min(count, others) < FEWEST:
        raise UserError(
            f"Telling two sides apart takes {FEWEST} independent items of each at least (copies and groups count "
            f"once), and there are {count} and {others}."
        )
    pooled = np.concatenate(parts)
    rows = Standardiser.of(pooled).apply(pooled)
    if not np.any(rows):
        raise UserError("The features of both sides are the same for every item.")
    kinds = None if strata is None else np.concatenate([np.asarray(s)[r] for s, r in zip(strata, looked, strict=True)])
    sides = drawn_sides(codes, count, draws, random, kinds)
    errors, margins, held = separabilities(rows, codes, sides)
    values = [np.maximum(2 * (1 - 2 * errors), 0.0), discrepancies(rows, sides), extrapolated(rows, sides, random)]
    shares = np.stack([_shares(each) for each in (margins, *values[1:])])
    found = [_distance(value, float(share[0])) for value, share in zip(values, shares, strict=True)]
    return TwoSample(
        separability=found[0],
        mmd=found[1],
        frechet=found[2],
        p=float(_shares(-shares.min(axis=0))[0]),
        items=size,
        groups=count + others,
        rows=looked[1],
        likeness=held[size:],
    )


def units_of(
    first: int, second: int, first_groups: NDArray[np.int64] | None, second_groups: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], int]:
    """Numbers ``(first + second,)`` of the groups that items change sides with, those of the first side before the
    others, and how many of them are of the first side.
    """
    found = [
        numbered(np.arange(count) if tied is None else tied)
        for count, tied in ((first, first_groups), (second, second_groups))
    ]
    count = int(found[0].max(initial=-1)) + 1
    return np.concatenate([found[0], found[1] + count]).astype(np.int64), count


def drawn_sides(
    codes: NDArray[np.int64],
    first: int,
    draws: int,
    random: np.random.Generator,
    strata: NDArray[np.int64] | None = None,
) -> NDArray[np.bool_]:
    """``(N, 1 + draws)``: whether each item is on the first side; as it is, then drawn at random.

    ``codes (N,)`` number the groups, those of the first side from 0 to ``first``; a draw deals out as many to it, and
    as many of each of the ``strata (N,)``, to which groups belong by their first items.
    """
    groups = np.arange(int(codes.max()) + 1) < first
    kinds = np.zeros(len(groups), dtype=np.int64)
    if strata is not None:
        kinds = strata[np.unique(codes, return_index=True)[1]]
    dealt = np.empty((len(groups), 1 + draws), dtype=bool)
    dealt[:, 0] = groups
    for draw in range(1, 1 + draws):
        for kind in np.unique(kinds):
            own = np.flatnonzero(kinds == kind)
            dealt[own, draw] = random.permutation(groups[own])
    return dealt[codes]


def _shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each of ``values (P,)`` the share of all that are at least as large."""
    return (len(values) - np.searchsorted(np.sort(values), values, side="left")) / len(values)


def _distance(values: NDArray[np.float64], p: float) -> Distance:
    return Distance(
        value=float(values[0]), null_mean=float(values[1:].mean()), null_high=float(np.quantile(values[1:], 0.95)), p=p
    )
