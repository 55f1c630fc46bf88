"""How often the reported 95% intervals hold the truth, on real and on synthetic data.

    python -m bench coverage [FILE ...] [--draws 300] [--train 200] [--chosen] [--curve] [--only TEXT]

Real sets are those that come with scikit-learn, and any given as files (.npz, .safetensors) with ``features`` and
``targets``. Every draw takes a training sample without replacement, fits the ridge head and scores it:

- ``test``: on a test sample drawn with replacement from the rest; the truth is the score on all the rest;
- ``folds``: by cross-validation on the training sample alone; the truth is the score of the head fitted on all of it,
  on all the rest;
- ``chosen``: likewise, for the better of twenty candidates (random halves of the features), corrected for the choice;
- ``pair, test`` and ``pair, folds``: the difference between a head on all features and one on half of them.

After these, by themselves, synthetic classes of a few items each, some hard and some easy.

"below" and "above" count intervals that lie wholly below or above the truth. Nominal is 95%; the rest of a real set
is finite, which by itself costs cross-validation some coverage on small sets.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench import _small_classes
from bench._simulate import (
    Rows,
    bundled_sets,
    cross_fitted,
    fitted,
    sample_of,
    scored_on,
    sets_from,
    share,
    synthetic,
    task_of,
)
from headstart.core.results import Interval
from headstart.engine.compare import compare, compare_cross_validated
from headstart.engine.curve import learning_curve
from headstart.engine.folds import repeated_folds
from headstart.engine.intervals import cross_validated_interval, mean_interval
from headstart.engine.selection import selection_corrected

CANDIDATES = 20


@dataclass
class Tally:
    """Intervals against truths."""

    held: int = 0
    below: int = 0
    above: int = 0
    width: list[float] = field(default_factory=list)
    error: list[float] = field(default_factory=list)

    def add(self, interval: Interval, truth: float) -> None:
        """Count one interval."""
        self.below += interval.high < truth
        self.above += interval.low > truth
        self.held += interval.low <= truth <= interval.high
        self.width.append(interval.high - interval.low)
        self.error.append(interval.value - truth)

    def line(self, name: str) -> str:
        """A row of the table."""
        of = len(self.width)
        return (
            f"{name:52s} {share(self.held, of):20s} {100 * self.below / of:5.1f} {100 * self.above / of:5.1f} "
            f"{np.mean(self.width):6.3f} {100 * np.mean(self.error):+6.2f}"
        )


def one_draw(data: Rows, count: int, seed: int, *, chosen: bool) -> Iterator[tuple[str, Interval, float]]:
    """What is measured, the interval, the truth; for one training sample of ``count`` items."""
    rng = np.random.default_rng(seed)
    outputs = int(data.targets.max()) + 1
    task = task_of(outputs)
    train_rows, rest_rows = _sample(data.targets, count, rng)
    train, rest = data.at(train_rows), data.at(rest_rows)
    half = rng.permutation(data.features.shape[1])[: data.features.shape[1] // 2]
    wholes = (train, rest)
    halves = tuple(Rows(features=part.features[:, half], targets=part.targets) for part in wholes)
    credit = [scored_on(part[1], fitted(part[0], outputs), task) for part in (wholes, halves)]
    truth = [float(shares.mean()) for shares in credit]
    for size in (50, 200, 800):
        rows = _with_every_class(rest.targets, size, rng)
        test = rest.at(rows)
        tested = sample_of(test, task)
        # Shares depend on the sample's class counts, so they are rescaled to it.
        scale = tested.ceiling / sample_of(rest, task).ceiling[rows]
        ours, theirs = credit[0][rows] * scale, credit[1][rows] * scale
        yield f"test of {size}", mean_interval(ours, tested), truth[0]
        yield f"pair, test of {size}", compare(ours, theirs, tested).interval, truth[0] - truth[1]
    tested = sample_of(train, task)
    for n_folds, repeats in ((5, 3), (5, 1), (10, 1)):
        folds, _ = repeated_folds(train.targets, np.arange(count), n_folds, repeats, seed)
        crossed = [cross_fitted(part[0], folds, task) for part in (wholes, halves)]
        name = f"{repeats} x {n_folds} folds"
        yield name, cross_validated_interval(crossed[0], folds, tested), truth[0]
        paired = compare_cross_validated(crossed[0], crossed[1], folds, tested)
        yield f"pair, {name}", paired.interval, truth[0] - truth[1]
    if chosen:
        yield _chosen(train, rest, rng, seed)


def _chosen(train: Rows, rest: Rows, rng: np.random.Generator, seed: int) -> tuple[str, Interval, float]:
    outputs, width = int(max(train.targets.max(), rest.targets.max())) + 1, train.features.shape[1]
    task = task_of(outputs)
    folds, _ = repeated_folds(train.targets, np.arange(len(train)), 5, 1, seed)
    parts = [rng.permutation(width)[: width // 2] for _ in range(CANDIDATES)]
    credits = np.stack(
        [cross_fitted(Rows(features=train.features[:, part], targets=train.targets), folds, task) for part in parts]
    )
    best = parts[int(credits.mean((1, 2)).argmax())]
    head = fitted(Rows(features=train.features[:, best], targets=train.targets), outputs)
    truth = scored_on(Rows(features=rest.features[:, best], targets=rest.targets), head, task).mean()
    interval = selection_corrected(credits, folds, sample_of(train, task), seed=seed, draws=200)
    return f"best of {CANDIDATES}, 1 x 5 folds", interval, float(truth)


def _sample(
    targets: NDArray[np.int64], count: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to train on, with two of every class at least, and the rest."""
    while True:
        order = rng.permutation(len(targets))
        if (np.bincount(targets[order[:count]], minlength=int(targets.max()) + 1) >= 2).all():
            return order[:count], order[count:]


