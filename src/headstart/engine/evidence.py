"""The records behind the figures: confusion, mistakes, reliability, map, curve, and the whole `Results`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from headstart.core.cores import cores
from headstart.core.dataset import Dataset, Issue, domain_counts
from headstart.core.domain_card import DomainCard, FromPretraining, FromVocabulary
from headstart.core.results import (
    Across,
    DataRecord,
    IssueRecord,
    LearningCurve,
    MapPoint,
    Mistake,
    ModelRecord,
    Results,
    Retention,
)
from headstart.core.settings import settings_of
from headstart.core.strategy import FeatureStrategy, Strategy
from headstart.data._suspicious import suspicious
from headstart.engine.by_domain import by_domain
from headstart.engine.curve import learning_curve
from headstart.engine.embed import feature_map as embed
from headstart.engine.environment import environment
from headstart.engine.final import Chosen, Scored, Settled, predicted_rows
from headstart.engine.headline import headline
from headstart.engine.items import Names
from headstart.engine.outputs import probabilities_of
from headstart.engine.proof import Proof
from headstart.engine.rank import Ranked
from headstart.engine.reliability import reliability_bins
from headstart.engine.run import Run
from headstart.engine.strata import MANY
from headstart.engine.trials import Trial, fit_head
from headstart.heads.sample import stratified_rows

Preview = Callable[[Any], Mapping[str, str | None]]
PREVIEWED = 256
"""Pixels of a picture's shorter side that a preview is made from: twice what it shows."""
WORST = 12
"""Mistakes shown."""
MAPPED = 1500
"""Points in the map of the features."""
BESIDE = 16 << 20
"""Bytes of features up to which fits of the learning curve run side by side: each holds some ten copies of its own."""
POOR = 0.1
"""Share of mistakes of models beyond which it is said that many labels they deny may be right: some 3% of labels were
wrong in the sets that Northcutt, Athalye and Mueller 2021 (arXiv 2103.14749) looked through.
"""
ITEMS_NAMED = 20
"""Ids kept with an issue."""


def confusion(scored: Scored, outputs: int) -> tuple[tuple[int, ...], ...]:
    """Counts, rows by truth and columns by prediction."""
    table = np.zeros((outputs, outputs), dtype=np.int64)
    np.add.at(table, (scored.targets, scored.probabilities.argmax(axis=1)), 1)
    return tuple(tuple(int(count) for count in row) for row in table)


def worst_mistakes(scored: Scored, classes: Sequence[str], preview: Preview) -> tuple[Mistake, ...]:
    """The wrong predictions made with most confidence; ``preview`` gives their excerpt or thumbnail."""
    top, confidence = scored.probabilities.argmax(axis=1), scored.probabilities.max(axis=1)
    wrong = np.flatnonzero(top != scored.targets)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:WORST]
    return tuple(
        Mistake(
            id=scored.ids[int(row)],
            truth=classes[int(scored.targets[row])],
            predicted=classes[int(top[row])],
            confidence=float(confidence[row]),
            **preview(scored.items.read(int(row), PREVIEWED)),
        )
        for row in wrong
    )


def feature_map(scored: Scored, seed: int, laid_out: int) -> tuple[MapPoint, ...]:
    """The scored items' features in two dimensions, a random `MAPPED` of them if there are more.

    Up to ``laid_out`` of them are laid out by their neighbours.
    """
    count = len(scored.targets)
    rows = np.arange(count)
    if count > MAPPED:
        rows = np.sort(np.random.default_rng(seed).choice(count, MAPPED, replace=False))
    points, _ = embed(np.asarray(scored.features[rows]), seed, laid_out)
    top = scored.probabilities.argmax(axis=1)
    return tuple(
        MapPoint(x=float(x), y=float(y), truth=int(scored.targets[row]), predicted=int(top[row]))
        for (x, y), row in zip(points, rows, strict=True)
    )


