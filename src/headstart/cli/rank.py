"""``headstart rank``: which pretrained model suits the data?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headstart.cli import _options
from headstart.cli._terminal import document, show, working
from headstart.core.recipe import Recipe
from headstart.report._format import duration, metric, number, parameters, percent, size, span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from headstart.core.results import RankingRow


def rank(
    data: _options.Data,
    input: _options.Input = None,
    label: _options.Label = None,
    group: _options.Group = None,
    test: _options.Test = None,
    pool: _options.Pool = None,
    budget: _options.Budget = "standard",
    seed: _options.Seed = 0,
    json: _options.Json = False,
) -> None:
    """Compare pretrained models on the data without adapting any of them.

    Each is judged by a linear probe and by nearest neighbours, cross-validated on the training items alone, and shown
    beside its accuracy elsewhere, its size and its licence.
    """
    with working(as_json=json) as progress:
        from headstart import api

        among = _options.names(pool) or ()
        api.check_names(Recipe(pool=among, budget=budget))
        found = api.load(data, input=input, label=label, group=group, test=test, seed=seed, progress=progress)
        board = api.rank(found, pool=among, seed=seed, budget=budget, progress=progress)
    if json:
        document({"primary": board.primary, "rows": board.rows})
    else:
        show(table(board.rows, board.primary))


def table(rows: Sequence[RankingRow], primary: str) -> RenderableType:
    """One line per model, the best first; those left out say why."""
    from rich.table import Table
    from rich.text import Text

    board = Table(
        box=None,
        padding=(0, 2, 0, 0),
        header_style="bold",
        title=f"Ranked by {metric(primary).label.lower()}",
        title_justify="left",
    )
    board.add_column("Model", overflow="fold")
    for column in ("Linear probe (95%)", "kNN", "Elsewhere", "Parameters", "Download", "Time"):
        board.add_column(column, justify="right")
    board.add_column("Licence")
    for row in rows:
        probe = (
            f"{number(primary, row.probe.value)} ({span(primary, row.probe)})"
            if row.probe
            else Text(row.skipped or "not measured", style="dim")
        )
        board.add_row(
            Text(row.model, style="bold" if row.taken else ""),
            probe,
            number(primary, row.knn.value) if row.knn else "",
            percent(row.prior),
            parameters(row.parameters),
            size(row.bytes),
            duration(row.seconds) if row.probe else "",
            row.licence,
        )
    return board
