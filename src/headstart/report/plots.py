"""The plots of the page. Each takes records and gives one inline SVG.

Plots inside a table row are laid out in percent and stretch with their cell, so their text and strokes keep their
size on a phone; the larger figures have a fixed coordinate system of about the width of a phone.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

from headstart.core.results import CurvePoint, Interval, LearningCurve, MapPoint, ReliabilityBin, Verdict
from headstart.report._format import percent, plain, points, signed
from headstart.report._svg import Scale, add, drawing, markup

INSET = 5.0  # percent kept free at both ends of a stretching plot, so that dots and tick labels are not cut


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A dot with its interval; ``kind`` is its class in the style sheet, ``level`` its height in a row (0 to 1).

    ``error`` is half the length of a thicker bar inside the interval: one standard error.
    """

    interval: Interval
    kind: str = "main"
    level: float = 0.5
    error: float = 0.0


def scale_of(intervals: Sequence[Interval], *, zero: bool = False, least: float = 0.05) -> Scale:
    """One scale for the rows of a table, holding every interval (and zero, for differences)."""
    ends = [end for each in intervals for end in (each.low, each.high, each.value)] + ([0.0] if zero else [])
    return Scale.around(ends or [0.0, 1.0], start=INSET, stop=100 - INSET, least=least)


def row(label: str, scale: Scale, marks: Sequence[Mark], band: tuple[float, float] | None = None) -> Markup:
    """Dots with intervals on a shared scale; ``band`` is shaded behind them."""
    root = drawing(label, kind="row", width="100%", height="100%")
    if band is not None:
        _band(root, scale, band, y=0, height="100%")
    for tick in scale.ticks():
        add(root, "line", kind="grid", x1=scale.percent(tick), x2=scale.percent(tick), y1=0, y2="100%")
    if scale.low < 0 < scale.high:
        add(root, "line", kind="zero", x1=scale.percent(0), x2=scale.percent(0), y1=0, y2="100%")
    for mark in marks:
        _whisker(root, scale, mark, f"{100 * mark.level:.0f}%")
    return markup(root)


def axis(scale: Scale, differences: bool = False) -> Markup:
    """The tick labels under (or over) a column of `row` plots; the column's own header names the quantity."""
    root = ElementTree.Element("svg", {"class": "axis", "width": "100%", "height": "14", "aria-hidden": "true"})
    for tick in scale.ticks():
        text = _tick(100 * tick, signs=differences)
        add(root, "text", text, x=scale.percent(tick), y=11, text_anchor="middle")
    return markup(root)


def _tick(value: float, *, signs: bool) -> str:
    text = signed(value, 0 if abs(value - round(value)) < 1e-6 else 1)
    return text if signs else text.removeprefix("+")


def verdict(record: Verdict) -> Markup:
    """The difference to the decisive control with its interval, over the band that counts as immaterial."""
    ends = [record.low, record.high, record.delta, -2 * record.margin, 2 * record.margin]
    scale = Scale.around(ends, start=INSET, stop=100 - INSET)
    spread = f"{plain(100 * record.low)} to {plain(100 * record.high)}"
    margin = plain(100 * record.margin)
    label = f"Difference to the control: {points(record.delta)}, 95% interval {spread}, margin {margin}."
    root = drawing(label, kind="verdict", width="100%", height=104)
    _band(root, scale, (-record.margin, record.margin), y=22, height=50)
    for tick in scale.ticks(7):
        add(root, "line", kind="grid", x1=scale.percent(tick), x2=scale.percent(tick), y1=22, y2=72)
        add(root, "text", _tick(100 * tick, signs=True), kind="tick", x=scale.percent(tick), y=87, text_anchor="middle")
    add(root, "line", kind="zero", x1=scale.percent(0), x2=scale.percent(0), y1=22, y2=76)
    mark = Mark(interval=Interval(value=record.delta, low=record.low, high=record.high, method=""), kind="hero")
    _whisker(root, scale, mark, 47, radius=7)
    place = scale(record.delta)
    anchor = "start" if place < 30 else "end" if place > 70 else "middle"
    value = add(root, "text", f"{points(record.delta)} ({spread})", kind="value", x=scale.percent(record.delta), y=15)
    value.set("text-anchor", anchor)
    add(root, "text", "← control better", kind="side", x="0", y=102)
    add(root, "text", "transfer better →", kind="side", x="100%", y=102, text_anchor="end")
    return markup(root)


