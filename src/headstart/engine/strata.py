"""The classes as strata: what each earns, and how much of its spread it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headstart.engine.estimates import Sample

FEW = 5
"""Fewer observations (items, or groups of tied ones) hardly show how much they vary."""
MANY = 20_000
"""Many observations hardly differ from as many others: repeats, draws and digits that show how much are saved."""

PRIOR = 10.0
"""Degrees of freedom that the common mean of small strata counts as against their own means."""


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


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Strata fitted to shares. By the strata's codes, ``(S,)``: the share ``expected`` of an item, what squared
    deviations from that are to be ``enlarged`` by because it was fitted, and whether the stratum is a ``small`` one.
    """

    strata: Strata
    expected: NDArray[np.float64]
    enlarged: NDArray[np.float64]
    small: NDArray[np.bool_]


def strata_of(credit: NDArray[np.float64], items: Sample) -> Strata:
    """Strata of ``credit (R, N)``; ``count`` is the number of distinct scored items, 1 where all of them are tied.

    Strata without any scored item are left out and the others' weights scaled up. Those of fewer than `FEW`
    observations come last, collapsed into one (see `fit_strata`).
    """
    return fit_strata(credit, items).strata


def fit_strata(credit: NDArray[np.float64], items: Sample) -> Fit:
    """Means of the strata of ``credit (R, N)``, those of fewer than `FEW` observations drawn together.

    A single item is no deviation from its own mean, whatever the truth. So deviations in a small stratum are taken from
    ``p_c + b^(1/2) (P - p_c)``, P being the mean of all small ones: from P where they are few (collapsed strata;
    Cochran, Sampling Techniques, 1977, section 5A.12), which adds how far the strata differ to how much they vary, and
    nearly from their own means where these have many degrees of freedom d, by ``b = (PRIOR / (PRIOR + d))^2``. Squared
    deviations are enlarged by ``1 / (1 - (1 - b) h_c - b h)``: without bias where the strata are alike, and too large
    where they differ. ``h_c`` and h are sums of squared shares of the groups in the stratum and in all small ones,
    ``1 / n`` for n untied items. Other strata have ``b = 0``.

    The ``count`` of the collapsed stratum gives it the binomial variance that those deviations have if no items are
    tied; where all are right or all wrong, that of as many equally weighted items, ``(sum w)^2 / sum(w^2 / n)``.
    """
    codes, seen = items.strata, ~np.isnan(credit)
    scored = np.asarray(seen.any(0), dtype=np.float64)
    ceiling, count, times = (sums(codes, each) for each in (items.ceiling, scored, seen.sum(0)))
    earned = np.where(seen, credit, 0.0)
    earned /= items.ceiling
    share = sums(codes, earned.sum(0)) / np.maximum(times, 1.0)
    weight = np.where(times > 0, ceiling, 0.0) / max(float(ceiling[times > 0].sum()), 1e-300)
    owners, parts = _cells(codes, items, scored)
    observed = np.bincount(owners[parts > 0], minlength=len(ceiling))
    alike = sums(owners, parts**2) / np.maximum(count, 1.0) ** 2
    few = (observed > 0) & (observed < FEW)
    few = few if few.sum() > 1 else np.zeros_like(few)
    common = _mean(share[few], weight[few])
    pull = np.where(few, (PRIOR / (PRIOR + (observed[few] - 1).sum())) ** 2, 0.0)
    together = (
        _concentration(items, scored * few[codes] * (weight / np.maximum(count, 1.0))[codes]) if few.any() else 0.0
    )
    return Fit(
        strata=_strata(weight, share, np.where(observed == 1, 1.0, count), few, pull, common),
        expected=share + np.sqrt(pull) * (common - share),
        enlarged=_enlarged(alike, pull, together),
        small=few,
    )


def _strata(
    weight: NDArray[np.float64],
    share: NDArray[np.float64],
    count: NDArray[np.float64],
    few: NDArray[np.bool_],
    pull: NDArray[np.float64],
    common: float,
) -> Strata:
    """The large strata in their order, and the small ones as one."""
    large = (weight > 0) & ~few
    if not few.any():
        return Strata(weight=weight[large], share=share[large], count=count[large])
    total, parts = float(weight[few].sum()), weight[few] ** 2 / count[few]
    alike = float(total**2 / parts.sum())
    squares = share[few] * (1 - share[few]) + pull[few] * (share[few] - common) ** 2
    variance = float(parts @ (squares * _enlarged(1 / count[few], pull[few], 1 / alike)))
    varies = variance > 0 and 0 < common < 1
    return Strata(
        weight=np.append(weight[large], total),
        share=np.append(share[large], common),
        count=np.append(count[large], total**2 * common * (1 - common) / variance if varies else alike),
    )


def _mean(shares: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """0 of nothing; rounding never takes it beyond the shares, which may all be 1."""
    if not len(shares):
        return 0.0
    return float(np.clip(weights @ shares / weights.sum(), shares.min(), shares.max()))


def _enlarged(alike: NDArray[np.float64], pull: NDArray[np.float64], together: float) -> NDArray[np.float64]:
    """1 for a stratum of one group by itself, whose deviations sum to zero."""
    left = 1 - (1 - pull) * alike - pull * together
    return 1 / np.where(left > 1e-9, left, 1.0)


def _concentration(items: Sample, weights: NDArray[np.float64]) -> float:
    """Sum of the groups' squared shares of ``weights (N,)``; 0 of nothing."""
    parts = sums(items.members, weights)
    total = float(parts.sum())
    return float((parts**2).sum()) / total**2 if total > 0 else 0.0


def _cells(
    codes: NDArray[np.integer], items: Sample, amounts: NDArray[np.float64]
) -> tuple[NDArray[np.integer], NDArray[np.float64]]:
    """``amounts (N,)`` summed over the items that share stratum and group: whose stratum it is, and the sum."""
    if items.n_groups == len(items):
        return codes, amounts
    cells, inverse = np.unique(codes * items.n_groups + items.members, return_inverse=True)
    return cells // items.n_groups, sums(inverse, amounts)


def sums(codes: NDArray[np.integer], amounts: NDArray[np.float64]) -> NDArray[np.float64]:
    """``amounts (N,)`` summed by ``codes (N,)``."""
    return np.bincount(codes, amounts).astype(np.float64)
