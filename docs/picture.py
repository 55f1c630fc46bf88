"""Draw the terminal summary of a finished run as docs/summary.svg: ``python docs/picture.py RUN``."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from rich.console import Console

from headstart.core.errors import HeadstartError
from headstart.report.json import read_results
from headstart.report.summary import summary

WIDTH = 82


def draw(run: Path) -> str:
    """The summary of ``run`` as SVG, just as ``headstart report RUN`` prints it."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    console.print(summary(read_results(run), Path("runs") / run.name), "")  # the last line would lose its underscores
    return console.export_svg(title=f"headstart report runs/{run.name}", unique_id="headstart")


def main(arguments: list[str]) -> int:
    """Write the picture; returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("Expected one run folder: python docs/picture.py RUN\n")
        return 2
    try:
        picture = draw(Path(arguments[0]))
    except HeadstartError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    (Path(__file__).parent / "summary.svg").write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
