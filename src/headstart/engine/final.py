"""The winner: chosen among the trials, refitted on all training items, scored once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.dataset import Dataset
from headstart.core.errors import HeadstartError, UserError
from headstart.core.features import Features
from headstart.core.results import CandidateRow, Interval
from headstart.core.strategy import FeatureStrategy
from headstart.core.training import InputStrategy
from headstart.engine.arithmetic import Arithmetic
from headstart.engine.bootstrap import bootstrap_intervals
from headstart.engine.choose import choose
from headstart.engine.contest import Contest
from headstart.engine.estimates import Sample
from headstart.engine.intervals import cross_validated_interval, mean_interval
from headstart.engine.items import Items, Names
from headstart.engine.loop import Diverged
from headstart.engine.outputs import probabilities_of, stacked
from headstart.engine.rank import Ranked
from headstart.engine.run import Labelled, Run, units_of
from headstart.engine.selection import selection_corrected
from headstart.engine.trials import Trial, encode_once, fit_all, train
from headstart.heads.sample import stratified_rows
from headstart.heads.temperature import fit_temperature

CALIBRATED = 50_000
"""Items that the temperature is fitted to at most."""


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
    frozen: bool
    """Whether the body is the pretrained one, so that cached features are its features."""
    arithmetic: Arithmetic
    """How the body is run when it is only read."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Scored items with their probabilities ``(M, C)`` and features ``(M, D)``.

    ``on`` says whether they are the test split, or the training items predicted by models that had not seen them.
    Features are those of the model on a test split. Cross-validated predictions come of one body per fold, whose
    features no map could hold together; the features are then those of the pretrained body.
    ``groups (M,)``, ``ties (M,)`` and ``domains (M,)`` are as in `Labelled`, but a test item without a domain has -1.
    ``optimism`` is how much of the winner's cross-validated score is the luck of having been chosen; 0 on a test split.
    """

    on: Literal["test", "cross-validation"]
    items: Items
    ids: Sequence[str]
    targets: NDArray[np.int64]
    groups: NDArray[np.int64]
    ties: NDArray[np.int64]
    domains: NDArray[np.int64] | None
    features: NDArray[np.float32] | Features
    probabilities: NDArray[np.floating]
    scores: Mapping[str, Interval]
    optimism: float = 0.0

    @property
    def units(self) -> NDArray[np.int64]:
        """See `units_of`."""
        return units_of(self.groups, self.ties)


def choose_trial(contest: Contest, data: Labelled) -> Chosen:
    """The trial of which most is to be expected, by paired differences on common folds (`headstart.engine.choose`).

    Raises:
        UserError: no strategy could be tried; the reasons are the problems.
    """
    if not contest.trials and contest.skipped:
        raise UserError(
            *(f"Strategy '{row.strategy}' could not be tried on {row.model}: {row.skipped}" for row in contest.skipped)
        )
    credits = [trial.credit(data) for trial in contest.trials]
    whole, paired = (Sample.of(data.task, data.targets, each) for each in (data.groups, data.units))
    costs = [trial.cost for trial in contest.trials]
    leads = [trial.strategy.lead for trial in contest.trials]
    names = [trial.contender.name for trial in contest.trials]  # its probe is the first trial of a backbone
    origins = [names.index(name) for name in names]
    index, measured = choose(credits, data.folds, paired, costs, leads, origins, whole=whole)
    rows = tuple(
        CandidateRow(
            model=trial.contender.name,
            input=dict(trial.contender.backbone.info.input),
            strategy=trial.strategy_name,
            score=entry.score,
            standard_error=entry.standard_error,
            difference=entry.difference,
            expected=entry.expected,
            cost=trial.cost,
            seconds=trial.seconds,
            folds=entry.folds,
            chosen=number == index,
            skipped=None,
        )
        for number, (trial, entry) in enumerate(zip(contest.trials, measured, strict=True))
    )
    return Chosen(trial=contest.trials[index], rows=rows)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What was compared, what was chosen of it, and the model that came of it."""

    contest: Contest
    chosen: Chosen
    model: Model


def settle(contest: Contest, run: Run) -> Settled:
    """Choose and refit; a choice whose refit diverges is struck out, and the next best takes its place.

    Raises:
        UserError: nothing is left to choose from; the reasons are the problems.
    """
    while True:
        chosen = choose_trial(contest, run.data)
        try:
            model = refit(chosen.trial, run)
        except Diverged as error:
            contest = contest.without(chosen.trial, f"on all training items: {error}")
            continue
        for trial in contest.trials:
            trial.contender.give_back()
        return Settled(contest=contest, chosen=chosen, model=model)


