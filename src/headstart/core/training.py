"""Ways to adapt a backbone by training: what changes, from which start, at which rates, held back by what."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, cast

from headstart.core.backbone import Backbone, Dense, LinearHead
from headstart.core.settings import Meaning
from headstart.core.strategy import Strategy

if TYPE_CHECKING:
    from typing import Self

    import numpy as np
    import torch
    from numpy.typing import NDArray

    from headstart.core.features import Features


@dataclass(frozen=True, kw_only=True)
class ParamGroup:
    """Parameters of ``Backbone.module`` that share a rate. ``rate`` multiplies the base learning rate.

    The group is frozen until the share ``since`` of the epochs is over, and moves with the others from then on; the
    last epoch moves all groups.
    """

    name: str
    parameters: tuple[str, ...]
    rate: float
    weight_decay: float
    since: float = 0.0


Between = Callable[["Mapping[str, torch.Tensor]"], "Mapping[str, torch.Tensor]"]
"""Makes others of the activations at a boundary between blocks."""


def _state(module: torch.nn.Module) -> Mapping[str, torch.Tensor]:
    return module.state_dict()


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What a strategy decided about one backbone.

    ``blocks[:frozen_blocks]`` are really frozen: no gradient, normalisation buffers and dropout in evaluation mode.
    ``groups`` hold the trainable body parameters, deepest group last; the head is trained beside them at
    ``head_rate`` times the base learning rate. ``body_from`` and ``head_from`` say where both start: ``probe`` is
    the head found on frozen features (LP-FT), with smaller logits where it knows its items by heart
    (`headstart.heads.soften`); ``zeros`` predicts equal probabilities.
    ``batch_statistics`` lets BatchNorm in the trainable blocks normalise by batch and update its buffers.

    ``adapters`` make, from a generator of random numbers, the modules that are laid over parameters for the time of
    training, by the name of the parameter: they map its value to the one that is used, are called
    ``MODULE.parametrizations.PARAMETER.0`` in ``groups``, and what they make of it is its value afterwards.
    ``replaced`` make, from a module, the one that stands in for it meanwhile, by its name; ``restored`` gives the
    values that the module's own parameters and buffers have afterwards: those of the same names, unless it says
    otherwise.

    ``between`` says what is made, in training alone, of the activations at a boundary between blocks, above the frozen
    ones (`Backbone.lower`).

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
    adapters: Mapping[str, Callable[[torch.Generator], torch.nn.Module]] = field(default_factory=dict)
    replaced: Mapping[str, Callable[[torch.nn.Module], torch.nn.Module]] = field(default_factory=dict)
    restored: Callable[[torch.nn.Module], Mapping[str, torch.Tensor]] = _state
    between: Mapping[int, Between] = field(default_factory=dict)
    by_gradient: bool = False
    of_start: float = 0.0


LEAST_STEPS = 60
"""Balanced accuracy of `full` after six batches of all items, after sixty, and after sixty of four: with 5 labels a
class .433, .458, .458 (tweets, two draws) and .535, .585, .561 (solar cells, one), with 10 labels .550, .575, .626 and
.596, .638, .635. Twice as many of four (tweets): .471 and .596."""


def batch_sizes(items: int, size: int) -> tuple[int, ...]:
    """Sizes of the batches of an epoch: as equal as can be and ``size`` at most, so that all steps, and all statistics
    of BatchNorm, count alike. None is of one item, which has no statistics: three items in twos are a batch of three.
    """
    count = max(1, min(-(-items // size), items // 2))
    smaller, larger = divmod(items, count)
    return (smaller + 1,) * larger + (smaller,) * (count - larger)


def steps_per_epoch(items: int, size: int) -> int:
    """Batches of an epoch over so many items."""
    return len(batch_sizes(items, size))


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long, how fast and on what; AdamW with linear warm-up in steps and cosine decay to zero.

    ``rate_scale`` multiplies the backbone's own fine-tuning rate (`BackboneInfo.rate`). ``smoothing`` is label
    smoothing (Szegedy et al. 2016, arXiv 1512.00567, section 7), ``mixup`` the parameter of the Beta distribution that
    shares are drawn from (Zhang et al. 2018, arXiv 1710.09412; 0: none). ``balanced`` draws as many items of every
    class, in place of an adjustment of the loss to the classes' frequencies. With ``patience`` a part of the items is
    held out (`headstart.engine.draws.held_out`), and what did best on it is the result.
    """

    epochs: Annotated[int, Meaning(says="Passes over the training items.", low=1)]
    rate_scale: Annotated[
        float, Meaning(says="Multiplies the learning rate that is usual for the model's family.", low=1e-6)
    ]
    batch_size: Annotated[int, Meaning(says="Items in a step.", low=2)]
    warmup_steps: Annotated[int, Meaning(says="Steps in which the learning rate rises from zero.")]
    augment: Annotated[
        Literal["none", "mild", "strong"],
        Meaning(says="Random views of the items: crops, flips and parts; strong: also colours, masks, dropped words."),
    ]
    least_steps: Annotated[
        int,
        Meaning(
            says="Steps at least: few items come in small batches, and often. 0 where epochs or batch_size are set."
        ),
    ] = LEAST_STEPS
    smoothing: Annotated[
        float, Meaning(says="Share of each label that is spread evenly over all classes.", high=0.9)
    ] = 0.0
    mixup: Annotated[
        float, Meaning(says="Blends pairs of items, the more the larger; 0.2 is usual, 0 is off.", high=100)
    ] = 0.0
    balanced: Annotated[bool, Meaning(says="Draw every class equally often instead of adjusting the loss.")] = False
    patience: Annotated[
        int, Meaning(says="Stop after so many epochs without progress on a fifth of the items, held out; 0: never.")
    ] = 0


