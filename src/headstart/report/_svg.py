"""Inline SVG as element trees: text is escaped by the XML writer, colours come from the page's style sheet.

Plots are drawn here rather than by a plotting library because the page themes them (light, dark, print) through
classes and stretches them with the column; neither survives a figure drawn elsewhere with fixed colours and sizes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup


def coordinate(value: float) -> str:
    """At most two decimals: a hundredth of a pixel or of a percent is below what a screen shows."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def add(parent: ElementTree.Element, tag: str, text: str = "", /, **attributes: str | float) -> ElementTree.Element:
    """Append an element. ``kind`` is written as ``class``; underscores become hyphens; numbers are rounded."""
    child = ElementTree.SubElement(parent, tag, _plain(attributes))
    child.text = text or None
    return child


def drawing(label: str, **attributes: str | float) -> ElementTree.Element:
    """An SVG that screen readers announce as one picture called ``label``."""
    return ElementTree.Element("svg", {"role": "img", "aria-label": label, **_plain(attributes)})


def markup(root: ElementTree.Element) -> Markup:
    """The finished drawing, safe to place in the page."""
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _plain(attributes: dict[str, str | float]) -> dict[str, str]:
    return {
        "class" if name == "kind" else name.replace("_", "-"): value if isinstance(value, str) else coordinate(value)
        for name, value in attributes.items()
    }


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The straight line from data in ``[low, high]`` to positions in ``[start, stop]``."""

    low: float
    high: float
    start: float = 0.0
    stop: float = 100.0

    def __call__(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return self.start + (inside - self.low) / (self.high - self.low) * (self.stop - self.start)

    def percent(self, value: float) -> str:
        """The position as a percentage of the drawing."""
        return coordinate(self(value)) + "%"

    def ticks(self, most: int = 4) -> list[float]:
        """Round numbers inside the data's range: 1, 2 or 5 times a power of ten apart, ``most`` of them or fewer."""
        rough = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(step * each, 12) for each in range(first, last + 1)]

    @classmethod
    def around(cls, values: list[float], *, start: float = 0.0, stop: float = 100.0, least: float = 0.0) -> Scale:
        """A scale holding all ``values`` with a little air, at least ``least`` wide."""
        low, high = min(values), max(values)
        air = max(0.06 * (high - low), (least - (high - low)) / 2, 1e-6 * max(abs(low), abs(high), 1e-3))
        return cls(low=low - air, high=high + air, start=start, stop=stop)
