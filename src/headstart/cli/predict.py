"""``headstart predict``: what a finished run says about new items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Argument

from headstart.cli import _items, _options
from headstart.cli._terminal import document, show, working
from headstart.report._format import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from headstart.bundle.predictor import Prediction

BAR = 20

Items = Annotated[
    list[str],
    Argument(
        metavar="ITEM...",
        help="Images: files, folders or patterns. Texts: the texts themselves, or .txt files with one a line. "
        "'-' reads one item a line from standard input.",
    ),
]


def predict(run: _options.Run, items: Items, json: _options.Json = False) -> None:
    """Predict the class of new items with the model of a run."""
    with working(as_json=json) as progress:
        from headstart import api

        with progress.stage(f"Opening {run}"):
            predictor = api.open(run)
        expanded = _items.expand(items, predictor.card.modality)
        with progress.stage(f"Predicting {len(expanded):,} items"):
            predictions = predictor.predict(expanded)
    if json:
        document({"run": run, "classes": predictor.classes, "predictions": predictions})
    else:
        show(table(predictions))


def table(predictions: Sequence[Prediction]) -> RenderableType:
    """One line per item: the class, how sure, and the runner-up."""
    from rich.table import Table
    from rich.text import Text

    board = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    board.add_column("Item", overflow="ellipsis", no_wrap=True, max_width=60)
    board.add_column("Class", overflow="fold")
    board.add_column("Confidence", no_wrap=True)
    board.add_column("Next", overflow="fold")
    for each in predictions:
        bar = "█" * round(BAR * each.confidence)
        others = sorted((p, name) for name, p in each.probabilities.items() if name != each.label)
        following = f"{others[-1][1]} {percent(others[-1][0])}" if others else ""
        board.add_row(
            Text(each.item),
            Text(each.label, style="bold"),
            Text.assemble(f"{percent(each.confidence):>5} ", (bar, "cyan")),
            Text(following, style="dim"),
        )
    return board
