"""The settled model trained on towards a domain without labels, and judged on source items that it was kept from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headstart.core.alignment import SOURCE_ONLY, Alignment
from headstart.core.domain import Pair
from headstart.core.validator import Judged
from headstart.engine.align import JUDGED, Means, Source, SourceOnly, Way, decided, tried_out
from headstart.engine.common_space import CommonSpace
from headstart.engine.draws import held_out
from headstart.engine.examples import Examples, Settings
from headstart.engine.final import Model
from headstart.engine.fitting import TargetFit
from headstart.engine.inputs import Inputs
from headstart.engine.items import Items
from headstart.engine.judging import likeness, way_back
from headstart.engine.options import Training
from headstart.engine.precision import training_dtype
from headstart.engine.ready import Ready
from headstart.engine.run import Run
from headstart.engine.target_only import Restating
from headstart.engine.trials import Contender, checkpoint_of, encode_once, starting_head
from headstart.engine.two_stream import Target, fit_across
from headstart.engine.views import Views
from headstart.heads.sample import stratified_rows
from headstart.heads.soft import fit_soft
from headstart.heads.temperature import fit_temperature
from headstart.heads.weights import balanced_weights

ADVICE = "What changes the body is judged by them: add items, or choose a method that works on frozen features."


@dataclass(frozen=True, kw_only=True)
class Carrying:
    """How the body of ``contender`` is trained towards the items ``seen`` of the target; ``inputs`` is what is read of
    them.
    """

    training: Training
    contender: Contender
    seen: Items
    inputs: Inputs
    run: Run

    @classmethod
    def of(cls, training: Training, contender: Contender, seen: Items, run: Run) -> Carrying:
        """Made ready for as many fits as there will be.

        Raises:
            UserError: the strategy would train nothing.
        """
        inputs = Inputs(
            contender.backbone,
            training.strategy.prepare(contender.backbone).frozen_blocks,
            Ready(contender.backbone, seen),
            views=Views.of(training.strategy.schedule),
            dtype=contender.encoder.dtype,
            room=run.room,
        )
        return cls(training=training, contender=contender, seen=seen, inputs=inputs, run=run)

    def fit(self, rows: NDArray[np.int64], part: str) -> TargetFit:
        """On the training items ``rows`` and all items of the target; ``part`` says which they are."""
        run, contender, strategy = self.run, self.contender, self.training.strategy
        preparation = strategy.prepare(contender.backbone)
        targets, outputs = run.data.targets[rows], run.data.task.outputs
        examples = Examples(
            inputs=contender.read_for(strategy, run),
            rows=rows,
            targets=targets,
            task=run.data.task,
            class_weights=[1.0] * outputs
            if strategy.schedule.balanced
            else balanced_weights(targets, outputs).tolist(),
            features=np.asarray(contender.features[rows]),
        )
        fitted = fit_across(
            self.training,
            contender.backbone,
            starting_head(contender, preparation, run, rows),
            examples,
            Target(inputs=self.inputs, rows=np.arange(len(self.seen))),
            Settings(
                seed=run.options.seed,
                dtype=training_dtype(contender.backbone, preparation.frozen_blocks, contender.encoder.dtype),
                checkpoint=run.journal.path(checkpoint_of(self.piece(part))) if run.journal.folder else None,
            ),
            progress=run.progress,
            name=f"{self.training.name} with {self.training.strategy_name}, {part}",
        )
        return TargetFit(fitted=fitted, source_body=fitted.backbone)

    def piece(self, part: str) -> str:
        """What tells it from other work in the journal."""
        training = self.training
        return f"{self.contender.key} {training.name} {training.method} {training.strategy} {part}"

    @property
    def name(self) -> str:
        """Of the method."""
        return self.training.name

    @property
    def changed(self) -> str:
        """What is changed of the body: the strategy's name."""
        return self.training.strategy_name

    def give_back(self) -> None:
        """Let go of what is stored: nothing is trained on it any more."""
        self.inputs.give_back()
        self.contender.give_back()


def carried(
    carrying: Carrying | Restating, source: Source, frozen: NDArray[np.floating], means: Means
) -> tuple[Model, Alignment]:
    """The changed model, and what the validators and the guard say of it, beside the ``source`` alone.

    ``frozen (M, D)`` are features of the target's items as they were before. The model is judged by a fit that a part
    of the training items was kept from, which also gives its temperature, and then fitted to all of them.

    Raises:
        Diverged: it cannot be trained so.
        UserError: nothing would be trained, or there are too few items to hold any out or to tell the domains apart.
    """
    run, contender, name = carrying.run, carrying.contender, carrying.name
    data, seed = run.data, run.options.seed
    tried = tried_out(source, frozen, means, seed=seed, progress=run.progress)
    kept, held = held_out(data.targets, data.ties, seed, advice=ADVICE)
    held = held[stratified_rows(data.targets[held], JUDGED, seed)]
    found = _judging_fit(carrying, kept, held, tried.rows[1][:JUDGED])
    judged = _judged(found, data.targets[held])
    fitted = carrying.fit(np.arange(len(data.targets)), "all training items").fitted
    way = Way(
        name=name,
        head=fitted.head,
        space=tried.ways[SOURCE_ONLY].space,
        judged=judged,
        values={called: each.value(judged) for called, each in means.validators.items()},
    )
    alignment = decided(replace(tried, ways={**tried.ways, name: way}), means, seed=seed)
    carrying.give_back()
    temperature = fit_temperature(judged.held, judged.labels)
    model = Model(
        backbone=fitted.backbone,
        head=fitted.head.divided_by(temperature),
        temperature=temperature,
        frozen=False,
        arithmetic=contender.encoder.alike(fitted.backbone).arithmetic(data.items),
    )
    return model, replace(alignment, trained=carrying.changed)


def _judging_fit(
    carrying: Carrying | Restating, kept: NDArray[np.int64], held: NDArray[np.int64], others: NDArray[np.int64]
) -> Mapping[str, NDArray[Any]]:
    """Features and logits of both sides by a body trained on ``kept``: of the training items ``held`` and of the
    target's ``others``.
    """
    run, contender, part = carrying.run, carrying.contender, "to judge it"

    def compute() -> Mapping[str, NDArray[Any]]:
        fit = carrying.fit(kept, part)
        sides = (fit.source_body, run.data.items.subset(held)), (fit.fitted.backbone, carrying.seen.subset(others))
        source, target = (np.asarray(encode_once(body, items, contender), dtype=np.float64) for body, items in sides)
        head = fit.fitted.head
        return {"source": source, "target": target, "held": head.logits(source), "logits": head.logits(target)}

    found = run.journal.recall(f"judged {carrying.piece(part)}", compute)
    run.journal.forget(checkpoint_of(carrying.piece(part)))
    return found


def _judged(found: Mapping[str, NDArray[Any]], labels: NDArray[np.int64]) -> Judged:
    """By features of both sides as the trained body gives them. The way back is a head fitted to what is predicted for
    the target, on the same features.
    """
    space = CommonSpace.of(found["source"], found["target"])
    pair = Pair(
        source=space.apply(found["source"]),
        labels=labels,
        target=space.apply(found["target"]),
        outputs=found["held"].shape[1],
    )
    return Judged(
        source=pair.source,
        labels=labels,
        target=pair.target,
        logits=found["logits"],
        held=found["held"],
        back=way_back(SourceOnly(), pair, space.fitting(fit_soft), found["logits"]),
        weights=likeness(pair),
    )
