"""``headstart align``: a model of labelled data carried over to a domain without labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from headstart.cli import _options, _running
from headstart.cli._terminal import working
from headstart.core.errors import UserError

if TYPE_CHECKING:
    from headstart.adapting import Adaptation
    from headstart.core.progress import Progress
    from headstart.core.recipe import Recipe

Source = Annotated[
    str,
    Argument(
        metavar="SOURCE",
        help="Labelled data: a folder of class folders, a table (CSV, TSV, Parquet, JSONL), or the recipe.toml of an "
        "earlier run of this command. Or the folder of a finished run, whose model is carried over without its data.",
    ),
]
Target = Annotated[
    str | None,
    Option(
        "--target",
        metavar="DATA",
        help="Items of the other domain: a folder of files or a table. Labels that it may have are not read.",
    ),
]
Test = Annotated[
    str | None,
    Option(
        "--test",
        metavar="DATA",
        help="Labelled items of the other domain, used only for the final score: without them the gain cannot be "
        "measured.",
    ),
]
Labelled = Annotated[
    str | None,
    Option(
        "--labelled",
        metavar="DATA",
        help="A few labelled items of the other domain, none of them in --test; used to select a method, never to "
        "train.",
    ),
]
Strategy = Annotated[
    str | None,
    Option(
        "--strategy",
        metavar="NAME",
        help="What a method that trains the body trains: a strategy from 'headstart strategies'.  (default: "
        "last_blocks)",
    ),
]
Set = Annotated[
    list[str] | None,
    Option(
        "--set",
        metavar="NAME=VALUE",
        help="A setting of the method or, if it has none of that name, of the strategy; may be given several times.",
    ),
]
Method = Annotated[
    str | None,
    Option(
        "--method",
        metavar="NAME",
        help="A method from 'headstart methods', used even if the guard objects; some train the body.  (default: auto, "
        "the consensus of those on frozen features, or no adaptation)",
    ),
]


def align(
    source: Source,
    out: _running.Out,
    target: Target = None,
    test: Test = None,
    labelled: Labelled = None,
    input: _options.Input = None,
    label: _options.Label = None,
    group: _options.Group = None,
    domain: _options.Domain = None,
    method: Method = None,
    strategy: Strategy = None,
    set: Set = None,
    model: _running.Model = None,
    pool: _options.Pool = None,
    licence: _options.Licence = None,
    budget: _running.Budget = None,
    seed: _running.Seed = None,
    json: _options.Json = False,
) -> None:
    """Adapt a model of labelled data to a domain without labels, or keep it where adapting looks harmful.

    The best model is found as 'headstart adapt' does, with its body frozen. Methods of domain adaptation then fit other
    heads, also with BatchNorm statistics of each domain's own; a guard takes their consensus, or keeps the original
    model. The report says which, and why.
    """
    with working(as_json=json) as progress:
        from headstart import api
        from headstart.core.recipe import Recipe
        from headstart.finished import is_run

        named = {"target": target, "method": method, "model": model, "budget": budget, "seed": seed, "test": test}
        named |= {"labelled": labelled, "strategy": strategy or (api.strategy_for(method) if method else None)}
        named |= {"pool": _options.names(pool), "licence": licence, "settings": _options.settings(set)}
        roles = {"input": input, "label": label, "group": group, "domain": domain}
        usual = Recipe(data=source, strategy=api.strategy_for(api.AUTO), method=api.AUTO)
        recipe = _running.recipe_of(source, named, roles, usual)
        if not recipe.target:
            raise UserError("There is no target to carry the model over to; name its folder or table with --target.")
        _running.refuse(recipe, out)
        carry = _from_run if is_run(recipe.data) else _from_data
        adaptation = carry(recipe, out, progress)
    _running.present(adaptation.results, out, as_json=json)


def _from_data(recipe: Recipe, out: Path, progress: Progress) -> Adaptation:
    from headstart import api

    found = _running.load(recipe, progress)
    items = api.load_unlabelled(recipe.target, like=found, progress=progress)
    _running.warn(items.issues, progress, f"In the target '{items.name}': ")
    few = _running.few(recipe.labelled, found, progress) if recipe.labelled else None
    return api.align(found, items, labelled=few, out=out, recipe=recipe, progress=progress)


def _from_run(recipe: Recipe, out: Path, progress: Progress) -> Adaptation:
    """What can be refused is, before any items are read."""
    from headstart import api
    from headstart.finished import FinishedRun
    from headstart.ways import check_from_run

    check_from_run(recipe)
    run = FinishedRun.open(Path(recipe.data))
    items = api.load_unlabelled(recipe.target, like=run, progress=progress)
    _running.warn(items.issues, progress, f"In the target '{items.name}': ")
    few = _running.few(recipe.labelled, run, progress) if recipe.labelled else None
    test = _running.few(recipe.test, run, progress, "test") if recipe.test else None
    return api.align(run.folder, items, labelled=few, test=test, out=out, recipe=recipe, progress=progress)
