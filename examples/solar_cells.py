"""Solar cells in electroluminescence pictures: defective or functional? The demo, in Python.

    python examples/solar_cells.py [--small] [--out RUN]

The pictures (ELPV, CC-BY-NC-SA-4.0) are fetched once and are for non-commercial use only.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import headstart as hs
from headstart.core.progress import Silent
from headstart.demo import solar_cells


def main(arguments: list[str] | None = None) -> hs.Results:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="few cells and a quick budget")
    parser.add_argument("--out", type=Path, help="the run folder")
    options = parser.parse_args(arguments)
    out = options.out or Path("runs/solar_cells_example_small" if options.small else "runs/solar_cells_example")

    print(f"{solar_cells.SOURCE.title}: {solar_cells.SOURCE.licence}, {solar_cells.SOURCE.terms}.")
    train, test, budget = (60, 80, "quick") if options.small else (400, 800, "standard")
    folder = solar_cells.prepare(train=train, test=test, seed=0, progress=Silent())

    data = hs.load(folder)
    for issue in data.issues:
        print(f"{issue.severity}: {issue.message}")

    pool = ["packaged:efficientnet_lite0"] if options.small else []
    result = hs.adapt(data, out=out, pool=pool, budget=budget, seed=0)
    print(result)
    print(f"Report: {out / 'report.html'}")

    new = sorted((folder / "test" / "defective").iterdir())[:3]
    for prediction in hs.open(out).predict(new):
        print(f"{Path(prediction.item).name}: {prediction.label} ({prediction.confidence:.0%})")
    return result.results


if __name__ == "__main__":
    main()
