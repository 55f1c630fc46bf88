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
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from headstart.core.baseline import Baseline
from headstart.core.progress import Progress
from headstart.engine.features import Encoder
from headstart.engine.items import Items
from headstart.engine.journal import Journal
from headstart.engine.options import Options, PoolMember
from headstart.engine.plan import BACKWARD, Plan
from headstart.engine.supervised import Diverged
from headstart.engine.trials import (
    Contender,
    Labelled,
    Trial,
    encode_once,
    fit_head,
    train,
    try_features,
    zero_head,
)

ControlName = Literal["scratch", "simple", "random_trunk"]
SMALL = 128
"""Pixels of the scratch control: with few labels and little compute, small inputs suit training from nothing."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """``logits`` as the module says, None if the control was ``skipped``; ``fitted`` is a baseline that can serve."""

    name: ControlName
    detail: str
    seconds: float
    logits: NDArray[np.float64] | None = None
    skipped: str | None = None
    fitted: Baseline | None = None


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all controls share. ``test`` is empty when there is no test split."""

    options: Options
    plan: Plan
    winner: Trial
    member: PoolMember
    data: Labelled
    test: Items
    journal: Journal
    progress: Progress


def run(setting: Setting) -> tuple[Control, ...]:
    """All three controls, the cheapest first."""
    return (_timed(simple, setting), _timed(random_trunk, setting), _timed(scratch, setting))


def simple(setting: Setting) -> Control:
    """The baseline, fitted on all training items; cross-fitted over the first repeat when there is no test."""
    options, data = setting.options, setting.data
    fitted = options.baseline()
    with setting.progress.stage(f"control: {options.baseline.summary}"):
        fitted.fit(data.items.decoded(), data.targets, data.task.outputs)
        if len(setting.test):
            logits = fitted.logits(setting.test.decoded())
        else:
            logits = _fold_by_fold(setting, "simple", _simple_fold)
    return Control(name="simple", detail=options.baseline.summary, seconds=0.0, logits=logits, fitted=fitted)


def random_trunk(setting: Setting) -> Control:
    """A probe on the features of the untrained architecture."""
    options, data = setting.options, setting.data
    size = _smaller(setting.member, setting.plan.trunk_control_size)
    backbone = setting.member.source.load(setting.member.info, pretrained=False, seed=options.seed, size=size)
    encoder = Encoder(backbone, options.home, setting.progress)
    encoded = encoder.encode(data.items, "control: features of random weights")
    contender = Contender(backbone=backbone, encoder=encoder, encoded=encoded, untrained=lambda: backbone)
    if len(setting.test):
        head = fit_head(options.probe, contender.features, data.targets, data.task)
        logits = head.logits(encoder.encode(setting.test, "control: test features of random weights").features)
    else:
        piece = f"control {options.probe_name} {size}"
        logits = try_features(contender, piece, options.probe, data, setting.journal).logits
    detail = f"{setting.member.info.name} with random weights{_at(size)}, frozen, and a linear probe"
    return Control(name="random_trunk", detail=detail, seconds=0.0, logits=logits)


def scratch(setting: Setting) -> Control:
    """The architecture trained from random weights, for at least as many operations as the winner was given.

    Without a test split it is scored on the first fold only.
    """
    data, info = setting.data, setting.member.info
    size = _smaller(setting.member, SMALL)
    share = (size / info.input["size"]) ** 2 if size else 1.0  # of a forward pass at the native size
    passes = max(setting.plan.scratch_passes, setting.winner.cost)
    epochs = max(1, math.ceil(passes / ((1 + BACKWARD) * share)))
    strategy = setting.options.scratch.lasting(epochs)
    backbone = setting.member.source.load(info, pretrained=False, seed=data.seed, size=size)

    def fold(held: NDArray[np.int64], rest: NDArray[np.int64], setting: Setting) -> NDArray[np.float64]:
        scored = data.items.subset(held) if len(held) else setting.test
        head = zero_head(backbone.info.dim, data.task.outputs)
        fitted = train(
            backbone, strategy, head, data, rest, piece=f"control scratch {len(held)}", journal=setting.journal,
            progress=setting.progress, stage="control: training from random weights",
        )  # fmt: skip
        return fitted.head.logits(encode_once(fitted.backbone, scored, setting.progress))

    detail = f"{info.name} from random weights{_at(size)}, {epochs} epochs"
    try:
        if len(setting.test):
            nothing, all_rows = np.array([], dtype=np.int64), np.arange(len(data.items))
            logits = setting.journal.recall(
                f"control scratch {strategy} {size}", lambda: {"logits": fold(nothing, all_rows, setting)}
            )["logits"]
        else:
            logits = _fold_by_fold(setting, f"scratch {strategy} {size}", fold, most=1)
    except Diverged as error:
        return Control(name="scratch", detail=detail, seconds=0.0, skipped=str(error))
    return Control(name="scratch", detail=detail, seconds=0.0, logits=np.asarray(logits, dtype=np.float64))


def _simple_fold(held: NDArray[np.int64], rest: NDArray[np.int64], setting: Setting) -> NDArray[np.float64]:
    data, model = setting.data, setting.options.baseline()
    model.fit(data.items.subset(rest).decoded(), data.targets[rest], data.task.outputs)
    return model.logits(data.items.subset(held).decoded())


def _fold_by_fold(
    setting: Setting,
    name: str,
    logits_of: Callable[[NDArray[np.int64], NDArray[np.int64], Setting], NDArray[np.float64]],
    most: int | None = None,
) -> NDArray[np.float64]:
    """Cross-fitted logits ``(R, N, C)`` on the folds of the first repeat, at most ``most`` of them."""
    data = setting.data
    folded = np.full((*data.folds.shape, data.task.outputs), np.nan)
    for number in np.unique(data.folds[0])[:most]:
        held, rest = np.flatnonzero(data.folds[0] == number), np.flatnonzero(data.folds[0] != number)

        def compute(held: NDArray[np.int64] = held, rest: NDArray[np.int64] = rest) -> Mapping[str, NDArray[Any]]:
            return {"logits": logits_of(held, rest, setting)}

        folded[0, held] = setting.journal.recall(f"control {name} fold {number}", compute)["logits"]
    return folded


def _timed(control: Callable[[Setting], Control], setting: Setting) -> Control:
    started = time.perf_counter()
    done = control(setting)
    return Control(**{**vars(done), "seconds": time.perf_counter() - started})


def _smaller(member: PoolMember, size: int | None) -> int | None:
    """``size`` where the backbone has a larger native size in pixels, else None (its own)."""
    native = member.info.input.get("size")
    return size if size is not None and native is not None and native > size else None


def _at(size: int | None) -> str:
    return f" at {size} px" if size else ""
