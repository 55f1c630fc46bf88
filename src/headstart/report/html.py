"""``report.html``: one self-contained page, verdict first, then the five answers with their evidence."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from headstart.core.results import CandidateRow, ControlRow, Interval, Results
from headstart.report import _across, _class_shares, _domain, _format, _pretraining, _views, _wording, plots
from headstart.report._files import write_text
from headstart.report._svg import Scale
from headstart.report._usage import usage

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FILE = "report.html"
FILTERS = ("percent", "points", "signed", "amount", "parameters", "passes", "counted", "shorten", "bare")
NO_BREAK = "\N{NO-BREAK SPACE}"


def write_report(results: Results, folder: Path) -> Path:
    """Write ``folder/report.html`` in one step and return its path.

    The recipe is shown where ``folder`` holds a ``recipe.toml``.

    Raises:
        Unavailable: the folder cannot be written to.
    """
    folder = Path(folder)
    recipe = folder / "recipe.toml"
    text = recipe.read_text(encoding="utf-8") if recipe.is_file() else ""
    return write_text(folder / FILE, render(results, run=folder.as_posix(), recipe=text))


def render(results: Results, *, run: str, recipe: str = "") -> str:
    """The page as text; equal arguments give equal bytes.

    Args:
        results: Everything that is shown.
        run: The run folder as it should stand in the commands of the section on using the model.
        recipe: The text of ``recipe.toml``; its section is left out when empty.
    """
    page = _environment().get_template("page.html")
    return page.render(r=results, recipe=recipe, figures=Figures(results), usage=usage(results, run))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("headstart.report", "template"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({name: vars(_format)[name] for name in FILTERS})
    environment.filters["duration"] = lambda seconds: _format.duration(seconds).replace(" ", NO_BREAK)
    environment.filters["size"] = lambda count: _format.size(count).replace(" ", NO_BREAK)
    environment.filters["shape"] = lambda given: _format.shape(given).replace(" ", NO_BREAK)
    environment.filters["breakable"] = _breakable
    environment.globals.update(
        format=_format,
        views=_views,
        wording=_wording,
        domain=_domain,
        pretraining=_pretraining,
        across=_across,
        shares=_class_shares,
    )
    return environment


def _breakable(name: str) -> Markup:
    """A long identifier that may be broken after its dots, dashes, slashes and underscores."""
    from markupsafe import Markup, escape

    return Markup("<wbr>").join(escape(part) for part in re.split(r"(?<=[._/-])", name))


class Figures:
    """The plots of one page, each drawn when the template asks for it. Rows of one table share a scale."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._label = _format.metric(results.primary).label
        self._best = _wording.best(results)
        paired = [row.difference for row in results.candidates if row.difference is not None]
        self.ranking = plots.scale_of(_views.probes(results))
        self.candidates = plots.scale_of(paired, zero=True)
        self.differences = plots.scale_of(
            [row.delta for row in results.controls.values() if row.delta is not None], zero=True
        )

    def verdict(self) -> Markup:
        """See `plots.verdict`."""
        return plots.verdict(self._results.verdict)

    def rank(self, model: str, knn: Interval | None, probe: Interval | None) -> Markup:
        """Linear probe (full, above) and kNN (hollow, below) of one model."""
        marks = []
        if probe is not None:
            marks.append(plots.Mark(interval=probe, level=0.4))
        if knn is not None:
            marks.append(plots.Mark(interval=knn, kind="hollow", level=0.6))
        return plots.row(f"{self._label} of {model}", self.ranking, marks)

    def candidate(self, row: CandidateRow) -> Markup:
        """One candidate minus the best, with one standard error drawn thicker; the best itself is a dot at zero."""
        kind = "main" if row.chosen else "soft"
        marks = []
        if row.difference is not None:
            marks.append(plots.Mark(interval=row.difference, kind=kind, error=row.standard_error or 0.0))
        elif row == self._best:
            marks.append(plots.Mark(interval=Interval(value=0.0, low=0.0, high=0.0, method=""), kind=kind))
        label = f"{row.model} with {row.strategy} minus the best candidate"
        return plots.row(label, self.candidates, marks)

    def difference(self, row: ControlRow) -> Markup:
        """Transfer minus one control over the band of immaterial differences."""
        margin = self._results.verdict.margin
        kind = "main" if row.name == _wording.decisive(self._results) else "soft"
        marks = [plots.Mark(interval=row.delta, kind=kind)] if row.delta else []
        label = f"Transfer minus {_wording.control(row.name)}"
        return plots.row(label, self.differences, marks, band=(-margin, margin))

    def axis(self, scale: Scale, differences: bool = False) -> Markup:
        """See `plots.axis`."""
        return plots.axis(scale, differences)

    def reliability(self) -> Markup:
        """See `plots.reliability`."""
        return plots.reliability(self._results.reliability)

    def map(self) -> Markup:
        """See `plots.scatter`."""
        return plots.scatter(self._results.map, _views.colours(self._results))

    def curve(self) -> Markup:
        """See `plots.curve`."""
        return plots.curve(self._results.learning_curve, f"{self._label} of a linear probe")
