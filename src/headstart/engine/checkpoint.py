"""The one checkpoint format: a safetensors file with the weights, the optimiser's moments and the finished epochs.

What is not trained is left out: a resumed fit starts from the very body it started from at first. Nothing else is
needed to go on exactly: order of items, views, dropout and learning rates of an epoch are functions of the seed, the
epoch's number and how often the fit was started over (see `loop.py`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn
from torch.optim import Optimizer

from headstart.engine.journal import write_atomically

LOSSES = ("losses", "held")
REST = 10.0
"""So many times what keeping a state took pass before the next is kept."""
UNFELT = 1.0
"""Seconds in all that keeping states of a fit may take without anyone minding how often."""


@dataclass(frozen=True, kw_only=True)
class Reached:
    """How far a fit is: finished ``epochs``, the mean loss of each, and how often it was started over, more slowly.

    Where items are held out, ``held`` has the loss on them after each epoch and ``best`` what was trained, by name, as
    it was when that loss was lowest.
    """

    epochs: int = 0
    losses: tuple[float, ...] = ()
    calmed: int = 0
    held: tuple[float, ...] = ()
    best: Mapping[str, torch.Tensor] = field(default_factory=dict, compare=False, repr=False)

    def after(self, loss: float) -> Reached:
        """One epoch later."""
        return replace(self, epochs=self.epochs + 1, losses=(*self.losses, loss))

    def seen(self, loss: float, state: Mapping[str, torch.Tensor]) -> Reached:
        """With the ``loss`` on what is held out, in the present ``state``; of equal losses the first is the best."""
        leads = loss < min(self.held, default=math.inf)
        copied = {name: tensor.detach().clone() for name, tensor in state.items()} if leads else self.best
        return replace(self, held=(*self.held, loss), best=copied)

    @property
    def waited(self) -> int:
        """Epochs since the best one."""
        return len(self.held) - 1 - self.held.index(min(self.held)) if self.held else 0


def checkpoint_bytes(parameters: int, *, best: bool = False) -> int:
    """What one checkpoint takes on the disk at most, twice while one replaces another: weights and two moments, and the
    ``best`` weights so far where items are held out.
    """
    return 2 * (4 if best else 3) * 4 * parameters


class Spacing:
    """Lets a state be kept always as long as that has taken next to no time, then so rarely that it takes a tenth."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spent, self._next = 0.0, -math.inf

    def due(self) -> bool:
        """Whether it is time to keep the state."""
        return self._clock() >= self._next

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Around the keeping of it."""
        started = self._clock()
        yield
        ended = self._clock()
        self._spent += ended - started
        if self._spent > UNFELT:
            self._next = ended + REST * (ended - started)


def save_checkpoint(
    path: Path,
    model: nn.Module,
    optimizer: Optimizer,
    reached: Reached,
    frozen: frozenset[str] = frozenset(),
) -> None:
    """Write weights, buffers, optimiser state and how far it is to ``path``, atomically.

    ``frozen`` are the names in the model's state that have not moved and are not written.
    """
    state = {name: tensor for name, tensor in model.state_dict().items() if name not in frozen}
    tensors = {f"model.{name}": tensor.contiguous() for name, tensor in state.items()}
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value).contiguous()
    tensors |= {f"best.{name}": tensor for name, tensor in reached.best.items()}
    for name in LOSSES:
        tensors[name] = torch.tensor(getattr(reached, name), dtype=torch.float64)
    # Clones: safetensors refuses tensors that share memory, which tied weights do.
    unshared = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    noted = {"epochs": str(reached.epochs), "calmed": str(reached.calmed)}
    write_atomically(path, save(unshared, metadata=noted))


def calmed_at(path: Path) -> int:
    """`Reached.calmed` of the checkpoint at ``path``; 0 without a usable one."""
    try:
        with safe_open(path, framework="pt") as file:
            return int((file.metadata() or {})["calmed"])
    except (FileNotFoundError, SafetensorError, KeyError):
        return 0


def load_checkpoint(
    path: Path, model: nn.Module, optimizer: Optimizer, calmed: int, frozen: frozenset[str] = frozenset()
) -> Reached:
    """How far it was, after restoring ``model`` and ``optimizer``; nothing is reached without a usable file, or with
    one of another rate (`Reached.calmed`).

    What is ``frozen`` stays as it is in ``model``. A file cut short (the machine died while it was moved into place)
    counts as none: the work starts over. Moments come back in the memory order of their parameters: the fused optimiser
    walks both side by side, whatever their strides say.
    """
    if calmed_at(path) != calmed:
        return Reached(calmed=calmed)
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            epochs = int((file.metadata() or {})["epochs"])
        losses = {name: tuple(tensors[name].tolist()) for name in LOSSES}
    except (FileNotFoundError, SafetensorError, KeyError):
        return Reached(calmed=calmed)
    state = {name: tensor for name, tensor in model.state_dict().items() if name in frozen}
    state |= {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")}
    model.load_state_dict(state)
    moved = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            parameter = moved[int(index)]
            laid = torch.empty_like(parameter).copy_(tensor) if tensor.shape == parameter.shape else tensor
            moments.setdefault(int(index), {})[key] = laid
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    best = {name.removeprefix("best."): tensor for name, tensor in tensors.items() if name.startswith("best.")}
    return Reached(epochs=epochs, calmed=calmed, best=best, **losses)
