"""How much should change? Every strategy on the same folds; the cheapest within one standard error of the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from headstart.core.results import CandidateRow
from headstart.core.strategy import FeatureStrategy, InputStrategy
from headstart.engine.plan import Cost, affordable_folds, training_cost
from headstart.engine.rank import Entrant
from headstart.engine.run import Labelled, Run
from headstart.engine.supervised import Diverged
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
    on each backbone the cheaper strategies before the dearer ones.
    """
    options = run.options
    trials = [entrant.probe for entrant in entrants if options.probe_name in options.strategies]
    skipped: list[CandidateRow] = []
    left = run.plan.passes
    for entrant in entrants:
        for name, strategy in options.strategies.items():
            if isinstance(strategy, FeatureStrategy) and name != options.probe_name:
                trials.append(try_features(entrant.probe.contender, name, strategy, run))
        for cost, name, strategy in _by_cost(entrant.native, run):
            tried = _try(entrant.native, name, strategy, run, cost=cost, left=left)
            if isinstance(tried, Trial):
                trials.append(tried)
                left -= cost.of(len(np.unique(run.data.folds[0][~np.isnan(tried.logits[0, :, 0])])))
            else:
                skipped.append(_skipped(entrant.native, name, cost.of(1), tried))
    return Contest(trials=tuple(trials), skipped=tuple(skipped))


def _by_cost(contender: Contender, run: Run) -> list[tuple[Cost, str, InputStrategy]]:
    stored = contender.backbone.fixed_shapes
    costed = [
        (training_cost(strategy, trained_share(contender, strategy, run.data), stored=stored), name, strategy)
        for name, strategy in run.options.strategies.items()
        if isinstance(strategy, InputStrategy)
    ]
    return sorted(costed, key=lambda entry: (entry[0].of(1), entry[1]))


def _try(contender: Contender, name: str, strategy: InputStrategy, run: Run, *, cost: Cost, left: float) -> Trial | str:
    """The trial, or why there is none."""
    reason = strategy.supports(contender.backbone.info, run.data.task)
    if reason is not None:
        return reason
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


def trained_share(contender: Contender, strategy: InputStrategy, data: Labelled) -> float:
    """Share of a forward pass that lies in the trainable blocks, counted in operations on one item."""
    frozen = strategy.prepare(contender.backbone).frozen_blocks
    if frozen == 0:
        return 1.0
    backbone = contender.backbone
    batch = backbone.preprocess.collate([backbone.preprocess.item(data.items.read(0))])
    with torch.inference_mode():
        whole = _operations(lambda: backbone.encode(batch))
        below = _operations(lambda: backbone.lower(batch, frozen))
    return max(0.01, 1 - below / whole)


def _operations(work: Callable[[], object]) -> int:
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def _skipped(contender: Contender, name: str, cost: float, reason: str) -> CandidateRow:
    return CandidateRow(
        model=contender.name,
        input=dict(contender.backbone.info.input),
        strategy=name,
        score=None,
        standard_error=None,
        difference=None,
        cost=cost,
        seconds=0.0,
        folds=0,
        chosen=False,
        skipped=reason,
    )
