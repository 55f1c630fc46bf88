"""A `Backbone` over the encoder of a Whisper model, and its export as an ordinary audio-classification folder.

Whisper hears half a minute at a time, padded with silence where a clip is shorter, and its own classification model
averages over all of it. Most clips are shorter: the body is cut to the seconds it is asked for. Positions are numbered
from the beginning, so the first of them are those of a shorter input, and an ordinary folder can say so
(``max_source_positions``, ``chunk_length``).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch

from headstart.backbones._audio import AudioPreprocess
from headstart.backbones._head import check_head
from headstart.backbones._random import seeded
from headstart.core.backbone import Backbone, BackboneInfo, Block, LinearHead
from headstart.core.errors import UserError

POSITIONS = 50
"""Positions a second: the second convolution halves a hundred frames."""
LONGEST = 30
"""Seconds that Whisper was trained on."""


class WhisperBackbone(Backbone):
    """Convolutions, positions and layers of a Whisper encoder; the pooled feature is the mean over all positions.

    The positions, which transformers keeps as they were computed, belong to the first layer and are trained with it.
    """

    fixed_shapes: ClassVar[bool] = True
    module: Any

    def __init__(self, info: BackboneInfo, body: Any, preprocess: AudioPreprocess) -> None:
        """``body`` is transformers' ``WhisperEncoder``."""
        self.info = info
        self.module = body
        self.preprocess = preprocess
        self._sound = preprocess
        last = len(body.layers) - 1
        self.blocks = tuple(
            Block(
                name=f"layer {number + 1}",
                modules=(
                    *(("conv1", "conv2", "embed_positions") if number == 0 else ()),
                    f"layers.{number}",
                    *(("layer_norm",) if number == last else ()),
                ),
            )
            for number in range(last + 1)
        )

    def encode(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """See `Backbone.encode`; reads ``input_features (B, bands, frames)``."""
        return self._pooled(self._run(self._embedded(batch), 0, len(self.blocks)))

    def lower(self, batch: Mapping[str, torch.Tensor], boundary: int) -> dict[str, torch.Tensor]:
        """See `Backbone.lower`: ``hidden (B, positions, D)``, or pooled features above all blocks."""
        if boundary == len(self.blocks):
            return {"features": self.encode(batch)}
        return {"hidden": self._run(self._embedded(batch), 0, boundary)}

    def upper(self, activations: Mapping[str, torch.Tensor], boundary: int) -> torch.Tensor:
        """See `Backbone.upper`."""
        if boundary == len(self.blocks):
            return activations["features"]
        return self._pooled(self._run(activations["hidden"], boundary, len(self.blocks)))

    def export(self, folder: Path, head: LinearHead, classes: Sequence[str]) -> None:
        """See `Backbone.export`: ``WhisperForAudioClassification``, whose projection before the mean is the identity.

        Raises:
            UserError: the head does not fit the body or the classes.
        """
        from safetensors.torch import save_file

        check_head(head, classes, self.info.dim)
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {
            f"encoder.{name}": tensor.detach().cpu().to(torch.float32).contiguous()
            for name, tensor in self.module.state_dict().items()
        }
        tensors["projector.weight"], tensors["projector.bias"] = torch.eye(self.info.dim), torch.zeros(self.info.dim)
        tensors["classifier.weight"] = torch.from_numpy(head.weight).to(torch.float32).contiguous()
        tensors["classifier.bias"] = torch.from_numpy(head.bias).to(torch.float32).contiguous()
        save_file(tensors, folder / "model.safetensors", {"format": "pt"})
        text = json.dumps(self._config(classes), indent=2, ensure_ascii=False)
        (folder / "config.json").write_text(text, encoding="utf-8")
        self._sound.export(folder)

    def _config(self, classes: Sequence[str]) -> dict[str, Any]:
        config = self.module.config.to_dict()
        return {
            **{name: value for name, value in config.items() if not name.startswith("_")},
            "architectures": ["WhisperForAudioClassification"],
            "classifier_proj_size": self.info.dim,
            "use_weighted_layer_sum": False,
            "id2label": {str(number): name for number, name in enumerate(classes)},
            "label2id": {name: number for number, name in enumerate(classes)},
            "dtype": "float32",
            "headstart": {"backbone": dataclasses.asdict(self.info)},
        }

    def _embedded(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        module, gelu = self.module, torch.nn.functional.gelu
        hidden = gelu(module.conv2(gelu(module.conv1(batch["input_features"])))).permute(0, 2, 1)
        hidden = hidden + module.embed_positions.weight
        return torch.nn.functional.dropout(hidden, p=module.dropout, training=module.conv1.training)

    def _run(self, hidden: torch.Tensor, start: int, stop: int) -> torch.Tensor:
        for layer in self.module.layers[start:stop]:
            hidden = layer(hidden, None)
        return hidden

    def _pooled(self, hidden: torch.Tensor) -> torch.Tensor:
        return self.module.layer_norm(hidden).mean(dim=1)


def body_config(config: Mapping[str, Any], seconds: int) -> Any:
    """The transformers configuration of an encoder for ``seconds`` of sound, from the content of ``config.json``."""
    from transformers import WhisperConfig

    known = {name: value for name, value in config.items() if name != "model_type"}
    return WhisperConfig(**{**known, "max_source_positions": POSITIONS * seconds})


def encoder(config: Any) -> Any:
    """The encoder with random weights."""
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    return WhisperEncoder(config)


def build(info: BackboneInfo, config: Mapping[str, Any], seconds: int, *, seed: int) -> WhisperBackbone:
    """The backbone for ``seconds`` of sound, with transformers' own random initialisation drawn from ``seed``.

    Raises:
        UserError: Whisper cannot hear that long.
    """
    from transformers import WhisperFeatureExtractor

    if not 1 <= seconds <= LONGEST:
        raise UserError(f"{info.name} hears 1 to {LONGEST} seconds at a time, and {seconds} were asked for.")
    made = body_config(config, seconds)
    with seeded(seed):
        body = encoder(made)
    extractor = WhisperFeatureExtractor(feature_size=made.num_mel_bins, chunk_length=seconds)
    heard = dataclasses.replace(info, input={"seconds": seconds})
    return WhisperBackbone(heard, body.float().eval(), AudioPreprocess(extractor, seconds))


def load_body(backbone: WhisperBackbone, tensors: Mapping[str, torch.Tensor]) -> None:
    """Put pretrained weights into a body built by `build`: all of them, and as many positions as it has."""
    positions = len(backbone.module.embed_positions.weight)
    cut = {**tensors, "embed_positions.weight": tensors["embed_positions.weight"][:positions]}
    backbone.module.load_state_dict(cut, strict=True)
