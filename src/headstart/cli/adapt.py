"""``headstart adapt``: from labelled data to a proven model in a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from headstart.cli import _names, _options
from headstart.cli._terminal import document, show, working

if TYPE_CHECKING:
    from headstart.core.results import Results

Out = Annotated[Path, Option("--out", metavar="RUN", help="The run folder to write; an interrupted run goes on there.")]
TaskName = Annotated[str, Option("--task", metavar="NAME", help="The kind of prediction.")]
Model = Annotated[
    str, Option("--model", metavar="NAME", help="A pretrained model from 'headstart models', or auto: the best ranked.")
]
StrategyName = Annotated[
    str,
    Option("--strategy", metavar="NAME", help="A strategy from 'headstart strategies', or auto: chosen by comparison."),
]


def adapt(
    data: _options.Data,
    out: Out,
    test: _options.Test = None,
    input: _options.Input = None,
    label: _options.Label = None,
    group: _options.Group = None,
    task: TaskName = "classification",
    model: Model = "auto",
    pool: _options.Pool = "",
    strategy: StrategyName = "auto",
    budget: _options.Budget = "standard",
    seed: _options.Seed = 0,
    json: _options.Json = False,
) -> None:
    """Choose a model and a strategy, adapt, compare with controls, and write report, results and model.

    The run folder holds report.html, results.json, recipe.toml and model/. Stopped at any point, the same command
    goes on where it stopped and ends in the same result.
    """
    with working(as_json=json) as progress:
        from headstart import api

        chosen = _names.checked(task=task, model=model, pool=_options.names(pool), strategy=strategy, budget=budget)
        found = api.load(data, input=input, label=label, group=group, test=test, seed=seed, progress=progress)
        adaptation = api.adapt(
            found,
            out=out,
            task=task,
            model=chosen.model,
            pool=chosen.pool,
            strategy=strategy,
            budget=budget,
            seed=seed,
            progress=progress,
        )
    present(adaptation.results, out, as_json=json)


def present(results: Results, run: Path, *, as_json: bool) -> None:
    """The end of a run: the results for a machine, or the summary and what to do next for a person."""
    if as_json:
        from headstart.report import json

        document(json.document(results))
        return
    from rich.text import Text

    from headstart.report.summary import summary

    show(
        summary(results),
        Text.assemble(("Report   ", "bold"), str(run / "report.html")),
        Text.assemble(("Predict  ", "bold"), f"headstart predict {run} {_example(results)}"),
    )


def _example(results: Results) -> str:
    return "FILE..." if results.data.modality == "image" else '"a text" ...'
