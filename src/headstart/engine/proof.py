"""From controls to a verdict: the transfer against each of them, paired on the same items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headstart.core.baseline import Baseline
from headstart.core.results import ControlRow, Interval, Verdict
from headstart.engine.compare import Comparison, compare, compare_cross_validated
from headstart.engine.controls import Control
from headstart.engine.estimates import Sample
from headstart.engine.final import Scored
from headstart.engine.intervals import cross_validated_interval, mean_interval
from headstart.engine.run import Labelled
from headstart.engine.trials import Trial, credit_of
from headstart.engine.verdict import verdict


@dataclass(frozen=True, kw_only=True)
class Proof:
    """A row per control, the verdict, and the fitted simple baseline in case it has to serve."""

    rows: tuple[ControlRow, ...]
    verdict: Verdict
    best: str
    """Name of the control the verdict is against: ``simple``, ``random_trunk`` or ``scratch``."""
    baseline: Baseline | None


def judge(controls: Sequence[Control], chosen: Trial, scored: Scored, data: Labelled) -> Proof:
    """Compare the transfer with every control that ran; see `verdict` for how several are taken together."""
    scores: dict[str, Interval] = {}
    comparisons: dict[str, Comparison] = {}
    for control in controls:
        if control.logits is None:
            continue
        if scored.on == "test":
            interval, comparison = _on_test(control.logits, scored, data)
        else:
            interval, comparison = _by_folds(control.logits, chosen, scored.optimism, data)
        scores[control.name], comparisons[control.name] = interval, comparison
    perfect = [name for name, interval in scores.items() if interval.value >= 1.0 - 1e-9]
    decided = verdict(comparisons, data.task.primary.replace("_", " "), spoken=SPOKEN, perfect=perfect)
    best = next(name for name, spoken in SPOKEN.items() if spoken == decided.against)
    return Proof(
        rows=tuple(_row(each, scores.get(each.name), comparisons.get(each.name)) for each in controls),
        verdict=decided,
        best=best,
        baseline=next((control.fitted for control in controls if control.fitted is not None), None),
    )


SPOKEN = {
    "simple": "a simple non-deep model",
    "random_trunk": "the same network with random weights",
    "scratch": "the same network trained from scratch",
}
"""Controls as the verdict names them to people."""


def _on_test(logits: NDArray[np.floating], scored: Scored, data: Labelled) -> tuple[Interval, Comparison]:
    tested = Sample.of(data.task, scored.targets, scored.groups)
    ours = data.task.credit(scored.probabilities, scored.targets)
    theirs = data.task.credit(data.task.probabilities(logits), scored.targets)
    paired = Sample.of(data.task, scored.targets, scored.units)
    return mean_interval(theirs, tested), compare(ours, theirs, paired)


def _by_folds(
    logits: NDArray[np.floating], chosen: Trial, optimism: float, data: Labelled
) -> tuple[Interval, Comparison]:
    """The control was not chosen among anything, so the winner's ``optimism`` comes off the difference."""
    tested = Sample.of(data.task, data.targets, data.groups)
    theirs = np.stack([credit_of(repeat, data) for repeat in logits])
    interval = cross_validated_interval(theirs, data.folds, tested)
    paired = Sample.of(data.task, data.targets, data.units)
    comparison = compare_cross_validated(chosen.credit(data), theirs, data.folds, paired)
    return interval, replace(comparison, value=comparison.value - optimism)


def _row(control: Control, score: Interval | None, comparison: Comparison | None) -> ControlRow:
    return ControlRow(
        name=control.name,
        detail=control.detail,
        score=score,
        delta=comparison.interval if comparison else None,
        scored=comparison.count if comparison else 0,
        seconds=control.seconds,
        skipped=control.skipped,
    )