def _band(root: ElementTree.Element, scale: Scale, band: tuple[float, float], *, y: float, height: float | str) -> None:
    left, right = scale(band[0]), scale(band[1])
    add(root, "rect", kind="band", x=f"{left:.2f}%", width=f"{right - left:.2f}%", y=y, height=height)


def _whisker(root: ElementTree.Element, scale: Scale, mark: Mark, y: float | str, radius: float = 4.5) -> None:
    each = mark.interval
    group = add(root, "g", kind=f"mark {mark.kind}")
    add(group, "line", x1=scale.percent(each.low), x2=scale.percent(each.high), y1=y, y2=y)
    if mark.error > 0:
        ends = scale.percent(each.value - mark.error), scale.percent(each.value + mark.error)
        add(group, "line", kind="thick", x1=ends[0], x2=ends[1], y1=y, y2=y)
    add(group, "circle", cx=scale.percent(each.value), cy=y, r=radius)


def reliability(bins: Sequence[ReliabilityBin]) -> Markup:
    """Accuracy against confidence by bin; a well calibrated model lies on the diagonal."""
    lowest = min([0.5, *(min(each.confidence, each.low) for each in bins)])
    low = math.floor(lowest * 10 + 1e-9) / 10
    across = Scale(low=low, high=1.0, start=46, stop=340)
    up = Scale(low=low, high=1.0, start=262, stop=30)
    worst = max(bins, key=lambda each: abs(each.accuracy - each.confidence))
    label = (
        f"Reliability diagram with {len(bins)} bins. Widest gap: where the model is {percent(worst.confidence, 0)} "
        f"sure, it is right {percent(worst.accuracy, 0)} of the time."
    )
    root = drawing(label, viewBox="0 0 360 304")
    _frame(root, across, up, across.ticks(6), up.ticks(6), lambda value: percent(value, 0))
    add(root, "line", kind="diagonal", x1=across(low), y1=up(low), x2=across(1), y2=up(1))
    trace = " ".join(f"{across(each.confidence):.1f},{up(each.accuracy):.1f}" for each in bins)
    add(root, "polyline", kind="trace", points=trace)
    for each in bins:
        x = across(each.confidence)
        group = add(root, "g", kind="mark main")
        add(group, "title", f"{each.n} items: confidence {percent(each.confidence)}, accuracy {percent(each.accuracy)}")
        add(group, "line", x1=x, x2=x, y1=up(each.low), y2=up(each.high))
        add(group, "circle", cx=x, cy=up(each.accuracy), r=4.5)
    add(root, "text", "confidence in the predicted class", kind="name", x=193, y=298, text_anchor="middle")
    add(root, "text", "share that is right", kind="name", x=0, y=12)
    return markup(root)


def _frame(
    root: ElementTree.Element,
    across: Scale,
    up: Scale,
    x_ticks: Sequence[float],
    y_ticks: Sequence[float],
    y_text: Callable[[float], str],
    x_text: Callable[[float], str] | None = None,
    x_place: Callable[[float], float] | None = None,
) -> None:
    place = x_place or across
    for tick in y_ticks:
        add(root, "line", kind="grid", x1=across.start, x2=across.stop, y1=up(tick), y2=up(tick))
        add(root, "text", y_text(tick), kind="tick", x=across.start - 6, y=up(tick) + 4, text_anchor="end")
    for tick in x_ticks:
        text = (x_text or y_text)(tick)
        add(root, "text", text, kind="tick", x=place(tick), y=up.start + 17, text_anchor="middle")
    add(root, "line", kind="base", x1=across.start, x2=across.stop, y1=up.start, y2=up.start)


