"""Sounds as samples, each as long as it lasts, with the feature extractor that goes into the exported folder."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch

from headstart.backbones._sequence_input import SequencePreprocess
from headstart.core.dataset import Modality
from headstart.core.sound import Clip

LEAST_PART = 0.75
"""Share of a clip that a training view holds at least."""


@dataclass(frozen=True, slots=True)
class Wave:
    """``samples (n,)``, ready for the network; its length counts the steps they become."""

    samples: torch.Tensor
    steps: int

    def __len__(self) -> int:
        return self.steps


class Waves(SequencePreprocess):
    """The samples of a clip at the weights' own rate, ``seconds`` of them at most, normalised as ``extractor`` says.

    A clip of another rate is resampled (`Clip.at`). One that is shorter than ``least`` samples is followed by silence:
    the network needs so many for its first step. A training view is a random part of the clip. Immutable; copies share
    it.

    Attributes:
        extractor: a ``Wav2Vec2FeatureExtractor``.
        seconds: most of a clip that is heard.
        stride: samples that a step of the network goes on by.
        least: samples of the first step.
    """

    modality: Modality = "audio"
    varied: ClassVar[bool] = True

    def __init__(self, extractor: Any, seconds: int, stride: int, least: int) -> None:
        self.extractor = extractor
        self.seconds = seconds
        self.stride = stride
        self.least = least

    def __deepcopy__(self, memo: object) -> Waves:
        return self

    @property
    def told(self) -> dict[str, Any]:
        """Nothing: the extractor's own file says it all."""
        return {}

    @property
    def key(self) -> str:
        """See `Preprocess.key`."""
        return json.dumps({"view": "samples", "seconds": self.seconds, **self.extractor.to_dict()}, sort_keys=True)

    def foretold(self, length: int) -> int:
        """See `Preprocess.foretold`; ``length`` is in hundredths of a second."""
        return self._steps(math.ceil(min(length / 100, self.seconds) * self.extractor.sampling_rate))

    def item(self, raw: Clip) -> Wave:
        """The beginning of the clip."""
        return self._ready(raw.at(self.extractor.sampling_rate).samples[: self._most])

    def view(self, raw: Clip, seed: int) -> Wave:
        """A random part of the clip; a function of ``seed``."""
        draw = random.Random(seed)
        samples = raw.at(self.extractor.sampling_rate).samples
        count = min(self._most, math.ceil(len(samples) * draw.uniform(LEAST_PART, 1.0)))
        start = draw.randint(0, len(samples) - count)
        return self._ready(samples[start : start + count])

    def collate(self, ready: Sequence[Wave]) -> dict[str, torch.Tensor]:
        """``input_values (B, n)``, zero behind the end, and ``attention_mask (B, n)``."""
        values = torch.nn.utils.rnn.pad_sequence([wave.samples for wave in ready], batch_first=True)
        lengths = torch.tensor([len(wave.samples) for wave in ready])
        mask = (torch.arange(values.shape[1]) < lengths[:, None]).to(torch.int64)
        return {"input_values": values, "attention_mask": mask}

    def export(self, folder: Path) -> None:
        """Write the extractor's own file."""
        self.extractor.save_pretrained(str(folder))

    @property
    def _most(self) -> int:
        return self.seconds * self.extractor.sampling_rate

    def _steps(self, samples: int) -> int:
        return max(0, samples - self.least) // self.stride + 1

    def _ready(self, samples: Any) -> Wave:
        rate = self.extractor.sampling_rate
        found = self.extractor(samples, sampling_rate=rate, return_tensors="pt")["input_values"][0]
        found = torch.nn.functional.pad(found, (0, max(0, self.least - len(found))))
        return Wave(found, self._steps(len(found)))
