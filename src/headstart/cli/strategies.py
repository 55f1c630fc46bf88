"""``headstart strategies``: the ways to adapt."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

from typer import Argument

from headstart.cli import _options
from headstart.cli._terminal import document, show, working

if TYPE_CHECKING:
    from rich.table import Table

Name = Annotated[str | None, Argument(metavar="[NAME]", help="One of them, to see its settings.")]


def strategies(name: Name = None, json: _options.Json = False) -> None:
    """List the ways to adapt a model, or the settings of one of them that 'headstart adapt --set' changes."""
    with working(as_json=json):
        from headstart import api

        summaries = dict(api.strategies())
        found = () if name is None else api.settings(name)
    if name is None:
        if json:
            document([{"name": each, "summary": summary} for each, summary in summaries.items()])
            return
        show(_table(("Strategy", "What it does"), list(summaries.items())))
        return
    if json:
        settings = [dataclasses.asdict(setting) for setting in found]
        document({"name": name, "summary": summaries[name], "settings": settings})
        return
    show(f"{name}: {summaries[name]}\n")
    rows = [(each.name, _options.shown(each.default), each.expected, each.says) for each in found]
    show(_table(("Setting", "Default", "Takes", "What it does"), rows) if rows else "It has no settings.")


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0)
    for first, *rest in rows:
        table.add_row(Text(first, style="bold"), *(Text(each) for each in rest))
    return table
