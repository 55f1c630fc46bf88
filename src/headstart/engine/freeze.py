"""Frozen means frozen: no gradient, and evaluation mode that survives ``train()``.

``requires_grad_(False)`` alone leaves BatchNorm buffers moving and dropout on in the "frozen" part, and a later
``model.train()`` undoes an earlier ``.eval()``. Training mode is therefore set in one place, `training_mode`, which
every epoch calls instead of ``train()``.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch.nn.modules.batchnorm import _BatchNorm

from headstart.core.backbone import Backbone
from headstart.core.training import Preparation
from headstart.engine.rates import first_epoch


def opened(preparation: Preparation, epoch: int, epochs: int) -> frozenset[str]:
    """Names of the parameters that move in an epoch of so many."""
    groups = [group for group in preparation.groups if first_epoch(group.since, epochs) <= epoch]
    return frozenset(name for group in groups for name in group.parameters)


def training_mode(backbone: Backbone, trained: frozenset[str], preparation: Preparation) -> None:
    """Gradients for the parameters ``trained`` and no others, and training mode for the blocks that hold one of them.

    Evaluation mode for all other blocks and, unless the preparation wants its statistics, BatchNorm.
    """
    for name, parameter in backbone.module.named_parameters():
        parameter.requires_grad_(name in trained)
    backbone.module.train()
    for block in backbone.blocks:
        if not any(block.owns(name) for name in trained):
            for name in block.modules:
                backbone.module.get_submodule(name).eval()
    if not preparation.batch_statistics:
        for module in backbone.module.modules():
            if isinstance(module, _BatchNorm):
                module.eval()


def unmoved_state(backbone: Backbone, preparation: Preparation) -> Iterator[str]:
    """Names of the parameters that are in no group, and of the buffers of frozen blocks."""
    trained = {name for group in preparation.groups for name in group.parameters}
    parameters = {name for name, _ in backbone.module.named_parameters()}
    below = backbone.blocks[: preparation.frozen_blocks]
    for name in backbone.module.state_dict():
        if (name in parameters and name not in trained) or any(block.owns(name) for block in below):
            yield name
