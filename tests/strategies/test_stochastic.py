from __future__ import annotations

import pytest
import torch
from torch import nn

from headstart.strategies._stochastic import Stochastic


def norm(seed: int = 0) -> nn.BatchNorm2d:
    torch.manual_seed(seed)
    made = nn.BatchNorm2d(6)
    for tensor in (made.weight.data, made.bias.data, made.running_mean):
        tensor.normal_()
    made.running_var.uniform_(0.5, 2.0)
    return made


def test_without_and_with_certainty_it_is_batch_norm_in_training_and_in_evaluation():
    items = torch.randn(8, 6, 3, 3)
    by_batch, theirs = Stochastic(norm(), 0.0), norm()
    assert torch.allclose(by_batch(items), theirs(items))
    for name, buffer in theirs.named_buffers():
        assert torch.allclose(dict(by_batch.named_buffers())[name], buffer), name
    always, theirs = Stochastic(norm(), 1.0), norm().eval()
    assert torch.allclose(always(items), theirs(items))
    assert not torch.allclose(always.running_mean, theirs.running_mean)


def test_every_channel_is_one_or_the_other_in_proportion():
    items, moving, batch = torch.randn(8, 6, 3, 3), norm().eval(), norm().train()
    by_moving, by_batch = moving(items), batch(items)
    share = []
    for seed in range(60):
        stochastic = Stochastic(norm(), 0.25)
        torch.manual_seed(seed)
        given = stochastic(items)
        for channel in range(6):
            one = torch.allclose(given[:, channel], by_moving[:, channel], atol=1e-6)
            other = torch.allclose(given[:, channel], by_batch[:, channel], atol=1e-6)
            assert one != other
            share.append(one)
    assert sum(share) / len(share) == pytest.approx(0.25, abs=0.07)


def test_in_evaluation_nothing_is_drawn_and_nothing_moves():
    stochastic, theirs, items = Stochastic(norm(), 0.5).eval(), norm().eval(), torch.randn(4, 6, 3, 3)
    assert torch.allclose(stochastic(items), theirs(items))
    assert torch.equal(stochastic.running_mean, theirs.running_mean)
    assert stochastic.num_batches_tracked.item() == 0


class WithActivation(nn.BatchNorm2d):
    def __init__(self) -> None:
        super().__init__(6)
        self.act = nn.ReLU()

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return self.act(super().forward(input))


def test_what_a_norm_runs_after_itself_is_run():
    given = WithActivation()
    items = torch.randn(4, 6, 3, 3)
    assert torch.allclose(Stochastic(given, 0.5).eval()(items), given.eval()(items))
    assert Stochastic(given, 0.5).state_dict().keys() == given.state_dict().keys()


def test_both_branches_have_gradients_of_finite_differences():
    stochastic = Stochastic(norm().double(), 0.5)

    def run(items: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(1)
        return stochastic(items)

    # Moving statistics drift with every call; by none here, so that differences are of one function.
    stochastic._momentum = 0.0
    assert torch.autograd.gradcheck(run, torch.randn(4, 6, 2, 2, dtype=torch.float64, requires_grad=True))
