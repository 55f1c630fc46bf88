"""Adapters of the peft library, merged into an ordinary body."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from headstart.core.backbone import Backbone, BackboneInfo
from headstart.core.errors import UserError
from headstart.core.settings import Meaning
from headstart.core.task import Task
from headstart.core.training import InputStrategy, ParamGroup, Preparation, Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

MISSING = "peft needs the package 'peft'. Install it with: pip install 'headstart[peft]'"
LAYER = "layer"


@dataclass(frozen=True, kw_only=True)
class Peft(InputStrategy):
    """Adapters that the library peft puts over all dense layers and all convolutions but grouped ones: DoRA (Liu et al.
    2024, arXiv 2402.09353), (IA)^3 (Liu et al. 2022, arXiv 2205.05638; activations of every such layer are scaled),
    LoHa (Hyeon-Woo et al. 2021, arXiv 2108.06098) and LoKr (Edalati et al. 2022, arXiv 2212.10650). Merged: what comes
    back is an ordinary body of the same shape. Departure: the head starts from the probe. LoRA itself is `lora`.
    """

    summary: ClassVar[str] = "Adapters of the peft library (DoRA, (IA)^3, LoHa, LoKr), merged."
    candidate: ClassVar[bool] = False

    method: Annotated[Literal["dora", "ia3", "loha", "lokr"], Meaning(says="Kind of adapter.")] = "dora"
    rank: Annotated[int, Meaning(says="Rank of the changes; (IA)^3 has none.", low=1)] = 8
    alpha: Annotated[float, Meaning(says="Changes are multiplied by alpha / rank; (IA)^3 has none.")] = 16.0
    schedule: Schedule = Schedule(epochs=6, rate_scale=5.0, batch_size=32, warmup_steps=10, augment="mild")

    def supports(self, info: BackboneInfo, task: Task) -> str | None:
        """Any body, where the library is installed."""
        del info, task
        return None if find_spec("peft") else f"{MISSING}."

    def prepare(self, backbone: Backbone) -> Preparation:
        """See `InputStrategy.prepare`.

        Raises:
            UserError: the library is not installed, or the body has no layer of the kind.
        """
        if find_spec("peft") is None:
            raise UserError(f"{MISSING}.")
        layers = {name: kind for name, module in backbone.module.named_modules() if (kind := _kind(module))}
        if not layers:
            raise UserError(f"{backbone.info.name} has no dense layer and no convolution that peft could adapt.")
        adapt = partial(_adapted, method=self.method, rank=self.rank, alpha=self.alpha)
        inside = {kind: _inside(kind, adapt) for kind in set(layers.values())}
        groups = []
        for block in backbone.blocks:
            own = [name for name in layers if block.owns(f"{name}.weight")]
            parameters = tuple(f"{name}.{part}" for name in own for part in inside[layers[name]])
            if parameters:
                groups.append(ParamGroup(name=block.name, parameters=parameters, rate=1.0, weight_decay=0.0))
        return Preparation(
            frozen_blocks=0, groups=tuple(groups), replaced=dict.fromkeys(layers, adapt), restored=_merged
        )


def _kind(module: torch.nn.Module) -> str:
    """``dense`` or ``convolution`` for what is adapted, else nothing."""
    from torch import nn

    if type(module) is nn.Linear:
        return "dense"
    return "convolution" if type(module) is nn.Conv2d and module.groups == 1 else ""


def _adapted(module: torch.nn.Module, *, method: str, rank: int, alpha: float) -> torch.nn.Module:
    """A copy of ``module`` with an adapter over it."""
    import copy

    from peft import inject_adapter_in_model
    from torch import nn

    holder = nn.Module()
    holder.add_module(LAYER, copy.deepcopy(module))
    inject_adapter_in_model(_config(method, rank, alpha), holder)
    return holder.get_submodule(LAYER)


def _config(method: str, rank: int, alpha: float) -> Any:
    from peft import IA3Config, LoHaConfig, LoKrConfig, LoraConfig

    match method:
        case "dora":
            return LoraConfig(r=rank, lora_alpha=alpha, use_dora=True, target_modules=[LAYER])  # pyright: ignore[reportArgumentType]
        case "ia3":
            return IA3Config(target_modules=[LAYER], feedforward_modules=[])
        case "loha":
            return LoHaConfig(r=rank, alpha=alpha, target_modules=[LAYER])  # pyright: ignore[reportArgumentType]
        case _:
            return LoKrConfig(r=rank, alpha=alpha, target_modules=[LAYER])  # pyright: ignore[reportArgumentType]


def _inside(kind: str, adapt: partial[torch.nn.Module]) -> tuple[str, ...]:
    """Names that the adapter's own parameters have in any adapted layer of the ``kind``."""
    from torch import nn

    layer = adapt(nn.Linear(16, 16) if kind == "dense" else nn.Conv2d(16, 16, 3))
    return tuple(name for name, _ in layer.named_parameters() if not name.startswith("base_layer."))


def _merged(layer: torch.nn.Module) -> Mapping[str, torch.Tensor]:
    """Weights and bias of the layer beneath, with the adapter in them."""
    adapted: Any = layer
    adapted.merge(safe_merge=True)
    return adapted.get_base_layer().state_dict()
