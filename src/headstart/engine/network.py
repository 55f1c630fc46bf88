"""A body and its head as they are trained together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import nn

from headstart.core.backbone import Backbone, Dense, LinearHead
from headstart.core.training import Between
from headstart.engine.blend import Blend
from headstart.engine.device import autocast
from headstart.engine.examples import Examples


class Passed(NamedTuple):
    """Features ``(B, D)``, logits ``(B, C)`` and the head's weights ``(C, D)``, the batch as the body read it, and what
    came out at what is watched.
    """

    features: torch.Tensor
    logits: torch.Tensor
    head: torch.Tensor
    batch: Mapping[str, torch.Tensor]
    maps: tuple[Dense, ...]


class Network(nn.Module):
    """Body and head as one module, so that one optimiser and one checkpoint hold both.

    It starts at ``boundary``, watches what comes out of the blocks up to those that are ``watched``, does in training
    what is to be done ``between`` blocks (`Preparation`), and holds what is trained ``beside``, at ``rate`` times the
    base rate.
    """

    def __init__(
        self,
        backbone: Backbone,
        head: LinearHead,
        boundary: int,
        *,
        beside: nn.Module | None = None,
        rate: float = 1.0,
        watched: Sequence[int] = (),
        between: Mapping[int, Between] | None = None,
    ) -> None:
        super().__init__()
        self.body = backbone.module
        self.head = nn.Linear(head.weight.shape[1], head.weight.shape[0])
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(head.weight))
            self.head.bias.copy_(torch.from_numpy(head.bias))
        self.beside = beside
        self.rate_beside = rate
        self._watched = watched
        self._backbone = backbone
        self._boundary = boundary
        self._between = between or {}

    def forward(self, batch: Mapping[str, torch.Tensor], blend: Blend | None = None) -> Passed:
        """What comes of a batch; the head computes in float32, as it is served, whatever the body does."""
        backbone = self._backbone
        if blend and backbone.fixed_shapes:
            batch = {name: blend.of(tensor) for name, tensor in batch.items()}
        state, reached, maps = batch, self._boundary, list[Dense]()
        changed = self._between if self.training else {}
        for stop in sorted({*self._watched, *changed}):
            state = backbone.between(state, reached, stop) if reached else backbone.lower(state, stop)
            if stop in self._watched:
                maps.append(backbone.dense(state, stop))
            if stop in changed:
                state = changed[stop](state)
            reached = stop
        features = backbone.upper(state, reached) if reached else backbone.encode(state)
        if blend and not backbone.fixed_shapes:
            features = blend.of(features)
        with torch.autocast(features.device.type, enabled=False):
            logits = self.head(features.float())
        return Passed(features, logits, self.head.weight, batch, tuple(maps))

    def linear_head(self) -> LinearHead:
        """The head as it is now."""
        weight, bias = (tensor.detach().cpu().double().numpy() for tensor in (self.head.weight, self.head.bias))
        return LinearHead(weight=weight, bias=bias)


@torch.no_grad()
def held_logits(running: nn.Module, examples: Examples, size: int, dtype: torch.dtype) -> torch.Tensor:
    """Logits ``(h, outputs)`` of the items held out, in their fixed view, on the CPU; in batches of ``size``.

    ``running`` is a `Network` in evaluation mode, which starts where the inputs do.
    """
    parts, order = [], []
    for chosen, batch in examples.inputs.fixed(examples.held_rows, size):
        with autocast(dtype):
            parts.append(running(batch).logits.float().cpu())
        order.append(chosen)
    logits = torch.cat(parts)
    return logits[torch.argsort(torch.cat(order))]
