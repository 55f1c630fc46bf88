from __future__ import annotations

import pytest

from headstart.strategies.bitfit import Bitfit
from tests.backbones.members import make
from tests.engine import toys


def test_only_biases_and_normalisation_are_trained():
    backbone = toys.ToyBackbone(toys.info(), seed=0, size=16)
    trained = {name for group in Bitfit().prepare(backbone).groups for name in group.parameters}
    dense = {"0.0.weight", "1.0.weight", "2.0.weight"}
    assert trained == {name for name, _ in backbone.module.named_parameters()} - dense


@pytest.mark.parametrize("member", ["test_convnext", "test_vit", "test_nfnet", "bert"])
def test_no_other_vector_is_taken_for_a_bias(member: str):
    backbone = make(member)
    trained = {name for group in Bitfit().prepare(backbone).groups for name in group.parameters}
    kinds = dict(backbone.module.named_modules())
    assert trained
    for name in trained:
        module, _, parameter = name.rpartition(".")
        assert parameter == "bias" or "norm" in type(kinds[module]).__name__.lower(), name
    assert not any("gamma" in name or "gain" in name for name in trained)
