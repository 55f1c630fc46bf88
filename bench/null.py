"""How often the verdict is wrong, measured by simulation through the real head, task and statistics.

    python -m bench null [--simulations 300] [--seed 0] [--only TEXT]

Every simulation draws labelled items and one set of features per arm, fits the ridge head for the transfer and for
each control, and asks for a verdict, once on a test split and once by cross-validation. In the rows called "null" there
is nothing to find, and the rates of "positive" and "negative" together should be 5% +- 2 (less where a rare class
or few items leave hardly anything to differ on). "Misses" counts intervals that do not hold the true difference of
the very models compared, where that is known. In the planted rows the verdict should be what was planted.
"Equal to the 3rd on 1 fold" says how often "positive" is said although a control as good as the transfer was measured,
coarsely: see `headstart.engine.verdict.best_control`.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench._simulate import Rows, cross_fitted, fitted, sample_of, scored_on, share, synthetic, task_of
from headstart.core.results import Verdict
from headstart.engine.compare import compare, compare_cross_validated
from headstart.engine.folds import repeated_folds
from headstart.engine.verdict import verdict

TRUTH = 4000
"""Fresh items that tell the true scores apart."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """``signals``: of the transfer first, then of the controls. ``test=0`` asks for cross-validation instead; the last
    control is then scored on one fold of five if it is ``coarse``.
    """

    name: str
    train: int
    test: int
    shares: tuple[float, ...]
    dim: int
    signals: tuple[float, ...]
    repeats: int = 3
    coarse: bool = False


EVEN, RARE, FIVE = (0.5, 0.5), (0.85, 0.15), (0.2,) * 5
NOISE4 = (0.0, 0.0, 0.0, 0.0)
SCENES = (
    Scene(name="null, test of 100, 1 control", train=100, test=100, shares=EVEN, dim=64, signals=(0.0, 0.0)),
    Scene(name="null, test of 200, 3 controls", train=200, test=200, shares=EVEN, dim=64, signals=NOISE4),
    Scene(name="null, test of 800, 3 controls, 15% rare", train=200, test=800, shares=RARE, dim=64, signals=NOISE4),
    Scene(name="null, test of 300, 3 controls, 5 classes", train=200, test=300, shares=FIVE, dim=64, signals=NOISE4),
    Scene(name="null, 3 x 5 folds, 1 control", train=150, test=0, shares=EVEN, dim=64, signals=(0.0, 0.0)),
    Scene(name="null, 3 x 5 folds, 3 controls", train=150, test=0, shares=EVEN, dim=64, signals=NOISE4),
    Scene(name="null, 1 x 5 folds, 3 controls", train=150, test=0, shares=EVEN, dim=64, signals=NOISE4, repeats=1),
    Scene(name="null, 3 x 5 folds, 3 controls, 15% rare", train=300, test=0, shares=RARE, dim=64, signals=NOISE4),
    Scene(name="null, 3 x 5 folds, 3 controls, D > N", train=100, test=0, shares=EVEN, dim=300, signals=NOISE4),
    Scene(
        name="null, 3 x 5 folds, 3rd on 1 fold", train=150, test=0, shares=EVEN, dim=64, signals=NOISE4, coarse=True,
    ),
    Scene(name="equal to 1 of 3, test of 300", train=200, test=300, shares=EVEN, dim=32, signals=(1.5, 1.5, 0.0, 0.0)),
    Scene(name="equal to 1 of 3, 3 x 5 folds", train=150, test=0, shares=EVEN, dim=32, signals=(1.5, 1.5, 0.0, 0.0)),
    Scene(
        name="equal to the 3rd on 1 fold, others far", train=150, test=0, shares=EVEN, dim=32,
        signals=(1.5, 0.0, 0.0, 1.5), coarse=True,
    ),
    Scene(
        name="equal to the 3rd on 1 fold, others near", train=150, test=0, shares=EVEN, dim=32,
        signals=(1.5, 1.0, 0.0, 1.5), coarse=True,
    ),
    Scene(name="planted harm, test of 300", train=200, test=300, shares=EVEN, dim=32, signals=(0.0, 1.5, 0.0, 0.0)),
    Scene(name="planted harm, 3 x 5 folds", train=150, test=0, shares=EVEN, dim=32, signals=(0.0, 1.5, 0.0, 0.0)),
    Scene(name="planted gain, test of 300", train=200, test=300, shares=EVEN, dim=32, signals=(1.8, 0.9, 0.0, 0.0)),
    Scene(name="planted gain, 3 x 5 folds", train=150, test=0, shares=EVEN, dim=32, signals=(1.8, 0.9, 0.0, 0.0)),
    Scene(
        name="planted gain, 3 x 5 folds, 3rd on 1 fold", train=150, test=0, shares=EVEN, dim=32,
        signals=(1.8, 0.9, 0.0, 0.0), coarse=True,
    ),
)  # fmt: skip


def simulate(scene: Scene, rng: np.random.Generator) -> tuple[Verdict, float]:
    """The verdict, and the true difference to the best control of the models compared."""
    counts = (scene.train, scene.test or 1, TRUTH)
    outputs = len(scene.shares)
    base = synthetic(sum(counts), scene.shares, outputs, 0.0, rng)
    arms = [_arm(base.targets, scene.dim, signal, rng) for signal in scene.signals]
    cuts = np.split(np.arange(len(base)), np.cumsum(counts)[:-1])
    task = task_of(outputs)
    heads = [fitted(arm.at(cuts[0]), outputs) for arm in arms]
    truths = [scored_on(arm.at(cuts[2]), head, task).mean() for arm, head in zip(arms, heads, strict=True)]
    if scene.test:
        test = arms[0].at(cuts[1])
        credits = [scored_on(arm.at(cuts[1]), head, task) for arm, head in zip(arms, heads, strict=True)]
        tested = sample_of(test, task)
        comparisons = [compare(credits[0], control, tested) for control in credits[1:]]
    else:
        train = arms[0].at(cuts[0])
        seed = int(rng.integers(2**31))
        folds, _ = repeated_folds(train.targets, np.arange(len(train)), 5, scene.repeats, seed)
        credits = [cross_fitted(arm.at(cuts[0]), folds, task) for arm in arms]
        if scene.coarse:
            credits[-1] = np.where((np.arange(len(folds))[:, None] == 0) & (folds == 0), credits[-1], np.nan)
        tested = sample_of(train, task)
        comparisons = [compare_cross_validated(credits[0], control, folds, tested) for control in credits[1:]]
    named = {f"control {k}": comparison for k, comparison in enumerate(comparisons)}
    return verdict(named, "balanced accuracy"), float(truths[0] - max(truths[1:]))


def _arm(targets: NDArray[np.int64], dim: int, signal: float, rng: np.random.Generator) -> Rows:
    features = rng.normal(size=(len(targets), dim))
    features[np.arange(len(targets)), targets] += signal
    return Rows(features=features, targets=targets)


def run(scenes: Sequence[Scene], simulations: int, seed: int) -> None:
    print(f"{simulations} simulations each; rates in %, with 95% intervals\n")
    print(f"{'scene':42s} {'positive':>8s} {'negative':>8s}  {'either':18s}  {'misses':18s} width")
    for scene in scenes:
        rng = np.random.default_rng(seed)
        started, outcomes, missed, width = time.perf_counter(), Counter[str](), 0, 0.0
        for _ in range(simulations):
            decided, truth = simulate(scene, rng)
            outcomes[decided.outcome] += 1
            missed += not decided.low <= truth <= decided.high
            width += (decided.high - decided.low) / simulations
        either = share(outcomes["positive"] + outcomes["negative"], simulations)
        rates = [100 * outcomes[outcome] / simulations for outcome in ("positive", "negative")]
        seconds = time.perf_counter() - started
        print(
            f"{scene.name:42s} {rates[0]:8.1f} {rates[1]:8.1f}  {either:18s}  {share(missed, simulations):18s} "
            f"{width:.3f}  [{seconds:.0f} s]",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="scenes whose name holds this text")
    options = parser.parse_args()
    run([scene for scene in SCENES if options.only in scene.name], options.simulations, options.seed)


if __name__ == "__main__":
    main()