def scatter(cloud: Sequence[MapPoint], colours: Sequence[str], most: int = 2500) -> Markup:
    """The 2-D map: one dot per item in the colour of its label (``colours`` by class), mistakes ringed on top.

    Of more than ``most`` items every k-th right one is left out of the drawing; mistakes are all drawn.
    """
    wrong = [point for point in cloud if point.truth != point.predicted]
    right = [point for point in cloud if point.truth == point.predicted]
    stride = max(1, math.ceil(len(right) / max(1, most - len(wrong))))
    shown = right[::stride]
    across = Scale.around([point.x for point in cloud], start=6, stop=354)
    up = Scale.around([point.y for point in cloud], start=294, stop=6)
    root = drawing(
        f"Map of {len(cloud):,} items by their features; {len(wrong):,} mistakes are ringed.", viewBox="0 0 360 300"
    )
    for colour in dict.fromkeys(colours):
        group = add(root, "g", kind=f"cloud {colour}")
        for point in shown:
            if colours[point.truth] == colour:
                add(group, "circle", cx=f"{across(point.x):.1f}", cy=f"{up(point.y):.1f}", r=2.6)
    for colour in dict.fromkeys(colours):
        group = add(root, "g", kind=f"cloud wrong {colour}")
        for point in wrong:
            if colours[point.truth] == colour:
                add(group, "circle", cx=f"{across(point.x):.1f}", cy=f"{up(point.y):.1f}", r=3.6)
    return markup(root)


def curve(record: LearningCurve, label: str) -> Markup:
    """Measured points with their range, and the forecast as a paler band; the number of items is on a log scale."""
    measured, forecast = list(record.points), list(record.forecast)
    every = measured + forecast
    up = Scale.around([end for each in every for end in (each.low, each.high)], start=262, stop=30, least=0.1)
    up = dataclasses.replace(up, low=max(up.low, 0.0), high=min(up.high, 1.0))  # these are shares
    logs = Scale.around([math.log(each.n) for each in every], start=46, stop=340, least=0.5)

    def across(n: float) -> float:
        return logs(math.log(n))

    last = every[-1]
    root = drawing(
        f"Learning curve of {label} from {every[0].n:,} to {last.n:,} training items.", viewBox="0 0 360 304"
    )
    numbers: list[float] = []
    for each in every:
        if not numbers or across(each.n) - across(numbers[-1]) >= 40:
            numbers.append(each.n)
    _frame(root, logs, up, numbers, up.ticks(6), lambda value: percent(value, 0), lambda n: f"{n:,.0f}", across)
    ahead = [measured[-1], *forecast] if measured and forecast else []
    for part, kind in ((ahead, "forecast"), (measured, "measured")):
        _ribbon(root, part, kind, across, up)
    for each in every:
        group = add(root, "g", kind=f"mark {'soft' if each in forecast else 'main'}")
        add(group, "title", f"{each.n:,} items: {percent(each.value)} ({percent(each.low)} to {percent(each.high)})")
        add(group, "circle", cx=across(each.n), cy=up(each.value), r=4)
    add(root, "text", "training items (log scale)", kind="name", x=193, y=298, text_anchor="middle")
    add(root, "text", label, kind="name", x=0, y=12)
    return markup(root)


def _ribbon(
    root: ElementTree.Element, part: Sequence[CurvePoint], kind: str, across: Callable[[float], float], up: Scale
) -> None:
    if len(part) < 2:
        return
    upper = [f"{across(each.n):.1f},{up(each.high):.1f}" for each in part]
    lower = [f"{across(each.n):.1f},{up(each.low):.1f}" for each in reversed(part)]
    add(root, "polygon", kind=f"ribbon {kind}", points=" ".join(upper + lower))
    trace = " ".join(f"{across(each.n):.1f},{up(each.value):.1f}" for each in part)
    add(root, "polyline", kind=f"trace {kind}", points=trace)
