"""ModernBERT: a pre-norm encoder with rotary positions and local attention, whose classification model averages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from headstart.backbones._family import TextFamily, chain, numbers, own
from headstart.backbones._head import head_of
from headstart.core.backbone import Block, LinearHead

if TYPE_CHECKING:
    from headstart.backbones._family import State


class ModernBert(TextFamily):
    """Features: the normalised mean over tokens of the last layer.

    That is what the classification model computes where it is configured to average and its dense layer is the
    identity, without an activation after it.
    """

    kind: ClassVar[str] = "modernbert"
    prefix: ClassVar[str] = "model."
    classifies: ClassVar[str] = "ModernBertForSequenceClassification"
    pooling: ClassVar[str] = "mean"

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        return chain("layers.", len(body.layers), ("embeddings", "rotary_emb"), ("final_norm",))

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`."""
        return {"hidden": body.embeddings(batch["input_ids"]), "attention_mask": batch["attention_mask"]}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        from transformers.masking_utils import create_bidirectional_mask, create_bidirectional_sliding_window_mask

        hidden, mask = state["hidden"], state["attention_mask"]
        given = {"config": body.config, "inputs_embeds": hidden, "attention_mask": mask}
        masks = {
            "full_attention": create_bidirectional_mask(**given),
            "sliding_attention": create_bidirectional_sliding_window_mask(**given),
        }
        positions = torch.arange(hidden.shape[1], device=hidden.device).unsqueeze(0)
        layers = body.layers[start:stop]
        # Called past the hooks of modules: positions are computed below and above a cut, and hold no weights.
        turns = {
            kind: body.rotary_emb.forward(hidden, positions, kind)
            for kind in {layer.attention_type for layer in layers}
        }
        for layer in layers:
            kind = layer.attention_type
            hidden = layer(hidden, attention_mask=masks[kind], position_embeddings=turns[kind])
        return {"hidden": hidden, "attention_mask": mask}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        mask = state["attention_mask"].unsqueeze(-1)
        hidden = body.final_norm(state["hidden"])
        hidden = hidden.to(torch.promote_types(hidden.dtype, torch.float32))
        mean = (hidden * mask).sum(dim=1) / mask.sum(dim=1)
        return torch.nn.functional.layer_norm(mean, mean.shape[-1:], eps=body.config.norm_eps)

    def written(self, body: Any, head: LinearHead) -> dict[str, torch.Tensor]:
        """See `Family.written`."""
        config, tensors = body.config, own(body, self.prefix)
        width = config.hidden_size
        tensors["head.dense.weight"], tensors["head.norm.weight"] = torch.eye(width), torch.ones(width)
        if config.classifier_bias:
            tensors["head.dense.bias"] = torch.zeros(width)
        if config.norm_bias:
            tensors["head.norm.bias"] = torch.zeros(width)
        tensors["classifier.weight"], tensors["classifier.bias"] = numbers(head.weight), numbers(head.bias)
        return tensors

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`."""
        del config
        return {"classifier_pooling": "mean", "classifier_activation": "linear"}

    def parted(self, tensors: Mapping[str, torch.Tensor], config: Any) -> tuple[dict[str, torch.Tensor], LinearHead]:
        """See `Family.parted`."""
        del config
        return self.bodily(tensors), head_of(tensors.get("classifier.weight"), tensors.get("classifier.bias"))
