"""How often the domain card calls one domain two, and whether it sees real shifts.

    python -m bench card [--draws 300] [--items 200] [--seed 0]

The domains are those of `bench across`, their features those of EfficientNet-Lite0 and MiniLM-L6, frozen. One domain:
every draw deals ``--items`` of a domain to each of two sides at random. Two domains: as many of the source and of the
target of every shift. A side without labels is judged by the p-value of all distances together, one with labels by
that with classes held equal. `LEVEL` of the draws of one domain are to be flagged, give or take two points, and every
shift.
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

ITEMS = 600
"""Of each domain that sides are drawn from."""

Side = tuple[NDArray[np.floating], NDArray[np.int64]]


def main() -> int:
    """Print both tables."""
    given = _arguments()
    print(f"{machine()}; {given.items} items a side\n", flush=True)
    domains: dict[str, Side] = {}
    lines = ["Two domains, p without labels, and with classes held equal:"]
    for shift in SHIFTS:
        source, target, hidden = features(shift, given.seed, ITEMS)
        sides = (np.asarray(source.features), source.targets), (target, hidden)
        found = flagged(*(_drawn(*side, given.items, given.seed) for side in sides), seed=given.seed)
        seen = "seen" if max(found) <= LEVEL else "seen without labels" if found[0] <= LEVEL else "not seen"
        lines.append(f"{shift.name:<40} {found[0]:.3f} {found[1]:.3f}  {seen}")
        domains.setdefault(shift.name.partition(" > ")[2] + f" ({shift.modality})", sides[1])
    print("\n".join(lines), flush=True)
    print(f"\nOne domain, dealt out at random, {given.draws} draws:")
    alone, held = same(list(domains.values()), given.draws, given.items, given.seed)
    for name, hits in (("without labels", alone), ("classes held equal", held)):
        low, high = wilson(float(np.mean(hits)), len(hits))
        told = f"{np.mean(hits):.1%} (95% interval {low:.1%} to {high:.1%})"
        print(f"{name:<20} flagged {sum(hits)} of {len(hits)}: {told}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--items", type=int, default=200, help="of each side")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def same(domains: Sequence[Side], draws: int, items: int, seed: int) -> tuple[list[bool], list[bool]]:
    """Whether each draw of two sides of one domain is flagged, without labels and with classes held equal."""
    alone, held = [], []
    for draw in range(draws):
        rows, labels = domains[draw % len(domains)]
        order = np.random.default_rng([seed, draw]).permutation(len(rows))[: 2 * items]
        first, second = order[: len(order) // 2], order[len(order) // 2 :]
        p, within = flagged((rows[first], labels[first]), (rows[second], labels[second]), seed=draw)
        alone.append(p <= LEVEL)
        held.append(within <= LEVEL)
    return alone, held


def flagged(first: Side, second: Side, *, seed: int) -> tuple[float, float]:
    """p-values of one domain: of all distances together, and with classes held equal."""
    found = two_sample(first[0], second[0], strata=(first[1], second[1]), seed=seed)
    assert found.within is not None  # there are strata
    return found.p, found.within


def _drawn(rows: NDArray[np.floating], labels: NDArray[np.int64], items: int, seed: int) -> Side:
    order = np.random.default_rng(seed).permutation(len(rows))[:items]
    return rows[order], labels[order]


if __name__ == "__main__":
    sys.exit(main())
