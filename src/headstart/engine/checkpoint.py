"""The one checkpoint format: a safetensors file with the weights, the optimiser's moments and the finished epochs.

Frozen blocks are left out: a resumed fit starts from the very body it started from at first. Nothing else is needed to
go on exactly: order of items, views, dropout and learning rates of an epoch are functions of the seed and the epoch's
number (see `supervised.py`).
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import nn
from torch.optim import Optimizer

from headstart.engine.journal import write_atomically


def checkpoint_bytes(parameters: int) -> int:
    """What one checkpoint takes on the disk at most: weights and two moments, twice while one replaces another."""
    return 2 * 3 * 4 * parameters


def save_checkpoint(
    path: Path,
    model: nn.Module,
    optimizer: Optimizer,
    epochs: int,
    losses: list[float],
    frozen: frozenset[str] = frozenset(),
) -> None:
    """Write weights, buffers, optimiser state and progress to ``path``, atomically.

    ``frozen`` are the names in the model's state that have not moved and are not written.
    """
    state = {name: tensor for name, tensor in model.state_dict().items() if name not in frozen}
    tensors = {f"model.{name}": tensor.contiguous() for name, tensor in state.items()}
    for index, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            tensors[f"optimizer.{index}.{name}"] = torch.as_tensor(value).contiguous()
    tensors["losses"] = torch.tensor(losses, dtype=torch.float64)
    # Clones: safetensors refuses tensors that share memory, which tied weights do.
    unshared = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    write_atomically(path, save(unshared, metadata={"epochs": str(epochs)}))


def load_checkpoint(
    path: Path, model: nn.Module, optimizer: Optimizer, frozen: frozenset[str] = frozenset()
) -> tuple[int, list[float]]:
    """Finished epochs and their losses after restoring ``model`` and ``optimizer``; ``(0, [])`` without a usable file.

    What is ``frozen`` stays as it is in ``model``. A file cut short (the machine died while it was moved into place)
    counts as none: the work starts over.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
            epochs = int((file.metadata() or {})["epochs"])
    except (FileNotFoundError, SafetensorError, KeyError):
        return 0, []
    state = {name: tensor for name, tensor in model.state_dict().items() if name in frozen}
    state |= {name.removeprefix("model."): t for name, t in tensors.items() if name.startswith("model.")}
    model.load_state_dict(state)
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, key = name.split(".", 2)
            moments.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    return epochs, tensors["losses"].tolist()
