"""Did the transfer help? Three controls, each scored on the very items the transfer is scored on.

``simple``        a non-deep model on hand-made features: is a network needed at all?
``random_trunk``  the same architecture with random weights and a probe: is it the pretraining, or the shape?
``scratch``       the same architecture trained from random weights with at least the winner's compute.

Each gives logits on the test items ``(M, C)`` or, without a test split, cross-fitted logits ``(R, N, C)`` of the
training items on the folds of all candidates, NaN where a fold was not run.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone
from headstart.core.baseline import Baseline, Described
from headstart.core.errors import UserError
from headstart.core.strategy import FeatureStrategy
from headstart.engine.features import Encoded, Encoder
from headstart.engine.items import Items
from headstart.engine.loop import Diverged
from headstart.engine.options import PoolMember
from headstart.engine.plan import TRAINING
from headstart.engine.run import Run
from headstart.engine.trials import Contender, Trial, encode_once, fit_head, train, try_features

ControlName = Literal["scratch", "simple", "random_trunk"]
SMALL = 128
"""Pixels of the scratch control: with few labels and little compute, small inputs suit training from nothing."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """``logits`` as the module says, None if the control was ``skipped``; ``fitted`` is a baseline that can serve."""

    name: ControlName
    detail: str
    logits: NDArray[np.floating] | None = None
    skipped: str | None = None
    fitted: Baseline | None = None
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all controls share: the run, the trial that won, its backbone, and the test items (empty: none)."""

    run: Run
    winner: Trial
    member: PoolMember
    test: Items


def try_all(setting: Setting) -> tuple[Control, ...]:
    """All three controls, the cheapest first."""
    return (_timed(simple, setting), _timed(random_trunk, setting), _timed(scratch, setting))


def simple(setting: Setting) -> Control:
    """The baseline, fitted on all training items; cross-fitted over the first repeat when there is no test."""
    run, baseline = setting.run, setting.run.options.baseline
    fitted = baseline()
    with run.progress.stage(f"control: {baseline.summary.removesuffix('.')}"):
        described = fitted.describe(run.data.items.decoded(fitted.least_side))
        fitted.fit(described, run.data.targets, run.data.task.outputs, run.data.groups)
        if len(setting.test):
            logits = fitted.logits(fitted.describe(setting.test.decoded(fitted.least_side)))
        else:
            logits = _fold_by_fold(run, "simple", lambda held, rest: _simple_fold(run, described, held, rest))
    return Control(name="simple", detail=baseline.summary, logits=logits, fitted=fitted)


def random_trunk(setting: Setting) -> Control:
    """A probe on the features of the untrained architecture; where the winner reads all blocks, what it does on all of
    the untrained ones.
    """
    run, member = setting.run, setting.member
    size = _smaller(member, run.plan.trunk_control_size) or member.changed_size(setting.winner.contender.backbone)
    backbone = _without_weights(setting, size)
    reader, winner = run.options.probe, setting.winner
    detail = f"{member.info.name} with random weights{member.shown_size(backbone)}, frozen, and "
    if not (isinstance(winner.strategy, FeatureStrategy) and winner.strategy.layers):
        detail += "a linear probe"
    else:
        detail += f"{winner.strategy_name} on all blocks"
        reader = winner.strategy
        try:
            backbone = backbone.layered()
        except UserError as error:
            return Control(name="random_trunk", detail=detail, skipped=str(error))
    encoder = setting.winner.contender.encoder.alike(backbone, run.options.home)
    encoded = encoder.encode(run.data.items, "control: features of random weights")
    contender = Contender(backbone=backbone, encoder=encoder, encoded=encoded, untrained=lambda: backbone)
    if len(setting.test):
        head = fit_head(reader, contender.features, run.data)
        logits = head.logits(encoder.encode(setting.test, "control: test features of random weights").features)
    else:
        logits = try_features(contender, "control random_trunk", reader, run).logits
    return Control(name="random_trunk", detail=detail, logits=logits)


