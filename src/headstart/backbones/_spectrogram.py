"""Sounds to spectrograms of one size."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, ClassVar

import torch

from headstart.backbones._sound_input import SoundPreprocess
from headstart.core.backbone import Strength
from headstart.core.sound import Clip

QUIETER, LOUDER = 0.5, 2.0
"""Between these a training view multiplies the samples."""
MASKS, WIDEST = 2, 0.15
"""Stripes that a strong view masks along either axis, and their width at most, as a share of it."""


class Spectrogram(SoundPreprocess):
    """The first ``seconds`` of a clip, padded with silence, as its extractor's spectrogram.

    A training view is a random part of a longer clip, or puts a shorter one at a random place, and is louder or
    quieter. A strong one has bands and stretches of time masked: SpecAugment (Park et al. 2019, arXiv 1904.08779,
    section 2) without warping, which the authors found to matter least.

    Attributes:
        name: what the extractor calls what it gives.
    """

    heard: ClassVar[str] = "beginning"

    def __init__(self, extractor: Any, seconds: int, name: str) -> None:
        super().__init__(extractor, seconds)
        self.name = name

    def item(self, raw: Clip) -> torch.Tensor:
        """The spectrogram of the beginning of the clip, float32 of two axes."""
        return self._extracted(raw.at(self.extractor.sampling_rate))

    def view(self, raw: Clip, seed: int, strength: Strength = "mild") -> torch.Tensor:
        """A random part of the clip; a function of ``seed``."""
        draw = random.Random(seed)
        clip = raw.at(self.extractor.sampling_rate)
        loudness = QUIETER * (LOUDER / QUIETER) ** draw.random()
        count, given = self.most, len(clip.samples)
        samples = clip.samples * loudness
        if given >= count:
            start = draw.randint(0, given - count)
            samples = samples[start : start + count]
        else:
            padded = torch.zeros(count)
            start = draw.randint(0, count - given)
            padded[start : start + given] = torch.from_numpy(samples)
            samples = padded.numpy()
        found = self._extracted(Clip(samples=samples, rate=clip.rate))
        return masked(found, draw) if strength == "strong" else found

    def collate(self, ready: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
        """The spectrograms ``(B, ..., ...)`` under the extractor's own name."""
        return {self.name: torch.stack(list(ready))}

    def _extracted(self, clip: Clip) -> torch.Tensor:
        samples = clip.samples[: self.most]
        return self.extractor(samples, sampling_rate=clip.rate, return_tensors="pt")[self.name][0]


def masked(spectrogram: torch.Tensor, draw: random.Random) -> torch.Tensor:
    """A copy of ``spectrogram`` (two axes) with `MASKS` stripes across either axis at its mean."""
    found = spectrogram.clone()
    for axis, size in enumerate(spectrogram.shape):
        for _ in range(MASKS):
            length = draw.randint(0, round(WIDEST * size))
            found.narrow(axis, draw.randint(0, size - length), length).fill_(float(spectrogram.mean()))
    return found
