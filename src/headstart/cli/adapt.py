"""``headstart adapt``: from labelled data to a proven model in a run folder."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from headstart.cli import _options, _running
from headstart.cli._terminal import working
from headstart.core.errors import UserError

Data = Annotated[
    str,
    Argument(
        metavar="DATA",
        help="A folder of class folders, a table (CSV, TSV, Parquet, JSONL), or the recipe.toml of an earlier run.",
    ),
]
TaskName = Annotated[
    str | None, Option("--task", metavar="NAME", help="The kind of prediction.  (default: classification)")
]
Test = Annotated[
    str | None, Option("--test", metavar="DATA", help="Test data in a place of their own; scored once, at the end.")
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


def adapt(
    data: Data,
    out: _running.Out,
    test: Test = None,
    input: _options.Input = None,
    label: _options.Label = None,
    group: _options.Group = None,
    domain: _options.Domain = None,
    task: TaskName = None,
    model: _running.Model = None,
    pool: _options.Pool = None,
    licence: _options.Licence = None,
    strategy: StrategyName = None,
    set: Set = None,
    budget: _running.Budget = None,
    seed: _running.Seed = None,
    json: _options.Json = False,
) -> None:
    """Choose a model and a strategy, adapt, compare with controls, and write report, results and model.

    The run folder holds report.html, results.json, recipe.toml, run.json and model/. Stopped at any point, the same
    command resumes where it stopped and ends in the same result. Options given beside a recipe.toml replace what it
    says.
    """
    with working(as_json=json) as progress:
        from headstart import api

        named = {"task": task, "model": model, "strategy": strategy, "budget": budget, "seed": seed, "test": test}
        roles = {"input": input, "label": label, "group": group, "domain": domain}
        named |= {"pool": _options.names(pool), "licence": licence, "settings": _options.settings(set)}
        recipe = _running.recipe_of(data, named, roles)
        if recipe.method:
            raise UserError(
                f"'{data}' carries a model over to another domain: give it to 'headstart align' instead of 'headstart "
                "adapt'."
            )
        _running.refuse(recipe, out)
        found = _running.load(recipe, progress)
        adaptation = api.adapt(found, out=out, recipe=recipe, progress=progress)
    _running.present(adaptation.results, out, as_json=json)
