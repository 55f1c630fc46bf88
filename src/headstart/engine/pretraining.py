"""How far are items from what a body was pretrained on, as its BatchNorm layers remember that?"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.modules.batchnorm import _BatchNorm

from headstart.core.backbone import Backbone
from headstart.core.domain_card import BlockFromPretraining, FromPretraining
from headstart.core.progress import Progress
from headstart.distances.hellinger import hellinger
from headstart.engine.device import accelerator, prepared, to_device
from headstart.engine.items import Items
from headstart.engine.ready import Ready

MOST = 32
"""Items that are looked at: the distance is then known to a hundredth, and more would cost what a frozen run does."""
BATCH = 16
DRAWS = 199
LEVELS = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """A BatchNorm layer: what it remembers of its input, ``(C,)``, and what it got from each item, ``(n, C)``."""

    name: str
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    floor: float
    means: list[NDArray[np.float64]] = field(default_factory=list)
    squares: list[NDArray[np.float64]] = field(default_factory=list)

    def note(self, module: torch.nn.Module, given: tuple[Any, ...]) -> None:
        """A forward pre-hook: means of the input ``(B, C, ...)`` and of its square, over positions."""
        del module
        seen = given[0].float()
        seen = seen if seen.ndim > 2 else seen.unsqueeze(-1)
        places = tuple(range(2, seen.ndim))
        norms = torch.linalg.vector_norm(seen, dim=places).double()  # squares without a copy of the input
        self.means.append(seen.mean(places).double().cpu().numpy())
        self.squares.append((norms.square() / seen[0, 0].numel()).cpu().numpy())

    def distances(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Averages over channels, one for each row of ``weights (R, N)`` of the items."""
        mean, square = weights @ np.concatenate(self.means), weights @ np.concatenate(self.squares)
        spread = np.maximum(square - mean**2, 0)
        return hellinger(mean, spread + self.floor, self.mean, self.variance + self.floor).mean(axis=1)


@torch.no_grad()
def from_pretraining(backbone: Backbone, items: Items, *, progress: Progress, seed: int = 0) -> FromPretraining | None:
    """The distance of the first `MOST` of ``items``, which are independent and in random order, from what ``backbone``
    was pretrained on; None where it has no BatchNorm, or none that has learnt anything.

    A BatchNorm layer keeps mean and variance of each of its channels over what it was trained on. They are compared
    with those of the items' own channels at the same place, by the squared Hellinger distance of Gaussians, averaged
    over channels and then over layers. What so few items add by chance is taken off (bootstrap over items), so that
    items of the pretraining itself would be at 0.
    """
    body = copy.deepcopy(backbone)
    layers = {module: _remembered(name, module) for name, module in body.module.named_modules() if _learnt(module)}
    count = min(len(items), MOST)
    if not layers or not count:
        return None
    body.module.to(accelerator().device).eval()
    for module, layer in layers.items():
        module.register_forward_pre_hook(layer.note)
    ready, rows = Ready(body, items), np.arange(count)
    work = [ready.work(rows[start : start + BATCH], None) for start in range(0, count, BATCH)]
    with progress.stage("distance from the pretraining", total=count) as stage:
        for batch in prepared(work):
            body.encode(to_device(body.preprocess.collate(batch)))
            stage.advance(len(batch))
    draws = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=DRAWS)
    weights = np.concatenate([np.ones((1, count)), draws]) / count
    found = {layer.name: layer.distances(weights) for layer in layers.values()}
    return _summary(body, found, count)


def _learnt(module: torch.nn.Module) -> bool:
    """Whether it is a BatchNorm layer that remembers something: untouched, it has means of 0 and variances of 1."""
    if not isinstance(module, _BatchNorm) or module.running_mean is None or module.running_var is None:
        return False
    return bool(module.running_mean.any()) or not bool((module.running_var == 1).all())


def _remembered(name: str, module: torch.nn.Module) -> _Layer:
    assert isinstance(module, _BatchNorm)
    assert module.running_mean is not None
    assert module.running_var is not None
    mean, variance = (each.double().cpu().numpy() for each in (module.running_mean, module.running_var))
    return _Layer(name=name, mean=mean, variance=variance, floor=module.eps)


def _summary(backbone: Backbone, found: dict[str, NDArray[np.float64]], count: int) -> FromPretraining:
    """Of a plug-in estimate and its bootstrap draws ``(1 + R,)`` by layer: what the draws have more is taken off."""
    plain, *drawn = np.mean(list(found.values()), axis=0)
    low, high = 2 * plain - np.quantile(drawn, LEVELS[::-1])
    blocks = []
    for block in backbone.blocks:
        own = [values for name, values in found.items() if block.owns(f"{name}.running_mean")]
        if own:
            first, *rest = np.mean(own, axis=0)
            blocks.append(BlockFromPretraining(block=block.name, distance=_share(2 * first - np.mean(rest))))
    return FromPretraining(
        items=count,
        distance=_share(2 * plain - np.mean(drawn)),
        low=_share(low),
        high=_share(high),
        blocks=tuple(blocks),
    )


def _share(value: float) -> float:
    return float(np.clip(value, 0, 1))
