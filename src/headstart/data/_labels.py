"""The labels of a source to class names: one spelling, one order, kept from then on."""

from __future__ import annotations

import math
import numbers
import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from headstart.core.errors import UserError

MOST_FRACTIONAL = 20
"""More different labels than this, some of them fractions, are measurements, not classes."""

MOST_SINGLE = 20
"""More different labels than this, and than half the items, are names of the items, not classes."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"([+-]?\d+)\.0*")


def class_names(values: Sequence[Any], where: str) -> list[str | None]:
    """One class name per label of one source; None where a label is empty.

    Text is stripped and brought to Unicode's composed form. Whole numbers lose their decimals (``1.0`` is ``1``),
    because a column of integers becomes one of floats as soon as one value is missing; ``007`` stays ``007``.
    ``where`` names the source in messages ("column 'label'").

    Raises:
        UserError: the labels mix text, numbers and truth values, or are none of these.
    """
    examples: dict[str, Any] = {}
    for value in values:
        examples.setdefault(_kind(value), value)
    examples.pop("nothing", None)
    if "other" in examples:
        raise UserError(
            f"The labels in {where} hold {type(examples['other']).__name__} values such as "
            f"{_short(examples['other'])}; expected one text, number or truth value per item."
        )
    if len(examples) > 1:
        mix = " and ".join(f"{kind} ({_short(example)})" for kind, example in sorted(examples.items()))
        raise UserError(f"The labels in {where} mix {mix}; write all of them as one kind.")
    if "number" in examples:
        return _from_numbers(values)
    names = [None if _kind(value) == "nothing" else _clean(value) for value in values]
    return _from_numeric_text(names)


def sorted_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Each name once: by value when all look like numbers ("2" before "10"), else by code point."""
    different = sorted(set(names))
    if all(map(_NUMBER.fullmatch, different)):
        different.sort(key=float)
    return tuple(different)


def refuse_non_classes(names: Sequence[str], where: str) -> None:
    """Check that N class names are classes at all.

    Raises:
        UserError: they look like measurements (regression) or like one name per item.
    """
    different = sorted_classes(names)
    if fractional := measured(different):
        raise UserError(
            f"The labels in {where} are {len(different)} different numbers such as {fractional[0]}, which looks like "
            f"a measurement; headstart predicts classes, so bin the values or name another label column."
        )
    if len(different) > max(MOST_SINGLE, len(names) / 2):
        raise UserError(
            f"The labels in {where} have {len(different)} different values for {len(names)} items, which looks like "
            f"a name or an id; name the column of classes as the label column."
        )


def measured(different: Sequence[str]) -> list[str]:
    """Those of the names that are fractions, where there are so many that all look like measurements; else none."""
    fractional = [name for name in different if _NUMBER.fullmatch(name) and not float(name).is_integer()]
    return fractional if len(different) > MOST_FRACTIONAL and len(fractional) > len(different) / 10 else []


def look_alikes(classes: Sequence[str]) -> list[tuple[str, ...]]:
    """Classes that differ only in case, spacing, hyphens or underscores, and are probably one."""
    same: dict[str, list[str]] = {}
    for name in classes:
        same.setdefault(re.sub(r"[\s_\-]+", "", name).casefold(), []).append(name)
    return [tuple(names) for names in same.values() if len(names) > 1]


def _kind(value: Any) -> str:
    if value is None or (isinstance(value, str) and not value.strip()):
        return "nothing"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool | np.bool_):
        return "truth value"
    if isinstance(value, numbers.Integral):
        return "number"
    if isinstance(value, numbers.Real):
        return "nothing" if math.isnan(value) else "number"
    # pandas.NA and NaT are neither equal to themselves nor of a public common type.
    return "nothing" if type(value).__name__ in ("NAType", "NaTType") else "other"


def _from_numbers(values: Sequence[Any]) -> list[str | None]:
    exact = [None if _kind(value) == "nothing" else _exact(value) for value in values]
    short = {value: f"{value:.6g}" if isinstance(value, float) else str(value) for value in exact if value is not None}
    if len(set(short.values())) < len(short):
        short = {value: repr(value) for value in short}
    return [None if value is None else short[value] for value in exact]


def _exact(value: Any) -> int | float:
    """A number as Python's; whole ones never pass through a float, which merges those above 2^53."""
    if isinstance(value, numbers.Integral):
        return int(value)
    real = float(value)
    return int(real) if real.is_integer() else real


def _from_numeric_text(names: Sequence[str | None]) -> list[str | None]:
    missing = {name for name in names if name is not None and name.lower() == "nan"}
    if not all(_NUMBER.fullmatch(name) for name in {name for name in names if name is not None} - missing):
        return list(names)
    whole = [None if name is None or name in missing else name for name in names]
    return [None if name is None else _WHOLE.sub(r"\1", name) if _WHOLE.fullmatch(name) else name for name in whole]


def _clean(value: Any) -> str:
    return unicodedata.normalize("NFC", str(value)).strip()


def _short(value: Any) -> str:
    text = repr(value.item() if isinstance(value, np.generic) else value)
    return text if len(text) <= 40 else text[:37] + "..."
