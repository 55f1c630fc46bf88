from __future__ import annotations

import pytest
import torch

from headstart.backbones._text_families import FAMILIES, body_weights, family_of
from headstart.core.errors import Unavailable, UserError
from tests.backbones.members import make
from tests.backbones.tiny import config_of


def test_other_kinds_are_refused_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"^x is a 'xlmroberta' model; .* bert, roberta, xlm-roberta, .*\. Did you"):
        family_of("x", {**config_of("bert"), "model_type": "xlmroberta"})
    with pytest.raises(UserError, match="is a '' model"):
        family_of("x", {})


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("headed", [False, True], ids=["bare", "with a head"])
def test_a_checkpoint_gives_the_bodys_weights(kind: str, headed: bool) -> None:
    state = make(kind).module.state_dict()
    prefix = FAMILIES[kind].prefix if headed else ""
    checkpoint = {prefix + name: tensor for name, tensor in state.items()} | {"lm_head.weight": torch.zeros(1)}
    found = body_weights("x", config_of(kind), checkpoint)
    assert found.keys() == state.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in state.items())


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_checkpoint_that_lacks_a_weight_is_refused(kind: str) -> None:
    state = make(kind).module.state_dict()
    name = next(name for name in state if "0" in name)
    with pytest.raises(Unavailable, match=f"x was not stored: its weights are not those of a {kind} model"):
        body_weights("x", config_of(kind), {each: tensor for each, tensor in state.items() if each != name})
