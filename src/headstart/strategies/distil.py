"""Fine-tune a small model on what a larger one says of the items, beside their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.errors import UserError
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Penalty, Preparation, Schedule, Seen, Start
from headstart.strategies._depth import Decay, groups_by_depth

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Distil(InputStrategy):
    """Knowledge distillation (Hinton, Vinyals and Dean 2015, arXiv 1503.02531, section 2): ``strength`` times the
    cross-entropy to the teacher's probabilities at ``temperature``, times the square of the latter, is added to the
    loss on the labels. The teacher is a linear probe on the best larger model of the pool; what it says of an item
    comes from probes that have not seen the item's label. Departure: the head starts from the student's own probe.
    """

    summary: ClassVar[str] = "Fine-tune a small model on what a larger one says, too (arXiv 1503.02531)."
    candidate: ClassVar[bool] = False
    learns_from_another: ClassVar[bool] = True

    strength: Annotated[float, Meaning(says="Weight of what the teacher says.")] = 1.0
    temperature: Annotated[float, Meaning(says="Softens probabilities, the more the larger.", low=0.1, high=100)] = 2.0
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=8, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, self.decay))

    def penalty(self, start: Start) -> Penalty:
        """See `InputStrategy.penalty`.

        Raises:
            UserError: there is no teacher.
        """
        if start.taught is None:
            raise UserError(f"{start.source.info.name} has no larger model to learn from; choose 'lp_ft'.")
        return _Lesson(start.taught, self.strength, self.temperature)


class _Lesson(Penalty):
    def __init__(self, taught: NDArray[np.floating], strength: float, temperature: float) -> None:
        import torch

        self._chances = torch.softmax(torch.from_numpy(taught).double() / temperature, dim=1).float()
        self._strength = strength
        self._temperature = temperature

    def loss(self, seen: Seen) -> torch.Tensor:
        import torch

        logs = torch.log_softmax(seen.logits / self._temperature, dim=1)
        chances = seen.of(self._chances).to(logs.device)
        return -self._strength * self._temperature**2 * (chances * logs).sum(dim=1).mean()
