"""What a person reads in the terminal when a run has ended: the verdict, the score, what it rests on, what is next."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headstart.core.results import IssueRecord, Results
from headstart.report import _across, _class_shares, _domain, _wording
from headstart.report._format import (
    bare,
    cut,
    duration,
    metric,
    number,
    parameters,
    passes,
    points,
    shape,
    signed,
    span,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
    from rich.text import Text

WIDTH = 80
MOST = 4
"""Warnings, and things left out, that are named; the report has them all."""
LONGEST = 310
"""Characters of one of them: four lines."""
SUSPICIOUS = "suspicious_labels"
"""The code of the one remark that is shown beside warnings: people act on it."""
STYLES = {
    "positive": "green",
    "negative": "red",
    "no_material_difference": "cyan",
    "cannot_tell": "yellow",
}
ASCII = str.maketrans({"▲": "+", "▼": "-", "≈": "=", "━": "=", "─": "-", "●": "o", "…": "~", "−": "-"})


def summary(results: Results, run: Path | None = None) -> RenderableType:
    """The summary as a rich renderable for 80 columns; rich drops colours where the output is no terminal.

    Args:
        results: Everything that is shown.
        run: The run folder; when given, the files in it and the next command close the summary.
    """
    from rich.console import Group

    parts = [_verdict(results), _Bars(results), _facts(results)]
    notes = [*_domains(results), *_warnings(results), *_left_out(results)]
    if notes:
        parts += ["", _listed(notes)]
    if run is not None:
        parts += ["", _next(results, run)]
    return _Plain(Group(*parts))


def _verdict(results: Results) -> RenderableType:
    from rich.panel import Panel
    from rich.text import Text

    standing = _wording.standing(results)
    style = STYLES[standing.outcome]
    body = Text(results.headline)
    if results.served == "simple":
        body.append(f"\nThe model folder holds {_wording.served(results)}.", style="bold")
    title = Text(f" {standing.symbol} {standing.title} ", style=f"bold {style}")
    return Panel(body, title=title, title_align="left", border_style=style, padding=(0, 1), width=WIDTH)


@dataclass(frozen=True)
class _Bars:
    """The transfer and its controls as bars over the range of the metric, best first."""

    results: Results

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.table import Table
        from rich.text import Text

        results, style = self.results, STYLES[self.results.verdict.outcome]
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=True, header_style="dim", width=WIDTH)
        table.add_column(metric(results.primary).label, no_wrap=True)
        table.add_column("")
        table.add_column("", justify="right", no_wrap=True)
        table.add_column("transfer minus control", justify="right", no_wrap=True)
        own = results.scores[results.primary]
        rows = [(own.value, "this transfer", number(results.primary, own.value), "", f"bold {style}")]
        for row in results.controls.values():
            if row.score is None:
                continue
            gap = ""
            if row.delta is not None:
                ends = f"{signed(100 * row.delta.low)} to {signed(100 * row.delta.high)}"
                gap = f"{signed(100 * row.delta.value)} ({ends})"
            label = _wording.CONTROLS[row.name].lower()
            rows.append((row.score.value, label, number(results.primary, row.score.value), gap, ""))
        for value, label, shown, gap, look in sorted(rows, key=lambda each: -each[0]):
            table.add_row(label, _bar(value, 24, look or "dim"), shown, gap, style=look or None)
        yield ""
        yield table
        if _wording.whole(results):
            yield Text(_wording.whole(results), style="dim")
        if results.scored_on == "cross-validation":
            yield Text(_wording.paired(results), style="dim")
        yield ""


def _bar(value: float, width: int, style: str) -> Text:
    from rich.text import Text

    filled = round(width * min(max(value, 0.0), 1.0))
    return Text.assemble(("━" * filled, style), ("─" * (width - filled), "dim"))


def _facts(results: Results) -> RenderableType:
    name, score = results.primary, _wording.served_score(results)
    rows = [("Score", f"{number(name, score.value)} ({span(name, score)}), {_wording.where(results)}")]
    rows += [("Model", _wording.served(results))] if results.served == "simple" else _transfer(results)
    rows.append(("Time", f"{duration(sum(results.seconds.values()))} with budget {results.budget}"))
    if _wording.restricted(results.data.licence):
        rows.append(("Licence", f"data are {results.data.licence}: no commercial use"))
    if results.served == "transfer" and _wording.restricted(results.model.licence):
        rows.append(("Licence", f"weights are {results.model.licence}: no commercial use"))
    return _grid(rows)


def _transfer(results: Results) -> list[tuple[str, str]]:
    """What is served, where that is the adapted model."""
    model, chosen = results.model, next((row for row in results.candidates if row.chosen), None)
    price = f", {passes(chosen.cost)} to adapt" if chosen else ""
    leader = _wording.best(results)
    if chosen and chosen.difference and leader:
        price += f"; measured {points(chosen.difference.value)} against {leader.strategy}"
    backbone = f"{bare(model.name)} at {shape(model.input)}, {parameters(model.parameters)} parameters, {model.licence}"
    return [("Model", backbone), ("Strategy", f"{results.strategy}{_wording.carried_over(results)}{price}")]


def _warnings(results: Results) -> list[tuple[str, str, str]]:
    shown = _findings(results.data.issues)
    return shown + [("?", each.message, "yellow") for each in results.data.issues if each.code == SUSPICIOUS]


def _findings(issues: Sequence[IssueRecord]) -> list[tuple[str, str, str]]:
    """The first errors and warnings, and how many there are besides."""
    order = {"error": ("x", "red"), "warning": ("!", "yellow")}
    found = [each for severity in order for each in issues if each.severity == severity]
    shown = [(order[each.severity][0], each.message, order[each.severity][1]) for each in found[:MOST]]
    return shown + _more(len(found) - MOST, "finding", "findings")


def _domains(results: Results) -> list[tuple[str, str, str]]:
    """What became of carrying over, how domains differ, and what is not of the domain that was learnt from."""
    carried = [] if results.across is None else [(">", _across.in_short(results), "cyan")]
    if results.across is not None:
        carried += _findings(results.across.target.issues)
    carried += [("=", found, "cyan") for found in [_wording.domains_in_short(results)] if found]
    carried += [("!", warning, "yellow") for warning in [_class_shares.warning(results)] if warning]
    return carried + [("!", _domain.in_short(each), "yellow") for each in results.domains if each.apart]


def _left_out(results: Results) -> list[tuple[str, str, str]]:
    shown = [("-", sentence, "dim") for sentence in results.skipped[:MOST]]
    return shown + _more(len(results.skipped) - MOST, "thing left out", "things left out")


def _more(count: int, one: str, many: str) -> list[tuple[str, str, str]]:
    return [("", f"and {count} more {one if count == 1 else many} in the report", "dim")] if count > 0 else []


def _next(results: Results, run: Path) -> RenderableType:
    item = '"a text"' if results.data.modality == "text" else "FILE..."
    folder = run.as_posix()
    return _grid(
        [
            ("Report", f"{folder}/report.html"),
            ("Model", f"{folder}/model"),
            ("Next", f"headstart predict {shlex.quote(folder)} {item}"),
        ],
        fold=True,
    )


def _grid(rows: list[tuple[str, str]], *, fold: bool = False) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True, min_width=8)
    table.add_column(overflow="fold" if fold else "ellipsis")
    for label, text in rows:
        table.add_row(label, Text(text))
    return table


def _listed(rows: list[tuple[str, str, str]]) -> RenderableType:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, min_width=1)
    table.add_column(ratio=1)
    for sign, text, style in rows:
        table.add_row(
            Text(sign, style=f"bold {style}"), Text(cut(text, LONGEST), style="dim" if style == "dim" else "")
        )
    return table


@dataclass(frozen=True)
class _Plain:
    """What it holds, no wider than 80 columns, with plain letters for bars and signs where the output has no others."""

    inner: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        segments = console.render(self.inner, options.update(width=min(options.max_width, WIDTH)))
        for segment in segments:
            text = segment.text.translate(ASCII) if options.ascii_only else segment.text
            yield Segment(text, segment.style, segment.control)
