"""Paired comparison of two predictors on the same items: difference, interval, and what it would take to see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from headstart.core.errors import UserError
from headstart.core.results import Interval
from headstart.engine.estimates import (
    Sample,
    Z,
    by_group,
    cross_validated_variance,
    fold_variance,
    influence,
    scored_rows,
)
from headstart.engine.folds import scheme
from headstart.engine.strata import strata_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Z_POWER = 0.8416212335729143
"""80% point of the standard normal."""

PSEUDO = 1.0
"""Discordant items added to the variance. Bonett and Price (2012) add two to a table of equal weights; with the
unequal weights of balanced accuracy one keeps the miss rate nearer 5% (see the bench ``coverage``)."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """First predictor minus second, in units of the metric.

    ``variance`` is that of the difference if the true one were zero, ``count`` how many items it rests on, and
    ``contributions (G,)`` what each group of items adds to ``value``.
    """

    value: float
    variance: float
    count: int
    method: str
    contributions: NDArray[np.float64] = field(repr=False)

    def bounds(self, z: float = Z) -> tuple[float, float]:
        """Differences delta with ``(value - delta)^2 <= z^2 (variance - delta^2 / count)``.

        For equal weights without ties that is the score interval of McNemar's setting, ``variance`` being the share of
        discordant items over the number of items.
        """
        shrink = 1 + z**2 / self.count
        inner = self.variance * shrink - self.value**2 / self.count
        half = z * float(np.sqrt(max(inner, 0.0)))
        return max(-1.0, (self.value - half) / shrink), min(1.0, (self.value + half) / shrink)

    @property
    def standard_error(self) -> float:
        """Of ``value`` if the true difference were zero."""
        return float(np.sqrt(self.variance))

    @property
    def interval(self) -> Interval:
        """Two-sided 95%."""
        low, high = self.bounds()
        return Interval(value=self.value, low=low, high=high, method=self.method)

    @property
    def smallest_detectable(self) -> float:
        """The smallest true difference that this many items find four times out of five, at the 5% level."""
        return min(1.0, (Z + Z_POWER) * self.standard_error)

    def needed(self, difference: float) -> int:
        """How many scored items find a true ``difference`` four times out of five, at the 5% level."""
        return int(np.ceil(self.count * self.variance * ((Z + Z_POWER) / difference) ** 2))


def compare(first: NDArray[np.float64], second: NDArray[np.float64], items: Sample) -> Comparison:
    """Paired comparison on a test split from per-item shares ``(N,)`` of the primary metric.

    Two predictors of equal worth may swap their answers on any item (or group of tied items), so the variance under
    "no difference" is the sum of squared differences of shares, group by group: McNemar's statistic with weights.
    One more discordant item of typical weight is added to it, which makes the interval sensible when there are few or
    none; for equal weights its decisions then are those of the exact test at small counts.
    """
    difference = scored_rows(first - second)
    contributions = by_group(influence(difference, items, centred=False), items)
    variance = float((contributions**2).sum()) + _pseudo_variance(difference, items)
    return _comparison(difference, contributions, variance, items, "paired score interval")


def compare_cross_validated(
    first: NDArray[np.float64], second: NDArray[np.float64], folds: NDArray[np.integer], items: Sample
) -> Comparison:
    """Paired comparison on common folds ``(R, N)`` from out-of-fold shares ``(R, N)``, NaN where not scored.

    Only what both were scored on counts. The variance is `cross_validated_variance` of the differences, so it covers
    the luck of the training sets besides that of the items.

    Raises:
        UserError: the two were never scored on the same item.
    """
    difference = scored_rows(first - second)
    if np.isnan(difference).all():
        raise UserError(
            "The two predictors were never scored on the same item; score both on at least one common fold."
        )
    contributions = by_group(influence(difference, items, centred=False), items)
    item_variance = float((contributions**2).sum(1).mean()) + _pseudo_variance(difference, items)
    by_folds = fold_variance(difference, folds, items)
    variance = cross_validated_variance(item_variance, by_folds, int(folds.max()) + 1, len(contributions))
    method = f"paired, {scheme(difference, folds)} (Nadeau-Bengio and items)"
    return _comparison(difference, contributions, variance, items, method)


def _comparison(
    difference: NDArray[np.float64],
    contributions: NDArray[np.float64],
    variance: float,
    items: Sample,
    method: str,
) -> Comparison:
    seen = ~np.isnan(difference)
    count = int(seen.any(0).sum())
    return Comparison(
        # A class without a common scored item is left out of the metric, and the others make it up.
        value=strata_of(difference, items).value,
        variance=variance,
        count=count,
        method=method,
        contributions=contributions.mean(0),
    )


def _pseudo_variance(difference: NDArray[np.float64], items: Sample) -> float:
    """Of more discordant items (or groups), of a weight typical for where the weight of the scored ones is."""
    most = np.where(np.isnan(difference), np.nan, items.ceiling)
    weight = by_group(influence(most, items, centred=False), items)
    return PSEUDO * float(((weight**4).sum(1) / (weight**2).sum(1)).mean())