def curve(chosen: Chosen, run: Run) -> LearningCurve:
    """What more labels would buy: the probe on the chosen backbone's frozen features.

    A curve takes a hundred fits: it is the curve of the probe and not of the chosen strategy. Of many items one draw
    per fold is made, since their points hardly scatter, and at most `MANY` of a fold are scored.
    """
    features, targets, task = chosen.trial.contender.features, run.data.targets, run.data.task

    def score(train: NDArray[np.int64], test: NDArray[np.int64]) -> float:
        logits = _cross_fitted(chosen.trial, run, len(train), test)
        test = test[stratified_rows(targets[test], MANY, run.options.seed)]
        train = train if isinstance(features, np.ndarray) else np.sort(train)  # a file is read along, not across
        if logits is None:
            found = fit_head(run.options.probe, features, run.data, train).logits(features[test])
        else:
            found = np.asarray(logits[test], dtype=np.float64)
        return float(task.credit(task.probabilities(found), targets[test]).mean())

    draws = run.plan.curve_draws if len(targets) < MANY else 1
    beside = isinstance(features, np.ndarray) and features.nbytes <= BESIDE
    drawn = learning_curve(
        score,
        targets,
        run.data.groups,
        ties=run.data.ties,
        draws=draws,
        seed=run.options.seed,
        threads=cores() if beside else 1,
    )
    if not drawn.points:
        return drawn
    name = chosen.trial.strategy_name
    besides = "" if name == run.options.probe_name else f", not of {name}"
    return dataclasses.replace(drawn, note=f"Curve of a linear probe on the frozen features{besides}. {drawn.note}")


