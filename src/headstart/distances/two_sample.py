"""Do two sets of features come from one domain? Three distances, each against the same domain split at random.

The null of every number is the same items with sides drawn anew, as many on each. A share of such draws at least as far
apart is a p-value without assumptions but one, exact for any sizes: items are independent, no two of them tied
(near-copies, those of one patient). That of the smallest of several (Westfall and Young 1993, section 2.3) holds its
level for all of them together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.domain_card import Distance
from headstart.core.errors import UserError
from headstart.distances.frechet import extrapolated
from headstart.distances.mmd import discrepancies
from headstart.distances.separability import separabilities
from headstart.heads.standardise import Standardiser

MOST = 1000
"""Items a side that are looked at, drawn at random."""
FEWEST = 10
"""Items a side that are enough to look at."""
DRAWS = 199
"""Of each null: with the sides as they are, two hundred, so that p-values are multiples of half a percent."""


@dataclass(frozen=True, kw_only=True)
class TwoSample:
    """How far apart two sides are.

    ``separability`` is the proxy A-distance, 0 to 2 (below 0 counts as 0), whose p-value compares the classifier's
    margins, which are finer than its errors; ``mmd`` the squared maximum mean discrepancy, ``frechet`` the Fréchet
    distance of Gaussians as a share of the spread; ``p`` is that of all three together, ``within`` that with sides
    drawn anew within each class only (None without classes): for a difference beyond that of how frequent they are.
    ``items`` of a side were looked at. ``rows`` are those of the second side, ``likeness`` says how much each looks
    like the first: what the classifier predicts for it when it has not seen it, 1 for the first side and -1 for the
    second.
    """

    separability: Distance
    mmd: Distance
    frechet: Distance
    p: float
    within: float | None
    items: int
    rows: NDArray[np.int64]
    likeness: NDArray[np.float64]


def two_sample(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    *,
    strata: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    seed: int = 0,
    draws: int = DRAWS,
) -> TwoSample:
    """Compare ``first (N, D)`` with ``second (M, D)``; ``strata`` are the classes of both sides.

    Both sides are cut to the size of the smaller one, `MOST` at most. Columns are scaled by the spread of both
    together.

    Raises:
        UserError: a side has too few items, or all features are the same.
    """
    random = np.random.default_rng(seed)
    size = min(len(first), len(second), MOST)
    if size < FEWEST:
        raise UserError(
            f"Telling two sides apart takes {FEWEST} independent items of each at least (copies and groups count "
            f"once), and there are {len(first)} and {len(second)}."
        )
    looked = [np.sort(random.permutation(len(side))[:size]) for side in (first, second)]
    pooled = np.concatenate([side[rows] for side, rows in zip((first, second), looked, strict=True)]).astype(np.float64)
    rows = Standardiser.of(pooled).apply(pooled)
    if not np.any(rows):
        raise UserError("The features of both sides are the same for every item.")
    nulls = [drawn_sides(size, size, draws, random)]
    if strata is not None:
        classes = np.concatenate([own[part] for own, part in zip(strata, looked, strict=True)])
        nulls.append(drawn_sides(size, size, draws, random, classes))
    sides = np.concatenate(nulls, axis=1)
    errors, margins, held = separabilities(rows, sides)
    values = [np.maximum(2 * (1 - 2 * errors), 0.0), discrepancies(rows, sides), extrapolated(rows, sides, random)]
    shares = [
        np.stack([_shares(each) for each in part])
        for part in np.split(np.stack([margins, *values[1:]]), len(nulls), axis=1)
    ]
    together = [float(_shares(-each.min(axis=0))[0]) for each in shares]
    found = [_distance(value[: 1 + draws], float(share[0])) for value, share in zip(values, shares[0], strict=True)]
    return TwoSample(
        separability=found[0],
        mmd=found[1],
        frechet=found[2],
        p=together[0],
        within=None if strata is None else together[1],
        items=size,
        rows=looked[1],
        likeness=held[size:],
    )


def separability(rows: NDArray[np.floating], first: int, *, seed: int = 0, draws: int = DRAWS) -> Distance:
    """The proxy A-distance of the ``first`` of ``rows (N, D)`` and the others alone, beside its null.

    Where all rows are the same it is 0, and so is its null.
    """
    random = np.random.default_rng(seed)
    scaled = Standardiser.of(rows).apply(rows)
    if not np.any(scaled):
        return Distance(value=0.0, null_mean=0.0, null_high=0.0, p=1.0)
    errors, margins, _ = separabilities(scaled, drawn_sides(first, len(rows) - first, draws, random))
    return _distance(np.maximum(2 * (1 - 2 * errors), 0.0), float(_shares(margins)[0]))


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
