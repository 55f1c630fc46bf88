"""Methods that train the body on two streams: labelled items of the source, and items of the target without labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import LinearHead
from headstart.core.domain import DomainMethod
from headstart.core.settings import Meaning

if TYPE_CHECKING:
    import torch

Epochs = Annotated[int, Meaning(says="Passes over the items of the larger side.", low=1, high=1000)]


@dataclass(frozen=True, kw_only=True)
class Stream:
    """What the network made of a batch of one side, in float32: ``features (B, D)``, in units of the spread that the
    source's had before training, and ``logits (B, C)``.
    """

    features: torch.Tensor
    logits: torch.Tensor


@dataclass(frozen=True, kw_only=True)
class DomainBatch:
    """One step: both streams, the ``labels (B,)`` of the ``source``, and the share of all steps that are behind,
    ``progress``, in [0, 1).

    There is no field for labels of the target: what a method cannot be given, it cannot learn from.
    """

    source: Stream
    target: Stream
    labels: torch.Tensor
    progress: float


class Objective(ABC):
    """What a method adds to the loss on the source's labels."""

    module: torch.nn.Module | None = None
    """What is trained beside body and head; not part of the result."""

    @abstractmethod
    def loss(self, batch: DomainBatch) -> torch.Tensor:
        """A number with a gradient, weighed as it is to be added to the mean loss on the source's labels."""


class DeepMethod(DomainMethod):
    """Trains the body, as far as a strategy says, and the head (two-stream loop)."""

    candidate: ClassVar[bool] = False
    epochs: Epochs
    beside_rate: ClassVar[float] = 10.0
    """What multiplies the learning rate of what is trained beside body and head: it starts from nothing."""

    @abstractmethod
    def objective(self, head: LinearHead) -> Objective:
        """What is added to the loss, for a network whose ``head``, ``(C, D)`` for features as a `Stream` has them,
        starts as this.

        What is random in it is drawn from torch's generator, which is seeded.
        """
