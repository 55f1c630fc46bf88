"""Arrow tables, with or without Hugging Face's description of their columns, to columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from headstart.core.errors import UserError
from headstart.core.words import counted
from headstart.data._arrow import from_arrow, is_image_type


def columns_of(table: pa.Table, *, first: int) -> dict[str, Any]:
    """Columns of ``table``: encoded images stay Arrow, everything else becomes Python values.

    Integers that the table's description declares as class labels become class names; its convention of -1 for "no
    label" becomes None. Rows are counted from ``first`` in messages.

    Raises:
        UserError: an integer is no number of a declared class; all columns with such.
    """
    problems: list[str] = []
    names = class_labels(table.schema)
    columns: dict[str, Any] = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        if is_image_type(field.type):
            columns[field.name] = from_arrow(column)
        elif field.name in names and pa.types.is_integer(field.type):
            columns[field.name] = _class_names(field.name, column.to_pylist(), names[field.name], first, problems)
        else:
            columns[field.name] = column.to_pylist()
    if problems:
        raise UserError(*problems)
    return columns


def class_labels(schema: pa.Schema) -> dict[str, Sequence[str]]:
    """Class names by column, as far as the schema's Hugging Face metadata give them; malformed ones give none."""
    try:
        described = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
    except ValueError:
        return {}
    return {
        column: feature["names"]
        for column, feature in _inside(_inside(described, "info"), "features").items()
        if isinstance(feature, Mapping)
        and feature.get("_type") == "ClassLabel"
        and isinstance(feature.get("names"), list)
    }


def _inside(described: Any, key: str) -> Mapping[str, Any]:
    found = described.get(key) if isinstance(described, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _class_names(
    column: str, values: Sequence[int | None], names: Sequence[str], first: int, problems: list[str]
) -> list[str | None]:
    wrong = next((row for row, value in enumerate(values) if value is not None and value >= len(names)), None)
    if wrong is not None:
        problems.append(
            f"Column '{column}' has {values[wrong]} in row {wrong + first}, and the table's description names "
            f"{counted(len(names), 'class', 'classes')}, numbered from 0; correct the value or the description."
        )
        return []
    return [None if value is None or value < 0 else names[value] for value in values]
