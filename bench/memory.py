"""Memory and time from ten thousand to a million rows of features: what grows, and what does not.

    python -m bench memory [--rows 10000 30000 100000 300000 1000000] [--rounds 3] [--width 512] [--classes 5]
                           [--folder DIR]

Each number of rows is a process of its own, in rounds of which the medians are given. It stores synthetic features in
shards, as a pass of a network does, and then goes the way of a run from there: takes them from the store, makes the
folds, cross-validates the linear probe, looks at them with nearest neighbours and every transferability score, refits,
scores out of fold with all metrics and their intervals, and makes the figures of the report, the learning curve among
them. One pass of cross-validation at every size, one draw of the curve per fold; no pictures or texts are read and no
network is run. Peaks are those of the whole process (``ru_maxrss``), the libraries included, which are given beside
them. How time grows is told by what each further row takes, and by fitting ``a + b rows^c``, in relative errors, to all
but the learning curve: some stages look at a few thousand rows however many there are, and the smaller fits of a curve
are made in memory at ten thousand rows and in passes over blocks at a million.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from bench._machine import machine

T = TypeVar("T")
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
SHARD = 4096


def main() -> int:
    """Print the table; with ``--one`` measure a single size and print it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--classes", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None, help="where the features are stored meanwhile")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        with tempfile.TemporaryDirectory(dir=given.folder) as home:
            print(json.dumps(measured(given.rows[0], given.width, given.classes, Path(home))))
        return 0
    print(machine())
    print(f"features of {given.width} numbers, {given.classes} classes; seconds of each stage, MB at its end at most\n")
    rounds = [[_alone(rows, given) for rows in given.rows] for _ in range(given.rounds)]
    _table([_median(of_size) for of_size in zip(*rounds, strict=True)])
    return 0


