"""Methods that change the body by the target's items alone: at test time, as the field says."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.domain import DomainMethod
from headstart.core.training import Preparation, Schedule

if TYPE_CHECKING:
    import torch


class TargetTraining(ABC):
    """What is trained on batches of the target, how long, and towards what."""

    schedule: Schedule

    @abstractmethod
    def prepare(self, backbone: Backbone) -> Preparation:
        """See `headstart.core.training.InputStrategy.prepare`.

        Raises:
            UserError: nothing in this backbone would be trained.
        """

    @abstractmethod
    def loss(self, logits: torch.Tensor) -> torch.Tensor:
        """Of a batch's ``logits (B, C)``, in float32: a number with a gradient."""


class TargetMethod(DomainMethod):
    """BatchNorm normalises every domain by statistics of its own: the head is fitted to features of the source by those
    of the source, and the body has those of the target then. After that, `training`.
    """

    candidate: ClassVar[bool] = False

    def supports(self, info: BackboneInfo) -> str | None:
        """None if it can change this backbone, else the reason why not. Asked before any download."""
        del info

    def training(self) -> TargetTraining | None:
        """What is trained beyond that; None: nothing."""
