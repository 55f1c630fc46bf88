"""Cross-fitting: every candidate predicts every item from models that have not seen it, on the same folds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.errors import UserError
from headstart.core.features import Features
from headstart.core.strategy import FeatureStrategy, Strategy
from headstart.core.training import InputStrategy, Preparation
from headstart.engine.draws import held_out
from headstart.engine.examples import Examples, Settings
from headstart.engine.features import Encoded, Encoder
from headstart.engine.fitting import Fitted
from headstart.engine.inputs import Inputs
from headstart.engine.items import Items
from headstart.engine.outputs import probabilities_of, stacked
from headstart.engine.precision import training_dtype
from headstart.engine.run import Labelled, Run
from headstart.engine.soup import averaged
from headstart.engine.views import View, Views
from headstart.heads.folds import grouped_folds
from headstart.heads.soften import softened
from headstart.heads.weights import balanced_weights

WIDE = 2 * 10**9
"""Bytes that features of all blocks may take."""
SOFTENED = 2000
"""Items on which the loss of a head is measured that is to be softened."""
LESSONS = 5
"""Parts of the training items; a teacher's logits of one come from the others."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A backbone in the run with its frozen features ``(N, D)`` of the training items."""

    backbone: Backbone
    encoder: Encoder
    encoded: Encoded
    untrained: Callable[[], Backbone]
    """Builds the same architecture and input with random weights."""
    classifier: Callable[[], LinearHead | None] = lambda: None
    """Gives the linear layer that the body was pretrained with, if it came with one."""
    teacher: Contender | None = None
    """A larger one that was measured on the same items."""
    inputs: dict[tuple[int, Views], Inputs] = field(default_factory=dict)
    """See `read_for`; by boundary and views."""
    whole: list[Contender] = field(default_factory=list)
    """See `read_by`: the one of all blocks, once it was asked for."""

    @property
    def features(self) -> NDArray[np.float32] | Features:
        """``(N, D)``."""
        return self.encoded.features

    @property
    def name(self) -> str:
        """The backbone's name."""
        return self.backbone.info.name

    def read_for(self, strategy: InputStrategy, run: Run) -> Inputs:
        """What is trained on above the strategy's boundary: made once, shared by all fits that start there.

        Raises:
            UserError: the strategy would train nothing of this backbone.
        """
        boundary, views = strategy.prepare(self.backbone).frozen_blocks, Views.of(strategy.schedule)
        if (boundary, views) not in self.inputs:
            ready, dtype = run.ready(self.backbone), self.encoder.dtype
            self.inputs[boundary, views] = Inputs(
                self.backbone, boundary, ready, views=views, dtype=dtype, room=run.room
            )
        return self.inputs[boundary, views]

    def read_by(self, strategy: FeatureStrategy, run: Run) -> Contender:
        """The contender with the features that the strategy reads: this one, or the same body read at every block.

        Raises:
            UserError: it cannot be read so, or that would be too much to hold.
        """
        if not strategy.layers:
            return self
        if not self.whole:
            backbone = self.backbone.layered()
            needed = len(run.data.items) * backbone.info.dim * 4
            if needed > WIDE:
                raise UserError(
                    f"features of all blocks of {len(run.data.items):,} items take {needed / 1e9:.1f} GB, and at most "
                    f"{WIDE / 1e9:.1f} are held"
                )
            encoder = Encoder(backbone, run.options.home, run.progress, targets=run.data.targets)
            encoded = encoder.encode(run.data.items, f"features of all blocks of {self.name}")
            self.whole.append(replace(self, backbone=backbone, encoder=encoder, encoded=encoded, inputs={}, whole=[]))
        return self.whole[0]

    def rows_for(self, strategy: FeatureStrategy, run: Run) -> tuple[NDArray[np.float32] | Features, int]:
        """Features ``(copies N, D)`` of the training items as the strategy reads them, and ``copies``: the fixed view
        of all items, then each random view of all.
        """
        if not strategy.views:
            return self.features, 1
        stage = f"features of {self.name}, view"
        seen = [
            self.encoder.encode(run.data.items, f"{stage} {view + 1} of {strategy.views}", View(view)).features
            for view in range(strategy.views)
        ]
        return np.concatenate([np.asarray(part) for part in (self.features, *seen)]), 1 + strategy.views

    def give_back(self) -> None:
        """Let go of stored activations: nothing is trained on them any more."""
        for inputs in self.inputs.values():
            inputs.give_back()

    def work(self, name: str, strategy: InputStrategy) -> str:
        """What tells fits of the strategy in the journal from others: who teaches belongs to it."""
        taught = f" taught by {self.teacher.key}" if strategy.learns_from_another and self.teacher else ""
        return f"{self.key} {name} {strategy}{taught}"

    @property
    def key(self) -> str:
        """What tells its pieces in the journal from those of others: name, weights and preprocessing."""
        return f"{self.name} {self.backbone.info.sha256} {self.backbone.preprocess.key}"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Held-out logits ``(R, N, C)`` of one contender under one strategy; NaN where a fold was not run."""

    contender: Contender
    strategy_name: str
    strategy: Strategy
    logits: NDArray[np.floating]
    seconds: float
    cost: float
    """Forward passes of this backbone over the training items that adapting once takes."""

    def credit(self, data: Labelled) -> NDArray[np.float64]:
        """Per-item shares ``(R, N)`` of the primary metric; NaN where a fold was not run."""
        return stacked([credit_of(logits, data) for logits in self.logits])


def try_features(contender: Contender, name: str, strategy: FeatureStrategy, run: Run) -> Trial:
    """Cross-fit a strategy that reads frozen features, over all folds and repeats."""
    data = run.data

    def compute() -> Mapping[str, NDArray[Any]]:
        started, outputs = time.perf_counter(), data.task.outputs

        def weigh(targets: NDArray[np.int64]) -> list[float]:
            return balanced_weights(targets, outputs).tolist()

        features, copies = contender.rows_for(strategy, run)
        rows = data.repeated(copies)
        logits = strategy.cross_fit(features, rows.targets, outputs, rows.folds, weigh, rows.groups)
        return {"logits": logits[:, : len(data.targets)], "seconds": np.array(time.perf_counter() - started)}

    arrays: Mapping[str, NDArray[Any]] = run.journal.recall(f"trial {contender.key} {name} {strategy}", compute)
    return Trial(
        contender=contender,
        strategy_name=name,
        strategy=strategy,
        logits=arrays["logits"],
        seconds=float(arrays["seconds"]),
        cost=1.0 + strategy.passes,
    )


def try_inputs(
    contender: Contender, name: str, strategy: InputStrategy, run: Run, *, fold_limit: int, cost: float
) -> Trial:
    """Cross-fit a strategy that trains on the items, on the first ``fold_limit`` folds of the first repeat."""
    data = run.data
    logits = np.full((*data.folds.shape, data.task.outputs), np.nan)
    seconds = 0.0
    for fold in np.unique(data.folds[0])[:fold_limit]:
        held, rest = np.flatnonzero(data.folds[0] == fold), np.flatnonzero(data.folds[0] != fold)
        piece = f"{contender.work(name, strategy)} fold {fold}"

        def compute(
            held: NDArray[np.int64] = held, rest: NDArray[np.int64] = rest, piece: str = piece, fold: int = int(fold)
        ) -> Any:
            started = time.perf_counter()
            stage = f"{name} on {contender.name}, fold {fold + 1} of {fold_limit}"
            fitted = train(contender, strategy, run, rest, piece=piece, stage=stage)
            features = encode_once(fitted.backbone, data.items.subset(held), contender)
            return {"logits": fitted.head.logits(features), "seconds": np.array(time.perf_counter() - started)}

        arrays = run.journal.recall(f"trial {piece}", compute)
        run.journal.forget(checkpoint_of(piece))
        logits[0, held] = arrays["logits"]
        seconds += float(arrays["seconds"])
    return Trial(contender=contender, strategy_name=name, strategy=strategy, logits=logits, seconds=seconds, cost=cost)


def train(
    contender: Contender, strategy: InputStrategy, run: Run, rows: NDArray[np.int64], *, piece: str, stage: str
) -> Fitted:
    """Train on ``rows`` of the training items; the checkpoint lives in the journal under ``piece``."""
    data, schedule = run.data, strategy.schedule
    held = rows[:0]
    if strategy.holds_out:
        kept, out = held_out(data.targets[rows], data.ties[rows], run.options.seed)
        rows, held = rows[kept], rows[out]
    targets, outputs = data.targets[rows], data.task.outputs
    preparation = strategy.prepare(contender.backbone)
    body = contender.backbone if preparation.body_from == "pretrained" else contender.untrained()
    return averaged(
        strategy,
        body,
        starting_head(contender, preparation, run, rows),
        Examples(
            inputs=contender.read_for(strategy, run),
            rows=rows,
            targets=targets,
            task=data.task,
            class_weights=[1.0] * outputs if schedule.balanced else balanced_weights(targets, outputs).tolist(),
            held_rows=held,
            held_targets=data.targets[held],
            features=contender.features[rows] if len(contender.features) else contender.features,
            classifier=contender.classifier,
            taught=taught(contender.teacher, run, rows) if strategy.learns_from_another else None,
            domains=None if data.domains is None else data.domains[rows],
        ),
        Settings(
            seed=run.options.seed,
            dtype=training_dtype(body, preparation.frozen_blocks, contender.encoder.dtype),
            checkpoint=run.journal.path(checkpoint_of(piece)) if run.journal.folder else None,
        ),
        progress=run.progress,
        name=stage,
    )


def taught(teacher: Contender | None, run: Run, rows: NDArray[np.int64]) -> NDArray[np.floating] | None:
    """Logits ``(n, C)`` of the items ``rows`` from probes on the teacher's features of other items among them."""
    if teacher is None:
        return None
    targets, groups, outputs = run.data.targets[rows], run.data.groups[rows], run.data.task.outputs
    folds = grouped_folds(targets, groups, LESSONS, run.options.seed)[None]

    def weigh(some: NDArray[np.int64]) -> list[float]:
        return balanced_weights(some, outputs).tolist()

    return run.options.probe.cross_fit(teacher.features[rows], targets, outputs, folds, weigh, groups)[0]


