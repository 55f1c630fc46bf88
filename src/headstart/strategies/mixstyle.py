"""Fine-tune on pictures whose styles are mixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.errors import UserError
from headstart.core.settings import Meaning
from headstart.core.task import Task
from headstart.core.training import InputStrategy, Preparation, Schedule
from headstart.strategies._depth import Decay, groups_by_depth

if TYPE_CHECKING:
    import torch

EPSILON = 1e-6
"""Added to variances (the paper's)."""


@dataclass(frozen=True, kw_only=True)
class MixStyle(InputStrategy):
    """MixStyle (Zhou et al. 2021, arXiv 2104.02008, equations 3 to 6) with random shuffling, which needs no domains:
    for half of the batches, each channel of a picture gets, instead of its own mean and standard deviation over
    positions, a mixture of these with those of another picture, by a share from Beta(``alpha``, ``alpha``). ``alpha``
    and the half are the paper's, and so are the places in a ResNet: after the first and the second quarter of the
    blocks. Departure: the head starts from the probe.
    """

    summary: ClassVar[str] = "Fine-tune with means and deviations of early channels mixed between pictures (MixStyle)."
    candidate: ClassVar[bool] = False

    alpha: Annotated[float, Meaning(says="Small: mostly one picture's style. Large: halves.", low=1e-3)] = 0.1
    probability: Annotated[float, Meaning(says="Of mixing in a batch.", high=1.0)] = 0.5
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Pictures by networks with BatchNorm: convolutional ones. Any task with a linear head."""
        del task
        if info.modality != "image":
            return f"{info.name} reads no pictures, whose styles this mixes."
        if info.batch_norm is False:
            return f"{info.name} has no BatchNorm: this mixes channels of convolutional networks, which have."
        return None

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`.

        Raises:
            UserError: the body has no BatchNorm, or a single block.
        """
        from headstart.strategies._stochastic import batch_norms

        places = quarters(len(backbone.blocks))
        if not batch_norms(backbone.module) or not places:
            raise UserError(
                f"{backbone.info.name} has no BatchNorm, or no blocks to mix styles between; choose 'lp_ft', which is "
                "the same without it."
            )
        mix = partial(mixed_styles, alpha=self.alpha, probability=self.probability)
        groups = groups_by_depth(backbone, 0, self.decay)
        return Preparation(frozen_blocks=0, groups=groups, between=dict.fromkeys(places, mix))


def quarters(blocks: int) -> list[int]:
    """Boundaries after the first and the second quarter of so many blocks; none lies at either end."""
    return sorted({max(1, round(blocks / 4)), max(1, round(blocks / 2))} - {blocks})


def mixed_styles(
    activations: Mapping[str, torch.Tensor], *, alpha: float, probability: float
) -> dict[str, torch.Tensor]:
    """Of every ``(B, C, H, W)`` among the ``activations``, with ``probability``, the same with mixed styles."""
    import torch

    if torch.rand(()).item() >= probability:
        return dict(activations)
    count = len(next(iter(activations.values())))
    share = torch.distributions.Beta(alpha, alpha).sample((count,))
    partner = torch.randperm(count)
    return {
        name: _restyled(values, share, partner) if values.ndim == 4 else values for name, values in activations.items()
    }


def _restyled(values: torch.Tensor, share: torch.Tensor, partner: torch.Tensor) -> torch.Tensor:
    import torch

    exact = values.float()
    mean = exact.mean(dim=(2, 3), keepdim=True).detach()
    spread = (exact.var(dim=(2, 3), keepdim=True, unbiased=False) + EPSILON).sqrt().detach()
    share = share.to(exact).view(-1, 1, 1, 1)
    partner = partner.to(values.device)
    new_mean, new_spread = (torch.lerp(each[partner], each, share) for each in (mean, spread))
    return ((exact - mean) / spread * new_spread + new_mean).to(values.dtype)
