"""How often the domain card calls one domain two, and whether it sees real shifts.

    python -m bench card [--draws 300] [--items 200] [--seed 0]

The domains are those of `bench across`, their features those of EfficientNet-Lite0 and MiniLM-L6, frozen. One domain:
every draw deals ``--items`` of a domain to each of two sides at random. Two domains: as many of the source and of the
target of every shift. A side without labels is judged by the p-value of all distances together, one with labels by
that with classes held equal, and new items of a model (`Predictor.watch`) by that with predicted classes held equal:
those of the first side by probes that had not learnt from them, those of the second by one fitted to the first. The
last is also tried with new items among which the classes are as frequent as 1, 2, 3 and so on. `LEVEL` of the draws of
one domain are to be flagged, give or take two points, and every shift.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench._machine import machine
from bench._shifts import SHIFTS
from bench.across import features
from headstart.core.domain_card import LEVEL
from headstart.distances.two_sample import two_sample
from headstart.engine.wilson import wilson
from headstart.heads.folds import grouped_folds
from headstart.heads.weights import balanced_weights
from headstart.strategies.linear_probe import LinearProbe

ITEMS = 600
"""Of each domain that sides are drawn from."""

FOLDS = 5
WAYS = (
    "without labels",
    "classes held equal",
    "predicted classes held equal",
    "predicted classes held equal, other frequencies",
)

Side = tuple[NDArray[np.floating], NDArray[np.int64]]


def main() -> int:
    """Print both tables."""
    given = _arguments()
    print(f"{machine()}; {given.items} items a side\n", flush=True)
    domains: dict[str, Side] = {}
    lines = ["Two domains, p without labels, with classes held equal, and with predicted classes held equal:"]
    for shift in SHIFTS:
        source, target, hidden = features(shift, given.seed, ITEMS)
        sides = (np.asarray(source.features), source.targets), (target, hidden)
        first, second = (_drawn(*side, given.items, given.seed) for side in sides)
        found = flagged(first, second, seed=given.seed), watched(first, second, seed=given.seed)
        lines.append(f"{shift.name:<40} {' '.join(f'{p:.3f}' for p in (*found[0], found[1]))}")
        domains.setdefault(shift.name.partition(" > ")[2] + f" ({shift.modality})", sides[1])
    print("\n".join(lines), flush=True)
    print(f"\nOne domain, dealt out at random, {given.draws} draws:")
    for name, hits in same(list(domains.values()), given.draws, given.items, given.seed).items():
        low, high = wilson(float(np.mean(hits)), len(hits))
        told = f"{np.mean(hits):.1%} (95% interval {low:.1%} to {high:.1%})"
        print(f"{name:<45} flagged {sum(hits)} of {len(hits)}: {told}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--items", type=int, default=200, help="of each side")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def same(domains: Sequence[Side], draws: int, items: int, seed: int) -> dict[str, list[bool]]:
    """Whether each draw of two sides of one domain is flagged, in every way that it is looked at."""
    hits: dict[str, list[bool]] = {name: [] for name in WAYS}
    for draw in range(draws):
        rows, labels = domains[draw % len(domains)]
        order = np.random.default_rng([seed, draw]).permutation(len(rows))[: 2 * items]
        first, second = order[: len(order) // 2], order[len(order) // 2 :]
        sides = (rows[first], labels[first]), (rows[second], labels[second])
        found = *flagged(*sides, seed=draw), watched(*sides, seed=draw), watched(sides[0], uneven(sides[1]), seed=draw)
        for name, p in zip(WAYS, found, strict=True):
            hits[name].append(p <= LEVEL)
    return hits


def flagged(first: Side, second: Side, *, seed: int) -> tuple[float, float]:
    """p-values of one domain: of all distances together, and with classes held equal."""
    found = two_sample(first[0], second[0], strata=(first[1], second[1]), seed=seed)
    assert found.within is not None  # there are strata
    return found.p, found.within


def watched(first: Side, second: Side, *, seed: int) -> float:
    """p-value of one domain, as a watch of a probe fitted to the ``first`` side gives it of the ``second``."""
    rows, labels = first
    outputs, folds = int(labels.max()) + 1, grouped_folds(labels, None, FOLDS, seed)
    probe = LinearProbe()

    def weigh(targets: NDArray[np.int64]) -> list[float]:
        return balanced_weights(targets, outputs).tolist()

    groups = np.arange(len(labels))
    held = probe.cross_fit(rows, labels, outputs, folds[None], weigh, groups)[0].argmax(axis=1)
    new = probe.fit(rows, labels, outputs, weigh(labels), groups).logits(second[0]).argmax(axis=1)
    return flagged((rows, held), (second[0], new), seed=seed)[1]


def uneven(side: Side) -> Side:
    """Items of which those of the k-th class, from 0 on, are kept with a frequency of k + 1 over that of the last."""
    rows, labels = side
    shares = (1 + labels) / (1 + labels.max())
    kept = np.random.default_rng(len(labels)).random(len(labels)) < shares
    return rows[kept], labels[kept]


def _drawn(rows: NDArray[np.floating], labels: NDArray[np.int64], items: int, seed: int) -> Side:
    order = np.random.default_rng(seed).permutation(len(rows))[:items]
    return rows[order], labels[order]


if __name__ == "__main__":
    sys.exit(main())
