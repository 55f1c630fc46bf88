"""The kind of a source, found by asking every kind."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from headstart.core.data_kind import DataKind, RawTable, Roles
from headstart.core.dataset import IN_MEMORY, ReadBy
from headstart.core.errors import UserError, closest
from headstart.core.registry import Registry

KINDS = Registry(kind="kind of data", package="headstart.data", contract=DataKind)

EXPECTED = (
    "expected a folder of class folders, a CSV, TSV, JSON Lines or Parquet table, a pandas DataFrame, "
    "or a Hugging Face Dataset"
)


def kind_of(source: Any) -> DataKind:
    """The kind that accepts ``source``.

    Raises:
        UserError: there is no such path (the nearest name beside it is offered), a recipe only says that there was an
            object, or no kind accepts it.
    """
    if isinstance(source, str) and not source:
        raise UserError(f"The path of the data is empty; {EXPECTED}.")
    if isinstance(source, str) and source == IN_MEMORY:
        raise UserError(
            "The run had test data or labelled items that were given as an object, and no path leads to them: name a "
            "copy of them on disk (--test, --labelled), or give the object in Python."
        )
    if isinstance(source, str | os.PathLike):
        source = Path(source)
        _check_path(source)
    for name in KINDS.names():
        kind = KINDS.get(name)()
        if kind.accepts(source):
            return kind
    if isinstance(source, Path):
        unpack = " Unpack it first." if source.suffix.lower() in (".zip", ".tar", ".gz", ".tgz", ".7z") else ""
        raise UserError(f"'{source}' is a file that cannot be read as labelled data; {EXPECTED}.{unpack}")
    raise UserError(f"The data are a {type(source).__name__}; {EXPECTED}.")


def inherited(kind: DataKind, roles: Mapping[str, str], named: Mapping[str, str]) -> Roles:
    """The columns by which a source of this ``kind`` is read that belongs to data with the columns ``roles``, of which
    the user ``named`` some: the same, and none where it is a folder of files.

    The group counts only where it was named: one found by its usual name may be missing here. So may the domain.
    """
    if not kind.columnar:
        return Roles()
    return Roles(
        input=roles.get("input"),
        label=roles.get("label"),
        group=named.get("group"),
        domain=named.get("domain"),
        required=False,
    )


def read_like(source: Any, asked: Roles, like: ReadBy | None) -> RawTable:
    """The rows of ``source``, read by the columns ``asked`` for; where none is named, by those of ``like``.

    Raises:
        UserError: no kind accepts the source, or it cannot be read so.
    """
    kind = kind_of(source)
    usual = Roles() if like is None else inherited(kind, like.roles, like.named)
    label = (asked.label or usual.label) if asked.labelled else None
    roles = replace(asked, input=asked.input or usual.input, label=label, group=asked.group or usual.group)
    return kind.read(source, roles)


def _check_path(path: Path) -> None:
    try:
        path.stat()
    except FileNotFoundError:
        raise UserError(f"'{path}' does not exist. {_beside(path)}") from None
    except PermissionError as error:
        raise UserError(f"Permission to read '{path}' is missing; grant it or give another path.") from error
    except (OSError, ValueError) as error:
        raise UserError(f"'{path}' cannot be opened: {error}.") from error


def _beside(path: Path) -> str:
    """What to do about a missing path: the nearest name in the deepest folder above it that exists."""
    if len(path.parts) == 2 and not path.is_absolute() and not path.parent.exists():
        return "For a data set on the Hugging Face hub, call datasets.load_dataset and pass what it returns."
    missing = path
    while not missing.parent.is_dir():
        missing = missing.parent
    try:
        return neighbour(missing, missing.parent) or f"'{missing.parent.absolute()}' has no similar name."
    except PermissionError:
        return f"The folder '{missing.parent}' may not be listed."
    except FileNotFoundError:
        return "The folder that this was started in is gone; change to one that is there."


def neighbour(path: Path, folder: Path) -> str:
    """Ask whether that is meant which is spelt most like the end of ``path`` in ``folder``; "" where nothing is.

    Raises:
        PermissionError: the folder may not be listed.
    """
    close = closest(path.name, [entry.name for entry in folder.iterdir() if not entry.name.startswith(".")])
    return "" if close is None else f"Did you mean '{folder / close}'?"
