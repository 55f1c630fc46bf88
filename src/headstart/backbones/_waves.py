"""Sounds as samples, each as long as it lasts."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from headstart.backbones._sound_input import SoundPreprocess
from headstart.core.backbone import Strength
from headstart.core.sound import Clip

LEAST_PART = 0.75
"""Share of a clip that a training view holds at least."""
GAPS, LONGEST_GAP = 2, 0.15
"""Stretches that a strong view silences, and how long they are at most, as a share of it."""


@dataclass(frozen=True, slots=True)
class Wave:
    """``samples (n,)``, ready for the network; its length counts the steps they become."""

    samples: torch.Tensor
    steps: int

    def __len__(self) -> int:
        return self.steps


class Waves(SoundPreprocess):
    """The samples of a clip, ``seconds`` of them at most, normalised as its ``Wav2Vec2FeatureExtractor`` says.

    One that is shorter than ``least`` samples is followed by silence: the network needs so many for its first step. A
    training view is a random part of the clip; a strong one is silent in places, the masks over time of SpecAugment
    (Park et al. 2019, arXiv 1904.08779, section 2).

    Attributes:
        stride: samples that a step of the network goes on by.
        least: samples of the first step.
    """

    heard: ClassVar[str] = "samples"

    def __init__(self, extractor: Any, seconds: int, stride: int, least: int) -> None:
        super().__init__(extractor, seconds)
        self.stride = stride
        self.least = least

    def foretold(self, length: int) -> int:
        """See `Preprocess.foretold`; ``length`` is in hundredths of a second."""
        return self._steps(math.ceil(min(length / 100, self.seconds) * self.extractor.sampling_rate))

    def item(self, raw: Clip) -> Wave:
        """The beginning of the clip."""
        return self._ready(raw.at(self.extractor.sampling_rate).samples[: self.most])

    def view(self, raw: Clip, seed: int, strength: Strength = "mild") -> Wave:
        """A random part of the clip, in a strong view with silence in places; a function of ``seed``."""
        draw = random.Random(seed)
        samples = raw.at(self.extractor.sampling_rate).samples
        count = min(self.most, math.ceil(len(samples) * draw.uniform(LEAST_PART, 1.0)))
        start = draw.randint(0, len(samples) - count)
        samples = samples[start : start + count]
        if strength == "strong":
            samples = samples.copy()
            for _ in range(GAPS):
                length = draw.randint(0, round(LONGEST_GAP * count))
                first = draw.randint(0, count - length)
                samples[first : first + length] = 0.0
        return self._ready(samples)

    def collate(self, ready: Sequence[Wave]) -> dict[str, torch.Tensor]:
        """``input_values (B, n)``, zero behind the end, and ``attention_mask (B, n)``."""
        values = torch.nn.utils.rnn.pad_sequence([wave.samples for wave in ready], batch_first=True)
        lengths = torch.tensor([len(wave.samples) for wave in ready])
        mask = (torch.arange(values.shape[1]) < lengths[:, None]).to(torch.int64)
        return {"input_values": values, "attention_mask": mask}

    def _steps(self, samples: int) -> int:
        return max(0, samples - self.least) // self.stride + 1

    def _ready(self, samples: Any) -> Wave:
        rate = self.extractor.sampling_rate
        found = self.extractor(samples, sampling_rate=rate, return_tensors="pt")["input_values"][0]
        found = torch.nn.functional.pad(found, (0, max(0, self.least - len(found))))
        return Wave(found, self._steps(len(found)))
