"""The learning curve: what the labels at hand bought, and what more of them would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from headstart.core.results import CurvePoint, LearningCurve
from headstart.engine.folds import repeated_folds
from headstart.heads.codes import numbered, untied

if TYPE_CHECKING:
    from numpy.typing import NDArray

Score = Callable[["NDArray[np.int64]", "NDArray[np.int64]"], float]
"""Primary metric on test rows after training on training rows: ``score(train (n,), test (m,))``."""

FOLDS = 5
FORECAST_AT = (1.0, 2.0, 4.0)
"""Multiples of the items at hand. Nothing beyond four times is forecast."""

WIDEST = 0.3
"""A range of more than thirty points is not worth reading; a lower limit would keep the luckily narrow ones only."""

BOOTSTRAP = 400
EXPONENTS = np.linspace(0.05, 1.5, 30)


def learning_curve(
    score: Score,
    targets: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    ties: NDArray[np.int64] | None = None,
    draws: int = 20,
    sizes: int = 6,
    seed: int = 0,
    threads: int = 1,
) -> LearningCurve:
    """Train on growing stratified subsets, and extend the curve to twice and four times the items at hand.

    ``draws`` (made up to a multiple of five) repeats of: hold out a fifth, train on nested subsets of the rest,
    score the fifth. Equal ``groups (N,)`` are held out together; equal ``ties (N,)``, if they are others, come together
    into the subsets. Points are means over draws, with their 10% and 90% quantiles as range. See `forecast` for what
    is made of them.
    """
    folds, _ = repeated_folds(targets, groups, FOLDS, -(-draws // FOLDS), seed)
    n_folds = int(folds.max()) + 1
    rng = np.random.default_rng(seed)
    held_out = [(row, fold) for row in folds for fold in range(n_folds)]
    largest = min(int((row != fold).sum()) for row, fold in held_out)
    steps = curve_sizes(largest, len(np.unique(targets)), sizes)
    if len(steps) < 4:
        note = f"{len(targets)} items are too few for a learning curve."
        return LearningCurve(points=(), forecast=(), note=note)
    table = np.empty((len(held_out), len(steps)))
    together = groups if ties is None else ties

    def drawn() -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
        for draw, (row, fold) in enumerate(held_out):
            rest = np.flatnonzero(row != fold)
            rest = rest[stratified_order(targets[rest], together[rest], rng)]
            yield draw, rest, np.flatnonzero(row == fold)

    def fill(draw: int, order: NDArray[np.int64], test: NDArray[np.int64], place: int) -> None:
        table[draw, place] = score(order[: steps[place]], test)

    places = list(reversed(range(len(steps))))
    if threads == 1:  # in this thread, whose freed memory another would not use, with one order in memory
        for draw, order, test in drawn():
            for place in places:
                fill(draw, order, test, place)
    else:
        # The large fits first, side by side: threads hardly wait for each other in those.
        orders = list(drawn())
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda cell: fill(*cell), [(*each, place) for place in places for each in orders]))
    return forecast(np.array(steps), table, len(targets), n_folds, seed)


def curve_sizes(largest: int, classes: int, sizes: int) -> list[int]:
    """Up to ``sizes`` training sizes in equal ratio, from two per class (and a thirty-second) to ``largest``."""
    smallest = max(2 * classes, -(-largest // 32), 8)
    if smallest >= largest:
        return [largest]
    return [int(size) for size in np.unique(np.geomspace(smallest, largest, sizes).round().astype(np.int64))]


def stratified_order(
    targets: NDArray[np.int64], groups: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """A random order of the rows whose every prefix holds the classes in about their proportions.

    Each class comes up once before any other item does. Tied rows follow one another.
    """
    n = len(targets)
    shuffled = rng.permutation(n)
    by_class = shuffled[np.argsort(targets[shuffled], kind="stable")]
    codes = numbered(targets)[by_class]
    counts = np.bincount(codes)
    rank = np.arange(n) - np.repeat(np.cumsum(counts) - counts, counts)
    place = np.empty(n)
    place[by_class] = np.where(rank == 0, -rng.random(n), (rank + rng.random(n)) / counts[codes])
    members = numbered(groups)
    if untied(members):
        return np.argsort(place, kind="stable")
    first = np.full(int(members.max()) + 1, np.inf)
    np.minimum.at(first, members, place)
    return np.lexsort((place, members, first[members]))


def forecast(
    steps: NDArray[np.int64], table: NDArray[np.float64], count: int, n_folds: int, seed: int
) -> LearningCurve:
    """Curve and forecast from ``table (draws, sizes)`` of scores after training on ``steps (sizes,)`` items.

    Four shapes are fitted, since one alone, however well it fits, mis-states what more data bring (Mahmood et al.,
    arXiv 2207.01725): a power law ``a - b n^-c``, the same with ``a = 1``, an exponential approach and a logarithm.
    The range holds 80% of fits over bootstrapped draws and shapes, shapes weighted by how well they fit. Bootstrapped
    means are spread to the variance of Nadeau and Bengio, as the draws share items.

    No forecast is given where the bootstrap does not exclude that the score is flat or falling over the larger
    two thirds of the sizes, nor where its range is wider than thirty points; ``note`` says so.
    """
    rng = np.random.default_rng(seed)
    points = tuple(
        CurvePoint(n=int(n), value=float(v.mean()), low=float(np.quantile(v, 0.1)), high=float(np.quantile(v, 0.9)))
        for n, v in zip(steps, table.T, strict=True)
    )
    means = _bootstrap_means(table, n_folds, rng)
    late = np.log(steps[len(steps) // 3 :])
    slope = (means[:, len(steps) // 3 :] - means[:, len(steps) // 3 :].mean(1, keepdims=True)) @ (late - late.mean())
    if np.quantile(slope, 0.05) <= 0:
        note = "The curve is flat within its noise: more labels of this kind are not shown to help."
        return LearningCurve(points=points, forecast=(), note=note)
    at = np.array([round(multiple * count) for multiple in FORECAST_AT])
    values = _extended(steps, table.mean(0), means, at, rng)
    ranges = [CurvePoint(n=int(n), value=v[0], low=v[1], high=v[2]) for n, v in zip(at, values, strict=True)]
    kept = [point for point in ranges if point.high - point.low <= WIDEST]
    # A range that grows with n: once one is too wide, so is what lies beyond.
    kept = ranges[: len(kept)] if kept == ranges[: len(kept)] else []
    if len(kept) < 2:
        return LearningCurve(points=points, forecast=(), note="The curve is too noisy to forecast from.")
    return LearningCurve(points=points, forecast=tuple(kept), note=_note(kept))


def _note(kept: list[CurvePoint]) -> str:
    last = kept[-1]
    text = (
        f"With {last.n:,} labelled items expect {100 * last.low:.0f} to {100 * last.high:.0f} "
        f"(80% range), against {100 * kept[0].value:.0f} now."
    )
    return text if len(kept) == len(FORECAST_AT) else f"{text} Beyond that the range is too wide to be of use."


def _bootstrap_means(table: NDArray[np.float64], n_folds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """``(BOOTSTRAP, sizes)`` mean curves."""
    draws = len(table)
    chosen = rng.integers(draws, size=(BOOTSTRAP, draws))
    centre = table.mean(0)
    return centre + (table[chosen].mean(1) - centre) * np.sqrt(1 + draws / (n_folds - 1))


def _extended(
    steps: NDArray[np.int64],
    curve: NDArray[np.float64],
    means: NDArray[np.float64],
    at: NDArray[np.int64],
    rng: np.random.Generator,
) -> list[tuple[float, float, float]]:
    """Median, 10% and 90% quantile at each of ``at``, over bootstrapped curves and shapes."""
    # Later points count more: they are nearer to what is forecast, and small samples follow no simple law.
    weights = steps / steps.sum()
    n, far = steps.astype(np.float64), at.astype(np.float64)
    noise = max(float((means.var(0) * weights).sum()), 1e-8)
    misfit = np.array([(weights * (shape(n, curve, weights, n) - curve) ** 2).sum() for shape in SHAPES])
    likely = np.exp(-0.5 * len(steps) * (misfit - misfit.min()) / noise)
    picks = rng.choice(len(SHAPES), size=len(means), p=likely / likely.sum())
    values = np.stack([SHAPES[k](n, mean, weights, far) for k, mean in zip(picks, means, strict=True)])
    low, middle, high = np.quantile(np.clip(values, 0.0, 1.0), (0.1, 0.5, 0.9), axis=0)
    return [(float(m), float(lo), float(hi)) for m, lo, hi in zip(middle, low, high, strict=True)]


def _line(
    x: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Intercepts, slopes and misfits ``(...)`` of weighted straight lines through ``y (n,)`` over ``x (..., n)``."""
    mx, my = x @ weights, weights @ y
    aside = x - mx[..., None]
    slope = (aside * (y - my)) @ weights / np.maximum(aside**2 @ weights, 1e-300)
    intercept = my - slope * mx
    return intercept, slope, (intercept[..., None] + slope[..., None] * x - y) ** 2 @ weights


