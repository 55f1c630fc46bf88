"""A classifier that reads every block of a network: this file travels in the model folder and needs no headstart.

    AutoModelForImageClassification.from_pretrained(FOLDER, trust_remote_code=True)

(or ``...ForSequenceClassification``, ``...ForAudioClassification``). ``FOLDER/body`` is an ordinary folder with the
network and the classifier of its last features, and with what reads an item. To its logits this model adds those of the
outputs of the blocks below: their mean over all positions times the weights in ``layers.safetensors``.
"""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from safetensors.torch import load_file
from torch import nn
from transformers import (
    AutoModelForAudioClassification,
    AutoModelForImageClassification,
    AutoModelForSequenceClassification,
    PretrainedConfig,
    PreTrainedModel,
)
from transformers.utils.hub import cached_file

BODY, WEIGHTS = "body", "layers.safetensors"
FETCHED = ("revision", "cache_dir", "token", "local_files_only", "force_download")
"""Options of ``from_pretrained`` that say where files come from."""


class LayersConfig(PretrainedConfig):
    """``modality`` is image, text or audio; ``layers`` names a module and how its output lies, for every layer read;
    ``mask`` says what an ``attention_mask`` is of: tokens, or the samples that frames are made of.
    """

    model_type = "headstart_layers"

    def __init__(self, modality: str = "image", layers: tuple[Any, ...] = (), mask: str = "", **rest: Any) -> None:
        self.modality = modality
        self.mask = mask
        self.layers = [dict(layer) for layer in layers]
        super().__init__(**rest)


class LayersForClassification(PreTrainedModel):
    """The network in ``body`` and one linear layer without bias for every block that is read beside its features."""

    config_class = LayersConfig
    bodies: ClassVar[dict[str, Any]] = {
        "image": AutoModelForImageClassification,
        "text": AutoModelForSequenceClassification,
        "audio": AutoModelForAudioClassification,
    }

    def __init__(self, config: Any, body: Any, weights: dict[str, torch.Tensor]) -> None:
        super().__init__(config)
        self.body = body
        self.weights = nn.ParameterList([weights[str(number)] for number in range(len(config.layers))])
        named = list(body.named_modules())
        self._read = [
            (next(module for name, module in named if f".{name}".endswith(f".{layer['module']}")), layer["lies"])
            for layer in config.layers
        ]

    @classmethod
    def from_pretrained(
        cls, place: Any, *arguments: Any, config: Any = None, **options: Any
    ) -> LayersForClassification:
        """See transformers; the body is read in the same way."""
        config = LayersConfig.from_pretrained(place) if config is None else config
        known = {name: options[name] for name in FETCHED if name in options}
        made = {name: options[name] for name in ("dtype", "torch_dtype") if name in options}
        # Who runs this file trusts the folder, and a body's own code lies in it.
        made["trust_remote_code"] = True
        body = cls.bodies[config.modality].from_pretrained(place, subfolder=BODY, **known, **made)
        found = cls(config, body, load_file(str(cached_file(place, WEIGHTS, **known)))).eval()
        return found.to(body.dtype)

    def save_pretrained(self, *arguments: Any, **options: Any) -> None:
        """Not to be had: copy the folder it came from instead."""
        raise NotImplementedError("A model that reads every block is saved by copying the folder it was read from.")

    def forward(self, *arguments: Any, labels: torch.Tensor | None = None, **inputs: Any) -> Any:
        """What the body's own classifier returns, with the logits of all layers; never a tuple."""
        means: list[torch.Tensor] = []

        def read(lies: str) -> Any:
            return lambda module, given, output: means.append(mean(output, lies, mask(output)))

        def mask(output: Any) -> torch.Tensor | None:
            given = inputs.get("attention_mask")
            if self.config.mask != "samples" or given is None:
                return given if self.config.mask else None
            return self.body.base_model._get_feature_vector_attention_mask(_first(output).shape[1], given)

        hooks = [module.register_forward_hook(read(lies)) for module, lies in self._read]
        try:
            found = self.body(*arguments, **{**inputs, "return_dict": True})
        finally:
            for hook in hooks:
                hook.remove()
        found.logits = found.logits + sum(
            # A body may carry numbers of its own behind those of a layer: Llama's hold a constant for the bias.
            each[:, : weight.shape[1]].to(weight.dtype) @ weight.T
            for each, weight in zip(means, self.weights, strict=True)
        )
        if labels is not None:
            found.loss = nn.functional.cross_entropy(found.logits, labels)
        return found


def _first(output: Any) -> Any:
    return output[0] if isinstance(output, tuple | list) else output


def mean(output: Any, lies: str, mask: torch.Tensor | None) -> torch.Tensor:
    """``(B, C)``, the mean over positions of what a module gave.

    It lies ``channels_first (B, C, H, W)``, ``channels_last (B, ..., C)`` or ``time_first (P, B, C)``; a ``mask (B,
    P)`` says which of P tokens count.
    """
    values = _first(output)
    if lies == "channels_first":
        return values.flatten(2).mean(dim=2)
    values = values.transpose(0, 1) if lies == "time_first" else values.flatten(1, -2)
    if mask is None:
        return values.mean(dim=1)
    weights = mask.to(values.dtype)
    return (values * (weights / weights.sum(dim=1, keepdim=True))[:, :, None]).sum(dim=1)
