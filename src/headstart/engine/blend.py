"""Mixup: items of a batch blended in pairs, and their targets with them (Zhang et al. 2018, arXiv 1710.09412)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch


@dataclass(frozen=True, kw_only=True)
class Blend:
    """Every item keeps ``share`` of itself and takes the rest from its ``partner (B,)``, a position in the batch.

    One share per batch, as in the authors' code. What is blended is what training starts from: pixels, spectrograms or
    outputs of frozen blocks (Verma et al. 2019, arXiv 1806.05236); of items whose lengths differ, the pooled features
    (Guo et al. 2019, arXiv 1905.08941, call it senMixup).
    """

    partner: torch.Tensor
    share: float

    @classmethod
    def drawn(cls, alpha: float, count: int) -> Blend:
        """For ``count`` items, the share from Beta(``alpha``, ``alpha``); of torch's own generator."""
        # In float64: torch draws in float32, where a small alpha gives one half in place of nearly 0 or 1.
        random = np.random.default_rng(int(torch.randint(2**31, (1,))))
        share = float(random.beta(alpha, alpha))
        return cls(partner=torch.randperm(count), share=share if math.isfinite(share) else 1.0)

    def of(self, tensor: torch.Tensor) -> torch.Tensor:
        """``tensor (B, ...)`` blended."""
        if not tensor.is_floating_point():
            return tensor
        return self.share * tensor + (1 - self.share) * tensor[self.partner.to(tensor.device)]
