"""``headstart models``: the pretrained models that are known, and fetching them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from typer import Argument, Context, Option, Typer

from headstart.cli import _options
from headstart.cli._terminal import document, plain, show, working
from headstart.core.dataset import NOUNS
from headstart.core.errors import UserError
from headstart.report._format import percent, size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from headstart.core.backbone import BackboneInfo
    from headstart.core.dataset import Modality

NAME_WIDTH, LICENCE_WIDTH = 38, 10
"""Columns of a table of 80, beside 30 for the numbers: longer names and licences go on in the next line, names behind a
colon or a slash."""

UNKNOWN = "unknown"
"""What `BackboneInfo.prior_of` says where no accuracy is known."""

app = Typer(add_completion=False, rich_markup_mode="markdown")

Kind = Annotated[
    Literal["image", "text", "audio"] | None,
    Option("--modality", help="Only models for this kind of data: image, text or audio."),
]
Names = Annotated[list[str], Argument(metavar="NAME...", help="Models by the names 'headstart models' lists.")]


@app.callback(invoke_without_command=True)
def models(context: Context, modality: Kind = None, json: _options.Json = False) -> None:
    """List the pretrained models: size, licence, where they come from, and whether they are in the store."""
    if context.invoked_subcommand is not None:
        if modality is not None:
            raise UserError(f"--modality {modality} chooses what is listed; 'pull' takes names: leave it out.")
        context.obj = json
        return
    with working(as_json=json):
        from headstart import api

        found = api.models(modality)
    if json:
        document([{**plain(info), "in_store": in_store} for info, in_store in found])
    else:
        show(*tables(found))


@app.command("pull")
def pull(context: Context, names: Names, json: _options.Json = False) -> None:
    """Fetch models into the local store and check them, so that later runs need no network."""
    json = json or bool(context.obj)
    with working(as_json=json) as progress:
        from headstart import api

        pulled = [api.pull(info.name, progress=progress) for info in api.named(names)]
    if json:
        document([plain(info) for info in pulled])
        return
    from rich.text import Text

    show(*(Text(f"{info.name} is in the store ({size(info.bytes)}, licence {info.licence}).") for info in pulled))


def tables(found: Sequence[tuple[BackboneInfo, bool]]) -> Iterator[RenderableType]:
    """One table per kind of data and per benchmark of its prior accuracy; a tick marks what is in the store."""
    from rich.table import Table
    from rich.text import Text

    if not found:
        yield Text("No models are known for this kind of data.")
    for (modality, benchmark), members in _grouped(found).items():
        board = Table(
            box=None, padding=(0, 1, 0, 0), header_style="bold", title_justify="left", title_style="bold cyan"
        )
        known = f"accuracy: {benchmark}" if benchmark != UNKNOWN else "accuracy elsewhere unknown"
        board.title = f"For {NOUNS[modality]}s ({known})"
        board.add_column("", no_wrap=True)
        board.add_column("Model", overflow="fold", max_width=NAME_WIDTH)
        for column in ("Size", "Download", "Accuracy"):
            board.add_column(column, justify="right", no_wrap=True)
        board.add_column("Licence", overflow="fold", min_width=LICENCE_WIDTH)
        for info, in_store in members:
            board.add_row(
                Text("✓", style="green") if in_store else " ",
                Text(_in_lines(info.name), style="bold" if in_store else ""),
                f"{info.parameters / 1e6:.1f} M",
                size(info.bytes),
                percent(info.prior) if info.prior else "",
                info.licence,
            )
        yield board
    if any(in_store for _, in_store in found):
        yield Text("✓ is in the local store.", style="dim")


def _in_lines(name: str) -> str:
    if len(name) <= NAME_WIDTH:
        return name
    end = 1 + max(name.rfind(sign, 0, NAME_WIDTH) for sign in ":/")
    return f"{name[:end]}\n  {_in_lines(name[end:])}" if end else name


def _grouped(
    found: Sequence[tuple[BackboneInfo, bool]],
) -> dict[tuple[Modality, str], list[tuple[BackboneInfo, bool]]]:
    groups: dict[tuple[Modality, str], list[tuple[BackboneInfo, bool]]] = {}
    for info, in_store in sorted(found, key=lambda each: (list(NOUNS).index(each[0].modality), -each[0].prior)):
        groups.setdefault((info.modality, info.prior_of), []).append((info, in_store))
    return groups
