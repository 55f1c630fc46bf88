"""Which pretrained model? Measured on the data: a probe and kNN, cross-validated, beside the static prior."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from headstart.core.errors import HeadstartError, UserError
from headstart.core.results import Interval, RankingRow
from headstart.core.score import TransferScore
from headstart.engine.estimates import Items as Scored
from headstart.engine.features import Encoder
from headstart.engine.intervals import cross_validated_interval, mean_interval
from headstart.engine.options import PoolMember
from headstart.engine.plan import Plan
from headstart.engine.run import Labelled, Run
from headstart.engine.trials import Contender, Trial, try_features
from headstart.heads.knn import neighbour_probabilities

ENLARGED = 1.3
"""Larger inputs at test time than in pretraining help convolutional features (Touvron et al. 2019, arXiv 1906.06423,
table 1: best at 1.15 to 1.3 times the pretraining size)."""


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """The measured ranking, best first, and the probe trials of those that go on."""

    rows: tuple[RankingRow, ...]
    taken: tuple[Trial, ...]


@dataclass(frozen=True, kw_only=True)
class _Measured:
    member: PoolMember
    trial: Trial
    row: RankingRow


def prior_order(pool: Sequence[PoolMember], careful: bool) -> list[PoolMember]:
    """The pool, most promising first, before any data are seen.

    The published accuracy decides; where compute is short (``careful``), each doubling of it must be worth three
    points, which is about what doublings buy along the EfficientNet family.
    """
    charge = 0.03 if careful else 0.0
    return sorted(pool, key=lambda m: (charge * math.log2(m.info.gflops) - m.info.prior, m.info.name))


def rank(run: Run) -> Ranked:
    """Measure the first ``plan.ranked`` backbones of the pool and take the ``plan.taken`` best by probe.

    Those taken are measured again on larger, uncropped inputs if the plan says so, and keep the better of the two.
    """
    plan, pool = run.plan, run.options.pool
    measured = [_measure(member, None, run) for member in pool[: plan.ranked]]
    measured.sort(key=lambda entry: -_value(entry.row.probe))
    for place, entry in enumerate(measured[: plan.taken]):
        if plan.enlarged and "size" in entry.member.info.input:
            larger = _measure(entry.member, _larger(entry.member), run)
            if _value(larger.row.probe) > _value(entry.row.probe):
                measured[place] = larger
    measured.sort(key=lambda entry: -_value(entry.row.probe))
    taken = measured[: plan.taken]
    rows = [replace(entry.row, taken=entry in taken) for entry in measured]
    rows += [_unmeasured(member, plan) for member in pool[plan.ranked :]]
    return Ranked(rows=tuple(rows), taken=tuple(entry.trial for entry in taken))


def _measure(member: PoolMember, size: int | None, run: Run) -> _Measured:
    started = time.perf_counter()
    options, data = run.options, run.data
    backbone = member.source.load(member.info, size=size)
    encoder = Encoder(backbone, options.home, run.progress)
    encoded = encoder.encode(data.items, f"features of {backbone.info.name}{_at(size)}")
    contender = Contender(
        backbone=backbone,
        encoder=encoder,
        encoded=encoded,
        untrained=lambda: member.source.load(member.info, pretrained=False, seed=options.seed, size=size),
    )
    trial = try_features(contender, options.probe_name, options.probe, run)
    neighbours = neighbour_probabilities(encoded.features, data.targets, data.task.outputs, groups=data.groups)
    info = backbone.info
    row = RankingRow(
        model=info.name,
        prior=info.prior,
        knn=mean_interval(data.task.credit(neighbours, data.targets), Scored.of(data.task, data.targets, data.groups)),
        probe=trial_interval(trial, data),
        scores=_scores(options.scores, encoded.features, data),
        seconds=time.perf_counter() - started,
        parameters=info.parameters,
        bytes=info.bytes,
        licence=info.licence,
        taken=False,
        skipped=None,
    )
    return _Measured(member=member, trial=trial, row=row)


def trial_interval(trial: Trial, data: Labelled) -> Interval:
    """Cross-validated primary metric of a trial, with its interval."""
    return cross_validated_interval(trial.credit(data), data.folds, Scored.of(data.task, data.targets, data.groups))


def _scores(scores: Mapping[str, TransferScore], features: np.ndarray, data: Labelled) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    for name, score in scores.items():
        try:
            values[name] = score.score(features, data.targets)
        except UserError:
            # The measure says that this sample is too small or degenerate for it: an empty cell in the table.
            values[name] = None
    return values


def _unmeasured(member: PoolMember, plan: Plan) -> RankingRow:
    return RankingRow(
        model=member.info.name,
        prior=member.info.prior,
        knn=None,
        probe=None,
        scores={},
        seconds=0.0,
        parameters=member.info.parameters,
        bytes=member.info.bytes,
        licence=member.info.licence,
        taken=False,
        skipped=f"the budget pays for measuring {plan.ranked}; by its prior this one comes later",
    )


def _larger(member: PoolMember) -> int:
    """About `ENLARGED` times the native size, on the grid of 32 pixels that strided networks divide by."""
    return round(ENLARGED * member.info.input["size"] / 32) * 32


def _at(size: int | None) -> str:
    return f" at {size} px" if size else ""


def _value(interval: Interval | None) -> float:
    if interval is None:
        raise HeadstartError("a measured backbone has no probe score")
    return interval.value
