"""Ways to adapt a backbone by training: what changes, from which start, at which rates, held back by what."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from headstart.core.backbone import Backbone, LinearHead
from headstart.core.strategy import Strategy

if TYPE_CHECKING:
    from typing import Self

    import numpy as np
    import torch
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class ParamGroup:
    """Parameters of ``Backbone.module`` that share a rate. ``rate`` multiplies the base learning rate.

    The group is frozen until the share ``since`` of the epochs is over, and moves with the others from then on.
    """

    name: str
    parameters: tuple[str, ...]
    rate: float
    weight_decay: float
    since: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What a strategy decided about one backbone.

    ``blocks[:frozen_blocks]`` are really frozen: no gradient, normalisation buffers and dropout in evaluation mode.
    ``groups`` hold the trainable body parameters, deepest group last; the head is trained beside them at
    ``head_rate`` times the base learning rate. ``body_from`` and ``head_from`` say where both start: ``probe`` is
    the head found on frozen features (LP-FT), ``zeros`` predicts equal probabilities.
    ``batch_statistics`` lets BatchNorm in the trainable blocks normalise by batch and update its buffers.

    ``adapters`` are modules by the name of the parameter they are laid over for the time of training: they map its
    value to the one that is used, are named ``MODULE.parametrizations.PARAMETER.0`` in ``groups``, and what they make
    of it is its value afterwards. ``replaced`` are modules by the name of the module they stand in for meanwhile; both
    have the same parameters and buffers.

    ``by_gradient`` multiplies the rate of each group at each step by the norm of its gradient over that of its
    parameters, divided by the largest such ratio of any group. ``of_start`` is the share of the starting weights in the
    result, the head's among them.
    """

    frozen_blocks: int
    groups: tuple[ParamGroup, ...]
    body_from: Literal["pretrained", "random"] = "pretrained"
    head_from: Literal["probe", "zeros"] = "probe"
    head_rate: float = 1.0
    batch_statistics: bool = False
    adapters: Mapping[str, torch.nn.Module] = field(default_factory=dict)
    replaced: Mapping[str, torch.nn.Module] = field(default_factory=dict)
    by_gradient: bool = False
    of_start: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how fast; AdamW with linear warm-up in steps and cosine decay to zero.

    ``rate_scale`` multiplies the backbone's own fine-tuning rate (`BackboneInfo.rate`).
    """

    epochs: int
    rate_scale: float
    batch_size: int
    warmup_steps: int
    views: bool
    """Train on random views of the items instead of the one fixed view."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where a fit starts, for what is to hold it there.

    Attributes:
        source: the body before training, in evaluation mode; not to be changed.
        trained: the copy that is trained.
        head: the head before training.
        features: gives the source's features ``(N, D)`` of the training items.
        targets: their classes ``(N,)``.
    """

    source: Backbone
    trained: Backbone
    head: LinearHead
    features: Callable[[], NDArray[np.floating]]
    targets: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One training step, in float32.

    Attributes:
        batch: what went into the trained blocks.
        features: what came out of the body, ``(B, D)``.
        head: the weights of the head, ``(C, D)``.
        targets: classes of the items, ``(B,)``.
    """

    batch: Mapping[str, torch.Tensor]
    features: torch.Tensor
    head: torch.Tensor
    targets: torch.Tensor


class Penalty(ABC):
    """What is added to the loss of a step."""

    module: torch.nn.Module | None = None
    """Parameters of its own, trained at the head's rate and thrown away after training."""

    @abstractmethod
    def loss(self, seen: Seen) -> torch.Tensor:
        """A number with a gradient, weighed as it is to be added to the mean loss of the batch."""

    def close(self) -> None:  # noqa: B027 (most attach nothing)
        """Let go of what it attached to the body; called after the last step, however it went."""


class InputStrategy(Strategy):
    """Trains the head and some of the body on the items themselves (supervised loop)."""

    schedule: Schedule

    def lasting(self, epochs: int) -> Self:
        """The same strategy for another number of epochs."""
        this: Any = self
        return dataclasses.replace(this, schedule=dataclasses.replace(self.schedule, epochs=epochs))

    @abstractmethod
    def prepare(self, backbone: Backbone) -> Preparation:
        """Decide what is trained. Changes nothing: it is asked about bodies that others use, too.

        Raises:
            UserError: nothing in this backbone would be trained (a silent linear probe is never the answer).
        """

    def penalty(self, start: Start) -> Penalty | None:
        """What is added to the loss, if anything is."""
        del start
        return None
