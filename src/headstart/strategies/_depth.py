"""Parameter groups by depth: one per trainable block, later blocks at higher rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from headstart.core.backbone import Backbone
from headstart.core.errors import UserError
from headstart.core.settings import Meaning
from headstart.core.training import ParamGroup

WEIGHT_DECAY = 0.01
Decay = Annotated[
    float, Meaning(says="Learning rate of a block over that of the next one towards the head.", low=1e-6, high=1.0)
]


def groups_by_depth(
    backbone: Backbone,
    frozen_blocks: int,
    decay: float,
    *,
    weight_decay: float = WEIGHT_DECAY,
    only: Callable[[str], bool] = lambda name: True,
) -> tuple[ParamGroup, ...]:
    """One group per block from ``frozen_blocks`` on; the last has rate 1, each earlier one ``decay`` times the next.

    Layer-wise learning-rate decay goes by depth in the network, not by the order in which parameters were registered
    (Howard and Ruder 2018, arXiv 1801.06146, section 3.2, call it discriminative fine-tuning). Parameters that
    ``only`` refuses by name are left out, and blocks that have no other.

    Raises:
        UserError: no parameter is left to train.
    """
    trained = backbone.blocks[frozen_blocks:]
    groups = []
    for distance, block in enumerate(reversed(trained)):
        names = tuple(name for name, _ in backbone.module.named_parameters() if block.owns(name) and only(name))
        if names:
            groups.append(
                ParamGroup(name=block.name, parameters=names, rate=decay**distance, weight_decay=weight_decay)
            )
    if not groups:
        frozen = f"{frozen_blocks} of its {len(backbone.blocks)} blocks are frozen"
        reason = frozen if frozen_blocks else "it has no parameter of the kind that this strategy trains"
        raise UserError(
            f"Nothing in {backbone.info.name} would be trained: {reason}. Freeze fewer blocks, or choose "
            "'linear_probe'."
        )
    return tuple(reversed(groups))