def _with_every_class(targets: NDArray[np.int64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    while True:
        rows = rng.integers(len(targets), size=size)
        if len(np.unique(targets[rows])) == len(np.unique(targets)):
            return rows


def forecast_held(data: Rows, count: int, seed: int) -> tuple[int, int, int] | None:
    """Whether the forecast from ``count`` items held the score at 2x and at 4x, and was made at all."""
    rng = np.random.default_rng(seed)
    outputs = int(data.targets.max()) + 1
    task = task_of(outputs)
    rows, rest = _sample(data.targets, count, rng)
    train = data.at(rows)

    def score(chosen: NDArray[np.int64], held: NDArray[np.int64]) -> float:
        head = fitted(train.at(chosen), outputs)
        return float(scored_on(train.at(held), head, task).mean())

    curve = learning_curve(score, train.targets, np.arange(count), draws=10, seed=seed)
    if len(curve.forecast) < 3:
        return None
    held = []
    for point in curve.forecast[1:]:
        more = np.concatenate([rows, rest[: point.n - count]])
        truth = scored_on(data.at(rest[point.n - count :]), fitted(data.at(more), outputs), task).mean()
        held.append(int(point.low <= truth <= point.high))
    return held[0], held[1], 1


def small_classes(draws: int, seed: int, only: str) -> None:
    """The table of the synthetic classes of a few items each."""
    scenes = {name: counts_of for name, counts_of in _small_classes.SCENES.items() if only in name}
    if scenes:
        print("Synthetic classes of a few items each\n")
    for name, counts_of in scenes.items():
        started, tallies = time.perf_counter(), defaultdict[str, Tally](Tally)
        for draw in range(draws):
            for what, interval, truth in _small_classes.one_draw(counts_of, seed + draw):
                tallies[what].add(interval, truth)
        for what, tally in tallies.items():
            print(tally.line(f"{name}: {what}"), flush=True)
        print(f"    [{time.perf_counter() - started:.0f} s]\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("features", nargs="*")
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--train", type=int, default=200)
    parser.add_argument("--only", default="", help="sets whose name holds this text")
    parser.add_argument("--chosen", action="store_true", help="also the best of twenty candidates (slow)")
    parser.add_argument("--curve", action="store_true", help="also the forecasts of the learning curve")
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    sets = bundled_sets() | sets_from(options.features)
    sets["synthetic, 15% rare"] = synthetic(20_000, (0.85, 0.15), 32, 1.5, rng)
    print(f"{options.draws} draws of {options.train} training items\n")
    print(f"{'interval':52s} {'holds the truth, %':20s} {'below':>5s} {'above':>5s} {'width':>6s} {'bias':>6s}")
    for name, data in ((name, data) for name, data in sets.items() if options.only in name):
        started, tallies = time.perf_counter(), defaultdict[str, Tally](Tally)
        for draw in range(options.draws):
            for what, interval, truth in one_draw(data, options.train, options.seed + draw, chosen=options.chosen):
                tallies[what].add(interval, truth)
        for what, tally in tallies.items():
            print(tally.line(f"{name}: {what}"), flush=True)
        if options.curve and len(data) > 5 * options.train:
            made = [forecast_held(data, options.train, options.seed + draw) for draw in range(options.draws // 3)]
            done = [entry for entry in made if entry]
            print(f"{name}: learning curve forecast in {len(done)} of {len(made)} draws; its 80% range holds the score")
            for multiple, at in ((2, 0), (4, 1)):
                if done:
                    print(f"    at {multiple} times the items: {share(sum(entry[at] for entry in done), len(done))}")
        print(f"    [{time.perf_counter() - started:.0f} s]\n", flush=True)
    small_classes(options.draws, options.seed, options.only)


if __name__ == "__main__":
    main()