def _cross_fitted(trial: Trial, run: Run, size: int, test: NDArray[np.int64]) -> NDArray[np.floating] | None:
    """Logits ``(N, C)`` among which those of ``test`` are from a probe on ``size`` other items, if there are such.

    The curve's folds are those of the cross-validation, which has fitted the probe on all the rest already; one item
    in a hundred more or less is nothing that the curve could show.
    """
    if trial.strategy != run.options.probe:
        return None
    for folds, logits in zip(run.data.folds, trial.logits, strict=True):
        rest = len(folds) - len(test)
        if 0 <= rest - size <= rest // 100 and np.array_equal(np.flatnonzero(folds == folds[test[0]]), test):
            return logits
    return None


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What the line brought out, in its order."""

    ranked: Ranked
    settled: Settled
    scored: Scored
    proof: Proof
    retention: Retention | None
    pretraining: FromPretraining | None = None
    vocabulary: FromVocabulary | None = None
    domains: tuple[DomainCard, ...] = ()
    across: Across | None = None


def gather(
    found: Findings, run: Run, data: Dataset, *, preview: Preview, notes: Sequence[str], seconds: Mapping[str, float]
) -> Results:
    """Everything the report says, as one record."""
    proof, scored, chosen = found.proof, found.scored, found.settled.chosen
    served = handed_over(proof, elsewhere=found.across is not None and not data.split.separate)
    encoded = chosen.trial.contender.encoded
    return Results(
        headline=headline(proof.verdict, scored, run.data.task.primary, served, found.across),
        data=data_record(data, *suspects(chosen, run, data)),
        model=model_record(chosen),
        strategy=chosen.trial.strategy_name,
        strategy_options=strategy_options(chosen.trial.strategy),
        primary=run.data.task.primary,
        ranking=found.ranked.rows,
        candidates=chosen.rows + found.settled.contest.skipped,
        scores=scored.scores,
        scored_on=scored.on,
        scored=len(scored.targets),
        controls={row.name: row for row in proof.rows},
        verdict=proof.verdict,
        served=served,
        temperature=found.settled.model.temperature,
        confusion=confusion(scored, run.data.task.outputs),
        reliability=reliability_bins(scored.probabilities, scored.targets, scored.groups),
        mistakes=worst_mistakes(scored, data.classes, preview),
        map=feature_map(scored, run.options.seed, run.plan.laid_out),
        learning_curve=curve(chosen, run),
        retention=found.retention,
        pretraining=found.pretraining,
        vocabulary=found.vocabulary,
        domains=found.domains,
        across=found.across,
        by_domain=by_domain(scored, run.data.task, data.domain_names),
        skipped=skipped(found, notes),
        seconds=seconds,
        forward_pass_seconds=encoded.forward_seconds,
        environment=environment(encoded.precision),
        budget=str(run.options.budget),
        seed=run.options.seed,
    )


def handed_over(proof: Proof, *, elsewhere: bool) -> Literal["simple", "transfer"]:
    """The simple control where it is better, unless the model is meant for ``elsewhere`` than it was measured: what was
    carried over to another domain is not given up for what does better in the source's.
    """
    better = proof.verdict.outcome == "negative" and proof.best == "simple"
    return "simple" if better and not elsewhere else "transfer"


def suspects(chosen: Chosen, run: Run, data: Dataset) -> tuple[Issue, ...]:
    """One finding that names the training items whose label a model that has not seen them confidently denies."""
    kept = predicted_rows(chosen.trial)
    probabilities = probabilities_of(chosen.trial.logits[0][kept], run.data.task)
    targets = run.data.targets[kept]
    ids = Names(data, data.split.train[kept])
    said = probabilities.argmax(axis=1)
    rows = suspicious(probabilities, targets, ids)
    rows = rows[said[rows] != targets[rows]]  # a class that is rare may be denied where it is still the likeliest
    if not len(rows) or 2 * len(rows) > len(targets):  # models that deny most labels are wrong themselves
        return ()
    first = int(rows[0])
    label, looks = data.classes[int(targets[first])], data.classes[int(said[first])]
    many, right = ("label looks", "it") if len(rows) == 1 else ("labels look", "many")
    mistaken = float(np.mean(said != targets))
    doubt = f", and {right} may be right: these models are wrong on {mistaken:.0%} of all" if mistaken > POOR else ""
    message = (
        f"{len(rows)} training {many} wrong to models that have not seen the item{doubt}. '{ids[first]}' is labelled "
        f"'{label}' and looks like '{looks}', for one. All labels were used as they are."
    )
    return (
        Issue(
            code="suspicious_labels",
            severity="note",
            message=message,
            items=tuple(ids[int(row)] for row in rows[:ITEMS_NAMED]),
            count=len(rows),
        ),
    )


def data_record(data: Dataset, *found: Issue) -> DataRecord:
    """The data as they were used, with what the audit and the run ``found`` in them."""
    counts = np.bincount(data.targets[data.split.train], minlength=len(data.classes))
    return DataRecord(
        name=data.name,
        modality=data.modality,
        licence=data.licence,
        fingerprint=data.fingerprint,
        n_train=len(data.split.train),
        n_test=len(data.split.test),
        split=data.split.origin,
        classes=data.classes,
        class_counts=dict(zip(data.classes, (int(count) for count in counts), strict=True)),
        domain_counts=domain_counts(data, data.split.train),
        issues=issue_records([*data.issues, *found]),
        roles=dict(data.roles),
    )


def issue_records(issues: Sequence[Issue]) -> tuple[IssueRecord, ...]:
    """As results hold them."""
    return tuple(
        IssueRecord(
            code=issue.code,
            severity=issue.severity,
            message=issue.message,
            items=issue.items[:ITEMS_NAMED],
            count=issue.count,
        )
        for issue in issues
    )


def model_record(chosen: Chosen) -> ModelRecord:
    """The chosen backbone, with the input it was given here and how pictures were read for it."""
    backbone = chosen.trial.contender.backbone
    info = backbone.info
    return ModelRecord(
        name=info.name,
        source=info.source,
        revision=info.revision,
        sha256=info.sha256,
        licence=info.licence,
        parameters=info.parameters,
        pretraining=info.pretraining,
        input=dict(info.input),
        least_side=backbone.preprocess.least_side,
        parts=tuple(part.info.name for part in backbone.parts),
        layers=isinstance(chosen.trial.strategy, FeatureStrategy) and chosen.trial.strategy.layers,
        code=backbone.code,
    )


def strategy_options(strategy: Strategy) -> dict[str, float | int | str | bool]:
    """The strategy's settings, as users give them."""
    return {setting.name: setting.default for setting in settings_of(strategy)}


def skipped(found: Findings, notes: Sequence[str]) -> tuple[str, ...]:
    """What was not done as fully as it could be, one sentence for each reason."""
    models: dict[str, list[str]] = {}
    strategies: dict[tuple[str, str], list[str]] = {}
    for row in found.ranked.rows:
        if row.skipped:
            models.setdefault(row.skipped, []).append(row.model)
    for row in found.settled.contest.skipped:
        strategies.setdefault((row.model, row.skipped or ""), []).append(row.strategy)
    said = [*filter(None, notes)]
    said += [f"Not measured: {', '.join(names)}; {reason}" for reason, names in models.items()]
    said += [f"Not tried: {', '.join(names)} on {model}; {why}" for (model, why), names in strategies.items()]
    said += [f"Control not run: {row.name}; {row.skipped}" for row in found.proof.rows if row.skipped]
    # Some reasons are whole sentences, some are not.
    return tuple(f"{each.removesuffix('.')}." for each in said)
