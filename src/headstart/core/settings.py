"""The hyper-parameters of a strategy or a method as users give them: by name, checked, all problems at once."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from headstart.core.errors import UserError, nearest

T = TypeVar("T")
Value = bool | int | float | str
LARGEST = 1e9
"""No setting is larger, and what is multiplied with one stays a number."""


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a field ``says`` to users, and the least and largest number it may hold. Goes into ``Annotated``."""

    says: str
    low: float = 0.0
    high: float = math.inf


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One hyper-parameter: its name, the default, what it may be (as people read it), and what it means."""

    name: str
    default: Value
    expected: str
    says: str


def settings_of(member: Any) -> tuple[Setting, ...]:
    """Of a frozen dataclass, in order; fields that are dataclasses themselves (a schedule) give theirs."""
    return tuple(
        Setting(name=name, default=getattr(owner, name), expected=_expected(hint), says=_meaning(hint).says)
        for owner, name, hint in _fields(member)
    )


def changed(member: T, called: str, given: Mapping[str, Value], noun: str = "strategy") -> T:
    """A copy of ``member``, a ``noun`` which people know as ``called``, with the settings ``given``.

    Raises:
        UserError: names it does not have, and values that do not fit; all of them.
    """
    known = {name: (owner, hint) for owner, name, hint in _fields(member)}
    problems = []
    for name, value in given.items():
        if name not in known:
            offered = f"{nearest(name, known)} It has: {', '.join(known)}." if known else "It has none."
            problems.append(f"{noun.capitalize()} '{called}' has no setting '{name}'. {offered}")
        elif not _fits(value, known[name][1]):
            problems.append(f"Setting {name} of '{called}' is {value!r}; expected {_expected(known[name][1])}.")
    if problems:
        raise UserError(*problems)
    return _replaced(member, {name: _typed(value, known[name][1]) for name, value in given.items()})


def _fields(owner: Any) -> Iterator[tuple[Any, str, Any]]:
    """Every setting with the object that holds it and its annotation."""
    hints = get_type_hints(type(owner), include_extras=True)
    for field in dataclasses.fields(owner):
        inner = getattr(owner, field.name)
        if dataclasses.is_dataclass(inner):
            yield from _fields(inner)
        else:
            yield owner, field.name, hints[field.name]


def _replaced(owner: Any, values: Mapping[str, Value]) -> Any:
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(owner):
        inner = getattr(owner, field.name)
        if dataclasses.is_dataclass(inner):
            changes[field.name] = _replaced(inner, values)
        elif field.name in values:
            changes[field.name] = values[field.name]
    return dataclasses.replace(owner, **changes)


def _plain(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _meaning(hint: Any) -> Meaning:
    extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((extra for extra in extras if isinstance(extra, Meaning)), Meaning(says=""))


def _expected(hint: Any) -> str:
    kind, meaning = _plain(hint), _meaning(hint)
    if get_origin(kind) is Literal:
        return " or ".join(f"'{choice}'" for choice in get_args(kind))
    if kind is bool:
        return "true or false"
    noun = "a whole number" if kind is int else "a number"
    return f"{noun} from {meaning.low:g}" + (" on" if math.isinf(meaning.high) else f" to {meaning.high:g}")


def _fits(value: Any, hint: Any) -> bool:
    kind, meaning = _plain(hint), _meaning(hint)
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind is bool or isinstance(value, bool):  # which Python takes for a number
        return kind is bool and isinstance(value, bool)
    if not isinstance(value, int if kind is int else (int, float)):
        return False
    return abs(value) <= LARGEST and meaning.low <= value <= meaning.high


def _typed(value: Value, hint: Any) -> Value:
    return float(value) if _plain(hint) is float else value
