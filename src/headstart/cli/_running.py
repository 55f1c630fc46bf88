"""What the commands that make a run folder share: their options, the recipe, what is said before and after."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from headstart.cli import _options
from headstart.cli._terminal import document, show
from headstart.core.errors import UserError, together
from headstart.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headstart.core.dataset import Dataset, Issue, ReadBy
    from headstart.core.progress import Progress
    from headstart.core.recipe import Recipe
    from headstart.core.results import Results

WARNINGS = 4
"""Findings of the audit that are named before the work begins."""

Out = Annotated[
    Path,
    Option(
        "--out",
        metavar="RUN",
        parser=_options.folder("--out"),
        help="The run folder to write; an interrupted run resumes from it.",
    ),
]
Model = Annotated[
    str | None,
    Option(
        "--model",
        metavar="NAME",
        help="A model from 'headstart models', or timm:NAME, transformers:NAME, local:FOLDER; A+B joins two.  "
        "(default: auto, by ranking and comparison)",
    ),
]
Budget = Annotated[str | None, Option("--budget", metavar="BUDGET", help=_options.BUDGET + "  (default: standard)")]
Seed = Annotated[
    int | None, Option("--seed", metavar="N", parser=_options.whole("--seed", 0), help=_options.SEED + "  (default: 0)")
]


def refuse(recipe: Recipe, out: Path) -> None:
    """Refuse what can be refused before data are read, all of it together."""
    from headstart.asked import check_names
    from headstart.run_claim import foresee

    together(
        lambda: check_names(recipe), lambda: foresee(out, [recipe.data, recipe.test, recipe.target, recipe.labelled])
    )


def load(recipe: Recipe, progress: Progress) -> Dataset:
    """The labelled data of a recipe, with what is wrong with them told."""
    from headstart import api

    found = api.load(
        recipe.data,
        input=recipe.roles.get("input"),
        label=recipe.roles.get("label"),
        group=recipe.roles.get("group"),
        domain=recipe.roles.get("domain"),
        test=recipe.test or None,
        seed=recipe.seed,
        progress=progress,
    )
    warn(found.issues, progress)
    return found


def few(source: str, like: ReadBy, progress: Progress, called: str = "labelled") -> Dataset:
    """Items of the target that have labels, by the columns that the data were read by."""
    from headstart import api

    found = api.load_few(source, like=like, progress=progress)
    warn(found.issues, progress, f"In the {called} items '{found.name}': ")
    return found


def warn(issues: Sequence[Issue], progress: Progress, where: str = "") -> None:
    """Say what is wrong with the data before the work begins; the summary comes when it is done."""
    serious = [each for each in issues if each.severity != "note"]
    for each in serious[:WARNINGS]:
        progress.say(f"{each.severity.capitalize()}: {where}{each.message}")
    if len(serious) > WARNINGS:
        progress.say(f"And {counted(len(serious) - WARNINGS, 'more finding')}; 'headstart check' lists them.")


def recipe_of(data: str, named: dict[str, Any], roles: dict[str, str | None], usual: Recipe | None = None) -> Recipe:
    """What is asked for: the recipe in the file ``data`` if it is one, else the ``usual``, and all that was named."""
    from headstart.core.recipe import Recipe

    base = usual or Recipe(data=data)
    if Path(data).suffix.lower() == ".toml":
        from headstart.bundle.recipe import read_recipe

        if not Path(data).is_file():
            raise UserError(f"There is no recipe '{data}'; give one that a run folder holds.")
        base = read_recipe(Path(data))
    given = {option: value for option, value in named.items() if value is not None}
    if any(given.get(name, old) != old for name, old in (("strategy", base.strategy), ("method", base.method))):
        given.setdefault("settings", {})  # those of the file are another's
    elif "settings" in given:
        given["settings"] = {**base.settings, **given["settings"]}
    given["roles"] = {**base.roles, **{role: column for role, column in roles.items() if column is not None}}
    return replace(base, **given)


def present(results: Results, run: Path, *, as_json: bool) -> None:
    """The end of a run: the results for a machine, or the summary and what to do next for a person."""
    if as_json:
        from headstart.report import json

        document(json.document(results))
        return
    from headstart.report.summary import summary

    show(summary(results, run))
