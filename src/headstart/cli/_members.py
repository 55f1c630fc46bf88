"""What the commands show that list members by name: all of them, or one with its settings."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from headstart.cli import _options
from headstart.cli._terminal import document, show

if TYPE_CHECKING:
    from rich.table import Table

    from headstart.core.settings import Setting


def show_all(heading: str, summaries: Mapping[str, str], *, as_json: bool) -> None:
    """Names with their one-line ``summaries``, the names under ``heading``."""
    if as_json:
        document([{"name": each, "summary": summary} for each, summary in summaries.items()])
        return
    show(_table((heading, "What it does"), list(summaries.items())))


def show_one(name: str, summary: str, settings: Sequence[Setting], *, as_json: bool) -> None:
    """One of them with the ``settings`` that ``--set`` changes."""
    if as_json:
        found = [dataclasses.asdict(setting) for setting in settings]
        document({"name": name, "summary": summary, "settings": found})
        return
    show(f"{name}: {summary}\n")
    rows = [(each.name, _options.shown(each.default), each.expected, each.says) for each in settings]
    show(_table(("Setting", "Default", "Takes", "What it does"), rows) if rows else "It has no settings.")


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0)
    for first, *rest in rows:
        table.add_row(Text(first, style="bold"), *(Text(each) for each in rest))
    return table
