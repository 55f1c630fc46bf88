"""``headstart adapt``: from labelled data to a proven model in a run folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from headstart.cli import _options
from headstart.cli._terminal import document, show, working
from headstart.core.errors import UserError, together
from headstart.report._format import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headstart.core.dataset import Issue
    from headstart.core.progress import Progress
    from headstart.core.recipe import Recipe
    from headstart.core.results import Results

WARNINGS = 4
"""Findings of the audit that are named before the work begins."""

Data = Annotated[
    str,
    Argument(
        metavar="DATA",
        help="A folder of class folders, a table (CSV, TSV, Parquet, JSONL), or the recipe.toml of an earlier run.",
    ),
]
Out = Annotated[
    Path,
    Option(
        "--out",
        metavar="RUN",
        parser=_options.folder("--out"),
        help="The run folder to write; an interrupted run goes on there.",
    ),
]
TaskName = Annotated[
    str | None, Option("--task", metavar="NAME", help="The kind of prediction.  (default: classification)")
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
StrategyName = Annotated[
    str | None,
    Option(
        "--strategy", metavar="NAME", help="A strategy from 'headstart strategies'.  (default: auto, by comparison)"
    ),
]
Set = Annotated[
    list[str] | None,
    Option(
        "--set",
        metavar="NAME=VALUE",
        help="A setting of the strategy, as 'headstart strategies NAME' explains them; may be given several times.",
    ),
]
Budget = Annotated[str | None, Option("--budget", metavar="BUDGET", help=_options.BUDGET + "  (default: standard)")]
Seed = Annotated[
    int | None, Option("--seed", metavar="N", parser=_options.whole("--seed", 0), help=_options.SEED + "  (default: 0)")
]


def adapt(
    data: Data,
    out: Out,
    test: _options.Test = None,
    input: _options.Input = None,
    label: _options.Label = None,
    group: _options.Group = None,
    task: TaskName = None,
    model: Model = None,
    pool: _options.Pool = None,
    licence: _options.Licence = None,
    strategy: StrategyName = None,
    set: Set = None,
    budget: Budget = None,
    seed: Seed = None,
    json: _options.Json = False,
) -> None:
    """Choose a model and a strategy, adapt, compare with controls, and write report, results and model.

    The run folder holds report.html, results.json, recipe.toml, run.json and model/. Stopped at any point, the same
    command goes on where it stopped and ends in the same result. Options given beside a recipe.toml replace what it
    says.
    """
    with working(as_json=json) as progress:
        from headstart import api

        named = {"task": task, "model": model, "strategy": strategy, "budget": budget, "seed": seed, "test": test}
        roles = {"input": input, "label": label, "group": group}
        named |= {"pool": _options.names(pool), "licence": licence, "settings": _options.settings(set)}
        recipe = _recipe(data, named, roles)
        _check(recipe, out)
        found = api.load(
            recipe.data,
            input=recipe.roles.get("input"),
            label=recipe.roles.get("label"),
            group=recipe.roles.get("group"),
            test=recipe.test or None,
            seed=recipe.seed,
            progress=progress,
        )
        warn(found.issues, progress)
        adaptation = api.adapt(found, out=out, recipe=recipe, progress=progress)
    present(adaptation.results, out, as_json=json)


def _check(recipe: Recipe, out: Path) -> None:
    """Refuse what can be refused before data are read, all of it together."""
    from headstart import api
    from headstart.run_claim import foresee

    together(lambda: api.check_names(recipe), lambda: foresee(out, [recipe.data, recipe.test]))


def warn(issues: Sequence[Issue], progress: Progress) -> None:
    """Say what is wrong with the data before the work begins; the summary comes when it is done."""
    serious = [each for each in issues if each.severity != "note"]
    for each in serious[:WARNINGS]:
        progress.say(f"{each.severity.capitalize()}: {each.message}")
    if len(serious) > WARNINGS:
        progress.say(f"And {counted(len(serious) - WARNINGS, 'more finding')}; 'headstart check' lists them.")


def _recipe(data: str, named: dict[str, Any], roles: dict[str, str | None]) -> Recipe:
    """What is asked for: the recipe file if ``data`` is one, with everything that was named on top."""
    from headstart.core.recipe import Recipe

    base = Recipe(data=data)
    if Path(data).suffix.lower() == ".toml":
        from headstart.bundle.recipe import read_recipe

        if not Path(data).is_file():
            raise UserError(f"There is no recipe '{data}'; give one that a run folder holds.")
        base = read_recipe(Path(data))
    given = {option: value for option, value in named.items() if value is not None}
    if given.get("strategy", base.strategy) != base.strategy:
        given.setdefault("settings", {})  # those of the file are another strategy's
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
