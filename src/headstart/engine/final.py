"""The winner: chosen among the trials, refitted on all training items, scored once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.dataset import Dataset
from headstart.core.errors import HeadstartError
from headstart.core.progress import Progress
from headstart.core.results import CandidateRow, Interval
from headstart.core.strategy import FeatureStrategy, InputStrategy
from headstart.engine.bootstrap import bootstrap_intervals
from headstart.engine.choose import choose
from headstart.engine.contest import Contest
from headstart.engine.estimates import Items as Tested
from headstart.engine.intervals import mean_interval, selection_corrected
from headstart.engine.items import Items
from headstart.engine.journal import Journal
from headstart.engine.options import Options
from headstart.engine.trials import Labelled, Trial, encode_once, fit_head, starting_body, starting_head, train
from headstart.heads.temperature import fit_temperature


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The chosen trial and a row for every trial that was run."""

    trial: Trial
    rows: tuple[CandidateRow, ...]


@dataclass(frozen=True, kw_only=True)
class Model:
    """The refitted model; ``head`` has the ``temperature`` folded in."""

    backbone: Backbone
    head: LinearHead
    temperature: float
    losses: tuple[float, ...]
    frozen: bool
    """Whether the body is the pretrained one, so that cached features are its features."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Scored items with the features ``(M, D)`` and probabilities ``(M, C)`` the model gives them.

    ``on`` says whether they are the test split, or the training items predicted by models that had not seen them.
    """

    on: Literal["test", "cross-validation"]
    items: Items
    ids: Sequence[str]
    targets: NDArray[np.int64]
    groups: NDArray[np.int64]
    features: NDArray[np.float32]
    probabilities: NDArray[np.float64]
    scores: Mapping[str, Interval]


def choose_trial(contest: Contest, data: Labelled) -> Chosen:
    """The cheapest trial within one standard error of the best, by paired differences on common folds."""
    credits = [trial.credit(data) for trial in contest.trials]
    tested = Tested.of(data.task, data.targets, data.groups)
    index, measured = choose(credits, data.folds, tested, [trial.cost for trial in contest.trials])
    rows = tuple(
        CandidateRow(
            model=trial.contender.name,
            strategy=trial.strategy_name,
            score=entry.score,
            standard_error=entry.standard_error,
            difference=entry.difference,
            cost=trial.cost,
            seconds=trial.seconds,
            folds=entry.folds,
            chosen=number == index,
            skipped=None,
        )
        for number, (trial, entry) in enumerate(zip(contest.trials, measured, strict=True))
    )
    return Chosen(trial=contest.trials[index], rows=rows)


def refit(trial: Trial, options: Options, data: Labelled, journal: Journal, progress: Progress) -> Model:
    """The chosen strategy on all training items; the temperature comes from the trial's held-out logits."""
    contender, strategy = trial.contender, trial.strategy
    if isinstance(strategy, FeatureStrategy):
        backbone, losses = contender.backbone, ()
        head = fit_head(strategy, contender.features, data.targets, data.task)
    elif isinstance(strategy, InputStrategy):
        everything = np.arange(len(data.items))
        head = starting_head(contender, strategy, options.probe, data, everything)
        fitted = train(
            starting_body(contender, strategy),
            strategy,
            head,
            data,
            everything,
            piece="refit",
            journal=journal,
            progress=progress,
            stage=f"{trial.strategy_name} on all training items",
        )
        backbone, head, losses = fitted.backbone, fitted.head, fitted.losses
    else:
        raise HeadstartError(f"Strategy '{trial.strategy_name}' implements neither contract of core/strategy.py.")
    run = ~np.isnan(trial.logits[:, :, 0])
    repeated = np.broadcast_to(data.targets, run.shape)
    temperature = fit_temperature(trial.logits[run], repeated[run])
    return Model(
        backbone=backbone,
        head=head.divided_by(temperature),
        temperature=temperature,
        losses=losses,
        frozen=isinstance(strategy, FeatureStrategy),
    )


def score(
    model: Model, chosen: Chosen, contest: Contest, data: Labelled, source: Dataset, test: Items, progress: Progress
) -> Scored:
    """On the test split, handed out here and only here; without one, out of fold and corrected for the choice."""
    ids = np.asarray(source.ids, dtype=object)
    if len(test):
        rows = source.split.test
        targets, groups, items = source.targets[rows], source.groups[rows], test
        if model.frozen:
            features = chosen.trial.contender.encoder.encode(test, "features of the test items").features
        else:
            features = encode_once(model.backbone, test, progress)
        probabilities = data.task.probabilities(model.head.logits(features))
        credit = data.task.credit(probabilities, targets)
        primary = mean_interval(credit, Tested.of(data.task, targets, groups))
    else:
        rows, targets, groups, items = source.split.train, data.targets, data.groups, data.items
        features = chosen.trial.contender.features
        run = ~np.isnan(chosen.trial.logits[0, :, 0])
        probabilities = data.task.probabilities(np.where(run[:, None], chosen.trial.logits[0], 0.0) / model.temperature)
        credits = np.stack([trial.credit(data) for trial in contest.trials])
        primary = selection_corrected(credits, data.folds, Tested.of(data.task, targets, groups))
        kept = np.flatnonzero(run)
        rows, targets, groups, items = rows[kept], targets[kept], groups[kept], items.subset(kept)
        features, probabilities = features[kept], probabilities[kept]
    folds = None if len(test) else int(data.folds.max()) + 1
    stacked = probabilities if folds is None else probabilities[None]
    intervals = bootstrap_intervals(data.task.metrics, stacked, targets, groups, n_folds=folds, seed=data.seed)
    return Scored(
        on="test" if len(test) else "cross-validation",
        items=items,
        ids=[str(name) for name in ids[rows]],
        targets=targets,
        groups=groups,
        features=features,
        probabilities=probabilities,
        scores=intervals | {data.task.primary: primary},
    )
