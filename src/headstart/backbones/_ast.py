"""The audio spectrogram transformer (Gong et al. 2021, arXiv 2104.01778): a vision transformer over a spectrogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.backbones._family import chain
from headstart.backbones._sound_family import SoundFamily
from headstart.backbones._spectrogram import Spectrogram
from headstart.core.backbone import Block

if TYPE_CHECKING:
    import torch

    from headstart.backbones._family import State

FRAMES = 100
"""Frames a second."""


class Ast(SoundFamily):
    """Features: the normalised mean of the two tokens that stand for the whole clip, as the classification model's head
    reads it. What it hears is as long as its positions, whatever is asked for.
    """

    fixed_shapes: ClassVar[bool] = True
    kind: ClassVar[str] = "audio-spectrogram-transformer"
    prefix: ClassVar[str] = "audio_spectrogram_transformer."
    classifies: ClassVar[str] = "ASTForAudioClassification"
    pooling: ClassVar[str] = "two_tokens"
    classifier: ClassVar[str] = "classifier.dense"

    def seconds(self, config: Mapping[str, Any]) -> int:
        """See `SoundFamily.seconds`."""
        return round(int(config.get("max_length", 1024)) / FRAMES)

    def listening(
        self, name: str, config: Mapping[str, Any], extractor: Mapping[str, Any], seconds: int
    ) -> tuple[dict[str, Any], Spectrogram]:
        """See `SoundFamily.listening`."""
        from transformers import ASTFeatureExtractor

        del name, seconds
        known = {key: value for key, value in extractor.items() if key != "feature_extractor_type"}
        sizes = {
            "max_length": int(config.get("max_length", 1024)),
            "num_mel_bins": int(config.get("num_mel_bins", 128)),
        }
        made = ASTFeatureExtractor(**{**known, **sizes})
        heard = -(-sizes["max_length"] // FRAMES)  # whole seconds; the extractor cuts to the frame
        return dict(config), Spectrogram(made, heard, "input_values")

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        return chain("layers.", len(body.layers), ("embeddings",), ("layernorm",))

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`; reads ``input_values (B, frames, bands)``."""
        return {"hidden": body.embeddings(batch["input_values"])}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        hidden = state["hidden"]
        for layer in body.layers[start:stop]:
            hidden = layer(hidden, None)
        return {"hidden": hidden}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        from torch.nn import functional

        ends = body.layernorm(state["hidden"])[:, :2].mean(dim=1)
        return functional.layer_norm(ends, ends.shape[-1:], eps=body.config.layer_norm_eps)

    def sample(self, config: Any, size: int) -> dict[str, Any]:
        """See `Family.sample`."""
        import torch

        del size
        return {"input_values": torch.zeros(1, config.max_length, config.num_mel_bins)}

    def between(self, width: int) -> dict[str, torch.Tensor]:
        """See `SoundFamily.between`: the normalisation that `pooled` does without weights."""
        import torch

        return {"classifier.layernorm.weight": torch.ones(width), "classifier.layernorm.bias": torch.zeros(width)}

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`."""
        del config
        return {}
