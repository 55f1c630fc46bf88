"""``recipe.toml``: everything a run was asked to do, in a file that reruns it."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

from headstart.core.errors import UserError, nearest
from headstart.core.recipe import Recipe


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write ``recipe`` as TOML."""
    import tomli_w

    path.write_text(
        tomli_w.dumps(dataclasses.asdict(recipe) | {"pool": list(recipe.pool), "roles": dict(recipe.roles)})
    )


def read_recipe(path: Path) -> Recipe:
    """The recipe in ``path``; paths in it stay as they were written.

    Raises:
        UserError: the file is not TOML, or holds unknown keys or values of the wrong type (all are named).
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"'{path}' is not a recipe: it is not valid TOML ({error}).") from error
    defaults = dataclasses.asdict(Recipe())
    problems = [
        f"'{path}' has an unknown key '{key}'. {nearest(key, defaults)}" for key in values if key not in defaults
    ]
    for key, value in values.items():
        if key in defaults and not isinstance(value, _toml_type(defaults[key])):
            expected = _toml_type(defaults[key]).__name__
            problems.append(f"'{path}': {key} is {value!r}, expected a value of type {expected}.")
    if problems:
        raise UserError(*problems)
    if "pool" in values:
        values["pool"] = tuple(values["pool"])
    return Recipe(**values)


def _toml_type(default: Any) -> type:
    return list if isinstance(default, tuple) else type(default)
