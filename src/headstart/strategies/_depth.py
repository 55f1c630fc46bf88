"""Parameter groups by depth: one per trainable block, later blocks at higher rates."""

from __future__ import annotations

from headstart.core.backbone import Backbone
from headstart.core.errors import UserError
from headstart.core.strategy import ParamGroup

WEIGHT_DECAY = 0.01


def groups_by_depth(backbone: Backbone, frozen_blocks: int, decay: float) -> tuple[ParamGroup, ...]:
    """One group per block from ``frozen_blocks`` on; the last has rate 1, each earlier one ``decay`` times the next.

    Layer-wise learning-rate decay goes by depth in the network, not by the order in which parameters were registered
    (Howard and Ruder 2018, arXiv 1801.06146, section 3.2, call it discriminative fine-tuning).

    Raises:
        UserError: no parameter is left to train.
    """
    trained = backbone.blocks[frozen_blocks:]
    groups = []
    for distance, block in enumerate(reversed(trained)):
        names = tuple(name for name, _ in backbone.module.named_parameters() if block.owns(name))
        if names:
            groups.append(
                ParamGroup(name=block.name, parameters=names, rate=decay**distance, weight_decay=WEIGHT_DECAY)
            )
    if not groups:
        raise UserError(
            f"Nothing in {backbone.info.name} would be trained: {frozen_blocks} of its {len(backbone.blocks)} blocks "
            "are frozen. Freeze fewer blocks, or choose 'linear_probe'."
        )
    return tuple(reversed(groups))
