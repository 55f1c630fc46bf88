"""The speaker encoder GE2E, as transformers runs it: this file travels in the model folder and needs no headstart.

    AutoModelForAudioClassification.from_pretrained(FOLDER, trust_remote_code=True)

Wan et al. 2018, arXiv 1710.10467: three LSTMs over mel spectrograms of 1.6 seconds, whose last outputs, projected and
of unit norm, say who speaks. What it does with samples is what Resemblyzer 0.1.4 does, except that silence is not cut
out.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import PretrainedConfig, PreTrainedModel
from transformers.audio_utils import mel_filter_bank
from transformers.modeling_outputs import SequenceClassifierOutput

RATE, WINDOW, HOP = 16_000, 400, 160
"""Samples a second, in a frame's window, and from one frame to the next."""
FRAMES, STEP = 160, 77
"""Frames of a part, and from one part to the next: 1.3 parts a second."""
COVERED = 0.75
"""Share of the last part that sound must fill, or there is none."""
QUIETEST = 10 ** (-30 / 20)
"""Root mean square that quieter sounds are raised to: 30 decibels below full scale."""


class Ge2eConfig(PretrainedConfig):
    """``hidden_size`` is that of every layer and of the features."""

    model_type = "headstart_ge2e"

    def __init__(self, hidden_size: int = 256, num_hidden_layers: int = 3, num_mel_bins: int = 40, **rest: Any) -> None:
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.num_mel_bins = num_mel_bins
        super().__init__(**rest)


class _Drawn(PreTrainedModel):
    config_class = Ge2eConfig

    def _init_weights(self, module: nn.Module) -> None:
        """As torch draws them: transformers' own draws are so small that nothing is left after three layers."""
        if isinstance(module, nn.LSTM | nn.Linear):
            module.reset_parameters()


class Ge2eModel(_Drawn):
    """From samples to one vector of unit norm."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        widths = [config.num_mel_bins] + [config.hidden_size] * (config.num_hidden_layers - 1)
        self.layers = nn.ModuleList([nn.LSTM(width, config.hidden_size, batch_first=True) for width in widths])
        self.linear = nn.Linear(config.hidden_size, config.hidden_size)
        self.post_init()

    def parts(self, samples: torch.Tensor, mask: torch.Tensor | None) -> tuple[torch.Tensor, torch.Tensor]:
        """Mel spectrograms ``(B, P, FRAMES, bands)`` of the parts of sounds ``samples (B, n)``, and which of the P
        parts a sound has, ``(B, P)``; ``mask (B, n)`` is 1 where there is sound.
        """
        lengths = torch.full((len(samples),), samples.shape[1], device="cpu") if mask is None else mask.sum(dim=1).cpu()
        counts = _parts_of(lengths)
        most = int(counts.max())
        lengths, counts = lengths.to(samples.device), counts.to(samples.device)
        samples = samples.float() * (torch.arange(samples.shape[1], device=samples.device) < lengths[:, None])
        loud = (samples.square().sum(dim=1) / lengths.clamp(min=1)).sqrt().clamp(min=1e-9)
        samples = samples * (QUIETEST / loud).clamp(min=1.0)[:, None]
        needed = ((most - 1) * STEP + FRAMES) * HOP
        samples = functional.pad(samples, (0, max(0, needed - samples.shape[1])))
        frames = _mel(samples, self.config.num_mel_bins)
        parts = frames.unfold(1, FRAMES, STEP)[:, :most].transpose(2, 3)
        there = torch.arange(most, device=samples.device) < counts[:, None]
        return parts.to(self.linear.weight.dtype), there

    def pooled(self, last: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """``(B, D)`` of unit norm from the ``last (B, P, D)`` outputs of the layers over every part."""
        each = functional.normalize(functional.relu(self.linear(last)), dim=-1, eps=1e-12)
        weights = there.to(each.dtype)[:, :, None]
        return functional.normalize((each * weights).sum(dim=1) / weights.sum(dim=1), dim=-1, eps=1e-12)

    def forward(self, input_values: torch.Tensor, attention_mask: torch.Tensor | None = None) -> torch.Tensor:
        """Features ``(B, D)`` of sounds ``(B, n)`` at 16 kHz."""
        parts, there = self.parts(input_values, attention_mask)
        hidden = parts.flatten(0, 1)
        for layer in self.layers:
            hidden = layer(hidden)[0]
        return self.pooled(hidden[:, -1].unflatten(0, there.shape), there)


class Ge2eForAudioClassification(_Drawn):
    """A linear layer on the vector."""

    base_model_prefix = "ge2e"

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.ge2e = Ge2eModel(config)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        self.post_init()

    def forward(
        self,
        input_values: torch.Tensor,
        attention_mask: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        **rest: Any,
    ) -> SequenceClassifierOutput:
        """Logits ``(B, classes)`` and, given ``labels (B,)``, the loss."""
        logits = self.classifier(self.ge2e(input_values, attention_mask))
        loss = None if labels is None else functional.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)


def _parts_of(lengths: torch.Tensor) -> torch.Tensor:
    """How many parts sounds of these lengths have, one at least."""
    frames = (lengths + 1 + HOP - 1) // HOP
    counts = ((frames - FRAMES + STEP).clamp(min=0)) // STEP + 1
    covered = (lengths - (counts - 1) * STEP * HOP) / (FRAMES * HOP)
    return counts - ((covered < COVERED) & (counts > 1)).to(counts.dtype)


def _mel(samples: torch.Tensor, bands: int) -> torch.Tensor:
    """``(B, frames, bands)``, power in Slaney's bands. The product is one of doubles, which autocast leaves alone."""
    window = torch.hann_window(WINDOW, device=samples.device)
    found = torch.stft(
        samples, WINDOW, HOP, window=window, center=True, pad_mode="constant", return_complex=True
    )  # fmt: skip
    power = found.abs().square().transpose(1, 2)
    return (power.double() @ _filters(bands).to(samples.device)).float()


@cache
def _filters(bands: int) -> torch.Tensor:
    found = mel_filter_bank(WINDOW // 2 + 1, bands, 0.0, RATE / 2, RATE, norm="slaney", mel_scale="slaney")
    return torch.from_numpy(found).double()
