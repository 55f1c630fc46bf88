"""How much should change? Every strategy on the same folds, as far as the budget goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from headstart.core.errors import UserError
from headstart.core.results import CandidateRow
from headstart.core.strategy import FeatureStrategy
from headstart.core.training import InputStrategy
from headstart.engine.loop import Diverged
from headstart.engine.operations import trained_share
from headstart.engine.plan import Cost, affordable_folds, training_cost
from headstart.engine.rank import Entrant
from headstart.engine.run import Run
from headstart.engine.trials import Contender, Trial, try_features, try_inputs

FEWEST = 2
"""Folds that give a score a spread."""


@dataclass(frozen=True, kw_only=True)
class Contest:
    """All trials that were run and the rows of those that were not, with the reason."""

    trials: tuple[Trial, ...]
    skipped: tuple[CandidateRow, ...]

    def without(self, trial: Trial, reason: str) -> Contest:
        """The contest as if ``trial`` had not been possible, for this ``reason``."""
        row = _skipped(trial.contender, trial.strategy_name, trial.cost, reason)
        return Contest(trials=tuple(other for other in self.trials if other is not trial), skipped=(*self.skipped, row))


def hold(entrants: Sequence[Entrant], run: Run) -> Contest:
    """Try every strategy on every backbone taken, as far as ``plan.passes`` goes.

    ``entrants`` come best first with their probe trials, which are not run again. The best backbone comes first, and
    on each backbone the strategies of which more is expected (`Strategy.lead`), then the cheaper ones.
    """
    options = run.options
    trials = [entrant.probe for entrant in entrants if options.probe_name in options.strategies]
    skipped: list[CandidateRow] = []
    left = run.plan.passes
    for entrant in entrants:
        native, priced = with_teacher(entrant, entrants), list[tuple[Cost, str, InputStrategy]]()
        for name, strategy in options.strategies.items():
            if isinstance(strategy, FeatureStrategy) and name != options.probe_name:
                tried = _try_features(entrant.probe.contender, name, strategy, run, left=left)
                if isinstance(tried, Trial):
                    trials.append(tried)
                    left -= run.rate(tried.contender.backbone) * strategy.passes
                else:
                    skipped.append(_skipped(entrant.probe.contender, name, 1.0 + strategy.passes, tried))
            elif isinstance(strategy, InputStrategy):
                cost = _priced(native, strategy, run)
                if isinstance(cost, Cost):
                    priced.append((cost, name, strategy))
                else:
                    skipped.append(_skipped(native, name, 0.0, cost))
        rate = run.rate(native.backbone)
        for cost, name, strategy in sorted(priced, key=lambda entry: (-entry[2].lead, entry[0].of(1), entry[1])):
            tried = _try(native, name, strategy, run, cost=cost, left=left / rate)
            if isinstance(tried, Trial):
                trials.append(tried)
                left -= rate * cost.of(len(np.unique(run.data.folds[0][~np.isnan(tried.logits[0, :, 0])])))
            else:
                skipped.append(_skipped(native, name, cost.of(1), tried))
    return Contest(trials=tuple(trials), skipped=tuple(skipped))


def with_teacher(entrant: Entrant, entrants: Sequence[Entrant]) -> Contender:
    """The entrant at its own size, and the best larger one for those strategies that learn from another model."""
    own = entrant.native.backbone.info.parameters
    larger = (each.probe.contender for each in entrants if each.native.backbone.info.parameters > own)
    return replace(entrant.native, teacher=next(larger, None))


def _try_features(contender: Contender, name: str, strategy: FeatureStrategy, run: Run, *, left: float) -> Trial | str:
    """The trial, or why there is none; ``left`` is the allowance in passes."""
    reason = strategy.supports(contender.backbone.info, run.data.task)
    if reason is not None:
        return reason
    passes = run.rate(contender.backbone) * strategy.passes
    if passes > left and len(run.options.strategies) > 1:
        return f"it reads the items in {passes:.0f} more passes, the budget has {left:.0f} left for them"
    try:
        contender = contender.read_by(strategy, run)
    except UserError as error:
        return str(error)
    if strategy.views and not isinstance(contender.features, np.ndarray):
        return f"features of {1 + strategy.views} views of {len(run.data.items):,} items do not fit in memory"
    return try_features(contender, name, strategy, run)


def _priced(contender: Contender, strategy: InputStrategy, run: Run) -> Cost | str:
    """What the strategy costs on this backbone, or why it is not tried."""
    reason = strategy.supports(contender.backbone.info, run.data.task)
    if reason is not None:
        return reason
    if run.plan.passes == 0 and len(run.options.strategies) > 1:
        return "this budget trains no networks; 'standard' does"
    if strategy.learns_from_another and contender.teacher is None:
        return "it learns from a larger model, and none was measured besides; name one with --pool"
    try:
        share = trained_share(contender.backbone, strategy, run.data.items)
    except UserError as error:
        return str(error)
    return training_cost(strategy, share, views=contender.read_for(strategy, run).views.count)


def _try(contender: Contender, name: str, strategy: InputStrategy, run: Run, *, cost: Cost, left: float) -> Trial | str:
    """The trial, or why there is none; ``left`` is the allowance in passes of this backbone."""
    folds = affordable_folds(cost, left, run.plan.folds)
    if len(run.options.strategies) == 1:
        # Asked for by name: the budget cannot drop it, only keep its cross-validation short.
        folds = max(folds, FEWEST)
    if folds == 0:
        fits = f"two folds and a refit cost {cost.of(3):.0f} passes over the data"
        return f"{fits}, the budget has {left:.0f} left for it"
    try:
        return try_inputs(contender, name, strategy, run, fold_limit=folds, cost=cost.of(1))
    except Diverged as error:
        return str(error)


def _skipped(contender: Contender, name: str, cost: float, reason: str) -> CandidateRow:
    return CandidateRow(
        model=contender.name,
        input=dict(contender.backbone.info.input),
        strategy=name,
        score=None,
        standard_error=None,
        difference=None,
        expected=None,
        cost=cost,
        seconds=0.0,
        folds=0,
        chosen=False,
        skipped=reason,
    )
