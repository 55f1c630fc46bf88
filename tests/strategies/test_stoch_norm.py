from __future__ import annotations

import pytest
from torch import nn

from headstart.core.errors import UserError
from headstart.strategies._stochastic import batch_norms
from headstart.strategies.stoch_norm import StochNorm
from tests.engine import toys


def test_bodies_without_it_are_refused_before_and_after_loading():
    info = toys.info(batch_norm=False)
    assert StochNorm().supports(info, toys.labelled().task) == (
        "toy:small has no BatchNorm, whose statistics this is about."
    )
    assert StochNorm().supports(toys.info(batch_norm=True), toys.labelled().task) is None
    backbone = toys.ToyBackbone(info, seed=0, size=16)
    assert list(batch_norms(backbone.module)) == ["0.1", "1.1"]
    backbone.module[0][1], backbone.module[1][1] = nn.Identity(), nn.Identity()
    with pytest.raises(UserError, match="toy:small has no BatchNorm; choose 'lp_ft', which is the same without it"):
        StochNorm().prepare(backbone)
