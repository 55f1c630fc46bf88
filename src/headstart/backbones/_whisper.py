"""The encoder of Whisper.

Whisper hears half a minute at a time, padded with silence where a clip is shorter, and its own classification model
averages over all of it. Most clips are shorter: the body is cut to the seconds it is asked for. Positions are numbered
from the beginning, so the first of them are those of a shorter input, and an ordinary folder can say so
(``max_source_positions``, ``chunk_length``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from headstart.backbones._family import chain
from headstart.backbones._sound_family import SoundFamily
from headstart.backbones._spectrogram import Spectrogram
from headstart.core.backbone import Block
from headstart.core.errors import UserError
from headstart.core.sound import LONGEST_HEARD

if TYPE_CHECKING:
    import torch

    from headstart.backbones._family import State

POSITIONS = 50
"""Positions a second: the second convolution halves a hundred frames."""


class Whisper(SoundFamily):
    """Features: the mean over all positions.

    The positions, which transformers keeps as they were computed, belong to the first layer and are trained with it.
    """

    fixed_shapes: ClassVar[bool] = True
    kind: ClassVar[str] = "whisper"
    prefix: ClassVar[str] = "encoder."
    classifies: ClassVar[str] = "WhisperForAudioClassification"

    def seconds(self, config: Mapping[str, Any]) -> int:
        """See `SoundFamily.seconds`."""
        return int(config.get("max_source_positions", POSITIONS * LONGEST_HEARD)) // POSITIONS

    def listening(
        self, name: str, config: Mapping[str, Any], extractor: Mapping[str, Any], seconds: int
    ) -> tuple[dict[str, Any], Spectrogram]:
        """See `SoundFamily.listening`."""
        from transformers import WhisperFeatureExtractor

        del extractor  # it follows from the configuration
        if not 1 <= seconds <= LONGEST_HEARD:
            raise UserError(f"{name} hears 1 to {LONGEST_HEARD} seconds at a time, and {seconds} were asked for.")
        bands = int(config.get("num_mel_bins", 80))
        heard = WhisperFeatureExtractor(feature_size=bands, chunk_length=seconds)
        return {**config, "max_source_positions": POSITIONS * seconds}, Spectrogram(heard, seconds, "input_features")

    def body(self, config: Any) -> Any:
        """See `Family.body`; its decoder, which is larger, is not made."""
        from transformers.models.whisper.modeling_whisper import WhisperEncoder

        return WhisperEncoder(config)

    def bare(self, model: Any) -> Any:
        """See `Family.bare`."""
        return model.encoder

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        return chain("layers.", len(body.layers), ("conv1", "conv2", "embed_positions"), ("layer_norm",))

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`; reads ``input_features (B, bands, frames)``."""
        from torch.nn import functional

        gelu = functional.gelu
        hidden = gelu(body.conv2(gelu(body.conv1(batch["input_features"])))).permute(0, 2, 1)
        hidden = hidden + body.embed_positions.weight
        # The flag of the first block: the module as a whole also trains while that is frozen.
        return {"hidden": functional.dropout(hidden, p=body.dropout, training=body.conv1.training)}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        hidden = state["hidden"]
        for layer in body.layers[start:stop]:
            hidden = layer(hidden, None)
        return {"hidden": hidden}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        return body.layer_norm(state["hidden"]).mean(dim=1)

    def sample(self, config: Any, size: int) -> dict[str, Any]:
        """See `Family.sample`."""
        import torch

        return {"input_features": torch.zeros(1, config.num_mel_bins, 2 * POSITIONS * size)}

    def fitting(self, tensors: Mapping[str, torch.Tensor], body: Any) -> Mapping[str, torch.Tensor]:
        """See `Family.fitting`: the first positions, and computed ones behind those of a model that heard less."""
        stored = tensors.get("embed_positions.weight")
        if stored is None:
            return tensors
        positions = body.embed_positions.weight.detach().clone()
        shared = min(len(stored), len(positions))
        positions[:shared] = stored[:shared]
        return {**tensors, "embed_positions.weight": positions}