def scratch(setting: Setting) -> Control:
    """The architecture trained from random weights, for at least as many operations as the winner was given, and as
    many steps as any strategy takes at least.

    Without a test split it is scored on the first fold only; `best_control` of the verdict says what such a score is
    good for.
    """
    run, member = setting.run, setting.member
    untrained = f"{member.info.name} from random weights"
    if run.plan.scratch_passes == 0:
        reason = "training a network from nothing takes longer than the whole budget; 'standard' runs it"
        return Control(name="scratch", detail=untrained, skipped=reason)
    contender = _untrained(setting, _smaller(member, SMALL))
    own, winners = (_native_passes(member, each.backbone) for each in (contender, setting.winner.contender))
    # Both in passes at the native size.
    allowed = run.plan.scratch_passes / (run.rate(contender.backbone) / own if run.plan.speed else 1.0)
    passes = max(allowed, setting.winner.cost * winners)
    epochs = max(1, math.ceil(passes / (TRAINING * own)))
    strategy = run.options.scratch.lasting(epochs).paced(len(run.data.items))
    epochs = strategy.schedule.epochs
    piece = f"control scratch {contender.key} {strategy}"

    def logits_of(scored: Items, rest: NDArray[np.int64], part: str) -> NDArray[np.float64]:
        stage = "control: training from random weights"
        fitted = train(contender, strategy, run, rest, piece=f"{piece} {part}", stage=stage)
        return fitted.head.logits(encode_once(fitted.backbone, scored, setting.winner.contender))

    def on_test() -> Mapping[str, NDArray[Any]]:
        return {"logits": logits_of(setting.test, np.arange(len(run.data.items)), "test")}

    def on_fold(held: NDArray[np.int64], rest: NDArray[np.int64]) -> NDArray[np.float64]:
        fold = int(run.data.folds[0, held[0]])
        return logits_of(run.data.items.subset(held), rest, f"fold {fold}")

    lasting = f"{epochs} epoch{'s' if epochs > 1 else ''}"
    control = Control(name="scratch", detail=f"{untrained}{member.shown_size(contender.backbone)}, {lasting}")
    try:
        if len(setting.test):
            logits = np.asarray(run.journal.recall(piece, on_test)["logits"], dtype=np.float64)
        else:
            logits = _fold_by_fold(run, piece, on_fold, most=1)
    except Diverged as error:
        return replace(control, skipped=str(error))
    return replace(control, logits=logits)


def _native_passes(member: PoolMember, backbone: Backbone) -> float:
    """What a forward pass of ``backbone`` costs in passes at the native size of ``member``, of which it is one."""
    size = member.changed_size(backbone)
    return (size / member.info.input["size"]) ** 2 if size else 1.0


def _untrained(setting: Setting, size: int | None) -> Contender:
    """The architecture with random weights; it is trained on the items, so no features are taken of it."""
    run = setting.run
    backbone = _without_weights(setting, size)
    none = np.zeros((0, backbone.info.dim), dtype=np.float32)
    nothing = Encoded(features=none, computed=0, forward_seconds=0.0, precision="float32")
    encoder = Encoder(backbone, None, run.progress)
    return Contender(backbone=backbone, encoder=encoder, encoded=nothing, untrained=lambda: backbone)


def _without_weights(setting: Setting, size: int | None) -> Backbone:
    """The architecture with random weights, for inputs of ``size`` pixels; where the winner reads pictures in full, so
    does it.
    """
    backbone = setting.member.load(pretrained=False, seed=setting.run.options.seed, size=size)
    if setting.winner.contender.backbone.preprocess.least_side is None:
        backbone.preprocess = backbone.preprocess.asking_for(None)
    return backbone


def _simple_fold(
    run: Run, described: Described, held: NDArray[np.int64], rest: NDArray[np.int64]
) -> NDArray[np.float64]:
    data, model = run.data, run.options.baseline()
    model.fit(described[rest], data.targets[rest], data.task.outputs, data.groups[rest])
    return model.logits(described[held])


def _fold_by_fold(
    run: Run,
    name: str,
    logits_of: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]],
    most: int | None = None,
) -> NDArray[np.float64]:
    """Cross-fitted logits ``(R, N, C)`` on the folds of the first repeat, at most ``most`` of them."""
    data = run.data
    folded = np.full((*data.folds.shape, data.task.outputs), np.nan)
    for number in np.unique(data.folds[0])[:most]:
        held, rest = np.flatnonzero(data.folds[0] == number), np.flatnonzero(data.folds[0] != number)

        def compute(held: NDArray[np.int64] = held, rest: NDArray[np.int64] = rest) -> Mapping[str, NDArray[Any]]:
            return {"logits": logits_of(held, rest)}

        folded[0, held] = run.journal.recall(f"control {name} fold {number}", compute)["logits"]
    return folded


def _timed(control: Callable[[Setting], Control], setting: Setting) -> Control:
    started = time.perf_counter()
    done = control(setting)
    return replace(done, seconds=time.perf_counter() - started)


def _smaller(member: PoolMember, size: int | None) -> int | None:
    """``size`` where the backbone has a larger native size in pixels, else None (its own)."""
    native = member.info.input.get("size")
    return size if size is not None and native is not None and native > size else None
