from __future__ import annotations

import torch

from headstart.core.strategy import ParamGroup, Preparation
from headstart.engine.freeze import frozen_modules, frozen_state, trainable_only, training_mode
from tests.engine import toys


def preparation(frozen: int, *, batch_statistics: bool) -> Preparation:
    return Preparation(
        frozen_blocks=frozen,
        groups=(ParamGroup(name="last", parameters=("2.0.weight", "2.0.bias"), rate=1.0, weight_decay=0.0),),
        body_from="pretrained",
        head_from="zeros",
        head_rate=1.0,
        batch_statistics=batch_statistics,
    )


def test_a_later_train_call_does_not_thaw_what_training_mode_sets_again():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    for _ in range(2):
        backbone.module.train()
        training_mode(backbone, preparation(2, batch_statistics=True))
        modes = [block.training for block in backbone.module]
        assert modes == [False, False, True]
    before = backbone.module[0][1].running_mean.clone()
    backbone.encode({"pixel_values": torch.rand(4, 3, 16, 16)})
    assert torch.equal(before, backbone.module[0][1].running_mean)


def test_batch_norm_of_trainable_blocks_keeps_its_statistics_unless_wanted():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    training_mode(backbone, preparation(1, batch_statistics=False))
    assert [m.training for m in (backbone.module[1], backbone.module[1][1])] == [True, False]
    training_mode(backbone, preparation(1, batch_statistics=True))
    assert backbone.module[1][1].training


def test_only_the_groups_get_gradients():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    trainable_only(backbone, preparation(2, batch_statistics=False))
    assert [n for n, p in backbone.module.named_parameters() if p.requires_grad] == ["2.0.weight", "2.0.bias"]
    assert list(frozen_modules(backbone, 2)) == [backbone.module[0], backbone.module[1]]


def test_the_state_of_frozen_blocks_is_all_that_their_modules_hold():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    state = backbone.module.state_dict()
    assert list(frozen_state(backbone, 0)) == []
    assert list(frozen_state(backbone, 2)) == [name for name in state if name[0] in "01"]
    assert "0.1.running_mean" in frozen_state(backbone, 1)
