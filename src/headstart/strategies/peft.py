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
KINDS = {
    "dora": ("dense", "transposed", "convolution"),
    "ia3": ("dense", "transposed", "convolution"),
    "loha": ("dense", "convolution"),
    "lokr": ("dense", "convolution"),
}
"""Of layers that the library adapts, by method."""


@dataclass(frozen=True, kw_only=True)
class Peft(InputStrategy):
    """Adapters that the library peft puts over all ``nn.Linear`` and ungrouped ``nn.Conv2d`` layers: DoRA (Liu et al.
    2024, arXiv 2402.09353), (IA)^3 (Liu et al. 2022, arXiv 2205.05638; activations of every such layer are scaled),
    LoHa (Hyeon-Woo et al. 2021, arXiv 2108.06098) and LoKr (Edalati et al. 2022, arXiv 2212.10650). Merged: what comes
    back is an ordinary body of the same shape. Departure: the head starts from the probe. LoRA itself is `lora`.
    """

    summary: ClassVar[str] = "Adapters of the peft library (extra peft: DoRA, (IA)^3, LoHa, LoKr), merged."
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
        import torch

        if find_spec("peft") is None:
            raise UserError(f"{MISSING}.")
        kinds = KINDS[self.method]
        layers = {name: module for name, module in backbone.module.named_modules() if _kind(module) in kinds}
        if not layers:
            raise UserError(
                f"{backbone.info.name} has no layer that peft's {self.method} could adapt; choose another method."
            )
        adapt = partial(_adapted, method=self.method, rank=self.rank, alpha=self.alpha)
        inside: dict[tuple[int, ...], tuple[str, ...]] = {}
        groups = []
        for block in backbone.blocks:
            parameters = []
            for name in (name for name in layers if block.owns(f"{name}.weight")):
                shape = tuple(layers[name].get_parameter("weight").shape)
                if shape not in inside:
                    with torch.random.fork_rng():  # the library draws numbers, and nothing may change here
                        inside[shape] = _inside(adapt(layers[name]))
                parameters += [f"{name}.{part}" for part in inside[shape]]
            if parameters:
                groups.append(ParamGroup(name=block.name, parameters=tuple(parameters), rate=1.0, weight_decay=0.0))
        return Preparation(
            frozen_blocks=0, groups=tuple(groups), replaced=dict.fromkeys(layers, adapt), restored=_merged
        )


def _kind(module: torch.nn.Module) -> str:
    """``dense``, ``transposed`` (GPT-2's dense layers, with (in, out) weights) or ``convolution``; else nothing: other
    classes may use their weights in other ways.
    """
    from torch import nn

    if type(module) is nn.Linear:
        return "dense"
    if type(module).__name__ == "Conv1D":
        return "transposed"
    return "convolution" if type(module) is nn.Conv2d and module.groups == 1 else ""


def _adapted(module: torch.nn.Module, *, method: str, rank: int, alpha: float) -> torch.nn.Module:
    """A copy of ``module`` with an adapter over it."""
    import copy

    from peft import inject_adapter_in_model
    from torch import nn

    holder = nn.Module()
    holder.add_module(LAYER, copy.deepcopy(module))
    inject_adapter_in_model(_config(method, rank, alpha, _kind(module) == "transposed"), holder)
    return holder.get_submodule(LAYER)


def _config(method: str, rank: int, alpha: float, transposed: bool) -> Any:
    from peft import IA3Config, LoHaConfig, LoKrConfig, LoraConfig

    match method:
        case "dora":
            scaled: Any = alpha  # which the library declares as a whole number, and divides
            return LoraConfig(
                r=rank, lora_alpha=scaled, use_dora=True, target_modules=[LAYER], fan_in_fan_out=transposed
            )
        case "ia3":
            return IA3Config(target_modules=[LAYER], feedforward_modules=[], fan_in_fan_out=transposed)
        case "loha":
            return LoHaConfig(r=rank, alpha=alpha, target_modules=[LAYER])  # pyright: ignore[reportArgumentType]
        case _:
            return LoKrConfig(r=rank, alpha=alpha, target_modules=[LAYER])  # pyright: ignore[reportArgumentType]


def _inside(layer: torch.nn.Module) -> tuple[str, ...]:
    """Names of the adapter's own parameters in an adapted layer; some kinds have others where sides are short."""
    return tuple(name for name, _ in layer.named_parameters() if not name.startswith("base_layer."))


def _merged(layer: torch.nn.Module) -> Mapping[str, torch.Tensor]:
    """Weights and bias of the layer beneath, with the adapter in them."""
    adapted: Any = layer
    adapted.merge(safe_merge=True)
    return adapted.get_base_layer().state_dict()