def checkpoint_of(piece: str) -> str:
    """Name of the journal's file with the state of a fit that is under way; needless once ``piece`` is there."""
    return f"checkpoint {piece}"


def starting_head(contender: Contender, preparation: Preparation, run: Run, rows: NDArray[np.int64]) -> LinearHead:
    """Where the head starts as the preparation says: the softened probe fitted on ``rows``, or zeros."""
    if preparation.head_from == "probe":
        head = fit_head(run.options.probe, contender.features, run.data, rows)
        draw = np.random.default_rng(run.options.seed)
        some = np.sort(draw.choice(rows, SOFTENED, replace=False)) if len(rows) > SOFTENED else rows
        return softened(head, np.asarray(contender.features[some]), run.data.targets[some])
    dim, outputs = contender.backbone.info.dim, run.data.task.outputs
    return LinearHead(weight=np.zeros((outputs, dim)), bias=np.zeros(outputs))


def credit_of(logits: NDArray[np.floating], data: Labelled) -> NDArray[np.float64]:
    """Shares ``(N,)`` of the primary metric over all N training items, from ``logits (N, C)``; NaN stays NaN."""
    missing = np.isnan(logits[:, 0])
    known = np.where(missing[:, None], 0.0, logits) if missing.any() else logits
    credit = data.task.credit(probabilities_of(known, data.task), data.targets)
    credit[missing] = np.nan
    return credit


def fit_head(
    strategy: FeatureStrategy,
    features: NDArray[np.floating] | Features,
    data: Labelled,
    rows: NDArray[np.int64] | None = None,
) -> LinearHead:
    """The strategy's head on ``rows`` of the training items (None: all) and of their ``features (N, D)``.

    Every class counts the same.
    """
    targets, groups, outputs = data.targets, data.groups, data.task.outputs
    if rows is not None:
        features, targets, groups = features[rows], targets[rows], groups[rows]
    return strategy.fit(features, targets, outputs, balanced_weights(targets, outputs).tolist(), groups)


def fit_all(strategy: FeatureStrategy, contender: Contender, run: Run) -> LinearHead:
    """The strategy's head on all training items, in all the views that it reads."""
    features, copies = contender.rows_for(strategy, run)
    return fit_head(strategy, features, run.data.repeated(copies))


def encode_once(backbone: Backbone, items: Items, of: Contender) -> NDArray[np.float32] | Features:
    """Features of a trained body that no later run will meet again: not cached. It is run like the one it was."""
    return of.encoder.alike(backbone).encode(items, "score").features
