"""Several bodies as one `Backbone`, whose features are theirs side by side."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from headstart.backbones._dense import at_one
from headstart.backbones._head import check_head
from headstart.backbones._joined import PARTS
from headstart.backbones._joined_input import JoinedPreprocess, apart, together
from headstart.core.backbone import Backbone, BackboneInfo, Block, Dense, LinearHead


class JoinedBackbone(Backbone):
    """The bodies of ``parts``; ``module["0"]`` is that of the first.

    There are as many blocks as the part with the fewest has; block k holds the blocks of every part at that depth.
    """

    def __init__(self, info: BackboneInfo, parts: Sequence[Backbone]) -> None:
        self.info = info
        self.parts = tuple(parts)
        self.preprocess = JoinedPreprocess([part.preprocess for part in parts])
        self.module = nn.ModuleDict({str(number): part.module for number, part in enumerate(parts)})
        self.code = next((part.code for part in parts if part.code), "")
        self.fixed_shapes = all(part.fixed_shapes for part in parts)
        count = min(len(part.blocks) for part in parts)
        self._cuts = [tuple(round(k * len(part.blocks) / count) for part in parts) for k in range(count + 1)]
        self.blocks = tuple(self._block(start, stop) for start, stop in zip(self._cuts, self._cuts[1:], strict=False))
        self.module.eval()

    def encode(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """See `Backbone.encode`: the features of the first part, then those of the next."""
        return torch.cat([part.encode(own) for part, own in self._each(batch)], dim=1)

    def lean(self, batch: Mapping[str, torch.Tensor]) -> Backbone:
        """See `Backbone.lean`."""
        leaner = JoinedBackbone(self.info, [part.lean(own) for part, own in self._each(batch)])
        leaner.preprocess = self.preprocess
        return leaner

    def lower(self, batch: Mapping[str, torch.Tensor], boundary: int) -> dict[str, torch.Tensor]:
        """See `Backbone.lower`."""
        cuts = self._cuts[boundary]
        return together([part.lower(own, cut) for (part, own), cut in zip(self._each(batch), cuts, strict=True)])

    def upper(self, activations: Mapping[str, torch.Tensor], boundary: int) -> torch.Tensor:
        """See `Backbone.upper`."""
        pairs = zip(self._each(activations), self._cuts[boundary], strict=True)
        return torch.cat([part.upper(own, cut) for (part, own), cut in pairs], dim=1)

    def between(self, activations: Mapping[str, torch.Tensor], start: int, stop: int) -> dict[str, torch.Tensor]:
        """See `Backbone.between`."""
        cuts = zip(self._cuts[start], self._cuts[stop], strict=True)
        return together(
            [part.between(own, *cut) for (part, own), cut in zip(self._each(activations), cuts, strict=True)]
        )

    def dense(self, activations: Mapping[str, torch.Tensor], boundary: int) -> Dense:
        """See `Backbone.dense`: the positions of the first part, then those of the next; every part has channels of
        its own, which are zero at the positions of others.
        """
        pairs = zip(self._each(activations), self._cuts[boundary], strict=True)
        found = [part.dense(own, cut) for (part, own), cut in pairs]
        if boundary == len(self.blocks):
            return at_one(torch.cat([each.values[:, 0] for each in found], dim=1))
        channels = [each.values.shape[2] for each in found]
        values = [
            nn.functional.pad(each.values, (sum(channels[:number]), sum(channels[number + 1 :])))
            for number, each in enumerate(found)
        ]
        weights = torch.cat([each.weights for each in found], dim=1) / len(found)
        return Dense(values=torch.cat(values, dim=1), weights=weights)

    def split(self, activations: Mapping[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """See `Backbone.split`."""
        found = [part.split(own) for part, own in self._each(activations)]
        return [together(of_item) for of_item in zip(*found, strict=True)]

    def join(self, parts: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        """See `Backbone.join`."""
        stored = [apart(each, len(self.parts)) for each in parts]
        return together([part.join([each[number] for each in stored]) for number, part in enumerate(self.parts)])

    def export(self, folder: Path, head: LinearHead, classes: Sequence[str]) -> None:
        """One ordinary folder per part, in subfolders that ``joined.json`` names. What the model says is the sum of
        their logits: each has the columns of ``head`` that read its features, and the first the bias.

        Raises:
            UserError: the head does not fit the bodies or the classes.
        """
        check_head(head, classes, self.info.dim)
        folder.mkdir(parents=True, exist_ok=True)
        inputs, start = self.preprocess, 0
        assert isinstance(inputs, JoinedPreprocess)
        for number, part in enumerate(self.parts):
            own, stop = copy.copy(part), start + part.info.dim
            own.preprocess = inputs.parts[number]
            bias = np.zeros_like(head.bias) if number else head.bias
            own.export(folder / str(number), LinearHead(weight=head.weight[:, start:stop], bias=bias), classes)
            start = stop
        names = {str(number): part.info.name for number, part in enumerate(self.parts)}
        (folder / PARTS).write_text(json.dumps({"parts": names, "logits": "sum"}, indent=2) + "\n", encoding="utf-8")

    def _each(self, tensors: Mapping[str, torch.Tensor]) -> list[tuple[Backbone, dict[str, torch.Tensor]]]:
        return list(zip(self.parts, apart(tensors, len(self.parts)), strict=True))

    def _block(self, start: Sequence[int], stop: Sequence[int]) -> Block:
        """The blocks of every part from its ``start`` to its ``stop``."""
        inside = [
            (number, block)
            for number, part in enumerate(self.parts)
            for block in part.blocks[start[number] : stop[number]]
        ]
        return Block(
            name=" + ".join(block.name for _, block in inside),
            modules=tuple(f"{number}.{module}" for number, block in inside for module in block.modules),
            parameters=tuple(f"{number}.{name}" for number, block in inside for name in block.parameters),
        )
