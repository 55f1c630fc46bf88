"""Balanced accuracy of every strategy, and of the automatic choice, with 5, 10 and 50 labels of every class.

    python -m bench few_labels [--sets cells tweets leads] [--labels 5 10 50] [--draws 10] [--only NAME ...]
        [--resume | --anew]

EfficientNet-Lite0 on solar cells, MiniLM-L6 on tweets and on what newswire stories begin with. Every draw takes other
items to learn from and 400 others to score on; all strategies meet the same ones. `auto` is what
``headstart adapt`` at its standard budget chooses by cross-validation; the default fine-tune is what tutorials do, the
contestant `plain` of ``bench peers``. Outcomes are kept in ``results/few_labels.json`` draw by draw, the tables
``results/few_labels.md`` are written from them: means over the draws with 95% t-intervals, differences paired by draw.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from bench._draws import TITLES, few, prepare
from bench._every_strategy import AUTO, Outcome, outcomes, strategies
from bench._ledger import Ledger
from bench._machine import machine
from bench._tutorial import fine_tuned
from headstart import api

PLAIN, LP_FT = "default fine-tune", "lp_ft"


def main() -> int:
    """Measure what is not there yet and write the tables."""
    given = _arguments()
    ledger = Ledger(Outcome, "few_labels", given)
    for draw in range(given.draws):
        for name in given.sets:
            missing = {count: _missing(ledger, name, count, draw, given.only) for count in given.labels}
            for found in _drawn(name, missing, draw) if any(missing.values()) else ():
                ledger.add(found)
    ledger.publish(page(list(ledger), given.sets, given.labels))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=tuple(TITLES), default=list(TITLES))
    parser.add_argument("--labels", nargs="+", type=int, default=[5, 10, 50], help="items of every class")
    parser.add_argument("--draws", type=int, default=10)
    known = (PLAIN, *strategies())
    parser.add_argument(
        "--only", nargs="+", choices=known, default=list(known), metavar="NAME", help="strategies to run"
    )
    Ledger.add_arguments(parser)
    return parser.parse_args()


def _missing(ledger: Ledger[Outcome], name: str, labels: int, draw: int, only: Sequence[str]) -> list[str]:
    """Those of ``only`` that this draw has not met yet."""
    there = {each.strategy for each in ledger.where(set=name, labels=labels, draw=draw)}
    return [each for each in only if each not in there]


def _drawn(name: str, missing: Mapping[int, Sequence[str]], draw: int) -> Iterator[list[Outcome]]:
    """Outcomes of the strategies ``missing`` by labels a class, number by number."""
    with tempfile.TemporaryDirectory() as folder:
        pool = Path(folder) / "pool"
        prepare(name, pool, draw=draw)
        for labels, wanted in missing.items():
            if not wanted:
                continue
            dealt = few(pool, Path(folder) / f"{labels}", labels, draw)
            ending = ".csv" if (dealt / "train.csv").is_file() else ""
            data = api.load(dealt / f"train{ending}", test=dealt / f"test{ending}", seed=draw)
            yield outcomes(data, name, labels, draw, [each for each in wanted if each != PLAIN])
            if PLAIN in wanted:
                started = time.perf_counter()
                reached = fine_tuned(dealt, "text" if ending else "image")
                known = {"set": name, "labels": labels, "draw": draw, "strategy": PLAIN}
                yield [Outcome(**known, balanced_accuracy=reached, seconds=time.perf_counter() - started)]
            print(f"{name} {labels} {draw}: {len(wanted)} strategies", flush=True)


def page(found: Sequence[Outcome], sets: Sequence[str], counts: Sequence[int]) -> str:
    """Three tables in Markdown: scores, differences to LP-FT, and whether the goals are met."""
    columns = [(name, labels) for name in sets for labels in counts]
    strategies = list(dict.fromkeys(each.strategy for each in found))
    heads = "".join(f" {TITLES[name].partition(',')[0]}, {labels} |" for name, labels in columns)
    lines = [f"# Few labels\n\n{machine()}\n", "Balanced accuracy in percent, mean over draws and 95% interval.\n"]
    lines += [f"| strategy |{heads}", "|---|" + "---:|" * len(columns)]
    lines += [_row(each, [_mean(_scores(found, *column, each)) for column in columns]) for each in strategies]
    lines += ["\nPoints above LP-FT, paired by draw.\n", f"| strategy |{heads}", "|---|" + "---:|" * len(columns)]
    for each in strategies:
        if each != LP_FT:
            cells = [_mean(_paired(found, column, each, LP_FT), signed=True) for column in columns]
            lines.append(_row(each, cells))
    lines += ["\nThe automatic choice, in points, paired by draw.\n"]
    lines += ["| set, labels a class | minus the best single strategy | minus the default fine-tune | chose |"]
    lines += ["|---|---:|---:|---|"]
    singles = [each for each in strategies if each not in (AUTO, PLAIN)]
    for name, labels in columns:
        best = max(singles, key=lambda each: _value(_scores(found, name, labels, each)))
        to_best = _mean(_paired(found, (name, labels), AUTO, best), signed=True)
        to_plain = _mean(_paired(found, (name, labels), AUTO, PLAIN), signed=True)
        chose = [each.chose for each in found if (each.set, each.labels, each.strategy) == (name, labels, AUTO)]
        counted = ", ".join(f"{one} {chose.count(one)}" for one in sorted(set(chose), key=chose.count, reverse=True))
        lines.append(f"| {TITLES[name]}, {labels} | {to_best} ({best}) | {to_plain} | {counted} |")
    return "\n".join(lines) + "\n"


def _row(strategy: str, cells: Sequence[str]) -> str:
    return f"| {strategy} | {' | '.join(cells)} |"


def _scores(found: Sequence[Outcome], name: str, labels: int, strategy: str) -> dict[int, float]:
    """Percent by draw."""
    return {
        each.draw: 100 * each.balanced_accuracy
        for each in found
        if (each.set, each.labels, each.strategy) == (name, labels, strategy) and each.balanced_accuracy is not None
    }


def _paired(found: Sequence[Outcome], column: tuple[str, int], one: str, other: str) -> dict[int, float]:
    first, second = (_scores(found, *column, each) for each in (one, other))
    return {draw: first[draw] - second[draw] for draw in first.keys() & second.keys()}


def _value(scores: dict[int, float]) -> float:
    return float(np.mean(list(scores.values()))) if scores else -np.inf


def _mean(scores: dict[int, float], *, signed: bool = False) -> str:
    values = list(scores.values())
    if not values:
        return "–"
    mean = f"{np.mean(values):+.1f}" if signed else f"{np.mean(values):.1f}"
    if len(values) < 2:
        return mean
    half = stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))
    return f"{mean} ± {half:.1f}"


if __name__ == "__main__":
    sys.exit(main())
