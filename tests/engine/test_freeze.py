from __future__ import annotations

import torch

from headstart.core.training import ParamGroup, Preparation
from headstart.engine.freeze import opened, training_mode, unmoved_state
from tests.engine import toys

LAST = frozenset({"2.0.weight", "2.0.bias"})


def preparation(*, batch_statistics: bool = False) -> Preparation:
    groups = (
        ParamGroup(name="first", parameters=("1.0.weight",), rate=1.0, weight_decay=0.0, since=0.5),
        ParamGroup(name="last", parameters=("2.0.weight", "2.0.bias"), rate=1.0, weight_decay=0.0),
    )
    return Preparation(frozen_blocks=1, groups=groups, batch_statistics=batch_statistics)


def test_a_group_opens_with_the_first_epoch_after_its_share():
    names = [len(opened(preparation(), epoch, 4)) for epoch in range(4)]
    assert names == [2, 2, 3, 3]
    assert [len(opened(preparation(), epoch, 3)) for epoch in range(3)] == [2, 2, 3]
    assert len(opened(preparation(), 0, 1)) == 3


def test_a_later_train_call_does_not_thaw_what_training_mode_sets_again():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    for _ in range(2):
        backbone.module.train()
        training_mode(backbone, LAST, preparation(batch_statistics=True))
        modes = [block.training for block in backbone.module]
        assert modes == [False, False, True]
    before = backbone.module[0][1].running_mean.clone()
    backbone.encode({"pixel_values": torch.rand(4, 3, 16, 16)})
    assert torch.equal(before, backbone.module[0][1].running_mean)


def test_batch_norm_of_trainable_blocks_keeps_its_statistics_unless_wanted():
    backbone, trained = toys.ToyBackbone(toys.info(), seed=0, size=16), LAST | {"1.0.weight"}
    training_mode(backbone, trained, preparation())
    assert [m.training for m in (backbone.module[1], backbone.module[1][1])] == [True, False]
    training_mode(backbone, trained, preparation(batch_statistics=True))
    assert backbone.module[1][1].training


def test_only_what_is_trained_gets_gradients():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    training_mode(backbone, LAST, preparation())
    assert {n for n, p in backbone.module.named_parameters() if p.requires_grad} == LAST


def test_what_does_not_move_is_every_untrained_parameter_and_all_of_the_frozen_blocks():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    unmoved = set(unmoved_state(backbone, preparation()))
    assert {name for name in backbone.module.state_dict() if name[0] == "0"} <= unmoved
    assert {name for name in unmoved if name[0] != "0"} == {"1.0.bias", "1.1.weight", "1.1.bias"}
