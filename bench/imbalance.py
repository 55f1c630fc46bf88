"""What it is worth on uneven classes that the probe lets the indicators of all classes be of one length.

    python -m bench imbalance [--draws 5] [--items 600]

Frozen features of the domains of ``bench across`` (`bench/_shifts.py`). Every draw keeps items of each class by a
geometric sequence, the most frequent class having 4 or 15 times as many as the rarest, and scores both probes on
all other items by balanced accuracy. The table is ``results/imbalance.md``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench._machine import machine
from bench._shifts import SHIFTS
from bench.across import features
from headstart.core.backbone import LinearHead
from headstart.heads.balanced import balanced_accuracy
from headstart.heads.calibration import fit_calibration
from headstart.heads.probe import PENALTIES, fit_probe, level_logits
from headstart.heads.ridge import ridge_path
from headstart.heads.standardise import Standardiser
from headstart.heads.weights import balanced_weights

RESULTS = Path(__file__).parent / "results"
RATIOS = 4, 15
"""Of the most frequent class to the rarest."""
FEWEST, KEPT = 3, 0.6
"""Items of the rarest class at least; share of the smallest class that the most frequent one of a draw may have."""

Found = Mapping[str, NDArray[np.float64]]
"""By domain, what `scores` gives for every draw: ``(draws, 2)``."""


def main() -> int:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=5)
    parser.add_argument("--items", type=int, default=600, help="of each domain")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER", help="where results are kept")
    given = parser.parse_args()
    domains = {shift.name.partition(" > ")[0]: shift for shift in SHIFTS}
    found: dict[int, dict[str, NDArray[np.float64]]] = {ratio: {} for ratio in RATIOS}
    for name, shift in domains.items():
        source = features(shift, 0, given.items)[0]
        rows = np.asarray(source.features)
        for ratio, tables in found.items():
            tables[name] = np.array([scores(rows, source.targets, ratio, draw) for draw in range(given.draws)])
            print(name, ratio, 100 * tables[name].mean(axis=0), flush=True)
    text = "\n".join(page(found, given.draws))
    print(text)
    (given.out / "imbalance.md").write_text(text + "\n", encoding="utf-8")
    return 0


def uneven(targets: NDArray[np.int64], ratio: int, seed: int) -> NDArray[np.int64]:
    """Rows to learn from, of each class another number."""
    random, counts = np.random.default_rng(seed), np.bincount(targets)
    most = max(2 * FEWEST, int(KEPT * counts.min()))
    sizes = np.geomspace(most, max(FEWEST, most // ratio), len(counts)).round().astype(int)
    sizes = random.permutation(sizes)
    return np.concatenate(
        [random.permutation(np.flatnonzero(targets == each))[:size] for each, size in enumerate(sizes)]
    )


def scores(rows: NDArray[np.floating], targets: NDArray[np.int64], ratio: int, seed: int) -> tuple[float, float]:
    """Balanced accuracy of a probe whose logits are calibrated as they come, and of the probe."""
    learnt, outputs = uneven(targets, ratio, seed), int(targets.max()) + 1
    others = np.setdiff1d(np.arange(len(targets)), learnt)
    weights = balanced_weights(targets[learnt], outputs).tolist()
    heads = [fit(rows[learnt], targets[learnt], outputs, weights) for fit in (as_they_come, fit_probe)]
    first, second = (balanced_accuracy(head.logits(rows[others]), targets[others]) for head in heads)
    return first, second


def as_they_come(
    rows: NDArray[np.floating], targets: NDArray[np.int64], outputs: int, weights: list[float]
) -> LinearHead:
    """The probe, whose calibration starts from the regression's own logits."""
    standardiser = Standardiser.of(rows)
    scaled = standardiser.apply(rows)
    scale = float(np.sum(scaled**2)) / max(1, min(len(scaled) - 1, scaled.shape[1]))
    path = ridge_path(scaled, targets, outputs, lambdas=PENALTIES * scale)
    best, logits = path.best()
    level = level_logits(logits, path.signs, np.arange(len(targets)))
    return standardiser.fold(fit_calibration(level, targets, np.asarray(weights)).fold(path.head(best)))


def page(found: Mapping[int, Found], draws: int) -> Iterator[str]:
    """In Markdown: both by domain, and the mean difference with a 95% t-interval over domains."""
    yield f"# Uneven classes\n\n{machine()}\n"
    yield f"Balanced accuracy in percent, mean of {draws} draws, with a 95% t-interval over domains."
    for ratio, tables in found.items():
        yield f"\n## The most frequent class {ratio} times as large as the rarest\n"
        yield "| domain | logits as they come | probe | points |\n|---|---:|---:|---:|"
        gains = []
        for name, values in tables.items():
            first, second = 100 * values.mean(axis=0)
            gains.append(second - first)
            yield f"| {name} | {first:.1f} | {second:.1f} | {second - first:+.1f} |"
        half = stats.t.ppf(0.975, len(gains) - 1) * np.std(gains, ddof=1) / np.sqrt(len(gains))
        yield f"| mean | | | {np.mean(gains):+.2f} ± {half:.2f} |"


if __name__ == "__main__":
    sys.exit(main())
