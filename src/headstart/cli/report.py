"""``headstart report``: what a finished run found."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from headstart.cli import _options
from headstart.cli._running import present

Open = Annotated[bool, Option("--open", help="Also open report.html in the browser.")]


def report(run: _options.Run, open: Open = False, json: _options.Json = False) -> None:
    """Print the summary of a run, or with --json every number of it."""
    from headstart.core.errors import Unavailable
    from headstart.report.json import read_results

    results = read_results(run)
    page = (run / "report.html").absolute()
    opened = not open or _opened(page)
    if opened or not json:  # a failure is a document of its own
        present(results, run, as_json=json)
    if not opened:
        raise Unavailable(
            f"'{page}' could not be opened in a browser; open it by hand, or run the command that made it again."
        )


def _opened(page: Path) -> bool:
    import webbrowser

    return page.is_file() and webbrowser.open(page.as_uri())
