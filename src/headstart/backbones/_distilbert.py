"""DistilBERT: BERT's layers under other names, and a rectifier before the classifier."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from headstart.backbones._family import TextFamily, chain, numbers, own
from headstart.backbones._head import head_of
from headstart.backbones._mean_layer import layer_weights, pooled
from headstart.core.backbone import Block, LinearHead

if TYPE_CHECKING:
    from headstart.backbones._family import State

EPS = 1e-12
"""Of all norms; DistilBERT's configuration has none."""
NAMES = {
    "attention.self.query": "attention.q_lin",
    "attention.self.key": "attention.k_lin",
    "attention.self.value": "attention.v_lin",
    "attention.output.dense": "attention.out_lin",
    "attention.output.LayerNorm": "sa_layer_norm",
    "intermediate.dense": "ffn.lin1",
    "output.dense": "ffn.lin2",
    "output.LayerNorm": "output_layer_norm",
}
"""Parts of BERT's layer, and what they are called here."""


class DistilBert(TextFamily):
    """Features: the normalised mean over tokens of the last layer.

    The classification model puts a dense layer and a rectifier before its classifier. Features of D numbers lie between
    -sqrt(D) and sqrt(D), so that the dense layer can lift them above zero, and the classifier's bias take it back.
    """

    kind: ClassVar[str] = "distilbert"
    prefix: ClassVar[str] = "distilbert."
    classifies: ClassVar[str] = "DistilBertForSequenceClassification"
    pooling: ClassVar[str] = "mean_as_attention"

    def restored(self, config: dict[str, Any]) -> dict[str, Any]:
        """See `Family.restored`."""
        return {**config, "n_layers": config["n_layers"] - 1}

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        return chain("transformer.layer.", len(body.transformer.layer), ("embeddings",), ())

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`."""
        return {"hidden": body.embeddings(batch["input_ids"]), "attention_mask": batch["attention_mask"]}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        from transformers.masking_utils import create_bidirectional_mask

        hidden, mask = state["hidden"], state["attention_mask"]
        attention = create_bidirectional_mask(config=body.config, inputs_embeds=hidden, attention_mask=mask)
        for layer in body.transformer.layer[start:stop]:
            hidden = layer(hidden, attention)
        return {"hidden": hidden, "attention_mask": mask}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        del body
        return pooled(state["hidden"], state["attention_mask"], EPS)

    def written(self, body: Any, head: LinearHead) -> dict[str, torch.Tensor]:
        """See `Family.written`."""
        config, tensors = body.config, own(body, self.prefix)
        for name, tensor in layer_weights(config.dim, config.hidden_dim).items():
            part, _, kind = name.rpartition(".")
            tensors[f"{self.prefix}transformer.layer.{config.n_layers}.{NAMES[part]}.{kind}"] = tensor
        lift = _lift(config.dim)
        tensors["pre_classifier.weight"], tensors["pre_classifier.bias"] = (
            torch.eye(config.dim),
            torch.full((config.dim,), lift),
        )
        tensors["classifier.weight"] = numbers(head.weight)
        tensors["classifier.bias"] = numbers(head.bias - lift * head.weight.sum(axis=1))
        return tensors

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`."""
        return {"n_layers": config.n_layers + 1}

    def parted(self, tensors: Mapping[str, torch.Tensor], config: Any) -> tuple[dict[str, torch.Tensor], LinearHead]:
        """See `Family.parted`."""
        extra = f"transformer.layer.{config.n_layers}."
        body = {name: tensor for name, tensor in self.bodily(tensors).items() if not name.startswith(extra)}
        head = head_of(tensors.get("classifier.weight"), tensors.get("classifier.bias"))
        lift = _lift(config.dim)
        return body, LinearHead(weight=head.weight, bias=head.bias + lift * head.weight.sum(axis=1))


def _lift(width: int) -> float:
    """A power of two above every feature's size: adding it costs the fewest digits."""
    return 2.0 ** math.ceil(math.log2(math.sqrt(width)))
