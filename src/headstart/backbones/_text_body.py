"""A `Backbone` over a BERT-like text encoder, and its export as an ordinary sequence-classification folder."""

from __future__ import annotations

import copy
import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch

from headstart.backbones._head import check_head
from headstart.backbones._lean_text import LeanLayer, able, additive, wanted
from headstart.backbones._mean_layer import E, layer_weights, pooled, pooler_weights
from headstart.backbones._random import seeded
from headstart.backbones._text import TextPreprocess
from headstart.core.backbone import Backbone, BackboneInfo, Block, LinearHead
from headstart.core.errors import UserError, nearest

POOLING = "mean_as_attention"
MARKER = "headstart_pooling"
"""Key in ``config.json`` that says the last layer is the one of `_mean_layer` and not part of the body."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """Where a family's classification model keeps its parts."""

    prefix: str
    pooler: str
    classifier: str
    classifies: str


FAMILIES: Mapping[str, Family] = {
    "bert": Family(
        prefix="bert.",
        pooler="bert.pooler.dense",
        classifier="classifier",
        classifies="BertForSequenceClassification",
    ),
    "roberta": Family(
        prefix="roberta.",
        pooler="classifier.dense",
        classifier="classifier.out_proj",
        classifies="RobertaForSequenceClassification",
    ),
    "xlm-roberta": Family(
        prefix="roberta.",
        pooler="classifier.dense",
        classifier="classifier.out_proj",
        classifies="XLMRobertaForSequenceClassification",
    ),
}
"""By ``model_type``. All have BERT's layer (post-norm, absolute positions), which `_mean_layer` relies on."""


