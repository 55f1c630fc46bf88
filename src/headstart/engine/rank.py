"""Which pretrained model? Measured on the data: a probe and kNN, cross-validated, beside the static prior."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.errors import HeadstartError, UserError
from headstart.core.features import Features
from headstart.core.results import Interval, RankingRow
from headstart.core.score import TransferScore, scored_together
from headstart.data._reduce import Header
from headstart.engine.compare import compare_cross_validated
from headstart.engine.draws import one_of_each
from headstart.engine.estimates import Sample
from headstart.engine.features import Encoder
from headstart.engine.intervals import cross_validated_interval, mean_interval
from headstart.engine.options import PoolMember
from headstart.engine.reading import settle_reading
from headstart.engine.run import Labelled, Run
from headstart.engine.trials import Contender, Trial, try_features
from headstart.heads.knn import neighbour_probabilities
from headstart.heads.sample import stratified_rows

SHOWN = 5_000
"""Items that neighbours and transferability scores look at, drawn by class where there are more: neighbours cost the
square of them, the scores copies of their features, and what either says hardly changes beyond."""
LEAST_ENLARGED, MOST_ENLARGED = 1.3, 1.7
"""Larger inputs than in pretraining help when the head is fitted at that size (Touvron et al. 2019, arXiv 1906.06423,
tables 1 and 2: networks trained at 224 are best at 288 as they are, at up to 384 when refitted)."""
BEYOND = 1.3
"""How far pictures are blown up beyond their own pixels."""
SIZED = 32
"""Pictures whose size is looked at."""


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """A backbone that goes on to the comparison of strategies.

    ``probe`` is its trial at the input size that suits the data; ``native`` the backbone at its own size, where
    trained strategies start: at 1.7 times the size every step of theirs would cost three times as much.
    """

    probe: Trial
    native: Contender


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """The measured ranking, best first, and those that go on."""

    rows: tuple[RankingRow, ...]
    taken: tuple[Entrant, ...]
    passed_over: tuple[NDArray[np.float64], ...]
    """Credits ``(R, N)`` of the other probes, of any backbone at any size: what those taken were chosen from. The
    backbones themselves, a copy on the device included, are let go."""


@dataclass(frozen=True, kw_only=True)
class _Measured:
    member: PoolMember
    trial: Trial
    native: Contender
    row: RankingRow


def prior_order(pool: Sequence[PoolMember], careful: bool) -> list[PoolMember]:
    """The pool, most promising first, before any data are seen.

    The published accuracy decides; where compute is short (``careful``), each doubling of it must be worth three
    points, which is about what doublings buy along the EfficientNet family. Compute that is not known costs nothing.
    """

    def charge(info: BackboneInfo) -> float:
        return 0.03 * math.log2(info.gflops) if careful and info.gflops > 0 else 0.0

    return sorted(pool, key=lambda member: (charge(member.info) - member.info.prior, member.info.name))


def rank(run: Run, others: Sequence[tuple[PoolMember, str]] = ()) -> Ranked:
    """Measure every backbone of the pool and take the ``plan.taken`` best by probe.

    Those taken are measured again on larger, uncropped inputs if the plan says so. ``others`` are listed with the
    reason why they were not measured.
    """
    plan = run.plan
    measured = [_measure(member, member.load(), run) for member in run.options.pool]
    measured.sort(key=lambda entry: -_value(entry.row.probe))
    losers: list[Trial] = []
    for place, entry in enumerate(measured[: plan.taken]):
        larger = _enlarged(entry.member, run) if plan.enlarged else None
        if larger is None:
            continue
        if clearly_worse(larger.trial, entry.trial, run.data):
            losers.append(larger.trial)
        else:
            losers.append(entry.trial)
            measured[place] = replace(larger, native=entry.native)
    measured.sort(key=lambda entry: -_value(entry.row.probe))
    taken = measured[: plan.taken]
    losers += [entry.trial for entry in measured[plan.taken :]]
    rows = [replace(entry.row, taken=place < plan.taken) for place, entry in enumerate(measured)]
    rows += [_unmeasured(member.info, reason) for member, reason in others]
    return Ranked(
        rows=tuple(rows),
        taken=tuple(Entrant(probe=entry.trial, native=entry.native) for entry in taken),
        passed_over=tuple(trial.credit(run.data) for trial in losers),
    )


def _enlarged(member: PoolMember, run: Run) -> _Measured | None:
    """Measured at its `larger_size`; None where the architecture takes no such input."""
    if "size" not in member.info.input or run.data.items.header is None:
        return None
    size = larger_size(member.info, run.data.items.header, len(run.data.items))
    backbone = member.resized(size)
    return None if backbone is None else _measure(member, backbone, run)


def larger_size(info: BackboneInfo, header: Callable[[int], Header], count: int) -> int:
    """The larger input to try, in pixels: as many as the pictures fill, within bounds, on a grid of 32.

    32 is the total stride of most networks. ``header`` tells what is known of each of ``count`` pictures.
    """
    shown = np.linspace(0, count - 1, min(SIZED, count)).astype(int)
    side = float(np.median([min(header(int(position)).size) for position in shown]))
    native = info.input["size"]
    return round(float(np.clip(BEYOND * side, LEAST_ENLARGED * native, MOST_ENLARGED * native)) / 32) * 32


def clearly_worse(first: Trial, second: Trial, data: Labelled) -> bool:
    """Whether the first trial scores lower than the second by more than one standard error of their difference.

    The larger input is the better one on most data, so it is for the data to speak against it: the higher of two
    cross-validated scores would be a coin toss where both are within a point of each other.
    """
    scored = Sample.of(data.task, data.targets, data.units)
    comparison = compare_cross_validated(first.credit(data), second.credit(data), data.folds, scored)
    return comparison.value < -comparison.standard_error


def _measure(member: PoolMember, backbone: Backbone, run: Run) -> _Measured:
    started = time.perf_counter()
    options, data = run.options, run.data
    settle_reading(backbone, data.items, options.home, run.progress)
    encoder = Encoder(backbone, options.home, run.progress, targets=data.targets)
    encoded = encoder.encode(data.items, f"features of {backbone.info.name}{member.shown_size(backbone)}")
    contender = Contender(
        backbone=backbone,
        encoder=encoder,
        encoded=encoded,
        untrained=lambda: _untrained(member, backbone, options.seed),
        classifier=member.classifier,
    )
    trial = try_features(contender, options.probe_name, options.probe, run)
    looks = look_at(encoded.features, options.scores, data)
    info = backbone.info
    row = RankingRow(
        model=info.name,
        input=dict(info.input),
        prior=info.prior,
        knn=looks.knn,
        probe=trial_interval(trial, data),
        scores=looks.scores,
        seconds=time.perf_counter() - started,
        parameters=info.parameters,
        bytes=info.bytes,
        licence=info.licence,
        taken=False,
        skipped=None,
    )
    return _Measured(member=member, trial=trial, native=contender, row=row)


def _untrained(member: PoolMember, backbone: Backbone, seed: int) -> Backbone:
    """The architecture of ``backbone`` with random weights, for the same inputs read in the same way."""
    untrained = member.load(pretrained=False, seed=seed, size=member.changed_size(backbone))
    untrained.preprocess = backbone.preprocess
    return untrained


def trial_interval(trial: Trial, data: Labelled) -> Interval:
    """Cross-validated primary metric of a trial, with its interval."""
    return cross_validated_interval(trial.credit(data), data.folds, Sample.of(data.task, data.targets, data.groups))


@dataclass(frozen=True, kw_only=True)
class Looks:
    """What features look like to nearest neighbours and to the transferability scores."""

    knn: Interval
    scores: Mapping[str, float | None]


def look_at(features: NDArray[np.floating] | Features, scores: Mapping[str, TransferScore], data: Labelled) -> Looks:
    """Both on all of ``features (N, D)``, or on `SHOWN` of them: neighbours of those are then sought among those."""
    rows = stratified_rows(data.targets, SHOWN, 0)
    targets, groups = data.targets[rows], data.groups[rows]
    shown = np.asarray(features if len(rows) == len(features) else features[rows])
    neighbours = neighbour_probabilities(shown, targets, data.task.outputs, groups=groups)
    knn = mean_interval(data.task.credit(neighbours, targets), Sample.of(data.task, targets, groups))
    if len(rows) < len(features):
        knn = replace(knn, method=f"{knn.method}, on {len(rows):,} of {len(features):,} items")
    # Scores leave one item out and know of no ties: near-copies would answer for each other.
    independent = np.sort(one_of_each(data.ties[rows], 0))
    return Looks(knn=knn, scores=_scores(scores, shown[independent], targets[independent]))


def _scores(
    scores: Mapping[str, TransferScore], features: NDArray[np.floating], targets: NDArray[np.int64]
) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    with scored_together():
        for name, score in scores.items():
            try:
                values[name] = score.score(features, targets)
            except UserError:
                # The measure says that this sample is too small or degenerate for it: an empty cell in the table.
                values[name] = None
    return values


def _unmeasured(info: BackboneInfo, reason: str) -> RankingRow:
    return RankingRow(
        model=info.name,
        input=dict(info.input),
        prior=info.prior,
        knn=None,
        probe=None,
        scores={},
        seconds=0.0,
        parameters=info.parameters,
        bytes=info.bytes,
        licence=info.licence,
        taken=False,
        skipped=reason,
    )


def _value(interval: Interval | None) -> float:
    if interval is None:
        raise HeadstartError("a measured backbone has no probe score")
    return interval.value
