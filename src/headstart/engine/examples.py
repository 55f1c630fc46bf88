"""What one fit is given: the items with their targets, and how it is run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.core.features import Features
from headstart.core.task import Task
from headstart.engine.device import accelerator
from headstart.engine.inputs import Inputs
from headstart.heads.sample import stratified_rows


@dataclass(frozen=True, kw_only=True)
class Examples:
    """What to train on: the items ``rows (n,)`` of ``inputs``, their targets ``(n,)``, and their classes' weights.

    ``inputs`` start at the strategy's boundary of the very body that is trained. ``held_rows (h,)`` are items that only
    tell when to stop, with ``held_targets (h,)``. ``features (n, D)`` are what the pretrained body makes of ``rows``,
    ``classifier`` gives what it was pretrained with, ``taught`` are logits of a larger model and ``domains`` the
    items' domains (`core.training.Start`); some strategies have a use for them.
    """

    inputs: Inputs
    rows: NDArray[np.int64]
    targets: NDArray[np.int64]
    task: Task
    class_weights: Sequence[float]
    held_rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    held_targets: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    features: NDArray[np.floating] | Features = field(default_factory=lambda: np.zeros((0, 0)))
    classifier: Callable[[], LinearHead | None] = lambda: None
    taught: NDArray[np.floating] | None = None
    domains: NDArray[np.int64] | None = None

    def look(self, count: int) -> tuple[Mapping[str, torch.Tensor], torch.Tensor]:
        """At most ``count`` of the items in their fixed view, of as many classes as it takes, and their targets."""
        chosen = stratified_rows(self.targets, count, 0)
        chosen = chosen[np.linspace(0, len(chosen) - 1, min(count, len(chosen))).astype(np.int64)]
        (positions, batch), *_ = self.inputs.fixed(self.rows[chosen], len(chosen))
        return batch, self.targets_at(torch.from_numpy(chosen)[positions])

    def targets_at(self, positions: torch.Tensor) -> torch.Tensor:
        """Targets ``(B,)`` of the rows at ``positions (B,)``, on the device."""
        return torch.from_numpy(self.targets[positions.numpy()]).to(accelerator().device)

    def losses(self, logits: torch.Tensor, targets: torch.Tensor, smoothing: float = 0.0) -> torch.Tensor:
        """The losses ``(B,)`` of ``logits (B, outputs)``."""
        weights = torch.tensor(self.class_weights, dtype=torch.float32, device=logits.device)
        return self.task.losses(logits, targets, weights, smoothing)

    def held_loss(self, logits: torch.Tensor) -> float:
        """The mean over classes of the mean loss of ``logits (h, outputs)``, those of the items held out."""
        even = torch.ones(logits.shape[1])
        parts = [np.flatnonzero(self.held_targets == each) for each in np.unique(self.held_targets)]
        losses = [
            self.task.losses(logits[part], torch.from_numpy(self.held_targets[part]), even).mean() for part in parts
        ]
        return float(torch.stack(losses).mean())


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How a fit is run, beside what its strategy says.

    ``dtype`` is what is multiplied in; weights, normalisation and the loss are float32 in any case. With a
    ``checkpoint`` a killed fit goes on after the last epoch that it kept; that of the last one is ``kept`` where others
    have to follow before there is a result.
    """

    seed: int
    dtype: torch.dtype = torch.float32
    checkpoint: Path | None = None
    kept: bool = False
