"""Numbers and names as people read them, the same in the page and in the terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

from headstart.core.dataset import NOUNS
from headstart.core.results import Interval, Results
from headstart.core.words import counted

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """How a metric is shown: ``share`` metrics lie in [0, 1] and are printed as percentages."""

    label: str
    meaning: str
    share: bool = True


METRICS = {
    "balanced_accuracy": Metric(
        label="Balanced accuracy", meaning="the mean over classes of the share recognised; guessing gives 1 / classes"
    ),
    "accuracy": Metric(label="Accuracy", meaning="the share of all items that is classified correctly"),
    "macro_f1": Metric(label="Macro F1", meaning="the mean over classes of the harmonic mean of precision and recall"),
    "roc_auc": Metric(label="ROC AUC", meaning="the chance that a random positive is ranked above a random negative"),
    "log_loss": Metric(
        label="Log-loss", meaning="the price of the stated probabilities in nats; lower is better", share=False
    ),
    "brier": Metric(
        label="Brier score",
        meaning="the squared error of the stated probabilities, between 0 and 2; lower is better",
        share=False,
    ),
    "ece": Metric(
        label="Calibration error", meaning="the mean gap between confidence and accuracy; lower is better", share=True
    ),
}


def metric(name: str) -> Metric:
    """How the metric ``name`` is shown; unknown ones are plain numbers under their own name."""
    words = name.replace("_", " ")
    return METRICS.get(name) or Metric(label=words[:1].upper() + words[1:], meaning="", share=False)


def signed(value: float, digits: int = 1) -> str:
    """``+5.3`` or ``−5.3`` with a true minus sign; what rounds to nothing has no sign."""
    text = f"{abs(value):,.{digits}f}"
    if not text.strip("0."):
        return text
    return ("+" if value > 0 else MINUS) + text


def plain(value: float, digits: int = 1) -> str:
    """``5.3``, ``−5.3`` or ``1,280.0``."""
    return signed(value, digits).removeprefix("+")


def percent(value: float, digits: int = 1) -> str:
    """``0.794`` as ``79.4%``."""
    return f"{plain(100 * value, digits)}%"


def number(name: str, value: float) -> str:
    """The value of the metric ``name``."""
    return percent(value) if metric(name).share else plain(value, 3)


def span(name: str, interval: Interval) -> str:
    """The interval of the metric ``name``, such as ``76.1 to 82.4``, in the unit of `number`."""
    scale, digits = (100, 1) if metric(name).share else (1, 3)
    return f"{plain(scale * interval.low, digits)} to {plain(scale * interval.high, digits)}"


def points(share: float) -> str:
    """A difference of a share metric: ``0.053`` as ``+5.3 points``."""
    text = signed(100 * share)
    return f"{text} point" if text.lstrip("+" + MINUS) == "1.0" else f"{text} points"


def duration(seconds: float) -> str:
    """``0.42 s``, ``17 s``, ``2 min 5 s``, ``1 h 4 min``."""
    if seconds < 10:
        return f"{seconds:.2g} s" if seconds >= 0.01 else ("0 s" if seconds <= 0 else "under 0.01 s")
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def size(count: float) -> str:
    """Bytes: ``13 MB`` (powers of 1000, as shops and file managers count)."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def parameters(count: int) -> str:
    """``4.7 million`` parameters."""
    if count < 1_000_000:
        return f"{count:,}"
    if count < 999_500_000:
        return f"{count / 1e6:.3g} million"
    return f"{count / 1e9:.3g} billion"


def shape(given: Mapping[str, int]) -> str:
    """What a model is given: ``288 px``, ``128 tokens``; joined models may each want their own."""
    units = {"size": "px"}
    return ", ".join(f"{count} {units.get(name, name)}" for name, count in given.items()) or "sizes of their own"


def amount(cost: float) -> str:
    """A cost in forward passes to two figures: ``1``, ``2.4``, ``31``."""
    return f"{cost:,.0f}" if cost >= 10 else f"{cost:.2g}"


def passes(cost: float) -> str:
    """A cost with its unit: ``1 forward pass``, ``31 forward passes``."""
    text = amount(cost)
    return f"{text} forward pass" if text == "1" else f"{text} forward passes"


def shorten(text: str, limit: int = 40) -> str:
    """``text`` cut in the middle to ``limit`` characters, so that the telling end of a path survives."""
    if len(text) <= limit:
        return text
    head = (limit - 1) // 2
    return f"{text[:head]}…{text[len(text) - (limit - 1 - head) :]}"


def cut(text: str, limit: int) -> str:
    """The first words of ``text`` that fit into ``limit`` characters, and a sign if that is not all; a single word that
    is longer is cut in the middle.
    """
    found = textwrap.shorten(text, limit, placeholder=" …", break_on_hyphens=False)
    return found if found.strip(" …") else shorten(text, limit)


def bare(model: str) -> str:
    """``packaged:efficientnet_lite0`` without its source, and ``packaged:a+timm:b`` without its sources."""
    return re.sub(r"(^|\+)\w+:", r"\1", model)


def items(results: Results, count: int) -> str:
    """``800 images`` in the noun of the modality."""
    return counted(count, NOUNS[results.data.modality])
