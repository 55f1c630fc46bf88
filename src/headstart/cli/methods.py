"""``headstart methods``: the ways across to another domain."""

from __future__ import annotations

from typing import Annotated

from typer import Argument

from headstart.cli import _members, _options
from headstart.cli._terminal import working

Name = Annotated[str | None, Argument(metavar="[NAME]", help="One of them, to see its settings.")]


def methods(name: Name = None, json: _options.Json = False) -> None:
    """List the methods of domain adaptation, or the settings of one of them that 'headstart align --set' changes.

    What a method has no setting for is one of the strategy that says what is trained.
    """
    with working(as_json=json):
        from headstart import api

        summaries = dict(api.methods())
        found = () if name is None else api.method_settings(name)
    if name is None:
        _members.show_all("Method", summaries, as_json=json)
    else:
        _members.show_one(name, summaries[name], found, as_json=json)
