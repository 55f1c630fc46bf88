"""A body and its head as they are trained together."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from headstart.core.backbone import Backbone, LinearHead
from headstart.engine.blend import Blend
from headstart.engine.device import autocast
from headstart.engine.examples import Examples


class Network(nn.Module):
    """Body and head as one module, so that one optimiser and one checkpoint hold both."""

    def __init__(self, backbone: Backbone, head: LinearHead, boundary: int) -> None:
        super().__init__()
        self.body = backbone.module
        self.head = nn.Linear(head.weight.shape[1], head.weight.shape[0])
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(head.weight))
            self.head.bias.copy_(torch.from_numpy(head.bias))
        self._encode = backbone.encode
        self._upper = backbone.upper
        self._boundary = boundary
        self._same_shapes = backbone.fixed_shapes

    def forward(
        self, batch: Mapping[str, torch.Tensor], blend: Blend | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Features ``(B, D)`` and logits ``(B, C)``."""
        if blend and self._same_shapes:
            batch = {name: blend.of(tensor) for name, tensor in batch.items()}
        features = self._upper(batch, self._boundary) if self._boundary else self._encode(batch)
        if blend and not self._same_shapes:
            features = blend.of(features)
        return features, self.head(features)

    def linear_head(self) -> LinearHead:
        """The head as it is now."""
        weight, bias = (tensor.detach().double().cpu().numpy() for tensor in (self.head.weight, self.head.bias))
        return LinearHead(weight=weight, bias=bias)


@torch.no_grad()
def held_logits(running: nn.Module, examples: Examples, size: int, dtype: torch.dtype) -> torch.Tensor:
    """Logits ``(h, outputs)`` of the items held out, in their fixed view, on the CPU; in batches of ``size``.

    ``running`` is a `Network` in evaluation mode, which starts where the inputs do.
    """
    parts, order = [], []
    for chosen, batch in examples.inputs.fixed(examples.held_rows, size):
        with autocast(dtype):
            parts.append(running(batch)[1].float().cpu())
        order.append(chosen)
    logits = torch.cat(parts)
    return logits[torch.argsort(torch.cat(order))]
