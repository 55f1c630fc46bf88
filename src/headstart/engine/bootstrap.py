"""95% intervals for any metric by resampling the scored items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from headstart.core.results import Interval
from headstart.engine.intervals import wilson

if TYPE_CHECKING:
    from numpy.typing import NDArray

Metrics = Callable[["NDArray[np.float64]", "NDArray[np.int64]"], Mapping[str, float]]

JACKKNIFE_BLOCKS = 100


def bootstrap_intervals(
    metrics: Metrics,
    probabilities: NDArray[np.float64],
    targets: NDArray[np.int64],
    groups: NDArray[np.int64],
    n_folds: int | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> dict[str, Interval]:
    """Every value of ``metrics(probabilities (N, C), targets (N,))`` with a BCa interval over groups of tied items.

    For a cross-validated score ``probabilities`` are ``(R, N, C)``, out of fold, and ``n_folds`` is given: the value
    is the mean over repeats, each draw is taken from one repeat, and the spread is enlarged as in
    `headstart.engine.estimates.cross_validated_variance`.

    Bias-corrected and accelerated (Efron, JASA 82, 1987), acceleration from a jackknife over at most a hundred blocks;
    percentiles moved outwards for the small sample by Student's t (Hesterberg, American Statistician 69, 2015,
    "expanded percentiles"). Every class keeps at least one group in every draw. Where no draw differs from the value
    and that is 0 or 1, Wilson's interval for as many groups is given instead.
    """
    stack = probabilities if probabilities.ndim == 3 else probabilities[None]
    resample = _Resampler(targets, groups)
    whole = [dict(metrics(repeat, targets)) for repeat in stack]
    names = list(whole[0])
    per_repeat = np.array([[scores[name] for name in names] for scores in whole])
    value = per_repeat.mean(0)

    def scores(rows: NDArray[np.int64], repeat: int) -> NDArray[np.float64]:
        found = metrics(stack[repeat][rows], targets[rows])
        return np.array([found[name] for name in names]) - per_repeat[repeat] + value

    rng = np.random.default_rng(seed)
    drawn = np.stack([scores(resample.draw(rng), draw % len(stack)) for draw in range(draws)])
    left_out = np.stack([scores(rows, 0) for rows in resample.leave_out(rng, JACKKNIFE_BLOCKS)])
    n_groups = resample.n_groups
    spread = np.sqrt(n_groups / max(n_groups - 1, 1)) * stats.t.ppf(0.975, max(n_groups - 1, 1))
    spread *= 1.0 if n_folds is None else np.sqrt(n_folds / (n_folds - 1))
    return {
        name: _bca(float(value[i]), drawn[:, i], left_out[:, i], float(spread), n_groups)
        for i, name in enumerate(names)
    }


class _Resampler:
    """Draws groups of rows with replacement."""

    def __init__(self, targets: NDArray[np.int64], groups: NDArray[np.int64]) -> None:
        codes = np.unique(groups, return_inverse=True)[1]
        self.n_groups = int(codes.max()) + 1
        order = np.argsort(codes, kind="stable")
        self._sizes = np.bincount(codes)
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)[:-1]])
        self._rows = order
        self._targets = targets
        self._rows_of_class = [np.flatnonzero(targets == c) for c in np.unique(targets)]
        self._codes = codes

    def draw(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Row numbers of one resample; a class that was missed lends it one of its groups."""
        chosen = rng.integers(self.n_groups, size=self.n_groups)
        rows = self._expand(chosen)
        present = np.zeros(int(self._targets.max()) + 1, dtype=bool)
        present[self._targets[rows]] = True
        missed = [r for r in self._rows_of_class if not present[self._targets[r[0]]]]
        if missed:
            lent = np.array([self._codes[rng.choice(r)] for r in missed])
            rows = np.concatenate([rows, self._expand(lent)])
        return rows

    def leave_out(self, rng: np.random.Generator, blocks: int) -> list[NDArray[np.int64]]:
        """Row numbers without each of at most ``blocks`` blocks of groups; a class is never left out entirely."""
        block = rng.permutation(self.n_groups) % min(blocks, self.n_groups)
        kept = []
        for b in range(int(block.max()) + 1):
            keep = block[self._codes] != b
            for rows in self._rows_of_class:
                if not keep[rows].any():
                    keep[rows] = True
            kept.append(np.flatnonzero(keep))
        return kept

    def _expand(self, chosen: NDArray[np.int64]) -> NDArray[np.int64]:
        sizes = self._sizes[chosen]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self._rows[np.repeat(self._starts[chosen], sizes) + within]


def _bca(
    value: float, drawn: NDArray[np.float64], left_out: NDArray[np.float64], spread: float, n_groups: int
) -> Interval:
    if np.allclose(drawn, value, rtol=0, atol=1e-12):
        low, high = wilson(value, n_groups) if value in (0.0, 1.0) else (value, value)
        return Interval(value=value, low=low, high=high, method="Wilson" if value in (0.0, 1.0) else "BCa bootstrap")
    below = np.mean(drawn < value) + np.mean(drawn == value) / 2
    bias = stats.norm.ppf(np.clip(below, 1 / (len(drawn) + 1), len(drawn) / (len(drawn) + 1)))
    deviation = left_out.mean() - left_out
    scale = float((deviation**2).sum()) ** 1.5
    acceleration = float((deviation**3).sum()) / (6 * scale) if scale > 0 else 0.0

    def end(z: float) -> float:
        moved = bias + z
        return float(np.quantile(drawn, stats.norm.cdf(bias + moved / max(1 - acceleration * moved, 0.1))))

    return Interval(value=value, low=end(-spread), high=end(spread), method="BCa bootstrap")
