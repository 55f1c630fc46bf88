"""``headstart strategies``: the ways to adapt."""

from __future__ import annotations

from headstart.cli import _options
from headstart.cli._terminal import document, show, working


def strategies(json: _options.Json = False) -> None:
    """List the ways to adapt a model, from the cheapest reading of its features to training all of it anew."""
    with working(as_json=json):
        from headstart import api

        found = api.strategies()
    if json:
        document([{"name": name, "summary": summary} for name, summary in found])
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Strategy", no_wrap=True)
    table.add_column("What it does")
    for name, summary in found:
        table.add_row(Text(name, style="bold"), Text(summary))
    show(table)
