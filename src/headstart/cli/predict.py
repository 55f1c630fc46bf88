"""``headstart predict``: what a finished run says about new items."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from headstart.cli import _items, _options
from headstart.cli._predictions import csv_file, named, tally, write
from headstart.cli._terminal import document, out, show, working
from headstart.core.dataset import NOUNS
from headstart.core.errors import UserError
from headstart.core.words import counted
from headstart.report._domain import in_short
from headstart.report._format import percent, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from headstart.bundle.predictor import Prediction
    from headstart.bundle.watch import DomainWatch
    from headstart.core.domain_card import DomainCard
    from headstart.core.errors import UnreadableItem

BAR = 10
GAP = 2
NAMED = 20
"""Items that cannot be read are named up to so many; the document has them all."""
LEAST_LIKE, NAME = 3, 60
"""Items that are named where they are of another domain, and the length of a name."""
LEAST = 12
"""Columns that an item keeps however long the names of the classes are."""

Items = Annotated[
    list[str],
    Argument(
        metavar="ITEM...",
        help="Files, folders of them or patterns, or tables (CSV, TSV, Parquet, JSONL); a .txt file is one text, as in "
        "training. Texts may also be given themselves. '-' reads one item a line from standard input.",
    ),
]
Input = Annotated[
    str | None,
    Option("--input", metavar="COLUMN", help="Column of tables that holds the items.  (default: as in training)"),
]
Out = Annotated[
    Path | None,
    Option(
        "--out",
        metavar="FILE",
        parser=csv_file,
        help="CSV file to write: one line an item in the order given, with its class and the probability of each.",
    ),
]
Lines = Annotated[bool, Option("--lines", help="Every line of a .txt file is a text, instead of the whole file.")]


def predict(
    run: _options.Run,
    items: Items,
    input: Input = None,
    lines: Lines = False,
    out_file: Out = None,
    json: _options.Json = False,
) -> None:
    """Predict the class of new items with the model of a run.

    Items that cannot be read are named and skipped; it is an error if none can be read.
    """
    with working(as_json=json) as progress:
        from headstart import api
        from headstart.bundle.model import located
        from headstart.bundle.predictor import UNWATCHED
        from headstart.data._read import all_unreadable

        _, card = located(Path(run))
        given = _items.expand(items, card.modality, lines=lines, column=input, usual=card.column)
        for note in given.notes:
            progress.say(note)
        with progress.stage(f"Opening {run}"):
            predictor = api.open(run)
        left: list[UnreadableItem] = []
        with progress.stage(f"Predicting {counted(len(given.items), NOUNS[card.modality])}"):
            watch = None if predictor.reference is None else predictor.watch()
            predictions = predictor.predict(given.items, unreadable=left.append, watch=watch)
        predictions, left = named(predictions, left, given.names)
        if left and not predictions:
            raise all_unreadable(left)
        for item in left[:NAMED]:
            progress.say(f"Left out: {item}")
        if len(left) > NAMED:
            progress.say(f"Left out: {len(left) - NAMED} more items that cannot be read.")
        if out_file is not None:
            write(out_file, predictor.classes, predictions, left)
        card, domain_note = (None, UNWATCHED) if watch is None else compared(watch)
        if card is not None and card.apart:
            progress.say(unlike(card))
    if json:
        unread = [{"item": each.name, "position": each.position, "reason": each.reason} for each in left]
        found = {"run": run, "classes": predictor.classes, "predictions": predictions}
        document({**found, "unreadable": unread, "notes": given.notes, "domain": card, "domain_note": domain_note})
    elif out_file is not None:
        from rich.text import Text

        show(Text(f"{counted(len(predictions), 'prediction')} in {out_file}: {tally(predictions)}."))
    else:
        show(table(predictions, out().width))


def compared(watch: DomainWatch) -> tuple[DomainCard | None, str]:
    """The card of the items that were predicted, or why there is none."""
    try:
        return watch.card(), ""
    except UserError as error:
        return None, str(error)


def unlike(card: DomainCard) -> str:
    """A warning that the items are of another domain."""
    names = ", ".join(f"'{shorten(' '.join(each.id.split()), NAME)}'" for each in card.farthest[:LEAST_LIKE])
    return (
        f"{in_short(card)} What the report says of the model may not hold for them. Least like the {card.first}: "
        f"{names}."
    )


def table(predictions: Sequence[Prediction], width: int) -> RenderableType:
    """One line per item, at most ``width`` wide where that is possible: the class, how sure, and the runner-up."""
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    rows = [(each, _runner_up(each)) for each in predictions]
    labels = max(cell_len(text) for text in ("Class", *(each.label for each, _ in rows)))
    others = max(cell_len(text) for text in ("Next", *(other for _, other in rows)))
    room = max(width - labels - others - BAR - len("100.0% ") - 3 * GAP, LEAST)
    board = Table(box=None, padding=(0, GAP, 0, 0), header_style="bold", pad_edge=False)
    for column in ("Item", "Class", "Confidence", "Next"):
        board.add_column(column, no_wrap=True)
    for each, other in rows:
        bar = "█" * round(BAR * each.confidence)
        board.add_row(
            Text(shorten(each.item.replace("\n", " "), room)),
            Text(each.label, style="bold"),
            Text.assemble(f"{percent(each.confidence):>6} ", (f"{bar:{BAR}}", "cyan")),
            Text(other, style="dim"),
        )
    return board


def _runner_up(prediction: Prediction) -> str:
    others = sorted((p, name) for name, p in prediction.probabilities.items() if name != prediction.label)
    return f"{others[-1][1]} {percent(others[-1][0])}" if others else ""
