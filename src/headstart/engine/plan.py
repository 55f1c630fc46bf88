"""How much of everything a budget buys.

Presets count work, in forward passes of the candidate over the training items, so that a preset does the same on
every machine and an interrupted run resumes the plan it had. A budget in seconds is turned into passes once, from
the speed measured in the first pass, and the plan is written to the journal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from headstart.core.recipe import Budget, Preset
from headstart.core.strategy import InputStrategy

BACKWARD = 2.0
"""A backward pass costs about twice the forward pass (measured step: 2.9 to 3.5 forward passes)."""
REDUCED_PRECISION = 3.0
"""A training pass in float32 costs about this many inference passes in bfloat16; presets assume it everywhere."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What this budget does. ``passes`` bounds what comparing trained strategies may cost, in training-speed passes."""

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


PRESETS: Mapping[Preset, Plan] = {
    "quick": Plan(
        ranked=1, taken=1, enlarged=False, folds=5, repeats=2, passes=0.0, scratch_passes=0.0,
        trunk_control_size=128, curve_draws=5,
    ),
    "standard": Plan(
        ranked=3, taken=2, enlarged=True, folds=5, repeats=3, passes=10.0, scratch_passes=6.0,
        trunk_control_size=None, curve_draws=10,
    ),
    "thorough": Plan(
        ranked=16, taken=2, enlarged=True, folds=5, repeats=5, passes=400.0, scratch_passes=60.0,
        trunk_control_size=None, curve_draws=20,
    ),
}  # fmt: skip


def make_plan(budget: Budget, pass_seconds: float | None = None) -> Plan:
    """The plan of a preset, or of the largest preset that fits a number of seconds.

    ``pass_seconds``, needed for a budget in seconds only, is one bare inference pass over the training items as
    measured in this run. A training-speed pass is taken as `REDUCED_PRECISION` of those. Half of the seconds go to
    training (trained strategies, the scratch control), half to everything else.

    Raises:
        ValueError: a budget in seconds without ``pass_seconds``.
    """
    if budget.preset is not None:
        return PRESETS[budget.preset]
    if budget.seconds is None or pass_seconds is None:
        raise ValueError("a budget in seconds needs the measured seconds of one pass")
    affordable = 0.5 * budget.seconds / max(pass_seconds * REDUCED_PRECISION, 1e-9)
    fitting = [plan for plan in PRESETS.values() if plan.passes + plan.scratch_passes <= affordable]
    chosen = fitting[-1] if fitting else PRESETS["quick"]
    return replace(chosen, passes=affordable - chosen.scratch_passes) if chosen.passes else chosen


def fit_passes(strategy: InputStrategy, share: float) -> float:
    """Forward passes over the training items that one fit costs; ``share`` of the compute is in trainable blocks.

    Below the boundary one inference pass per stored view; above it forward and backward in every epoch.
    """
    schedule = strategy.schedule
    frozen = (1 - share) * min(schedule.epochs, 8 if schedule.views else 1) / REDUCED_PRECISION
    return frozen + schedule.epochs * share * (1 + BACKWARD)


def affordable_folds(cost: float, passes: float, most: int) -> int:
    """How many folds of a strategy that costs ``cost`` passes per fit the allowance pays for; 0 if fewer than two.

    One fold alone gives no spread, and a choice without a spread is a guess.
    """
    folds = min(most, math.floor(passes / cost)) if cost > 0 else most
    return folds if folds >= 2 else 0