def _alone(rows: int, given: argparse.Namespace) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench", "memory", "--one", "--rows", str(rows)]
    command += ["--width", str(given.width), "--classes", str(given.classes)]
    if given.folder is not None:
        command += ["--folder", str(given.folder)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def _median(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of equal measurements, number by number."""
    first = found[0]
    return {
        name: _median([each[name] for each in found])
        if isinstance(value, dict)
        else statistics.median(each[name] for each in found)
        for name, value in first.items()
    }


def grown(sizes: NDArray[np.integer], seconds: NDArray[np.floating]) -> tuple[float, float]:
    """``a`` and ``c`` of the ``a + b sizes^c``, with neither ``a`` nor ``b`` below zero, nearest to ``seconds``."""

    def fitted(power: float) -> tuple[float, NDArray[np.float64]]:
        columns = np.stack([np.ones(len(sizes)), (sizes / sizes.max()) ** power], axis=1) / seconds[:, None]
        weights, residual = nnls(columns, np.ones(len(sizes)))
        return residual, weights

    power = min(np.arange(0.3, 2.0, 0.01), key=lambda each: fitted(each)[0])
    return float(fitted(power)[1][0]), float(power)


def _table(found: list[dict[str, Any]]) -> None:
    print(f"{'':22}" + "".join(f"{one['rows']:>16,}" for one in found))
    for name in found[0]["stages"]:
        cells = [one["stages"][name] for one in found]
        print(f"{name:22}" + "".join(f"{cell['seconds']:>8.1f} s{cell['peak']:>6.0f}" for cell in cells))
    totals = [_seconds(one, "store") for one in found]
    peaks = [one["peak"] for one in found]
    print(f"{'all but store':22}" + "".join(f"{t:>8.1f} s{p:>6.0f}" for t, p in zip(totals, peaks, strict=True)))
    rows = [one["rows"] for one in found]
    grew = zip(pairwise(totals), pairwise(rows), strict=True)
    further = ["", *(f"{100_000 * (after - before) / (more - fewer):.1f} s" for (before, after), (fewer, more) in grew)]
    print(f"{'each 100,000 more':22}" + "".join(f"{each:>16}" for each in further))
    print(f"{'libraries alone':22}" + "".join(f"{one['base']:>16.0f}" for one in found))
    print(f"{'balanced accuracy':22}" + "".join(f"{one['score']:>16.4f}" for one in found))
    print(f"\nlargest peak over smallest: {max(peaks) / min(peaks):.2f}; {peaks[-1] / peaks[0]:.2f} last over first")
    if len(found) > 3:
        fixed, power = grown(np.array(rows), np.array([_seconds(one, "store", "learning curve") for one in found]))
        print(f"without the curve: {fixed:.1f} s however many rows, and what grows as rows to the power {power:.2f}")


def _seconds(one: dict[str, Any], *without: str) -> float:
    return sum(stage["seconds"] for name, stage in one["stages"].items() if name not in without)


class Stages:
    """Seconds of each stage, and the peak of the process at its end in MB."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, float]] = {}

    def __call__(self, name: str, work: Callable[[], T]) -> T:
        """What ``work`` gives, its stage noted."""
        started = time.perf_counter()
        done = work()
        self.found[name] = {"seconds": time.perf_counter() - started, "peak": peak()}
        return done


def peak() -> float:
    """Largest resident size of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(rows: int, width: int, classes: int, home: Path) -> dict[str, Any]:
    """One size: peaks and seconds of every stage."""
    from bench._stored_features import Found, labelled_run, stored
    from headstart.core.progress import Silent
    from headstart.data._preview import preview
    from headstart.engine.cache import FeatureSpace
    from headstart.engine.contest import Contest
    from headstart.engine.evidence import confusion, curve, feature_map, suspects, worst_mistakes
    from headstart.engine.final import score, settle
    from headstart.engine.folds import repeated_folds
    from headstart.engine.items import Items
    from headstart.engine.rank import Entrant, Ranked, look_at, trial_interval
    from headstart.engine.reliability import reliability_bins
    from headstart.engine.threads import modest_threads
    from headstart.engine.trials import try_features

    base, stage = peak(), Stages()
    digests, targets = stage("store", lambda: stored(home, rows, width, classes, SHARD))
    groups = np.arange(rows)
    with modest_threads(rows):
        space = FeatureSpace(home, Silent(), bench="memory")
        assert not space.missing(digests)
        features = stage("take from the store", lambda: space.take(digests))
        folds, _ = stage("folds", lambda: repeated_folds(targets, groups, 5, 1, 0))
        found = Found(features=features, digests=digests, targets=targets, groups=groups, folds=folds, classes=classes)
        run, contender, data = labelled_run(found, home)
        probe = run.options.probe
        trial = stage("probe, 5 folds", lambda: try_features(contender, "linear_probe", probe, run))
        stage("neighbours and scores", lambda: look_at(features, run.options.scores, run.data))
        stage("interval", lambda: trial_interval(trial, run.data))
        settled = stage("choice and refit", lambda: settle(Contest(trials=(trial,), skipped=()), run))
        ranked = Ranked(rows=(), taken=(Entrant(probe=trial, native=contender),), passed_over=())
        nothing = Items(digests=[], lengths=np.zeros(0, dtype=np.int64), read=run.data.items.read)
        scored = stage("score, all metrics", lambda: score(settled, ranked, run, data, nothing))
        chosen = settled.chosen

        def figures() -> None:
            confusion(scored, classes)
            reliability_bins(scored.probabilities, scored.targets, scored.groups)
            worst_mistakes(scored, data.classes, preview)
            feature_map(scored, 0, run.plan.laid_out)
            suspects(chosen, run, data)

        stage("figures", figures)
        stage("learning curve", lambda: curve(chosen, run))
    value = scored.scores[run.data.task.primary].value
    return {"rows": rows, "base": base, "peak": peak(), "score": value, "stages": stage.found}


if __name__ == "__main__":
    sys.exit(main())
