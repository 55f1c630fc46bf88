"""BERT, RoBERTa and XLM-RoBERTa: post-norm encoders; the mean over tokens is one more layer (`_mean_layer`)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.backbones._family import TextFamily, chain, numbers, own
from headstart.backbones._head import head_of
from headstart.backbones._lean_text import LeanLayer, able, additive, wanted
from headstart.backbones._mean_layer import E, layer_weights, pooled, pooler_weights
from headstart.core.backbone import Backbone, Block, LinearHead

if TYPE_CHECKING:
    import torch

    from headstart.backbones._family import State


class Bert(TextFamily):
    """Features: the normalised mean over tokens of the last layer."""

    kind: ClassVar[str] = "bert"
    prefix: ClassVar[str] = "bert."
    classifies: ClassVar[str] = "BertForSequenceClassification"
    pooling: ClassVar[str] = "mean_as_attention"
    options: ClassVar[Mapping[str, Any]] = {"add_pooling_layer": False}
    pooler: ClassVar[str] = "bert.pooler.dense"
    """Where the classification model keeps its dense layer before tanh."""
    classifier: ClassVar[str] = "classifier"

    def __init__(self, lean_layers: Sequence[LeanLayer] = ()) -> None:
        """``lean_layers`` stand for the body's where autocast asks for bfloat16 on a processor."""
        self._lean_layers = lean_layers

    def restored(self, config: dict[str, Any]) -> dict[str, Any]:
        """See `Family.restored`."""
        return {**config, "num_hidden_layers": config["num_hidden_layers"] - 1}

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        return chain("encoder.layer.", len(body.encoder.layer), ("embeddings",), ())

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`."""
        return {"hidden": body.embeddings(input_ids=batch["input_ids"]), "attention_mask": batch["attention_mask"]}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        from transformers.masking_utils import create_bidirectional_mask

        hidden, mask = state["hidden"], state["attention_mask"]
        if self._lean_layers and wanted():
            added = additive(mask)
            for layer in self._lean_layers[start:stop]:
                hidden = layer(hidden, added)
            return {"hidden": hidden, "attention_mask": mask}
        attention = create_bidirectional_mask(config=body.config, inputs_embeds=hidden, attention_mask=mask)
        for layer in body.encoder.layer[start:stop]:
            hidden = layer(hidden, attention)
        return {"hidden": hidden, "attention_mask": mask}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        return pooled(state["hidden"], state["attention_mask"], body.config.layer_norm_eps)

    def written(self, body: Any, head: LinearHead) -> dict[str, torch.Tensor]:
        """See `Family.written`."""
        config, tensors = body.config, own(body, self.prefix)
        extra = f"{self.prefix}encoder.layer.{config.num_hidden_layers}."
        for name, tensor in layer_weights(config.hidden_size, config.intermediate_size).items():
            tensors[extra + name] = tensor
        tensors[f"{self.pooler}.weight"], tensors[f"{self.pooler}.bias"] = pooler_weights(config.hidden_size)
        tensors[f"{self.classifier}.weight"] = numbers(head.weight / E)
        tensors[f"{self.classifier}.bias"] = numbers(head.bias)
        return tensors

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`."""
        return {"num_hidden_layers": config.num_hidden_layers + 1}

    def parted(self, tensors: Mapping[str, torch.Tensor], config: Any) -> tuple[dict[str, torch.Tensor], LinearHead]:
        """See `Family.parted`."""
        added = (f"encoder.layer.{config.num_hidden_layers}.", "pooler.")
        body = {name: tensor for name, tensor in self.bodily(tensors).items() if not name.startswith(added)}
        return body, head_of(tensors.get(f"{self.classifier}.weight"), tensors.get(f"{self.classifier}.bias"), E)

    def lean(self, backbone: Backbone, body: Any) -> Backbone:
        """See `Backbone.lean`: with layers of its own where autocast asks for bfloat16 on a processor."""
        layers = body.encoder.layer
        if not able(layers):
            return backbone
        leaner: Any = copy.copy(backbone)
        leaner.family = type(self)([LeanLayer(layer) for layer in layers])
        return leaner


class Roberta(Bert):
    """As `Bert`; the classification model has its dense layer in the head."""

    kind: ClassVar[str] = "roberta"
    prefix: ClassVar[str] = "roberta."
    classifies: ClassVar[str] = "RobertaForSequenceClassification"
    pooler: ClassVar[str] = "classifier.dense"
    classifier: ClassVar[str] = "classifier.out_proj"


class XlmRoberta(Roberta):
    """RoBERTa in a hundred languages."""

    kind: ClassVar[str] = "xlm-roberta"
    classifies: ClassVar[str] = "XLMRobertaForSequenceClassification"
