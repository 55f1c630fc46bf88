"""Where a timm body can be cut, and how its parameters fall into ordered blocks.

Families in `FAMILIES` are a chain of attributes followed by ``forward_head(pre_logits=True)``: they can be run up to
any block and onwards from it. A family that is not listed still gets ordered blocks, from timm's own
``group_matcher``, but cannot be cut: its `lower` hands the pixels on and `upper` runs the whole body, which is slower
and gives the same features.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

import torch
from torch import nn

from headstart.core.backbone import Block

SMALLEST = 0.004
"""A block with a smaller share of the parameters is folded into the block before it (the first into the second)."""


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A family's forward pass: ``before``, then the children of ``stages`` (or several stages), then ``after``.

    Names are attributes of the model that take and give one tensor, modules or methods. What ``forward_head`` uses
    counts with ``after``. Grids are ``(B, C, H, W)`` or, with ``channels_last``, ``(B, H, W, C)``.
    """

    before: tuple[str, ...]
    stages: tuple[str, ...]
    after: tuple[str, ...] = ()
    channels_last: bool = False


FAMILIES: Mapping[str, Chain] = {
    "headstart.backbones._squeezenet_model.SqueezeNet": Chain(before=(), stages=("features",)),
    "timm.models.byobnet.ByobNet": Chain(before=("stem",), stages=("stages",), after=("final_conv",)),
    "timm.models.convnext.ConvNeXt": Chain(before=("stem",), stages=("stages",), after=("norm_pre",)),
    "timm.models.densenet.DenseNet": Chain(before=(), stages=("features",)),
    "timm.models.efficientnet.EfficientNet": Chain(
        before=("conv_stem", "bn1"), stages=("blocks",), after=("conv_head", "bn2")
    ),
    "timm.models.inception_v3.InceptionV3": Chain(
        before=("Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Pool1", "Conv2d_3b_1x1", "Conv2d_4a_3x3", "Pool2"),
        stages=tuple(f"Mixed_{name}" for name in ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")),
    ),
    "timm.models.mobilenetv3.MobileNetV3": Chain(before=("conv_stem", "bn1"), stages=("blocks",)),
    "timm.models.nfnet.NormFreeNet": Chain(before=("stem",), stages=("stages",), after=("final_conv", "final_act")),
    "timm.models.regnet.RegNet": Chain(before=("stem",), stages=("s1", "s2", "s3", "s4"), after=("final_conv",)),
    "timm.models.resnet.ResNet": Chain(
        before=("conv1", "bn1", "act1", "maxpool"), stages=("layer1", "layer2", "layer3", "layer4")
    ),
    "timm.models.swin_transformer.SwinTransformer": Chain(
        before=("patch_embed",), stages=("layers",), after=("norm",), channels_last=True
    ),
    "timm.models.vgg.VGG": Chain(before=(), stages=("features",)),
    "timm.models.vision_transformer.VisionTransformer": Chain(
        before=("patch_embed", "_pos_embed", "patch_drop", "norm_pre"), stages=("blocks",), after=("norm",)
    ),
}
"""By class, not by what an instance offers: a subclass may override the forward pass and is not listed by accident."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The blocks of one model, and for each block the steps that run it (empty for a family that cannot be cut)."""

    blocks: tuple[Block, ...]
    steps: tuple[tuple[str, ...], ...]
    channels_last: bool = False

    def run(self, model: nn.Module, hidden: torch.Tensor, start: int, stop: int) -> torch.Tensor:
        """``hidden`` after ``blocks[start:stop]``."""
        for names in self.steps[start:stop]:
            for name in names:
                hidden = attrgetter(name)(model)(hidden)
        return hidden


def plan(model: nn.Module) -> Plan:
    """Blocks and steps of a timm body without classifier."""
    kind = type(model)
    chain = FAMILIES.get(f"{kind.__module__}.{kind.__qualname__}")
    if chain is None:
        groups = _matched_groups(model)
        return Plan(blocks=_blocks(model, _folded(model, groups)), steps=())
    steps: list[list[str]] = []
    for stage in _stages(model, chain.stages):
        # A stage without parameters (pooling, an activation) goes with what precedes it.
        if steps and not any(True for _ in model.get_submodule(stage).parameters()):
            steps[-1].append(stage)
        else:
            steps.append([stage])
    steps[0][:0] = chain.before
    steps[-1] += chain.after
    owner = {name: number for number, names in enumerate(steps) for name in names}
    groups = [_owner_of(name, owner, len(steps) - 1) for name, _ in model.named_parameters()]
    # A root parameter that is no step of its own (class token, position embedding) is used by the embedding steps.
    loose = {name for name, _ in model.named_parameters(recurse=False)}
    names = [name for name, _ in model.named_parameters()]
    by_name = {name: 0 if name in loose else group for name, group in zip(names, groups, strict=True)}
    folded = _folded(model, by_name)
    merged: list[list[str]] = [[] for _ in range(max(folded.values()) + 1)]
    fold = {group: folded[name] for name, group in by_name.items()}
    for number, names_of_step in enumerate(steps):
        merged[fold[number]] += names_of_step
    done = tuple(tuple(names_of_step) for names_of_step in merged)
    return Plan(blocks=_blocks(model, folded), steps=done, channels_last=chain.channels_last)


def _stages(model: nn.Module, names: Sequence[str]) -> list[str]:
    """The given attributes, or the children of the one container that is given."""
    if len(names) > 1:
        return list(names)
    return [f"{names[0]}.{child}" for child, _ in model.get_submodule(names[0]).named_children()]


def _owner_of(name: str, owner: Mapping[str, int], last: int) -> int:
    """The step that owns parameter ``name``; what no step names belongs to the head and so to the last."""
    for step, number in owner.items():
        if name.startswith(f"{step}."):
            return number
    return last


def _matched_groups(model: nn.Module) -> dict[str, int]:
    """Parameter name to group number, by timm's ``group_matcher``."""
    from timm.models import group_parameters

    return group_parameters(model, model.group_matcher(coarse=True), reverse=True)  # pyright: ignore[reportCallIssue]


def _folded(model: nn.Module, groups: Mapping[str, int]) -> dict[str, int]:
    """Groups renumbered so that every one holds at least `SMALLEST` of the parameters, the last above all.

    Small groups join the one before them; small groups at the input join the first that is large enough.
    """
    sizes: dict[int, int] = {}
    for name, parameter in model.named_parameters():
        sizes[groups[name]] = sizes.get(groups[name], 0) + parameter.numel()
    total = sum(sizes.values())
    renumbered: dict[int, int] = {}
    current, held = 0, 0
    for group in sorted(sizes):
        opens = held >= SMALLEST * total and sizes[group] >= SMALLEST * total
        if opens:
            current, held = current + 1, 0
        held += sizes[group]
        renumbered[group] = current
    return {name: renumbered[group] for name, group in groups.items()}


def _blocks(model: nn.Module, groups: Mapping[str, int]) -> tuple[Block, ...]:
    """Blocks naming the largest submodules that lie wholly inside one group."""
    count = max(groups.values()) + 1
    modules: list[list[str]] = [[] for _ in range(count)]
    parameters: list[list[str]] = [[] for _ in range(count)]
    current = 0
    for name, group, is_module in _covered(model, "", groups):
        # A module without parameters (dropout, pooling) goes with what precedes it, and is frozen with it.
        current = current if group is None else group
        (modules if is_module else parameters)[current].append(name)
    return tuple(
        Block(name=f"block {number + 1}", modules=tuple(modules[number]), parameters=tuple(parameters[number]))
        for number in range(count)
    )


def _covered(module: nn.Module, prefix: str, groups: Mapping[str, int]) -> Iterator[tuple[str, int | None, bool]]:
    """``(name, group or None, is a module)`` of the largest parts below ``module`` that belong to one group."""
    for name, _ in module.named_parameters(recurse=False):
        yield prefix + name, groups[prefix + name], False
    for name, child in module.named_children():
        inside = {groups[f"{prefix}{name}.{inner}"] for inner, _ in child.named_parameters()}
        if len(inside) <= 1:
            yield prefix + name, inside.pop() if inside else None, True
        else:
            yield from _covered(child, f"{prefix}{name}.", groups)
