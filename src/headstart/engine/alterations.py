"""What a strategy lays over the modules of a body for the time of training, and how an ordinary body comes back."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn.utils.parametrize import register_parametrization, remove_parametrizations

from headstart.core.training import Preparation
from headstart.engine.inputs import mixed


class Alterations:
    """The adapters and replacements of ``preparation``, put into ``body``; `undo` takes them out again.

    The body then has the modules, parameters and buffers it had before, with the values that training left. What is
    random in them is drawn from ``seed``.
    """

    def __init__(self, body: nn.Module, preparation: Preparation, seed: int) -> None:
        self._body = body
        self._adapted = [name.rpartition(".")[::2] for name in preparation.adapters]
        self._originals: dict[str, nn.Module] = {}
        for number, make in enumerate(preparation.adapters.values()):
            module, parameter = self._adapted[number]
            adapter = make(torch.Generator().manual_seed(mixed(seed, number)))
            # The check would run the adapter once in its own type; the first forward pass fails as plainly.
            register_parametrization(body.get_submodule(module), parameter, adapter, unsafe=True)
        self._restored = preparation.restored
        with torch.random.fork_rng():  # some of what stands in draws its own numbers
            torch.manual_seed(mixed(seed, len(self._adapted)))
            for name, make in preparation.replaced.items():
                original = body.get_submodule(name)
                self._originals[name] = original
                body.set_submodule(name, make(original))

    def undo(self) -> None:
        """Fold adapters into the parameters they lie over, and bring replaced modules back with what was learnt."""
        for name, original in self._originals.items():
            state = self._restored(self._body.get_submodule(name))
            original.to(next(iter(state.values())).device).load_state_dict(state)
            self._body.set_submodule(name, original)
        for module, parameter in self._adapted:
            remove_parametrizations(self._body.get_submodule(module), parameter, leave_parametrized=True)


def mixed_with(
    start: Mapping[str, torch.Tensor], state: Mapping[str, torch.Tensor], share: float
) -> dict[str, torch.Tensor]:
    """``share`` of ``start`` and the rest of ``state``, name by name; counters are those of ``state``."""
    return {
        name: torch.lerp(tensor, start[name].to(tensor), share) if tensor.is_floating_point() else tensor
        for name, tensor in state.items()
    }
