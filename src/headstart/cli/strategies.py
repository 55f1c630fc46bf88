"""``headstart strategies``: the ways to adapt."""

from __future__ import annotations

from typing import Annotated

from typer import Argument

from headstart.cli import _members, _options
from headstart.cli._terminal import working

Name = Annotated[str | None, Argument(metavar="[NAME]", help="One of them, to see its settings.")]


def strategies(name: Name = None, json: _options.Json = False) -> None:
    """List the ways to adapt a model, or the settings of one of them that 'headstart adapt --set' changes."""
    with working(as_json=json):
        from headstart import api

        summaries = dict(api.strategies())
        found = () if name is None else api.settings(name)
    if name is None:
        _members.show_all("Strategy", summaries, as_json=json)
    else:
        _members.show_one(name, summaries[name], found, as_json=json)
