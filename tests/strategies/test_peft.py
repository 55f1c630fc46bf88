from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.engine.alterations import Alterations
from headstart.engine.examples import Settings
from headstart.engine.supervised import fit
from headstart.strategies import peft
from headstart.strategies.peft import Peft
from tests.backbones.members import batch_of, make
from tests.engine import toys

METHODS = pytest.mark.parametrize("method", ["dora", "ia3", "loha", "lokr"])


@METHODS
@pytest.mark.parametrize("member", ["test_resnet", "bert"])
def test_at_first_nothing_changes_and_what_was_learnt_is_merged(method: Any, member: str):
    backbone = make(member)
    batch = batch_of(backbone)
    with torch.no_grad():
        before = backbone.encode(batch)
        preparation = Peft(method=method, rank=2).prepare(backbone)
        alterations = Alterations(backbone.module, preparation, 0)
        torch.testing.assert_close(backbone.encode(batch), before, atol=1e-5, rtol=1e-4)
        names = dict(backbone.module.named_parameters())
        torch.manual_seed(0)
        for group in preparation.groups:
            for name in group.parameters:
                names[name].add_(0.05 * torch.randn_like(names[name]))
        adapted = backbone.encode(batch)
        assert not torch.allclose(adapted, before, atol=1e-3)
        alterations.undo()
        torch.testing.assert_close(backbone.encode(batch), adapted, atol=1e-4, rtol=1e-3)


def test_what_is_random_comes_from_the_seed_and_leaves_the_process_alone():
    def drawn(seed: int) -> torch.Tensor:
        body = make("test_resnet")
        preparation = Peft(rank=2).prepare(body)
        torch.manual_seed(11)
        Peft(rank=2).prepare(body)
        Alterations(body.module, preparation, seed)
        after = torch.rand(1)
        torch.manual_seed(11)
        assert torch.equal(after, torch.rand(1))
        (name, *_) = (n for group in preparation.groups for n in group.parameters if "lora_A" in n)
        return dict(body.module.named_parameters())[name].detach().clone()

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


@METHODS
def test_training_moves_dense_layers_and_convolutions_alone(method: Any):
    strategy, body = Peft(method=method, rank=2).lasting(2), toys.ToyBackbone(toys.info(), seed=0, size=16)
    before = copy.deepcopy(body.module.state_dict())
    head = LinearHead(weight=np.ones((2, 8)) * [[1.0], [-1.0]], bias=np.zeros(2))
    fitted = fit(strategy, body, head, toys.examples(strategy, body), Settings(seed=0), progress=Silent())
    after = fitted.backbone.module.state_dict()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    scaled = {"0.0.bias", "1.0.bias", "2.0.bias"} if method == "ia3" else set()  # which scales what comes out
    assert moved == {"0.0.weight", "1.0.weight", "2.0.weight"} | scaled


def test_without_the_library_it_is_refused_beforehand(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(peft, "find_spec", lambda name: None)
    reason = Peft().supports(toys.info(), toys.labelled().task)
    assert reason == "peft needs the package 'peft'. Install it with: pip install 'headstart[peft]'."
    with pytest.raises(UserError, match=r"needs the package 'peft'\. Install it with: pip install 'headstart\[peft\]'"):
        Peft().prepare(toys.ToyBackbone(toys.info(), seed=0, size=16))


def test_a_body_without_such_layers_is_refused():
    body = toys.ToyBackbone(toys.info(), seed=0, size=16)
    body.module = nn.Sequential(nn.BatchNorm2d(3))
    with pytest.raises(UserError, match="toy:small has no layer that peft's dora could adapt; choose another method"):
        Peft().prepare(body)


def test_a_method_is_part_of_what_work_is_kept_under():
    assert repr(Peft()) != repr(replace(Peft(), method="loha"))


@pytest.mark.parametrize("method", ["dora", "ia3"])
def test_dense_layers_of_the_other_way_round_are_adapted_too(method: Any):
    backbone = make("gpt2")
    batch = batch_of(backbone)
    with torch.no_grad():
        before = backbone.encode(batch)
        preparation = Peft(method=method, rank=2).prepare(backbone)
        assert any(name.endswith("c_attn") for name in preparation.replaced)
        alterations = Alterations(backbone.module, preparation, 0)
        torch.testing.assert_close(backbone.encode(batch), before, atol=1e-5, rtol=1e-4)
        alterations.undo()
        torch.testing.assert_close(backbone.encode(batch), before, atol=1e-5, rtol=1e-4)
    with pytest.raises(UserError, match="gpt2 has no layer that peft's loha could adapt"):
        Peft(method="loha").prepare(backbone)
