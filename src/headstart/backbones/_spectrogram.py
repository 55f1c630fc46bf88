"""Sounds to spectrograms of one size, with the feature extractor that goes into the exported folder."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch

from headstart.backbones._sequence_input import SequencePreprocess
from headstart.core.dataset import Modality
from headstart.core.sound import Clip

QUIETER, LOUDER = 0.5, 2.0
"""Between these a training view multiplies the samples."""


class Spectrogram(SequencePreprocess):
    """The first ``seconds`` of a clip at the weights' own rate, padded with silence, through ``extractor``.

    A clip of another rate is resampled (`Clip.at`): a network that learnt from one rate hears another as another pitch.
    A training view is a random part of a longer clip, or puts a shorter one at a random place, and is louder or
    quieter. Immutable; copies share it.

    Attributes:
        extractor: a transformers feature extractor with ``sampling_rate``.
        seconds: length of what the network hears.
        name: what the extractor calls what it gives.
    """

    modality: Modality = "audio"
    varied: ClassVar[bool] = True

    def __init__(self, extractor: Any, seconds: int, name: str) -> None:
        self.extractor = extractor
        self.seconds = seconds
        self.name = name

    def __deepcopy__(self, memo: object) -> Spectrogram:
        return self

    @property
    def told(self) -> dict[str, Any]:
        """Nothing: the extractor's own file says it all."""
        return {}

    @property
    def key(self) -> str:
        """See `Preprocess.key`."""
        return json.dumps({"view": "beginning", "seconds": self.seconds, **self.extractor.to_dict()}, sort_keys=True)

    def item(self, raw: Clip) -> torch.Tensor:
        """The spectrogram of the beginning of the clip, float32 of two axes."""
        return self._extracted(raw.at(self.extractor.sampling_rate))

    def view(self, raw: Clip, seed: int) -> torch.Tensor:
        """A random part of the clip; a function of ``seed``."""
        draw = random.Random(seed)
        clip = raw.at(self.extractor.sampling_rate)
        loudness = QUIETER * (LOUDER / QUIETER) ** draw.random()
        count, given = self.seconds * clip.rate, len(clip.samples)
        samples = clip.samples * loudness
        if given >= count:
            start = draw.randint(0, given - count)
            samples = samples[start : start + count]
        else:
            padded = torch.zeros(count)
            start = draw.randint(0, count - given)
            padded[start : start + given] = torch.from_numpy(samples)
            samples = padded.numpy()
        return self._extracted(Clip(samples=samples, rate=clip.rate))

    def collate(self, ready: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """The spectrograms ``(B, ..., ...)`` under the extractor's own name."""
        return {self.name: torch.stack(list(ready))}

    def export(self, folder: Path) -> None:
        """Write the extractor's own file."""
        self.extractor.save_pretrained(str(folder))

    def _extracted(self, clip: Clip) -> torch.Tensor:
        samples = clip.samples[: self.seconds * clip.rate]
        return self.extractor(samples, sampling_rate=clip.rate, return_tensors="pt")[self.name][0]
