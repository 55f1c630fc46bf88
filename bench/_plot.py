"""Balanced accuracy against seconds, one panel per set, as an SVG that stands on its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree

from bench._summary import Row, SetSummary
from headstart.report._svg import Scale, add, drawing, markup

WIDTH, HEIGHT = 430, 300
"""Of a panel, pixels."""
LEFT, RIGHT, TOP, BOTTOM = 46, 14, 34, 44
LEGEND = 40
COLUMNS = 2
COLOURS = ("#0b6bcb", "#0b3d91", "#c2410c", "#15803d", "#7c3aed", "#52525b")
"""In the order of the names; they keep apart on white and on black."""
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #333 }
.title { font-weight: 600; font-size: 13px }
.ground { fill: #fff }
.grid { stroke: #e4e4e7 }
.base { stroke: #71717a }
.mark line { stroke-width: 1.6 }
"""


def plot(summaries: Sequence[SetSummary], *, names: Mapping[str, str], sets: Mapping[str, str]) -> str:
    """The drawing; dots are mean accuracy at the median time, bars the 95% interval and the range of the times."""
    rows = math.ceil(len(summaries) / COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT + LEGEND
    root = drawing(
        "Balanced accuracy against seconds of every contestant, by set.",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        xmlns="http://www.w3.org/2000/svg",
    )
    add(root, "style", STYLE)
    add(root, "rect", kind="ground", width=width, height=height)
    colours = dict(zip(names, COLOURS, strict=True))
    for place, each in enumerate(summaries):
        across, down = place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT
        panel = add(root, "g", transform=f"translate({across} {down})")
        _panel(panel, each, sets[each.set], {name: colours[name] for name in names if name in each.rows}, names)
    _legend(root, {name: colours[name] for name in names}, names, rows * HEIGHT + LEGEND / 2, width)
    return str(markup(root)) + "\n"


def _panel(
    root: ElementTree.Element, summary: SetSummary, title: str, colours: Mapping[str, str], names: Mapping[str, str]
) -> None:
    rows = [summary.rows[name] for name in colours]
    times = [math.log10(second) for row in rows for second in row.seconds]
    across = Scale.around(times, start=LEFT, stop=WIDTH - RIGHT, least=0.6)
    # Means set the scale: three seeds can give an interval so wide that it would press all dots onto one line.
    means = [row.accuracy.mean for row in rows]
    up = Scale.around(means, start=HEIGHT - BOTTOM, stop=TOP, least=1.6 * (max(means) - min(means)) + 0.04)
    add(root, "text", title, kind="title", x=LEFT, y=20)
    add(root, "text", "balanced accuracy", x=WIDTH - RIGHT, y=20, text_anchor="end")
    for tick in up.ticks(5):
        add(root, "line", kind="grid", x1=LEFT, x2=WIDTH - RIGHT, y1=up(tick), y2=up(tick))
        add(root, "text", f"{tick:.2f}", x=LEFT - 6, y=up(tick) + 4, text_anchor="end")
    for second in log_ticks(across.low, across.high):
        x = across(math.log10(second))
        add(root, "line", kind="grid", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM)
        add(root, "text", f"{second:g}", x=x, y=HEIGHT - BOTTOM + 16, text_anchor="middle")
    add(root, "line", kind="base", x1=LEFT, x2=WIDTH - RIGHT, y1=up.start, y2=up.start)
    add(root, "text", "seconds, whole process", x=(LEFT + WIDTH - RIGHT) / 2, y=HEIGHT - 8, text_anchor="middle")
    for row in rows:
        _mark(root, row, across, up, colours[row.contestant], names[row.contestant])


def _mark(root: ElementTree.Element, row: Row, across: Scale, up: Scale, colour: str, name: str) -> None:
    first, middle, last = (across(math.log10(second)) for second in row.seconds)
    level = up(row.accuracy.mean)
    group = add(root, "g", kind="mark", stroke=colour, fill=colour)
    add(group, "title", f"{name}: {row.accuracy.mean:.3f} in {row.seconds[1]:.1f} s")
    add(group, "line", x1=first, x2=last, y1=level, y2=level)
    if not math.isnan(row.accuracy.low):
        add(group, "line", x1=middle, x2=middle, y1=up(row.accuracy.low), y2=up(row.accuracy.high))
    add(group, "circle", cx=middle, cy=level, r=4.5)


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten from ``10 ** low`` to ``10 ** high``."""
    powers = range(math.floor(low), math.ceil(high) + 1)
    every = [factor * 10.0**power for power in powers for factor in (1, 2, 5)]
    return [each for each in every if low <= math.log10(each) <= high]


def _legend(
    root: ElementTree.Element, colours: Mapping[str, str], names: Mapping[str, str], y: float, width: float
) -> None:
    step = (width - LEFT) / len(colours)
    for place, (name, colour) in enumerate(colours.items()):
        add(root, "circle", cx=LEFT + place * step, cy=y - 4, r=4.5, fill=colour)
        add(root, "text", names[name], x=LEFT + place * step + 10, y=y)
