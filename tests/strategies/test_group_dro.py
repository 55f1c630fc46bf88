from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from headstart.core.errors import UserError
from headstart.core.training import Penalty
from headstart.strategies.group_dro import GroupDro
from tests.strategies.steps import seen, start

DOMAINS = np.array([4, 4, 7, 7, 9, 9, 4, 4, 4, 7, 7, 9])


def penalty(eta: float = 0.1) -> Penalty:
    return GroupDro(eta=eta).penalty(start(domains=DOMAINS))


def loss(given: Penalty, losses: list[float], rows: list[int], **known: Any) -> float:
    step = seen(torch.zeros(len(rows), 8), losses=torch.tensor(losses), rows=torch.tensor(rows), **known)
    return given.loss(step).item()


def test_it_adds_what_the_weighted_domains_lose_more_than_the_items():
    given = penalty(eta=0.5)
    found = loss(given, [1.0, 3.0, 0.5, 4.0], [0, 1, 2, 4])
    weights = np.exp(0.5 * np.array([2.0, 0.5, 4.0]))
    weights /= weights.sum()
    assert found == pytest.approx(float(weights @ [2.0, 0.5, 4.0]) - 8.5 / 4, rel=1e-5)
    torch.testing.assert_close(given.module.get_buffer("weights"), torch.tensor(weights, dtype=torch.float32))


def test_domains_that_a_batch_lacks_keep_their_weight_relative_to_one():
    given = penalty(eta=1.0)
    assert loss(given, [2.0, 2.0], [0, 1]) == pytest.approx(0.0, abs=1e-6)
    first, second, third = given.module.get_buffer("weights").tolist()
    assert (second, first / second) == pytest.approx((third, math.exp(2.0)))


def test_with_one_domain_it_adds_nothing():
    given = GroupDro(eta=1.0).penalty(start(domains=np.full(12, 3)))
    assert loss(given, [1.0, 2.0, 5.0], [0, 5, 7]) == pytest.approx(0.0, abs=1e-6)


def test_blended_items_count_for_both_domains():
    given = penalty(eta=0.0)
    found = loss(given, [1.0, 3.0], [0, 2], partner=torch.tensor([1, 0]), share=0.75)
    # domain 4 has 3/4 of the first item and 1/4 of the second
    assert found == pytest.approx((1.5 + 2.5) / 2 - 2.0)


def test_its_gradient_is_that_of_finite_differences():
    torch.manual_seed(0)

    def added(losses: torch.Tensor) -> torch.Tensor:
        step = seen(torch.zeros(4, 8, dtype=torch.float64), losses=losses, rows=torch.tensor([0, 2, 3, 5]))
        return penalty(eta=1e-9).loss(step)

    assert torch.autograd.gradcheck(added, torch.rand(4, dtype=torch.float64, requires_grad=True), atol=1e-4)


def test_data_without_domains_are_refused():
    with pytest.raises(UserError) as caught:
        GroupDro().penalty(start(domains=None))
    assert str(caught.value) == (
        "This strategy learns from several domains, and the data name none: say which with --domain (domain=)."
    )
