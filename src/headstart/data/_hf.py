"""Arrow tables, with or without Hugging Face's description of their columns, to columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from headstart.data._arrow import from_arrow, is_image_type


def columns_of(table: pa.Table) -> dict[str, Any]:
    """Columns of ``table``: encoded images stay Arrow, everything else becomes Python values.

    Integers that the table's description declares as class labels become class names; its convention of -1 for "no
    label" becomes None.
    """
    names = class_labels(table.schema)
    columns: dict[str, Any] = {}
    for field, column in zip(table.schema, table.columns, strict=True):
        if is_image_type(field.type):
            columns[field.name] = from_arrow(column)
        elif field.name in names:
            columns[field.name] = [_class_name(value, names[field.name]) for value in column.to_pylist()]
        else:
            columns[field.name] = column.to_pylist()
    return columns


def class_labels(schema: pa.Schema) -> dict[str, Sequence[str]]:
    """Class names by column, as far as the schema's Hugging Face metadata give them."""
    described = (schema.metadata or {}).get(b"huggingface")
    if described is None:
        return {}
    features: Mapping[str, Any] = json.loads(described).get("info", {}).get("features", {})
    return {
        column: feature["names"]
        for column, feature in features.items()
        if isinstance(feature, Mapping) and feature.get("_type") == "ClassLabel" and "names" in feature
    }


def _class_name(value: int | None, names: Sequence[str]) -> str | None:
    return None if value is None or value < 0 else names[value]