class TextBackbone(Backbone):
    """Embeddings and layers of a BERT-like encoder; the pooled feature is the normalised mean over tokens."""

    fixed_shapes: ClassVar[bool] = False
    module: Any

    def __init__(self, info: BackboneInfo, body: Any, preprocess: TextPreprocess) -> None:
        """``body`` is the family's base model without pooler."""
        self.info = info
        self.module = body
        self.preprocess = preprocess
        self._tokenizer = preprocess
        self.blocks = _blocks(body)
        self._lean_layers: list[LeanLayer] = []

    def encode(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """See `Backbone.encode`; reads ``input_ids`` and ``attention_mask (B, L)``."""
        hidden = self._run(self._embedded(batch), batch["attention_mask"], 0, len(self.blocks))
        return self._pooled(hidden, batch["attention_mask"])

    def lean(self, batch: Mapping[str, torch.Tensor]) -> Backbone:
        """See `Backbone.lean`: with layers of its own where autocast asks for bfloat16 on a processor."""
        del batch
        layers = self.module.encoder.layer
        if not able(layers):
            return self
        leaner = copy.copy(self)
        leaner._lean_layers = [LeanLayer(layer) for layer in layers]
        return leaner

    def lower(self, batch: Mapping[str, torch.Tensor], boundary: int) -> dict[str, torch.Tensor]:
        """See `Backbone.lower`: ``hidden (B, L, D)`` and ``attention_mask (B, L)``, or pooled features above all."""
        if boundary == len(self.blocks):
            return {"features": self.encode(batch)}
        mask = batch["attention_mask"]
        return {"hidden": self._run(self._embedded(batch), mask, 0, boundary), "attention_mask": mask}

    def upper(self, activations: Mapping[str, torch.Tensor], boundary: int) -> torch.Tensor:
        """See `Backbone.upper`."""
        if boundary == len(self.blocks):
            return activations["features"]
        mask = activations["attention_mask"]
        return self._pooled(self._run(activations["hidden"], mask, boundary, len(self.blocks)), mask)

    def split(self, activations: Mapping[str, torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        """See `Backbone.split`: ``hidden (L, D)`` of each text's own L tokens."""
        if "hidden" not in activations:
            return super().split(activations)
        lengths = activations["attention_mask"].sum(dim=1).tolist()
        return [{"hidden": activations["hidden"][row, :length]} for row, length in enumerate(lengths)]

    def join(self, parts: Sequence[Mapping[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
        """See `Backbone.join`: padded on the right, with zeros, to the longest; the mask keeps them out of attention
        and of the mean.
        """
        if "hidden" not in parts[0]:
            return super().join(parts)
        hidden = torch.nn.utils.rnn.pad_sequence([part["hidden"] for part in parts], batch_first=True)
        lengths = torch.tensor([len(part["hidden"]) for part in parts])
        return {"hidden": hidden, "attention_mask": (torch.arange(hidden.shape[1]) < lengths[:, None]).to(torch.int64)}

    def export(self, folder: Path, head: LinearHead, classes: Sequence[str]) -> None:
        """See `Backbone.export`; how mean pooling becomes part of an ordinary model is told in `_mean_layer`.

        Raises:
            UserError: the head does not fit the body or the classes.
        """
        from safetensors.torch import save_file

        check_head(head, classes, self.info.dim)
        folder.mkdir(parents=True, exist_ok=True)
        family, config = FAMILIES[self.module.config.model_type], self.module.config
        tensors = {
            family.prefix + name: tensor.detach().cpu().to(torch.float32).contiguous()
            for name, tensor in self.module.state_dict().items()
        }
        extra = f"{family.prefix}encoder.layer.{config.num_hidden_layers}."
        for name, tensor in layer_weights(config.hidden_size, config.intermediate_size).items():
            tensors[extra + name] = tensor
        tensors[f"{family.pooler}.weight"], tensors[f"{family.pooler}.bias"] = pooler_weights(config.hidden_size)
        tensors[f"{family.classifier}.weight"] = torch.from_numpy(head.weight / E).to(torch.float32).contiguous()
        tensors[f"{family.classifier}.bias"] = torch.from_numpy(head.bias).to(torch.float32).contiguous()
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        text = json.dumps(self._config(classes), indent=2, ensure_ascii=False)
        (folder / "config.json").write_text(text, encoding="utf-8")
        self._tokenizer.export(folder)

    def _config(self, classes: Sequence[str]) -> dict[str, Any]:
        config = self.module.config.to_dict()
        return {
            **{name: value for name, value in config.items() if not name.startswith("_")},
            "architectures": [FAMILIES[config["model_type"]].classifies],
            "num_hidden_layers": config["num_hidden_layers"] + 1,
            "id2label": {str(number): name for number, name in enumerate(classes)},
            "label2id": {name: number for number, name in enumerate(classes)},
            "problem_type": "single_label_classification",
            "dtype": "float32",
            MARKER: POOLING,
            "headstart": {"backbone": dataclasses.asdict(self.info)},
        }

    def _embedded(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        return self.module.embeddings(input_ids=batch["input_ids"])

    def _run(self, hidden: torch.Tensor, mask: torch.Tensor, start: int, stop: int) -> torch.Tensor:
        if self._lean_layers and wanted():
            added = additive(mask)
            for layer in self._lean_layers[start:stop]:
                hidden = layer(hidden, added)
            return hidden
        from transformers.masking_utils import create_bidirectional_mask

        attention = create_bidirectional_mask(config=self.module.config, inputs_embeds=hidden, attention_mask=mask)
        for layer in self.module.encoder.layer[start:stop]:
            hidden = layer(hidden, attention)
        return hidden

    def _pooled(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return pooled(hidden, mask, self.module.config.layer_norm_eps)


def body_config(name: str, config: Mapping[str, Any]) -> Any:
    """The transformers configuration of the body that ``config.json`` content describes, pooling layer excluded.

    Raises:
        UserError: headstart cannot adapt and export this kind of model.
    """
    from transformers import AutoConfig

    kind = str(config.get("model_type", ""))
    check_family(name, kind)
    kept = {key: value for key, value in config.items() if key not in (MARKER, "headstart", "model_type")}
    if config.get(MARKER) == POOLING:
        kept["num_hidden_layers"] -= 1
    return AutoConfig.for_model(kind, **kept)


def check_family(name: str, kind: str) -> None:
    """Refuse model types whose classification model cannot express mean pooling.

    Raises:
        UserError: ``kind`` is not among `FAMILIES`.
    """
    if kind not in FAMILIES:
        raise UserError(
            f"{name} is a '{kind}' model; headstart adapts text encoders of the kinds {', '.join(FAMILIES)}. "
            f"{nearest(kind, FAMILIES)}"
        )


def build(info: BackboneInfo, config: Any, preprocess: TextPreprocess, *, seed: int) -> TextBackbone:
    """The backbone with transformers' own random initialisation drawn from ``seed``."""
    from transformers import AutoModel

    with seeded(seed):
        body = AutoModel.from_config(config, add_pooling_layer=False)
    return TextBackbone(info, body.float().eval(), preprocess)


def load_body(backbone: TextBackbone, tensors: Mapping[str, torch.Tensor]) -> None:
    """Put pretrained weights into a body built by `build`; every name and shape must fit."""
    backbone.module.load_state_dict(tensors, strict=True)


def _blocks(body: Any) -> tuple[Block, ...]:
    """One block per layer; the embeddings belong to the first."""
    names = [f"encoder.layer.{number}" for number in range(len(body.encoder.layer))]
    first = ("embeddings", names[0])
    return tuple(
        Block(name=f"layer {number + 1}", modules=first if number == 0 else (name,))
        for number, name in enumerate(names)
    )
