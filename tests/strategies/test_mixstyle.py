from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from headstart.core.errors import UserError
from headstart.strategies.mixstyle import MixStyle, mixed_styles, quarters
from tests.engine import toys
from tests.strategies.steps import body


def moments(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return values.mean(dim=(2, 3)), values.var(dim=(2, 3), unbiased=False).sqrt()


def whitened(values: torch.Tensor) -> torch.Tensor:
    mean, spread = moments(values)
    return (values - mean[..., None, None]) / spread[..., None, None]


def drawn(seed: int, count: int, alpha: float) -> tuple[torch.Tensor, torch.Tensor]:
    """The shares and partners of the batch that this seed gives, which was to be mixed."""
    torch.manual_seed(seed)
    assert torch.rand(()).item() < 0.5
    return torch.distributions.Beta(alpha, alpha).sample((count,)), torch.randperm(count)


def test_means_and_deviations_are_mixed_and_what_is_left_is_not():
    values = torch.randn(5, 3, 6, 4, generator=torch.Generator().manual_seed(1)) * 2.0 + 1.0
    seed = next(s for s in range(9) if torch.rand((), generator=torch.Generator().manual_seed(s)).item() < 0.5)
    share, partner = drawn(seed, 5, 0.7)
    torch.manual_seed(seed)
    found = mixed_styles({"x": values}, alpha=0.7, probability=0.5)["x"]
    (mean, spread), (new_mean, new_spread) = moments(values), moments(found)
    own, other = share[:, None], 1 - share[:, None]
    torch.testing.assert_close(new_mean, own * mean + other * mean[partner], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(new_spread, own * spread + other * spread[partner], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(whitened(values), whitened(found), atol=1e-4, rtol=1e-4)


def test_some_batches_stay_as_they_are():
    values = torch.randn(4, 2, 3, 3)
    torch.manual_seed(0)
    same = [torch.equal(mixed_styles({"x": values}, alpha=0.1, probability=0.3)["x"], values) for _ in range(200)]
    assert 0.55 < np.mean(same) < 0.85
    assert torch.equal(mixed_styles({"x": values}, alpha=0.1, probability=0.0)["x"], values)


def test_gradients_do_not_pass_through_the_styles():
    values = torch.randn(3, 2, 4, 4, requires_grad=True)
    mixed_styles({"x": values}, alpha=0.5, probability=1.0)["x"].sum().backward()
    spread = moments(values.detach())[1]
    assert values.grad is not None
    # through the mean, the gradients of all positions of a channel would add up to nothing
    assert (values.grad.sum(dim=(2, 3)) * spread > 0).all()
    assert torch.allclose(values.grad, values.grad[:, :, :1, :1].expand_as(values.grad))


def test_what_has_no_channels_and_positions_is_left_alone():
    tokens = torch.randn(4, 7, 5)
    assert torch.equal(mixed_styles({"x": tokens}, alpha=0.5, probability=1.0)["x"], tokens)


@pytest.mark.parametrize(("blocks", "places"), [(1, []), (2, [1]), (3, [1, 2]), (4, [1, 2]), (7, [2, 4]), (8, [2, 4])])
def test_styles_are_mixed_after_a_quarter_and_a_half_of_the_blocks(blocks: int, places: list[int]):
    assert quarters(blocks) == places


def test_it_is_for_pictures_and_for_networks_with_batch_norm():
    task = toys.labelled().task
    info = replace(toys.info(), batch_norm=True)
    assert MixStyle().supports(info, task) is None
    assert MixStyle().supports(replace(info, batch_norm=None), task) is None
    assert MixStyle().supports(replace(info, modality="text"), task) == (
        f"{info.name} reads no pictures, whose styles this mixes."
    )
    assert MixStyle().supports(replace(info, batch_norm=False), task) == (
        f"{info.name} has no BatchNorm: this mixes channels of convolutional networks, which have."
    )


def test_a_body_without_batch_norm_is_refused(monkeypatch: pytest.MonkeyPatch):
    assert set(MixStyle().prepare(body()).between) == set(quarters(len(body().blocks)))
    monkeypatch.setattr("headstart.strategies._stochastic.batch_norms", lambda _: {})
    with pytest.raises(UserError) as caught:
        MixStyle().prepare(body())
    assert str(caught.value) == (
        f"{body().info.name} has no BatchNorm, or no blocks to mix styles between; choose 'lp_ft', which is the same "
        "without it."
    )
