from __future__ import annotations

from headstart.strategies.bitfit import Bitfit
from tests.engine import toys


def test_only_biases_and_normalisation_are_trained():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    trained = {name for group in Bitfit().prepare(backbone).groups for name in group.parameters}
    dense = {"0.0.weight", "1.0.weight", "2.0.weight"}
    assert trained == {name for name, _ in backbone.module.named_parameters()} - dense
