"""How much of everything a budget buys.

Work is counted in forward passes over the training items. A preset allows so many passes of whichever backbone is
tried, so that it does the same on every machine and an interrupted run resumes the plan it had. A budget in seconds
is turned into passes of one model once, from its speed measured here; passes of others count by their operations
(`Run.rate`), and the plan is written to the journal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from headstart.core.dataset import Modality
from headstart.core.recipe import Budget, Preset
from headstart.core.training import InputStrategy

TRAINING = 4.5
"""Inference passes that a training pass costs: three in the same precision, and inference may use a faster one that
training cannot (two cores with AVX-512 BF16, EfficientNet-Lite0: 155 images a second encoded, 34 trained on)."""

RANKING = 0.25
"""Share of a budget in seconds that measuring models may take."""
FEW: Mapping[Modality, int] = {"image": 24_000, "text": 60_000, "audio": 24_000}
"""Items that a preset with any training passes at least, in inference: six fits of a whole network on 100 items count
16,200. Few items are soon passed, and it is with them that ways to adapt differ most. A short text takes a
quarter of the time of a picture (two cores: 666 sentences of 64 tokens a second by MiniLM-L6, 155 pictures by
EfficientNet-Lite0), and twice to three times as many of them are allowed: others are longer."""
LARGER = 3.0
"""Passes at the native input that one at the larger input costs: it has up to 1.7 times as many pixels a side."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What trained fits cost in inference passes over the training items: ``once`` in all, and ``each`` per fit."""

    once: float
    each: float

    def of(self, fits: int) -> float:
        """Passes that this many fits cost."""
        return self.once + fits * self.each


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Of one model here: the seconds of an inference pass over the training items, and the operations of their first.

    ``gflops`` is what `BackboneInfo.gflops` says of it, of an item as others are counted; 0 where nobody counted.
    """

    seconds: float
    operations: int
    gflops: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What this budget does. ``passes`` bounds what comparing trained strategies may cost, in inference passes."""

    ranked: int
    """Backbones whose features are measured; the rest of the pool stands on its prior."""
    taken: int
    """Backbones that go on to the comparison of strategies."""
    enlarged: bool
    """Whether the best backbones are also measured on larger, uncropped inputs."""
    folds: int
    repeats: int
    passes: float
    scratch_passes: float
    """Passes the scratch control gets at least; 0: the budget has no room for it."""
    trunk_control_size: int | None
    """Pixels of the random-trunk control; None: those of the winner."""
    curve_draws: int
    laid_out: int
    """Items up to which the map of the features is laid out by neighbours; more are shown by principal components."""
    speed: Speed | None = None
    """Of the model that a budget in seconds was timed on; None where a preset counts passes of any model alike."""


PRESETS: Mapping[Preset, Plan] = {
    "quick": Plan(
        ranked=1, taken=1, enlarged=False, folds=5, repeats=2, passes=0.0, scratch_passes=0.0,
        trunk_control_size=128, curve_draws=5, laid_out=300,
    ),
    "standard": Plan(
        ranked=3, taken=2, enlarged=True, folds=5, repeats=3, passes=40.0, scratch_passes=18.0,
        trunk_control_size=None, curve_draws=10, laid_out=1500,
    ),
    "thorough": Plan(
        ranked=16, taken=2, enlarged=True, folds=5, repeats=5, passes=1200.0, scratch_passes=180.0,
        trunk_control_size=None, curve_draws=20, laid_out=1500,
    ),
}  # fmt: skip


def make_plan(budget: Budget, items: int, modality: Modality, speed: Speed | None = None) -> Plan:
    """The plan of a preset for so many training items, or of the largest preset that fits a number of seconds.

    ``speed`` is needed for a budget in seconds only. Half of the seconds go to training (trained strategies, the
    scratch control), half to everything else.

    Raises:
        ValueError: a budget in seconds without ``speed``.
    """
    if budget.preset is not None:
        plan = PRESETS[budget.preset]
        return replace(plan, passes=max(plan.passes, FEW[modality] / items)) if plan.passes else plan
    if budget.seconds is None or speed is None:
        raise ValueError("a budget in seconds needs the measured speed of a model")
    affordable = 0.5 * budget.seconds / max(speed.seconds, 1e-9)
    chosen = [plan for plan in PRESETS.values() if plan.passes + plan.scratch_passes <= affordable][-1]  # quick fits
    passes = affordable - chosen.scratch_passes if chosen.passes else 0.0
    return replace(chosen, passes=passes, speed=speed)


def measurable(costs: Sequence[float], budget: Budget, plan: Plan) -> list[bool]:
    """Which models a budget leaves time to measure, from their ``costs`` in passes of the timed one, in that order.

    A preset leaves time for all. Of seconds, a quarter goes to the ranking, in which a pass at a larger input costs
    about three; the first model is measured in any case.
    """
    if plan.speed is None or budget.seconds is None:
        return [True] * len(costs)
    left = RANKING * budget.seconds / max(plan.speed.seconds, 1e-9)
    fits: list[bool] = []
    for place, cost in enumerate(costs):
        needed = cost * (1 + (LARGER if plan.enlarged and place < plan.taken else 0))
        fits.append(place == 0 or needed <= left)
        left -= needed if fits[-1] else 0.0
    return fits


def training_cost(strategy: InputStrategy, share: float, *, views: int) -> Cost:
    """What fits of a strategy cost when ``share`` of a forward pass lies in trainable blocks.

    Below the boundary one inference pass for each of ``views`` random views (0: for the fixed one), whose outputs serve
    all fits; above it every epoch of every fit, and of all that are averaged into one. Where outputs cannot be stored,
    blocks below run more often than they are paid for: what a budget buys depends on the recipe, and not on how full
    the disk is.
    """
    epochs = len(strategy.ingredients) * strategy.schedule.epochs
    return Cost(once=(1 - share) * max(1, views), each=epochs * share * TRAINING)


def affordable_folds(cost: Cost, passes: float, most: int) -> int:
    """How many folds the allowance pays for beside the refit on all items; 0 if fewer than two.

    One fold alone gives no spread, and a choice without a spread is a guess.
    """
    folds = min(most, math.floor((passes - cost.once) / cost.each) - 1)
    return folds if folds >= 2 else 0
