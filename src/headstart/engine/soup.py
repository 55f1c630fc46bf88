"""Several fits from one start, averaged into one model as long as that helps on items held out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.progress import Progress
from headstart.core.training import InputStrategy
from headstart.engine.device import on_device
from headstart.engine.examples import Examples, Settings
from headstart.engine.fitting import Fitted
from headstart.engine.inputs import mixed
from headstart.engine.loop import Diverged
from headstart.engine.network import Network, held_logits
from headstart.engine.outputs import probabilities_of
from headstart.engine.supervised import fit


def averaged(
    strategy: InputStrategy,
    backbone: Backbone,
    head: LinearHead,
    examples: Examples,
    settings: Settings,
    *,
    progress: Progress,
    name: str = "train",
) -> Fitted:
    """`fit`, or the greedy soup of all that the strategy is made of (Wortsman et al. 2022, arXiv 2203.05482, recipe 1).

    From the best one on, in the order of the primary metric on the items held out, each is added to the average of
    those before unless that lowers the metric of the average. The arguments are left untouched. Checkpoints of the fits
    stay beside that of ``settings`` (`Journal.forget` removes them with it).

    Raises:
        Diverged: every one of them did.
        UserError: the strategy would train nothing.
    """
    parts = strategy.ingredients
    if len(parts) == 1:
        return fit(strategy, backbone, head, examples, settings, progress=progress, name=name)
    paths = [_beside(settings.checkpoint, number) for number in range(len(parts))]
    found: list[Fitted] = []
    for number, (part, path) in enumerate(zip(parts, paths, strict=True)):
        own = replace(settings, seed=mixed(settings.seed, number), checkpoint=path, kept=True)
        stage = f"{name}, fit {number + 1} of {len(parts)}"
        try:
            found.append(fit(part, backbone, head, examples, own, progress=progress, name=stage))
        except Diverged as trouble:
            if number == len(parts) - 1 and not found:
                raise
            progress.say(f"{stage} is left out. {trouble}")
    boundary = strategy.prepare(backbone).frozen_blocks
    return _cooked(found, lambda one: _score(one, boundary, strategy, examples, settings))


def _beside(path: Path | None, number: int) -> Path | None:
    return None if path is None else path.with_name(f"{path.name} {number}")


def _cooked(found: Sequence[Fitted], score: Callable[[Fitted], float]) -> Fitted:
    scores = [score(one) for one in found]
    order = np.argsort(-np.array(scores), kind="stable")
    chosen = [found[order[0]]]
    best, reached = chosen[0], scores[order[0]]
    for number in order[1:]:
        tried = _mean([*chosen, found[number]])
        if (scored := score(tried)) >= reached:
            chosen.append(found[number])
            best, reached = tried, scored
    return best


def _mean(parts: Sequence[Fitted]) -> Fitted:
    """The average of the weights, in float64; counters and losses are those of the first."""
    first = parts[0]
    backbone = copy.deepcopy(first.backbone)
    states = [part.backbone.module.state_dict() for part in parts]
    mean = {
        name: torch.stack([state[name].double() for state in states]).mean(dim=0).to(tensor.dtype)
        if tensor.is_floating_point()
        else tensor
        for name, tensor in states[0].items()
    }
    backbone.module.load_state_dict(mean)
    head = LinearHead(
        weight=np.mean([part.head.weight for part in parts], axis=0),
        bias=np.mean([part.head.bias for part in parts], axis=0),
    )
    return Fitted(backbone=backbone, head=head, losses=first.losses)


def _score(one: Fitted, boundary: int, strategy: InputStrategy, examples: Examples, settings: Settings) -> float:
    """The primary metric on the items held out."""
    body = on_device(one.backbone)
    network = Network(body, one.head, boundary).to(next(body.module.parameters()).device).eval()
    logits = held_logits(network, examples, strategy.schedule.batch_size, settings.dtype).double().numpy()
    return float(examples.task.credit(probabilities_of(logits, examples.task), examples.held_targets).mean())
