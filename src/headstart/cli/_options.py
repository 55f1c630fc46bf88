"""The options that several commands share, each spelt and explained once."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from typer import Argument, Option

from headstart.core.errors import UserError
from headstart.core.settings import Value


def whole(option: str, least: int) -> Callable[[str | int], int]:
    """A parser of whole numbers from ``least`` on, whose refusal names the option and what was given."""

    def parse(given: str | int) -> int:
        text = str(given).strip()
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise UserError(f"{option} is '{given}'; expected a whole number from {least} on.")
        return int(text)

    return parse


def folder(option: str) -> Callable[[str | Path], Path]:
    """A parser of paths, which takes none to be no path instead of the working folder."""

    def parse(given: str | Path) -> Path:
        if not str(given).strip():
            raise UserError(f"{option} is empty; name a folder.")
        return Path(given)

    return parse


Data = Annotated[
    str,
    Argument(
        metavar="DATA",
        help="A folder of class folders (with or without train and test on top), or a table: CSV, TSV, Parquet, JSONL.",
    ),
]
Run = Annotated[Path, Argument(metavar="RUN", help="The run folder that 'headstart adapt' or 'headstart align' wrote.")]
Test = Annotated[
    str | None,
    Option(
        "--test",
        metavar="DATA",
        help="Test data in a place of their own: training items of which they hold copies are left out.",
    ),
]
Input = Annotated[
    str | None,
    Option("--input", metavar="COLUMN", help="Column of texts, or of paths of images or sounds.  (default: inferred)"),
]
Label = Annotated[str | None, Option("--label", metavar="COLUMN", help="Column of classes.  (default: inferred)")]
Group = Annotated[
    str | None,
    Option("--group", metavar="COLUMN", help="Column that ties items together (patient, camera); never split apart."),
]
Domain = Annotated[
    str | None,
    Option(
        "--domain",
        metavar="COLUMN",
        help="Column of domains (site, camera, shop), or 'folders' where DATA has a folder of classes for each: "
        "models are scored on domains that they have not seen.",
    ),
]
BUDGET = "How much work: quick, standard, thorough, or a target duration such as 90s or 5m."
SEED = "Seed of every random choice."

Pool = Annotated[
    str | None,
    Option(
        "--pool",
        metavar="NAMES",
        help="Models to consider, separated by commas; curated is every listed one with a published accuracy. What is "
        "missing is fetched.  (default: the packaged ones among those, and all that are in the store)",
    ),
]
Licence = Annotated[
    Literal["any", "permissive"] | None,
    Option(
        "--licence", help="any, or permissive: only models whose licence is known to allow any use.  (default: any)"
    ),
]
Budget = Annotated[str, Option("--budget", metavar="BUDGET", help=BUDGET)]
Seed = Annotated[int, Option("--seed", metavar="N", parser=whole("--seed", 0), help=SEED)]
Json = Annotated[bool, Option("--json", help="Print one JSON document to standard output.")]


def names(text: str | None) -> tuple[str, ...] | None:
    """``a, b`` as ``("a", "b")``; None when the option was not given.

    Raises:
        UserError: it was given, but holds no name.
    """
    if text is None:
        return None
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found:
        raise UserError(f"--pool '{text}' names no model; give names separated by commas, or leave it out.")
    return found


def shown(value: Value) -> str:
    """A value as `settings` reads it."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def settings(given: Sequence[str] | None) -> dict[str, Value] | None:
    """``["epochs=10", "mixup=0.2"]`` as ``{"epochs": 10, "mixup": 0.2}``; None when the option was not given.

    Values are those of TOML, and texts without quotes.

    Raises:
        UserError: what is no NAME=VALUE, and names given twice; all of them.
    """
    if not given:
        return None
    found: dict[str, Value] = {}
    problems = []
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (name and equals and value):
            problems.append(f"--set '{text}' is no setting; expected NAME=VALUE, such as epochs=10.")
        elif name in found:
            problems.append(f"--set gives {name} twice; give it once.")
        else:
            found[name] = _value(value)
    if problems:
        raise UserError(*problems)
    return found


def _value(text: str) -> Value:
    value: Any = text
    with contextlib.suppress(ValueError):
        value = float(text)  # .5 and 5. are no numbers to TOML
    with contextlib.suppress(tomllib.TOMLDecodeError):
        value = tomllib.loads(f"value = {text}")["value"]
    return value if isinstance(value, Value) else text
