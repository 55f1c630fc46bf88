"""Strategies for domains to come, each domain scored by models that have learnt from the others.

    python -m bench unseen [--draws 3] [--items 100] [--test 400] [--sets NAME...]

Texts of four domains: sentiment (tweets, films, goods, editorials), and three tasks of 20 Newsgroups, of which a domain
is one group of either topic. Three domains are learnt from, ``items`` of each, and the fourth is to be told apart.
Pictures of one domain (emoji of two vendors, cells of two kinds of silicon), three times as many, for `mixstyle`, which
needs no others. Everything starts from MiniLM-L6 and EfficientNet-Lite0. `linear_probe` and `lp_ft` stand beside.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from bench import _newsgroups, _sentiment
from bench._every_strategy import outcomes
from bench._ledger import Ledger
from bench._machine import machine
from bench._shifts import SHIFTS, TOPICS, Write
from headstart import api
from headstart.core.dataset import Dataset

USUAL = "lp_ft"
"""What all others are compared with."""
ACROSS = "linear_probe", USUAL, "group_dro", "domain_coral"
PICTURES = "linear_probe", USUAL, "mixstyle"
ONE_SOURCE = "mono > poly", "poly > mono", "google > twitter", "twitter > google"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Balanced accuracy in the ``domain`` that was not learnt from, 0 to 1; None where a strategy diverged."""

    set: str
    domain: str
    draw: int
    strategy: str
    balanced_accuracy: float | None


def sets() -> Mapping[str, Mapping[str, Write]]:
    """What writes a table of each domain, by set."""
    found: dict[str, Mapping[str, Write]] = {
        "sentiment": {kind: partial(_sentiment.write, domain=kind) for kind in _sentiment.FILES}
    }
    for name, topics in TOPICS.items():
        groups = {topic: [each for pair in pairs for each in pair] for topic, pairs in topics.items()}
        count = len(next(iter(groups.values())))
        alike = [{topic: (each[number],) for topic, each in groups.items()} for number in range(count)]
        found[name] = {" or ".join(g for (g,) in one.values()): partial(_newsgroups.write, groups=one) for one in alike}
    return found


def main() -> int:
    """Measure what is not there yet and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=3)
    parser.add_argument("--items", type=int, default=100, help="to learn from, of each domain")
    parser.add_argument("--test", type=int, default=400, help="of the domain that is left out")
    parser.add_argument("--sets", nargs="+", choices=[*sets(), *ONE_SOURCE], metavar="NAME", help="a part of them")
    Ledger.add_arguments(parser)
    given = parser.parse_args()
    ledger = Ledger(Outcome, "unseen", given)
    for draw in range(given.draws):
        for name, domain in _cases(given.sets):
            if not ledger.where(set=name, domain=domain, draw=draw):
                found = measured(name, domain, draw, given.items, given.test)
                ledger.add(found)
                print(name, domain, draw, [each.balanced_accuracy for each in found], flush=True)
    ledger.publish("\n".join(page(list(ledger), given.items)) + "\n")
    return 0


def _cases(wanted: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    """Every set with every domain that is left out."""
    known = {**{name: tuple(domains) for name, domains in sets().items()}, **dict.fromkeys(ONE_SOURCE, ("",))}
    for name, domains in known.items():
        yield from ((name, domain) for domain in domains if not wanted or name in wanted)


def measured(name: str, domain: str, draw: int, items: int, test: int) -> list[Outcome]:
    """Every strategy on one draw, without one domain."""
    with tempfile.TemporaryDirectory() as folder:
        across = name in sets()
        data = (
            _texts(Path(folder), name, domain, draw, items, test)
            if across
            else _pictures(Path(folder), name, draw, 3 * items, test)
        )
        found = outcomes(data, name, items, draw, ACROSS if across else PICTURES)
    return [
        Outcome(set=name, domain=domain, draw=draw, strategy=each.strategy, balanced_accuracy=each.balanced_accuracy)
        for each in found
    ]


def _texts(folder: Path, name: str, left_out: str, draw: int, items: int, test: int) -> Dataset:
    """All domains but one in a table, and the one that is left out to test on."""
    rows: list[tuple[str, str, str]] = []
    for domain, write in sets()[name].items():
        place = folder / f"{len(rows)}.csv"
        write(place, items=test if domain == left_out else items, seed=draw)
        with place.open(encoding="utf-8", newline="") as file:
            rows += [(row["text"], row["label"], domain) for row in csv.DictReader(file)]
    parts = {
        "train": [row for row in rows if row[2] != left_out],
        "test": [row for row in rows if row[2] == left_out],
    }
    for part, chosen in parts.items():
        with (folder / f"{part}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label", "domain"), *chosen])
    return api.load(folder / "train.csv", label="label", domain="domain", test=folder / "test.csv", seed=draw)


def _pictures(folder: Path, name: str, draw: int, items: int, test: int) -> Dataset:
    """One domain, and another to test on."""
    shift = next(each for each in SHIFTS if each.name == name)
    source, target = folder / "source", folder / "target"
    shift.source(source, items=items, seed=draw)
    shift.target(target, items=test, seed=draw)
    return api.load(source, test=target, seed=draw)


def page(found: Sequence[Outcome], items: int) -> Iterator[str]:
    """In Markdown: every set, and the mean gain over `USUAL` with its standard error over domains."""
    yield f"# Domains that were not learnt from\n\n{machine()}\n"
    yield (
        f"Balanced accuracy in percent, mean over domains and draws; three domains with {items} items each are learnt "
        f"from, of pictures one with {3 * items}."
    )
    for title, strategies in (("Several domains", ACROSS), ("One domain", PICTURES)):
        across = strategies is ACROSS
        own = [each for each in found if (each.set in ONE_SOURCE) != across]
        if not own:
            continue
        yield f"\n## {title}\n\n| set | cases | {' | '.join(strategies)} |\n|---|---:|{'---:|' * len(strategies)}"
        for name in dict.fromkeys(each.set for each in own):
            cases = {(each.domain, each.draw) for each in own if each.set == name}
            cells = [f"{100 * np.mean(_scores(own, one, name)):.1f}" for one in strategies]
            yield f"| {name} | {len(cases)} | {' | '.join(cells)} |"
        gains = [_gain(own, one) for one in strategies]
        yield f"| points above `{USUAL}` | | {' | '.join(gains)} |"


def _scores(found: Sequence[Outcome], strategy: str, name: str) -> list[float]:
    own = [each for each in found if each.strategy == strategy and each.set == name]
    return [each.balanced_accuracy for each in own if each.balanced_accuracy is not None]


def _gain(found: Sequence[Outcome], strategy: str) -> str:
    """Mean difference to `USUAL` over domains, of the draws that both have, and its standard error."""
    if strategy == USUAL:
        return ""
    usual = {(each.set, each.domain, each.draw): each.balanced_accuracy for each in found if each.strategy == USUAL}
    gains: dict[tuple[str, str], list[float]] = {}
    for each in found:
        other = usual.get((each.set, each.domain, each.draw))
        if each.strategy == strategy and each.balanced_accuracy is not None and other is not None:
            gains.setdefault((each.set, each.domain), []).append(100 * (each.balanced_accuracy - other))
    means = [np.mean(draws) for draws in gains.values()]
    error = f" ± {np.std(means, ddof=1) / np.sqrt(len(means)):.1f}" if len(means) > 1 else ""
    return f"{np.mean(means):+.1f}{error}"


if __name__ == "__main__":
    raise SystemExit(main())
