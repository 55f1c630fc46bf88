"""Shallow methods of domain adaptation beside those of skada, on the same features, splits and head.

    python -m bench skada [--seeds 3] [--items 600] [--skada PYTHON]

On shifts of digits, emoji and newsgroups (`bench/_shifts.py`): 64 principal directions of frozen features, scaled by
the spread of both domains. Both libraries adapt them in their own way with the same settings; one ridge head is fitted
to what either gives, and scored by balanced accuracy on the target. skada runs in an environment of its own. The table
is ``results/skada.md``.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.metrics.pairwise import euclidean_distances

from bench._environments import interpreter, surroundings, versions
from bench._machine import machine
from bench._shifts import SHIFTS, Shift
from bench.across import features
from headstart.core.backbone import LinearHead
from headstart.core.domain import FeatureMethod, Pair, one_hot
from headstart.domains._distances import median
from headstart.domains.coral import Coral
from headstart.domains.entropic_ot import EntropicOT
from headstart.domains.kliep import Kliep
from headstart.domains.kmm import LEAST, Kmm
from headstart.domains.linear_ot import LinearOT
from headstart.domains.subspace import Subspace
from headstart.engine.common_space import CommonSpace
from headstart.heads.balanced import balanced_accuracy

RESULTS = Path(__file__).parent / "results"
SCRIPT = Path(__file__).parent / "_contestants" / "skada_features.py"
DIRECTIONS = 64
CLOSE = 1.0
"""Points of balanced accuracy by which two implementations of one method may differ in the mean over seeds."""
METHODS: Mapping[str, FeatureMethod] = {
    "coral": Coral(),
    "linear_ot": LinearOT(),
    "subspace": Subspace(directions=DIRECTIONS - 1),
    "entropic_ot": EntropicOT(),
    "kmm": Kmm(),
    "kliep": Kliep(),
}
NAMES = (
    "mnist > small", "small > mnist", "google > twitter", "twitter > google", "rec or talk, one half > the other",
    "comp or sci, the other half > one",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Balanced accuracy of one draw in percent, by method: ours and skada's."""

    shift: str
    seed: int
    ours: Mapping[str, float]
    theirs: Mapping[str, float]


def main() -> int:
    """Measure and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--items", type=int, default=600, help="of each domain")
    parser.add_argument("--skada", type=Path, metavar="PYTHON", help="of an environment with skada  (default: made)")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER", help="where results are kept")
    given = parser.parse_args()
    python = interpreter("skada", given.skada)
    held = versions("skada", python)
    found = []
    for shift in (each for each in SHIFTS if each.name in NAMES):
        for seed in range(given.seeds):
            found.append(measured(shift, seed, given.items, python))
            print(shift.name, seed, found[-1].ours, found[-1].theirs, flush=True)
    text = "\n".join(page(found, held))
    print(text)
    (given.out / "skada.md").write_text(text + "\n", encoding="utf-8")
    return 0


def measured(shift: Shift, seed: int, items: int, python: Path) -> Outcome:
    """One draw."""
    source, target, hidden = features(shift, seed, items)
    space = CommonSpace.of(source.features, target)
    sides = [space.apply(rows)[:, :DIRECTIONS] for rows in (source.features, target)]
    pair = Pair(
        source=sides[0], labels=source.targets, target=sides[1], outputs=source.outputs, groups=np.arange(len(sides[0]))
    )
    ours = {name: method.cross(pair, plain_ridge).head.logits(pair.target) for name, method in METHODS.items()}
    theirs = of_skada(pair, _by_skada(pair, python))
    scores = [
        {name: 100 * balanced_accuracy(logits, hidden) for name, logits in each.items()} for each in (ours, theirs)
    ]
    return Outcome(shift=shift.name, seed=seed, ours=scores[0], theirs=scores[1])


def plain_ridge(
    features: NDArray[np.float64],
    shares: NDArray[np.float64],
    *,
    weights: NDArray[np.float64] | None = None,
    groups: NDArray[np.int64] | None = None,
) -> LinearHead:
    """scikit-learn's ridge on the classes of ``features (N, D)``, the penalty by leave-one-out. It scales no columns,
    so that it is the same in whatever coordinates features come.
    """
    del groups
    found = RidgeCV(len(features) * np.logspace(-3, 2, 16)).fit(features, 2.0 * shares - 1.0, sample_weight=weights)
    return LinearHead(weight=np.asarray(found.coef_), bias=np.asarray(found.intercept_))


def of_skada(pair: Pair, found: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Logits ``(M, C)`` for the target by method, of the head fitted to what skada gives: features, or weights."""
    shares, logits = one_hot(pair.labels, pair.outputs), dict[str, NDArray[np.float64]]()
    for name in METHODS:
        if f"{name} weights" in found:
            weights = np.maximum(found[f"{name} weights"], LEAST)
            logits[name] = plain_ridge(pair.source, shares, weights=weights).logits(pair.target)
        else:
            logits[name] = plain_ridge(found[f"{name} source"], shares).logits(found[f"{name} target"])
    return logits


def _by_skada(pair: Pair, python: Path) -> dict[str, NDArray[np.float64]]:
    """What its methods make of the pair: ``NAME source`` and ``NAME target``, or ``NAME weights``."""
    gamma = 0.5 / median(euclidean_distances(pair.source, pair.target, squared=True))
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, source=pair.source, labels=pair.labels, target=pair.target)
        command = [str(python), str(SCRIPT), str(given), str(out), str(gamma)]
        done = subprocess.run(command, env=surroundings("skada"), capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"skada ended with an error: {done.stderr[-2000:]}")
        with np.load(out) as file:
            return dict(file)


def page(found: Sequence[Outcome], held: str) -> Iterator[str]:
    """In Markdown: both by shift and method, means over seeds, and on how many shifts they agree."""
    names = list(dict.fromkeys(each.shift for each in found))
    yield f"# Beside skada\n\n{machine()}; skada in {held}\n"
    yield "Balanced accuracy on the target in percent, headstart and skada, means over seeds.\n"
    yield f"| method | {' | '.join(names)} | within {CLOSE:g} point |"
    yield "|---|" + "---:|" * (len(names) + 1)
    for method in METHODS:
        both = [
            tuple(np.mean([scores[method] for scores in side]) for side in zip(*_scores(found, name), strict=True))
            for name in names
        ]
        near = sum(abs(ours - theirs) <= CLOSE for ours, theirs in both)
        yield f"| {method} | {' | '.join(f'{a:.1f}, {b:.1f}' for a, b in both)} | {near} of {len(names)} |"


def _scores(found: Sequence[Outcome], name: str) -> list[tuple[Mapping[str, float], Mapping[str, float]]]:
    return [(each.ours, each.theirs) for each in found if each.shift == name]


if __name__ == "__main__":
    sys.exit(main())
