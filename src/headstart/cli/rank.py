"""``headstart rank``: which pretrained model suits the data?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headstart.cli import _options
from headstart.cli._terminal import document, out, show, working
from headstart.core.recipe import Recipe
from headstart.report._format import duration, metric, number, percent, span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType

    from headstart.core.results import RankingRow


def rank(
    data: _options.Data,
    input: _options.Input = None,
    label: _options.Label = None,
    group: _options.Group = None,
    domain: _options.Domain = None,
    test: _options.Test = None,
    pool: _options.Pool = None,
    licence: _options.Licence = None,
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
        from headstart.asked import check_names

        among = _options.names(pool) or ()
        allowed = licence or "any"
        check_names(Recipe(pool=among, licence=allowed, budget=budget))
        columns = {"input": input, "label": label, "group": group, "domain": domain}
        found = api.load(data, **columns, test=test, seed=seed, progress=progress)
        board = api.rank(found, pool=among, licence=allowed, seed=seed, budget=budget, progress=progress)
    if json:
        document({"primary": board.primary, "across_domains": found.domains is not None, "rows": board.rows})
    else:
        show(*view(board.rows, board.primary, out().width, across=found.domains is not None))


def view(rows: Sequence[RankingRow], primary: str, width: int, *, across: bool = False) -> Iterator[RenderableType]:
    """One line per model, the best first; a terminal of 100 columns and more also shows sizes and licences. Scores may
    be ``across`` domains.
    """
    from rich.table import Table
    from rich.text import Text

    wide = width >= 100
    board = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", title_justify="left", title_style="bold cyan")
    board.title = f"Ranked by {metric(primary).label.lower()}{' on domains not learnt from' if across else ''}"
    board.add_column("Model", no_wrap=True)
    for column in ("Linear probe (95%)", "kNN", "Elsewhere", "Time", *(("Size", "Licence") if wide else ())):
        board.add_column(column, justify="right", no_wrap=True)
    for row in rows:
        if row.probe is None:
            continue
        cells = [
            f"{number(primary, row.probe.value)} ({span(primary, row.probe)})",
            number(primary, row.knn.value) if row.knn else "",
            percent(row.prior) if row.prior else "–",
            duration(row.seconds),
        ]
        board.add_row(Text(row.model), *cells, *((f"{row.parameters / 1e6:.1f} M", row.licence) if wide else ()))
    yield board
    for row in rows:
        if row.probe is None:
            yield Text(f"{row.model} was left out: {row.skipped or 'not measured'}", style="dim")
