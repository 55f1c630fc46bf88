"""Fine-tune, keeping what the blocks see: above all in the channels that the task can least do without."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from headstart.core.backbone import Backbone
from headstart.core.settings import Meaning
from headstart.core.training import InputStrategy, Penalty, Preparation, Schedule, Seen, Start
from headstart.strategies._depth import Decay, groups_by_depth

if TYPE_CHECKING:
    import torch

LOOKED_AT = 64
"""Items on which the importance of channels is measured."""


@dataclass(frozen=True, kw_only=True)
class Delta(InputStrategy):
    """DELTA (Li et al. 2019, arXiv 1901.09229): ``alpha / 2`` times the squared distance of the outputs of ``layers``
    blocks to those of the pretrained body on the same items, channel by channel, each weighed by how much worse the
    probe on the pretrained body is without it; ``beta / 2`` times the squared norm of the head's weights.

    Distances are means over positions, times the number of channels, as in the authors' code; they are means over the
    items of a batch, too. Departures: what a channel is worth is its first-order effect on the loss (activation times
    gradient, summed) in place of one pass without each; the blocks are spread evenly, and the last is the pooled
    feature; the head starts from the probe.
    """

    summary: ClassVar[str] = "Fine-tune, keeping the outputs of blocks near the pretrained (DELTA, arXiv 1901.09229)."
    candidate: ClassVar[bool] = False

    alpha: Annotated[float, Meaning(says="Strength of the pull of blocks' outputs to the pretrained ones.")] = 0.5
    beta: Annotated[float, Meaning(says="Strength of the pull of the head to zero.")] = 0.01
    layers: Annotated[int, Meaning(says="How many blocks' outputs are compared.", low=1)] = 4
    decay: Decay = 0.8
    schedule: Schedule = Schedule(epochs=5, rate_scale=1.0, batch_size=32, warmup_steps=10, augment="mild")

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`."""
        return Preparation(frozen_blocks=0, groups=groups_by_depth(backbone, 0, self.decay, weight_decay=0.0))

    def penalty(self, start: Start) -> Penalty:
        """See `InputStrategy.penalty`."""
        blocks = len(start.source.blocks)
        layers = min(self.layers, blocks)
        spread = {round(blocks * (number + 1) / layers) for number in range(layers)}
        watched = tuple(sorted(boundary for boundary in spread if boundary))
        return _Kept(start, watched, self.alpha, self.beta)


def importance(start: Start, source: Backbone, boundaries: Sequence[int]) -> tuple[torch.Tensor, ...]:
    """Of the channels ``(C,)`` at each boundary, adding up to one: a softmax over how much the loss of ``start.head``
    on ``source`` would grow, to first order, if they were zero.
    """
    import torch

    batch, targets = start.look(LOOKED_AT)
    return tuple(torch.softmax(growth(start, source, batch, targets, boundary), dim=0) for boundary in boundaries)


def growth(
    start: Start, source: Backbone, batch: Mapping[str, torch.Tensor], targets: torch.Tensor, boundary: int
) -> torch.Tensor:
    """What the mean loss of a batch gains, to first order, when a channel ``(C,)`` at the boundary is set to zero."""
    import torch

    weight, bias = (torch.from_numpy(part).float().to(targets.device) for part in (start.head.weight, start.head.bias))
    with torch.no_grad():
        state = source.lower(batch, boundary)
    leaves = {name: t.detach().requires_grad_() for name, t in state.items() if t.is_floating_point()}
    logits = source.upper({**state, **leaves}, boundary).float() @ weight.T + bias
    torch.nn.functional.cross_entropy(logits, targets).backward(inputs=list(leaves.values()))
    effects = {name: torch.zeros_like(t) if t.grad is None else t.detach() * t.grad for name, t in leaves.items()}
    # To zero a channel is to take its activations away; padding has no part in the loss.
    return -source.dense({**state, **effects}, boundary).values.sum(dim=(0, 1))


class _Kept(Penalty):
    """``alpha / 2`` and ``beta / 2`` times what `Delta` says."""

    def __init__(self, start: Start, watched: tuple[int, ...], alpha: float, beta: float) -> None:
        device = start.device
        self._source = start.source
        if next(start.source.module.parameters()).device != device:
            self._source = copy.deepcopy(start.source)
            self._source.module.to(device)
        self.watched = watched
        self._running = start.running
        self._importance = importance(start, self._source, watched)
        self._alpha, self._beta = alpha, beta

    def loss(self, seen: Seen) -> torch.Tensor:
        import torch

        with torch.no_grad(), self._running():
            before = self._before(seen)
        total = 0.5 * self._beta * (seen.head**2).sum()
        for now, then, worth in zip(seen.maps, before, self._importance, strict=True):
            squares = ((now.values - then) ** 2 * now.weights.unsqueeze(-1)).sum(dim=1)
            total = total + 0.5 * self._alpha * len(worth) * (squares * worth).sum(dim=1).mean()
        return total

    def _before(self, seen: Seen) -> list[torch.Tensor]:
        """What the pretrained body makes of the batch at the watched boundaries."""
        state, reached, found = dict(seen.batch), 0, []
        for stop in self.watched:
            state = self._source.between(state, reached, stop) if reached else self._source.lower(state, stop)
            found.append(self._source.dense(state, stop).values.float())
            reached = stop
        return found
