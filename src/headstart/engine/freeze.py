"""Frozen means frozen: no gradient, and evaluation mode that survives ``train()``.

``requires_grad_(False)`` alone leaves BatchNorm buffers moving and dropout on in the "frozen" part, and a later
``model.train()`` undoes an earlier ``.eval()``. Training mode is therefore set in one place, `training_mode`, which
every epoch calls instead of ``train()``.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from headstart.core.backbone import Backbone
from headstart.core.strategy import Preparation


def trainable_only(backbone: Backbone, preparation: Preparation) -> None:
    """Gradients for the parameters in ``preparation.groups`` and no others."""
    trained = {name for group in preparation.groups for name in group.parameters}
    for name, parameter in backbone.module.named_parameters():
        parameter.requires_grad_(name in trained)


def training_mode(backbone: Backbone, preparation: Preparation) -> None:
    """Training mode for the trainable blocks; evaluation mode for frozen blocks and, unless wanted, BatchNorm."""
    backbone.module.train()
    for module in frozen_modules(backbone, preparation.frozen_blocks):
        module.eval()
    if not preparation.batch_statistics:
        for module in backbone.module.modules():
            if isinstance(module, _BatchNorm):
                module.eval()


def frozen_modules(backbone: Backbone, frozen_blocks: int) -> Iterator[nn.Module]:
    """The modules, with all they contain, of ``blocks[:frozen_blocks]``."""
    for block in backbone.blocks[:frozen_blocks]:
        for name in block.modules:
            yield backbone.module.get_submodule(name)


def frozen_state(backbone: Backbone, frozen_blocks: int) -> Iterator[str]:
    """Names of the parameters and buffers of ``blocks[:frozen_blocks]``."""
    for name in backbone.module.state_dict():
        if any(block.owns(name) for block in backbone.blocks[:frozen_blocks]):
            yield name
