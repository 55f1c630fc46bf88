from __future__ import annotations

import pytest
import torch

from headstart.strategies.bss import Bss
from tests.strategies.steps import seen, start


def penalty(features: torch.Tensor, **asked: float) -> torch.Tensor:
    return Bss(**asked).penalty(start()).loss(seen(features))


@pytest.mark.parametrize("shape", [(5, 8), (12, 8), (8, 8)])
def test_it_is_the_sum_of_squares_of_the_smallest_singular_values(shape: tuple[int, int]):
    torch.manual_seed(0)
    features = torch.randn(shape)
    values = torch.linalg.svdvals(features.double())
    for smallest in (1, 3):
        expected = 0.01 * float((values[-smallest:] ** 2).sum())
        assert penalty(features, eta=0.01, smallest=smallest).item() == pytest.approx(expected, rel=1e-4)


def test_its_gradient_is_that_of_finite_differences():
    torch.manual_seed(0)
    features = torch.randn(4, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda given: penalty(given, eta=1.0, smallest=2), features)


def test_equal_rows_have_finite_gradients():
    features = torch.ones(4, 8, requires_grad=True)
    penalty(features, eta=1.0, smallest=2).backward()
    assert torch.isfinite(features.grad).all()


def test_the_smallest_of_very_different_values_is_found():
    torch.manual_seed(0)
    rotation, _ = torch.linalg.qr(torch.randn(5, 5, dtype=torch.float64))
    features = (rotation * torch.tensor([1e4, 1.0, 1.0, 1.0, 1e-2])) @ rotation.T
    assert penalty(features.double(), eta=1.0, smallest=1).item() == pytest.approx(1e-4, rel=1e-3)
