"""``headstart report``: what a finished run found."""

from __future__ import annotations

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
    present(results, run, as_json=json)
    if open:
        import webbrowser

        page = (run / "report.html").absolute()
        if not page.is_file() or not webbrowser.open(page.as_uri()):
            raise Unavailable(
                f"'{page}' could not be opened in a browser; open it by hand, or run 'headstart adapt' again."
            )
