"""Prompts of a telephone exchange in English, French, Italian, Russian and Spanish: which language is it?

    python examples/spoken_languages.py [--small] [--out RUN]

One voice speaks each language, so a model that tells the voices apart scores as well as one that tells the languages:
what is learnt here says nothing about other speakers. A prompt is in one split only, in all languages.
The clips (Asterisk core sounds, CC-BY-SA-3.0) come from Debian packages and are fetched once.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import headstart as hs
from headstart.core.progress import Silent
from headstart.demo import spoken_languages


def main(arguments: list[str] | None = None) -> hs.Results:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="few clips and a quick budget")
    parser.add_argument("--out", type=Path, help="the run folder")
    options = parser.parse_args(arguments)
    out = options.out or Path("runs/spoken_languages_small" if options.small else "runs/spoken_languages")

    print(f"{spoken_languages.TITLE}: {spoken_languages.LICENCE}, {spoken_languages.TERMS}.")
    train, test, budget = (60, 60, "quick") if options.small else (300, 400, "standard")
    train_table, test_table = spoken_languages.prepare(train=train, test=test, seed=0, progress=Silent())

    data = hs.load(train_table, test=test_table)
    print(f"Columns: {dict(data.roles)}")
    for issue in data.issues:
        print(f"{issue.severity}: {issue.message}")

    result = hs.adapt(data, out=out, budget=budget, seed=0)
    print(result)
    print(f"Report: {out / 'report.html'}")

    new = data.table["item"][int(data.split.test[0])]["path"]
    for prediction in hs.open(out).predict([new]):
        print(f"{Path(prediction.item).name}: {prediction.label} ({prediction.confidence:.0%})")
    return result.results


if __name__ == "__main__":
    main()
