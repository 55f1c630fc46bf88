"""Predictions as a table in a file."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from headstart.core.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headstart.bundle.predictor import Prediction
    from headstart.core.errors import UnreadableItem

COLUMNS = ("item", "predicted", "confidence", "problem")
SHOWN = 8
"""Classes that are counted by name."""


def csv_file(given: str | Path) -> Path:
    """The path of a CSV file that can be written.

    Raises:
        UserError: it has another ending, is there already, or its folder is not.
    """
    path = Path(given)
    if path.suffix.lower() != ".csv":
        raise UserError(f"--out is '{given}'; expected a file that ends in .csv.")
    if path.exists():
        raise UserError(f"'{given}' exists already, and nothing is overwritten: name another file, or remove it.")
    if not path.parent.is_dir():
        raise UserError(f"The folder '{path.parent}' of --out does not exist; make it first.")
    return path


def write(
    path: Path, classes: Sequence[str], predictions: Sequence[Prediction], unread: Sequence[UnreadableItem]
) -> None:
    """One line an item in the order given, the ``unread`` ones with nothing but their problem.

    Raises:
        UserError: the file cannot be written.
    """
    problems = {each.position: each for each in unread}
    rest = iter(predictions)
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            lines = csv.writer(file)
            lines.writerow([*COLUMNS, *classes])
            for position in range(len(predictions) + len(unread)):
                problem = problems.get(position)
                lines.writerow(_predicted(next(rest), classes) if problem is None else _unread(problem, classes))
    except OSError as error:
        raise UserError(f"'{path}' cannot be written: {error.strerror}.") from error


def tally(predictions: Sequence[Prediction]) -> str:
    """How many items are of which class, the commonest first."""
    found = Counter(each.label for each in predictions).most_common()
    others = sum(count for _, count in found[SHOWN:])
    named = [f"{label} {count}" for label, count in found[:SHOWN]]
    return ", ".join([*named, *([f"{others} of other classes"] if others else [])])


def _predicted(found: Prediction, classes: Sequence[str]) -> list[str]:
    return [
        found.item,
        found.label,
        _rounded(found.confidence),
        "",
        *(_rounded(found.probabilities[name]) for name in classes),
    ]


def _unread(item: UnreadableItem, classes: Sequence[str]) -> list[str]:
    return [item.name, "", "", item.reason, *[""] * len(classes)]


def _rounded(probability: float) -> str:
    return f"{probability:.6f}"
