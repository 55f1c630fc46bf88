"""95% intervals for any metric by resampling the scored items."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from headstart.core.results import Interval
from headstart.core.task import MetricInfo, Metrics, MetricsOfDraws, Task, one_by_one
from headstart.engine.intervals import UNKNOWN
from headstart.engine.resample import Resampler
from headstart.engine.strata import FEW, MANY
from headstart.engine.wilson import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_ONCE = 1 << 20
"""Numbers of draws times items that are worked on at a time."""

JACKKNIFE_BLOCKS = 100
UNBOUNDED = MetricInfo(low=-math.inf, high=math.inf)


def bootstrap_intervals(
    metrics: Metrics | Task,
    probabilities: NDArray[np.floating],
    targets: NDArray[np.int64],
    groups: NDArray[np.int64],
    measures: Mapping[str, MetricInfo] | None = None,
    n_folds: int | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Interval]:
    """Every value of ``metrics(probabilities (N, C), targets (N,))`` with a BCa interval over groups of tied items.

    A task stands for its metrics and their ``measures``, and takes those of all draws at once.

    For a cross-validated score ``probabilities`` are ``(R, N, C)``, out of fold, and ``n_folds`` is given: the value
    is the mean over repeats, each draw is taken from one repeat, and the spread is enlarged as in
    `headstart.engine.estimates.cross_validated_variance`.

    Bias-corrected and accelerated (Efron, JASA 82, 1987), acceleration from a jackknife over at most a hundred blocks;
    percentiles moved outwards for the small sample by Student's t (Hesterberg, American Statistician 69, 2015,
    "expanded percentiles"). For metrics that ``measures`` says are taken by class, a draw that missed a class is lent
    one of its groups; a class of fewer than `FEW` groups then hardly varies, and the jackknife's interval is joined to
    the bootstrap's, as it is for fewer than `FEW` groups in all. Where no draw differs from the value of a
    bounded metric, Wilson's interval for as many groups is given, on its range. From `MANY` groups on the interval is
    the jackknife's: what the bootstrap adds, skewness and bias, falls with the number of groups, and a thousand draws
    of a million items take minutes.

    Where all items are tied together, or a metric ceases to exist without one of the groups, nothing shows its spread:
    its whole range is given, and a metric without bounds is left out.
    """
    stack = probabilities if probabilities.ndim == 3 else probabilities[None]
    resample, rng = Resampler(targets, groups), np.random.default_rng(seed)
    if isinstance(metrics, Task):
        each = [metrics.metrics_of_draws(repeat, targets) for repeat in stack]
        metrics, measures = metrics.metrics, metrics.measures
    else:
        each = [one_by_one(metrics, repeat, targets) for repeat in stack]
    scorer = _Scorer(metrics, each, stack, targets, measures or {})
    drawn, left_out = np.zeros((0, len(scorer.names))), np.full((1, len(scorer.names)), np.nan)
    at_once = max(1, AT_ONCE // len(targets))
    if resample.n_groups > 1:
        if resample.n_groups < MANY:
            drawn = scorer.drawn(resample, rng, draws, at_once)
        parts = resample.leave_out(rng, JACKKNIFE_BLOCKS, at_once)
        left_out = np.concatenate([scorer.left_out(*part, spare=resample.fewest > 1) for part in parts])
    enlarged = 1.0 if n_folds is None else math.sqrt(n_folds / (n_folds - 1))
    intervals = {
        name: _Resampled(
            value=float(scorer.value[i]),
            drawn=drawn[:, i],
            left_out=left_out[:, i],
            n_groups=resample.n_groups,
            enlarged=enlarged,
            few=min(resample.n_groups, resample.fewest if info.by_class else FEW) < FEW,
            info=info,
        ).interval()
        for i, (name, info) in enumerate(zip(scorer.names, scorer.known, strict=True))
    }
    return {name: interval for name, interval in intervals.items() if interval}


class _Scorer:
    """All metrics of resampled rows, those of one repeat moved to the mean over repeats."""

    def __init__(
        self,
        metrics: Metrics,
        of_draws: Sequence[MetricsOfDraws],
        stack: NDArray[np.floating],
        targets: NDArray[np.int64],
        measures: Mapping[str, MetricInfo],
    ) -> None:
        whole = [dict(metrics(repeat, targets)) for repeat in stack]
        self.names = list(whole[0])
        self.known = [measures.get(name, UNBOUNDED) for name in self.names]
        self._of_draws = of_draws
        self._each = np.array([[scores[name] for name in self.names] for scores in whole])
        self.value = self._each.mean(0)
        self._by_class = np.array([info.by_class for info in self.known])

    def drawn(self, resample: Resampler, rng: np.random.Generator, draws: int, at_once: int) -> NDArray[np.float64]:
        """``(draws, M)``: of as many resamples, with what they are lent for the metrics taken by class.

        Each repeat gives about as many of them as any other.
        """
        found, repeats = [], len(self._of_draws)
        for repeat in range(repeats):
            left = len(range(repeat, draws, repeats))
            while left > 0:
                counts, lent = resample.draw(rng, min(left, at_once))
                values, short = self._each_of(counts, repeat), lent.any(axis=1)
                if short.any() and self._by_class.any():
                    helped = self._each_of((counts + lent)[short], repeat)
                    values[short] = np.where(self._by_class, helped, values[short])
                found.append(values)
                left -= len(counts)
        return np.concatenate(found)

    def left_out(self, kept: NDArray[np.integer], lent: NDArray[np.integer], *, spare: bool) -> NDArray[np.float64]:
        """``(J, M)`` of what each block left; NaN what does not exist there, unless it has something to ``spare``."""
        found = self._each_of(kept, 0)
        missing = np.isnan(found).any(axis=1)
        if spare and missing.any():
            helped = self._each_of((kept + lent)[missing], 0)
            found[missing] = np.where(np.isnan(found[missing]), helped, found[missing])
        return found

    def _each_of(self, counts: NDArray[np.integer], repeat: int) -> NDArray[np.float64]:
        found = self._of_draws[repeat](counts)
        missing = np.full(len(counts), np.nan)
        return np.stack([found.get(name, missing) for name in self.names], 1) - self._each[repeat] + self.value


@dataclass(frozen=True, kw_only=True)
class _Resampled:
    """A metric's ``value``, the ``drawn (B,)`` and ``left_out (J,)`` ones, and what their spread is multiplied by."""

    value: float
    drawn: NDArray[np.float64]
    left_out: NDArray[np.float64]
    n_groups: int
    enlarged: float
    few: bool
    info: MetricInfo

    def interval(self) -> Interval | None:
        """The interval, within the metric's range; None where there is nothing to say."""
        if np.isnan(self.left_out).any():
            return self._range()
        resampled = self.drawn if len(self.drawn) else self.left_out
        if np.allclose(resampled, self.value, rtol=0, atol=1e-12) and math.isfinite(self._width):
            ends = wilson((self.value - self.info.low) / self._width, self.n_groups)
            low, high = (self.info.low + self._width * end for end in ends)
            return Interval(value=self.value, low=low, high=high, method="Wilson")
        if not len(self.drawn):
            half = float(stats.t.ppf(0.975, len(self.left_out) - 1)) * self.enlarged * self._jackknife_error()
            low, high, method = self.value - half, self.value + half, f"jackknife of {len(self.left_out)} blocks"
            return Interval(
                value=self.value, low=max(self.info.low, low), high=min(self.info.high, high), method=method
            )
        (low, high), method = self._bca(), "BCa bootstrap"
        if self.few:
            half = self._student * self._jackknife_error()
            low, high, method = min(low, self.value - half), max(high, self.value + half), f"{method} and jackknife"
        return Interval(value=self.value, low=max(self.info.low, low), high=min(self.info.high, high), method=method)

    @property
    def _student(self) -> float:
        """97.5% point for as many groups, enlarged."""
        return float(stats.t.ppf(0.975, self.n_groups - 1)) * self.enlarged

    @property
    def _width(self) -> float:
        return self.info.high - self.info.low

    def _range(self) -> Interval | None:
        if not math.isfinite(self._width):
            return None
        return Interval(value=self.value, low=self.info.low, high=self.info.high, method=UNKNOWN)

    def _jackknife_error(self) -> float:
        blocks = len(self.left_out)
        return math.sqrt((blocks - 1) / blocks * float(((self.left_out - self.left_out.mean()) ** 2).sum()))

    def _bca(self) -> tuple[float, float]:
        spread = math.sqrt(self.n_groups / (self.n_groups - 1)) * self._student
        below = np.mean(self.drawn < self.value) + np.mean(self.drawn == self.value) / 2
        limit = 1 / (len(self.drawn) + 1)
        bias = stats.norm.ppf(np.clip(below, limit, 1 - limit))
        deviation = self.left_out.mean() - self.left_out
        scale = float((deviation**2).sum()) ** 1.5
        acceleration = float((deviation**3).sum()) / (6 * scale) if scale > 0 else 0.0

        def end(z: float) -> float:
            moved = bias + z
            return float(np.quantile(self.drawn, stats.norm.cdf(bias + moved / max(1 - acceleration * moved, 0.1))))

        return end(-spread), end(spread)
