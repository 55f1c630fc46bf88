"""Predictions as a table in a file."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from headstart.core.errors import UnreadableItem, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headstart.bundle.predictor import Prediction

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
    try:
        there = path.exists()
    except OSError as error:
        raise UserError(f"--out cannot be looked for: {error.strerror}.") from error
    if there:
        raise _taken(path)
    if not path.parent.is_dir():
        raise UserError(f"The folder '{path.parent}' of --out does not exist; make it first.")
    return path


def write(
    path: Path, classes: Sequence[str], predictions: Sequence[Prediction], unread: Sequence[UnreadableItem]
) -> None:
    """One line an item in the order given, the ``unread`` ones with nothing but their problem. The file is there when
    it is complete.

    Raises:
        UserError: the file cannot be written, or is there by now.
    """
    problems = {each.position: each for each in unread}
    rest, part = iter(predictions), path.with_name(f"{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            lines = csv.writer(file)
            lines.writerow([*COLUMNS, *(f"p({name})" for name in classes)])
            for position in range(len(predictions) + len(unread)):
                problem = problems.get(position)
                lines.writerow(_predicted(next(rest), classes) if problem is None else _unread(problem, classes))
        if path.exists():
            raise _taken(path)
        part.rename(path)
    except OSError as error:
        raise UserError(f"'{path}' cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)


def named(
    predictions: Sequence[Prediction], unread: Sequence[UnreadableItem], names: Mapping[int, str]
) -> tuple[list[Prediction], list[UnreadableItem]]:
    """Both with the ``names`` that people know items by, which go by position among all that were given."""
    missing = {each.position for each in unread}
    places = (place for place in range(len(predictions) + len(unread)) if place not in missing)
    found = [replace(each, item=names.get(place, each.item)) for place, each in zip(places, predictions, strict=True)]
    left = [
        each
        if each.position is None or each.position not in names
        else UnreadableItem(names[each.position], each.reason, quoted=True, position=each.position)
        for each in unread
    ]
    return found, left


def tally(predictions: Sequence[Prediction]) -> str:
    """How many items are of which class, the commonest first."""
    found = Counter(each.label for each in predictions).most_common()
    others = sum(count for _, count in found[SHOWN:])
    named = [f"{label} {count}" for label, count in found[:SHOWN]]
    return ", ".join([*named, *([f"{others} of other classes"] if others else [])])


def _taken(path: Path) -> UserError:
    return UserError(f"'{path}' exists already, and nothing is overwritten: name another file, or remove it.")


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
