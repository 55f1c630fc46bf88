from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.engine.examples import Settings
from headstart.engine.supervised import fit
from headstart.strategies._stochastic import batch_norms
from headstart.strategies.stoch_norm import StochNorm
from tests.engine import toys


def test_bodies_without_it_are_refused_before_and_after_loading():
    info = toys.info(batch_norm=False)
    assert StochNorm().supports(toys.info(batch_norm=None), toys.labelled().task) is None
    assert StochNorm().supports(info, toys.labelled().task) == (
        "toy:small has no BatchNorm, whose statistics this is about."
    )
    assert StochNorm().supports(toys.info(batch_norm=True), toys.labelled().task) is None
    backbone = toys.ToyBackbone(info, seed=0, size=16)
    assert list(batch_norms(backbone.module)) == ["0.1", "1.1"]
    backbone.module[0][1], backbone.module[1][1] = nn.Identity(), nn.Identity()
    with pytest.raises(UserError, match="toy:small has no BatchNorm; choose 'lp_ft', which is the same without it"):
        StochNorm().prepare(backbone)


def test_the_draws_change_what_is_learnt():
    backbone, found = toys.ToyBackbone(toys.info(), seed=0, size=16), []
    head = LinearHead(weight=np.ones((2, 8)) * [[1.0], [-1.0]], bias=np.zeros(2))
    for probability in (0.0, 0.5):
        strategy = StochNorm(probability=probability).lasting(2)
        given = toys.examples(strategy, backbone)
        found.append(fit(strategy, backbone, head, given, Settings(seed=0), progress=Silent()).backbone.module)
    assert not torch.equal(found[0][0][0].weight, found[1][0][0].weight)
    assert not torch.equal(found[0][0][1].running_mean, backbone.module[0][1].running_mean)
