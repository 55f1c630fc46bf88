"""Frozen records to plain JSON values and back, led by the annotations of the dataclasses.

Both ways are strict: a document that these functions write validates against ``schema.json``, and a document that
differs from the records in any key or type is refused with the place where it differs.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

NAMES = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", type(None): "null"}


@cache
def hints(record: type) -> dict[str, Any]:
    """The resolved annotation of every field of a dataclass."""
    return typing.get_type_hints(record)


@cache
def members(kind: Any) -> tuple[Any, ...]:
    """The alternatives of a union, the narrowest number first; anything else is its own only alternative."""
    options = typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else (kind,)
    order = {bool: 0, int: 1, float: 2}
    return tuple(sorted(options, key=lambda option: order.get(option, 3) if isinstance(option, type) else 3))


def encode(value: Any, kind: Any, where: str, problems: list[str]) -> Any:
    """``value``, annotated as ``kind``, as JSON values; numbers of NumPy become Python's.

    A number that is not finite becomes null where the annotation allows None ("could not be measured") and is a
    problem everywhere else.
    """
    options = members(kind)
    if value is None:
        return _null(options, where, problems)
    kind = next((option for option in options if _suits(value, option)), None)
    if kind is None:
        problems.append(f"{where} should be {_describe(options)} but is {_excerpt(value)}")
        return None
    if dataclasses.is_dataclass(kind):
        fields = hints(typing.cast(type, kind)).items()
        return {name: encode(getattr(value, name), hint, f"{where}.{name}", problems) for name, hint in fields}
    if typing.get_origin(kind) is tuple:
        item = typing.get_args(kind)[0]
        return [encode(each, item, f"{where}[{row}]", problems) for row, each in enumerate(value)]
    if typing.get_origin(kind) is Mapping:
        item = typing.get_args(kind)[1]
        return {str(key): encode(each, item, f"{where}.{key}", problems) for key, each in value.items()}
    if kind is float and not math.isfinite(value):
        if type(None) not in options:
            problems.append(f"{where} is {value}, where a finite number belongs")
        return None
    return value if typing.get_origin(kind) is Literal else kind(value)


def _null(options: tuple[Any, ...], where: str, problems: list[str]) -> None:
    if type(None) not in options:
        problems.append(f"{where} should be {_describe(options)} but is null")


def _suits(value: Any, kind: Any) -> bool:
    """Whether a Python value may be written as ``kind``; NumPy scalars count as the numbers they are."""
    import numpy as np

    if typing.get_origin(kind) is Literal:
        return value in typing.get_args(kind)
    if typing.get_origin(kind) is tuple:
        return isinstance(value, (tuple, list))
    if typing.get_origin(kind) is Mapping:
        return isinstance(value, Mapping)
    if kind is bool:
        return isinstance(value, (bool, np.bool_))
    if kind is int:
        return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if kind is float:
        return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
    return isinstance(value, kind)


def decode(value: Any, kind: Any, where: str, problems: list[str]) -> Any:
    """The record that the JSON ``value`` stands for; what does not fit is added to ``problems``."""
    options = members(kind)
    if value is None:
        return _null(options, where, problems)
    kind = next((option for option in options if _fits(value, option)), None)
    if kind is None:
        problems.append(f"{where} should be {_describe(options)} but is {_excerpt(value)}")
        return None
    if dataclasses.is_dataclass(kind):
        return _decode_record(value, typing.cast(type, kind), where, problems)
    if typing.get_origin(kind) is tuple:
        item = typing.get_args(kind)[0]
        return tuple(decode(each, item, f"{where}[{row}]", problems) for row, each in enumerate(value))
    if typing.get_origin(kind) is Mapping:
        item = typing.get_args(kind)[1]
        return {key: decode(each, item, f"{where}.{key}", problems) for key, each in value.items()}
    return float(value) if kind is float else value


def _decode_record(value: dict[str, Any], record: type, where: str, problems: list[str]) -> Any:
    fields = hints(record)
    wrong = [f"{where}.{name} is missing" for name in fields if name not in value]
    wrong += [f"{where}.{name} is not a known key" for name in value if name not in fields]
    problems += wrong
    found = {
        name: decode(value[name], hint, f"{where}.{name}", problems) for name, hint in fields.items() if name in value
    }
    return None if wrong else record(**found)


def _fits(value: Any, kind: Any) -> bool:
    if typing.get_origin(kind) is Literal:
        return value in typing.get_args(kind) and type(value) is type(typing.get_args(kind)[0])
    if typing.get_origin(kind) is tuple:
        return isinstance(value, list)
    if typing.get_origin(kind) is Mapping or dataclasses.is_dataclass(kind):
        return isinstance(value, dict)
    if kind is float:
        return type(value) in (int, float) and math.isfinite(value)
    return type(value) is kind


def _describe(options: tuple[Any, ...]) -> str:
    return " or ".join(_name(option) for option in options)


def _name(kind: Any) -> str:
    if typing.get_origin(kind) is Literal:
        return "one of " + ", ".join(repr(each) for each in typing.get_args(kind))
    if typing.get_origin(kind) is tuple:
        return "a list"
    return NAMES.get(kind, "an object")


def _excerpt(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
