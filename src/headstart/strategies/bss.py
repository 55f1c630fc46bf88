"""Fine-tune without the directions that transfer badly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Penalty, Preparation, Schedule, Seen, Start
from headstart.strategies._depth import Decay, groups_by_depth

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Bss(InputStrategy):
    """Batch spectral shrinkage (Chen et al. 2019, "Catastrophic forgetting meets negative transfer", NeurIPS, equation
    5): ``eta`` times the sum of squares of the ``smallest`` smallest singular values of a batch's features ``(B, D)``,
    along which, by the paper, pretrained knowledge transfers negatively. ``eta`` and one value are the paper's.
    Departure: the head starts from the probe.
    """

    summary: ClassVar[str] = "Fine-tune, shrinking the smallest singular values of a batch's features (BSS)."
    candidate: ClassVar[bool] = False

    eta: Annotated[float, Meaning(says="Strength of the shrinkage.")] = 0.001
    smallest: Annotated[int, Meaning(says="How many singular values are shrunk.", low=1)] = 1
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, self.decay))

    def penalty(self, start: Start) -> Penalty:
        """See `InputStrategy.penalty`."""
        del start
        return _Shrinkage(self.eta, self.smallest)


class _Shrinkage(Penalty):
    def __init__(self, eta: float, smallest: int) -> None:
        self._eta, self._smallest = eta, smallest

    def loss(self, seen: Seen) -> torch.Tensor:
        import torch

        # Squares of singular values are eigenvalues of the smaller Gram matrix, in ascending order. Of two equal ones
        # the gradients of values, unlike those of vectors, are finite.
        features = seen.features.double()
        gram = features @ features.T if features.shape[0] <= features.shape[1] else features.T @ features
        values = torch.linalg.eigvalsh(gram)
        return self._eta * values[: self._smallest].sum().to(seen.features.dtype)