@dataclass(frozen=True, kw_only=True)
class Start:
    """Where a fit begins, for its penalty.

    Attributes:
        source: the body before training; not to be changed.
        trained: the copy that is trained.
        head: what the head starts as.
        features: ``(n, D)`` of the items to train on, as the pretrained body sees them.
        targets: ``(n,)`` of the same items.
        classifier: gives the linear layer that the body was pretrained with, ``(S, D)``; None where it came without
            one.
        taught: ``(n, C)``, logits of the same items from a larger model that had not seen their labels; None without
            one.
        domains: ``(n,)``, numbers of the domains that the items are of; None where the data name none.
        look: some of these items as the fit reads them, and their targets ``(B,)``: at most so many.
        device: where bodies are run.
        running: a context in which bodies are run as they are in training.
    """

    source: Backbone
    trained: Backbone
    head: LinearHead
    features: NDArray[np.floating] | Features
    targets: NDArray[np.int64]
    classifier: Callable[[], LinearHead | None]
    taught: NDArray[np.floating] | None
    domains: NDArray[np.int64] | None
    look: Callable[[int], tuple[Mapping[str, torch.Tensor], torch.Tensor]]
    device: torch.device
    running: Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One training step, in float32.

    Attributes:
        features: ``(B, D)``, what came out of the body.
        logits: ``(B, C)``, what the head made of it.
        losses: ``(B,)``, whose mean is the loss that the penalty is added to.
        head: the weights of the head ``(C, D)``.
        labels: ``(B, C)``, how much of each class every item is: one of them all, unless items are blended.
        batch: what the body read.
        maps: what came out of the blocks up to each boundary of `Penalty.watched`.
        rows: ``(B,)``, which of the items of `Start` these are.
        partner: ``(B,)``, positions in the batch of what they are blended with; None where they are not.
        share: how much of an item is its own then.
    """

    features: torch.Tensor
    logits: torch.Tensor
    losses: torch.Tensor
    head: torch.Tensor
    labels: torch.Tensor
    batch: Mapping[str, torch.Tensor]
    maps: tuple[Dense, ...]
    rows: torch.Tensor
    partner: torch.Tensor | None = None
    share: float = 1.0

    def of(self, values: torch.Tensor) -> torch.Tensor:
        """``values (n, K)`` of the items of `Start` for those of the batch, ``(B, K)``, blended as they are."""
        own = values[self.rows]
        return own if self.partner is None else self.share * own + (1 - self.share) * own[self.partner]


class Penalty(ABC):
    """What is added to the loss of a step."""

    module: torch.nn.Module | None = None
    """What is trained beside body and head, at the base rate; not part of the result."""
    watched: tuple[int, ...] = ()
    """Boundaries between blocks, in ascending order and above the frozen ones, whose outputs it reads."""

    @abstractmethod
    def loss(self, seen: Seen) -> torch.Tensor:
        """A number with a gradient, weighed as it is to be added to the mean loss of the batch."""


class InputStrategy(Strategy):
    """Trains the head and some of the body on the items themselves (supervised loop)."""

    schedule: Schedule
    smallest_batch: ClassVar[int] = 4
    """Items that batches shrink to where there are few (`paced`): as good as eight or all, and cheapest."""
    learns_from_another: ClassVar[bool] = False
    """Whether it needs a larger model that was measured on the same items."""

    def lasting(self, epochs: int) -> Self:
        """The same strategy for another number of epochs."""
        this: Any = self
        return dataclasses.replace(this, schedule=dataclasses.replace(self.schedule, epochs=epochs))

    def paced(self, items: int) -> Self:
        """The same strategy with batches so small, and if need be epochs so many, that it takes its least number of
        steps with so many items. Fits on a part of them, in cross-validation, take fewer in proportion.
        """
        schedule, this = self.schedule, cast(Any, self)
        if schedule.least_steps == 0:
            return this
        fitting = items * schedule.epochs // schedule.least_steps
        size = min(schedule.batch_size, max(self.smallest_batch, fitting))
        epochs = math.ceil(schedule.least_steps / steps_per_epoch(items, size))
        paced = dataclasses.replace(schedule, batch_size=size, epochs=max(schedule.epochs, epochs))
        return dataclasses.replace(this, schedule=paced)

    @property
    def ingredients(self) -> tuple[InputStrategy, ...]:
        """The fits, from one start, whose weights are averaged as far as that helps on items held out; just this one:
        nothing is averaged.
        """
        return (self,)

    @property
    def holds_out(self) -> bool:
        """Whether a part of the items is not trained on."""
        return self.schedule.patience > 0 or len(self.ingredients) > 1

    @property
    def plain(self) -> bool:
        """Whether what is trained, and how fast, is all there is to it: nothing is added to the loss, blended, averaged
        or held out.
        """
        adds = type(self).penalty is not InputStrategy.penalty
        return not (adds or self.learns_from_another or self.holds_out or self.schedule.mixup)

    @abstractmethod
    def prepare(self, backbone: Backbone) -> Preparation:
        """Decide what is trained. Changes nothing: it is asked about bodies that others use, too.

        Raises:
            UserError: nothing in this backbone would be trained (a silent linear probe is never the answer).
        """

    def penalty(self, start: Start) -> Penalty | None:
        """What is added to the loss, if anything is.

        Raises:
            UserError: this model lacks what the penalty is about.
        """
        del start