def power_law(
    n: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``a - b n^-c`` with ``a <= 1``: a straight line in ``n^-c`` for each c of a grid, the best of which is kept."""
    u = n ** -EXPONENTS[:, None]
    a, b, misfit = _line(u, y, weights)
    through_one = (u * (y - 1)) @ weights / (u**2 @ weights)
    high = a > 1.0
    a, b = np.where(high, 1.0, a), np.where(high, through_one, b)
    misfit = np.where(high, (1 + b[:, None] * u - y) ** 2 @ weights, misfit)
    best = int(misfit.argmin())
    return a[best] + b[best] * at ** -EXPONENTS[best]


def error_power_law(
    n: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``1 - b n^-c``: a straight line between the logarithms of the error and of n."""
    a, slope, _ = _line(np.log(n), np.log(np.maximum(1 - y, 1e-4)), weights)
    return 1 - np.exp(a + slope * np.log(at))


def exponential(
    n: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``a - b exp(-n / s)``; s is searched between the smallest size and four times the largest."""

    def misfit(log_scale: float) -> float:
        return float(_line(np.exp(-n / np.exp(log_scale)), y, weights)[2])

    found = optimize.minimize_scalar(misfit, bounds=(np.log(n[0]), np.log(4 * n[-1])), method="bounded")
    scale = float(np.exp(found.x))
    a, b, _ = _line(np.exp(-n / scale), y, weights)
    return a + b * np.exp(-at / scale)


def logarithm(
    n: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``a + b log n``."""
    a, b, _ = _line(np.log(n), y, weights)
    return a + b * np.log(at)


SHAPES = (power_law, error_power_law, exponential, logarithm)
