"""wav2vec 2.0, HuBERT and WavLM: convolutions over samples, then a transformer.

Where the first convolution normalises each channel over time (the base models), padding would change what is heard of a
clip; transformers pads with zeros there and does not mind. Here such a normalisation counts the clip alone, so that
company makes no difference, and a single clip gives what transformers gives for it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from headstart.backbones._family import chain
from headstart.backbones._sound_family import SoundFamily
from headstart.backbones._waves import Waves
from headstart.core.backbone import Block
from headstart.core.errors import UserError
from headstart.core.sound import LONGEST_HEARD

if TYPE_CHECKING:
    from headstart.backbones._family import State


class Wav2Vec2(SoundFamily):
    """Features: the mean over all steps of the last layer.

    Departures from transformers in training: no layer is left out at random (LayerDrop), and nothing is masked inside
    the network (SpecAugment); training views are parts of clips instead.
    """

    kind: ClassVar[str] = "wav2vec2"
    prefix: ClassVar[str] = "wav2vec2."
    classifies: ClassVar[str] = "Wav2Vec2ForSequenceClassification"

    def seconds(self, config: Mapping[str, Any]) -> int:
        """See `SoundFamily.seconds`."""
        del config
        return LONGEST_HEARD

    def listening(
        self, name: str, config: Mapping[str, Any], extractor: Mapping[str, Any], seconds: int
    ) -> tuple[dict[str, Any], Waves]:
        """See `SoundFamily.listening`; a clip is heard as long as it lasts, whatever ``seconds`` says of most."""
        from transformers import Wav2Vec2FeatureExtractor

        if not 1 <= seconds <= LONGEST_HEARD:
            raise UserError(f"{name} hears 1 to {LONGEST_HEARD} seconds at a time, and {seconds} were asked for.")
        known = {key: value for key, value in extractor.items() if key != "feature_extractor_type"}
        made = self.configured(config)
        stride = math.prod(made.conv_stride)
        return dict(config), Waves(Wav2Vec2FeatureExtractor(**known), LONGEST_HEARD, stride, _first_step(made))

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        before = ("feature_extractor", "feature_projection", "encoder.pos_conv_embed", "encoder.dropout")
        norm = ("encoder.layer_norm",)
        stable = body.config.do_stable_layer_norm
        first, *others = chain(
            "encoder.layers.", len(body.encoder.layers), before if stable else before + norm, norm if stable else ()
        )
        masked = ("masked_spec_embed",) if hasattr(body, "masked_spec_embed") else ()
        return (Block(name=first.name, modules=first.modules, parameters=masked), *others)

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`; reads ``input_values`` and ``attention_mask (B, n)``."""
        hidden, counts = batch["input_values"][:, None], None
        if batch["attention_mask"] is not None:
            counts = batch["attention_mask"].sum(dim=1)
        for layer in body.feature_extractor.conv_layers:
            if counts is not None:
                counts = (counts - layer.conv.kernel_size[0]) // layer.conv.stride[0] + 1
            hidden = _convolved(layer, hidden, counts)
        projected = body.feature_projection(hidden.transpose(1, 2))
        hidden = projected[0] if isinstance(projected, tuple) else projected
        mask = None
        if counts is not None:
            mask = (torch.arange(hidden.shape[1], device=hidden.device) < counts[:, None]).to(torch.int64)
            hidden = hidden * mask.unsqueeze(-1).to(hidden.dtype)
        hidden = hidden + body.encoder.pos_conv_embed(hidden)
        if not body.config.do_stable_layer_norm:
            hidden = body.encoder.layer_norm(hidden)
        state: Any = {"hidden": body.encoder.dropout(hidden), "attention_mask": mask}
        return state

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        from transformers.masking_utils import create_bidirectional_mask

        hidden, mask = state["hidden"], state["attention_mask"]
        attention = create_bidirectional_mask(config=body.config, inputs_embeds=hidden, attention_mask=mask)
        for layer in body.encoder.layers[start:stop]:
            hidden = layer(hidden, attention_mask=attention)
        return {"hidden": hidden, "attention_mask": mask}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        hidden, mask = state["hidden"], state["attention_mask"].unsqueeze(-1)
        if body.config.do_stable_layer_norm:
            hidden = body.encoder.layer_norm(hidden)
        hidden = hidden.to(torch.promote_types(hidden.dtype, torch.float32))
        return (hidden * mask).sum(dim=1) / mask.sum(dim=1)

    def sample(self, config: Any, size: int) -> dict[str, Any]:
        """See `Family.sample`."""
        del config
        return {"input_values": torch.zeros(1, 16000 * size), "attention_mask": None}


class Hubert(Wav2Vec2):
    """wav2vec 2.0's network, pretrained on clusters."""

    kind: ClassVar[str] = "hubert"
    prefix: ClassVar[str] = "hubert."
    classifies: ClassVar[str] = "HubertForSequenceClassification"


class WavLm(Wav2Vec2):
    """The same with relative positions, whose table lies in the first layer and is read by all others."""

    kind: ClassVar[str] = "wavlm"
    prefix: ClassVar[str] = "wavlm."
    classifies: ClassVar[str] = "WavLMForSequenceClassification"

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`."""
        hidden, mask = state["hidden"], state["attention_mask"]
        items, steps, _ = hidden.shape
        places = _places(body.encoder.layers[0].attention, steps).to(hidden.dtype)
        bias = places.unsqueeze(0).expand(items, -1, -1, -1).reshape(-1, steps, steps)
        with warnings.catch_warnings():
            # Its attention hands torch one mask of truth values and one of numbers, which torch takes and warns of.
            warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask and attn_mask", UserWarning)
            for number, layer in enumerate(body.encoder.layers[start:stop], start=start):
                hidden, _ = layer(hidden, attention_mask=mask, position_bias=bias, index=number)
        return {"hidden": hidden, "attention_mask": mask}


def _convolved(layer: Any, hidden: torch.Tensor, counts: torch.Tensor | None) -> torch.Tensor:
    """What ``layer`` makes of ``hidden (B, C, T)``, of whose steps ``counts (B,)`` are no padding afterwards."""
    norm = getattr(layer, "layer_norm", None)
    if counts is None or not isinstance(norm, torch.nn.GroupNorm):
        return layer(hidden)
    hidden = layer.conv(hidden)
    mask = (torch.arange(hidden.shape[2], device=hidden.device) < counts[:, None])[:, None].to(hidden.dtype)
    number = counts[:, None, None].to(hidden.dtype)
    mean = (hidden * mask).sum(dim=2, keepdim=True) / number
    variance = ((hidden - mean).square() * mask).sum(dim=2, keepdim=True) / number
    hidden = (hidden - mean) * torch.rsqrt(variance + norm.eps)
    return layer.activation(hidden * norm.weight[:, None] + norm.bias[:, None])


def _places(attention: Any, steps: int) -> torch.Tensor:
    """What relative positions add to the attention scores, ``(heads, T, T)``, as the first layer has it."""
    table = attention.rel_attn_embed.weight
    numbers = torch.arange(steps, device=table.device)
    bucket = attention._relative_positions_bucket(numbers[None, :] - numbers[:, None])
    return table[bucket].permute(2, 0, 1)


def _first_step(config: Any) -> int:
    """Samples that the first step is computed from."""
    least = 1
    for kernel, stride in zip(reversed(config.conv_kernel), reversed(config.conv_stride), strict=True):
        least = (least - 1) * stride + kernel
    return least
