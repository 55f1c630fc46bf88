"""``recipe.toml``: everything a run was asked to do, in a file that reruns it."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headstart.core.errors import UserError, nearest
from headstart.core.recipe import Recipe
from headstart.core.settings import Value

ROLES = ("input", "label", "group", "domain")


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write ``recipe`` as TOML, in UTF-8."""
    import tomli_w

    values = dataclasses.asdict(recipe) | {"pool": list(recipe.pool)}
    path.write_text(tomli_w.dumps(values), encoding="utf-8")


def read_recipe(path: Path) -> Recipe:
    """The recipe in ``path``; paths in it stay as they were written.

    Raises:
        UserError: the file cannot be read, is not TOML, or holds unknown keys or values of the wrong type (all are
            named).
    """
    try:
        # Some editors put a byte order mark in front, which TOML does not allow.
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(
            f"The recipe '{path}' cannot be read ({error.strerror or error}); give the recipe.toml of a run folder."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"'{path}' is not a recipe: it is not valid TOML ({error}).") from error
    defaults = dataclasses.asdict(Recipe())
    problems = [
        f"'{path}' has an unknown key '{key}'. {nearest(key, defaults)}" for key in values if key not in defaults
    ]
    for key, value in values.items():
        expected = _mismatch(key, value, defaults[key]) if key in defaults else None
        if expected:
            problems.append(f"'{path}': {key} is {value!r}, expected {expected}.")
        elif key == "roles":
            problems += [f"'{path}' names an unknown role '{r}'. {nearest(r, ROLES)}" for r in value if r not in ROLES]
    if problems:
        raise UserError(*problems)
    if "pool" in values:
        values["pool"] = tuple(values["pool"])
    return Recipe(**values)


def _mismatch(key: str, value: Any, default: Any) -> str | None:
    """What was expected instead of ``value``, or None if it has the type of ``default``."""
    if key == "settings":
        fits = isinstance(value, dict) and all(isinstance(each, Value) for each in value.values())
        return None if fits else "a table of numbers, texts, true or false"
    if isinstance(default, tuple):
        fits = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return None if fits else "a list of texts"
    if isinstance(default, Mapping):
        fits = isinstance(value, dict) and all(isinstance(each, str) for each in value.values())
        return None if fits else "a table of texts"
    if isinstance(default, int):
        # A bool is an int to Python.
        return None if type(value) is int else "a whole number"
    return None if isinstance(value, str) else "a text"