def refit(trial: Trial, run: Run) -> Model:
    """The chosen strategy on all training items; the temperature comes from the trial's held-out logits."""
    contender, strategy, data = trial.contender, trial.strategy, run.data
    if isinstance(strategy, FeatureStrategy):
        backbone, encoder = contender.backbone, contender.encoder
        head = fit_all(strategy, contender, run)
    elif isinstance(strategy, InputStrategy):
        piece = f"{contender.work(trial.strategy_name, strategy)} refit"
        stage = f"{trial.strategy_name} on all training items"
        fitted = train(contender, strategy, run, np.arange(len(data.items)), piece=piece, stage=stage)
        backbone, head = fitted.backbone, fitted.head
        encoder = contender.encoder.alike(backbone)
    else:
        raise HeadstartError(f"Strategy '{trial.strategy_name}' implements neither FeatureStrategy nor InputStrategy.")
    temperature = _temperature(trial, data)
    return Model(
        backbone=backbone,
        head=head.divided_by(temperature),
        temperature=temperature,
        frozen=isinstance(strategy, FeatureStrategy),
        arithmetic=encoder.arithmetic(data.items),
    )


def _temperature(trial: Trial, data: Labelled) -> float:
    """From held-out logits of all repeats; one number needs no more than `CALIBRATED` items of many."""
    logits, targets = trial.logits, data.targets
    rows = stratified_rows(targets, CALIBRATED, 0)
    if len(rows) < len(targets):
        logits, targets = logits[:, rows], targets[rows]
    scored = ~np.isnan(logits[:, :, 0])
    held_out = np.asarray(logits[scored], dtype=np.float64)
    return fit_temperature(held_out, np.broadcast_to(targets, scored.shape)[scored])


def score(settled: Settled, ranked: Ranked, run: Run, source: Dataset, test: Items) -> Scored:
    """On the test split, handed out here and to the controls only; without one, out of fold.

    What did not go on from the ranking to the contest was chosen among, too.
    """
    if len(test):
        return _on_test(settled.model, settled.chosen, run, source, test)
    return _out_of_fold(settled, ranked, run, source)


def _on_test(model: Model, chosen: Chosen, run: Run, source: Dataset, test: Items) -> Scored:
    rows, task = source.split.test, run.data.task
    targets, groups, ties = source.targets[rows], source.clusters[rows], source.groups[rows]
    if len(np.unique(groups)) == 1:
        groups = ties  # the score of one domain is about that one, and not about others
    if model.frozen:
        features = chosen.trial.contender.encoder.encode(test, "features of the test items").features
    else:
        features = encode_once(model.backbone, test, chosen.trial.contender)
    probabilities = probabilities_of(model.head.logits(features), task)
    primary = mean_interval(task.credit(probabilities, targets), Sample.of(task, targets, groups))
    others = bootstrap_intervals(task, probabilities, targets, groups, seed=run.options.seed)
    return Scored(
        on="test",
        items=test,
        ids=Names(source, rows),
        targets=targets,
        groups=groups,
        ties=ties,
        domains=None if source.domains is None else source.domains[rows],
        features=features,
        probabilities=probabilities,
        scores=others | {task.primary: primary},
    )


def predicted_rows(trial: Trial) -> NDArray[np.int64] | slice:
    """The training items that the first repeat has predicted; where it is all of them, what takes no copy of them."""
    known = ~np.isnan(trial.logits[0, :, 0])
    return slice(None) if known.all() else np.flatnonzero(known)


def _out_of_fold(settled: Settled, ranked: Ranked, run: Run, source: Dataset) -> Scored:
    """Scores over all repeats, the primary one corrected for the choice among all trials; the predictions shown item
    by item are those of the first repeat.
    """
    data, model, chosen = run.data, settled.model, settled.chosen
    features = chosen.trial.contender.features
    kept = predicted_rows(chosen.trial)
    targets, groups = data.targets[kept], data.groups[kept]
    whole = [repeat for repeat in chosen.trial.logits if not np.isnan(repeat[kept, 0]).any()]
    probabilities = stacked([probabilities_of(repeat[kept], data.task, model.temperature) for repeat in whole])
    trials = [*settled.contest.trials, *(entrant.probe for entrant in ranked.taken)]
    trials = list({id(trial): trial for trial in trials}.values())
    credits = stacked([*(trial.credit(data) for trial in trials), *ranked.passed_over])
    number = next(number for number, trial in enumerate(trials) if trial is chosen.trial)
    tested = Sample.of(data.task, data.targets, data.groups)
    primary = selection_corrected(credits, data.folds, tested, chosen=number, seed=run.options.seed)
    plain = cross_validated_interval(credits[number], data.folds, tested)
    others = bootstrap_intervals(
        data.task,
        probabilities,
        targets,
        groups,
        n_folds=int(data.folds.max()) + 1,
        seed=run.options.seed,
    )
    return Scored(
        on="cross-validation",
        items=data.items if isinstance(kept, slice) else data.items.subset(kept),
        ids=Names(source, source.split.train[kept]),
        targets=targets,
        groups=groups,
        ties=data.ties[kept],
        domains=None if data.domains is None else data.domains[kept],
        features=features if isinstance(kept, slice) else features[kept],
        probabilities=probabilities[0],
        scores=others | {data.task.primary: primary},
        optimism=plain.value - primary.value,
    )
