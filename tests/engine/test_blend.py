from __future__ import annotations

import pytest
import torch

from headstart.engine.blend import Blend


def test_every_item_takes_a_share_of_its_partner():
    blend = Blend(partner=torch.tensor([1, 2, 0]), share=0.75)
    given = torch.tensor([[4.0, 0.0], [0.0, 8.0], [8.0, 8.0]])
    assert torch.equal(blend.of(given), torch.tensor([[3.0, 2.0], [2.0, 8.0], [7.0, 6.0]]))


def test_numbers_that_are_no_measurements_stay():
    given = torch.tensor([[1, 2], [3, 4]])
    assert Blend(partner=torch.tensor([1, 0]), share=0.5).of(given) is given


def test_partners_are_all_items_and_shares_come_from_the_beta_distribution():
    torch.manual_seed(0)
    drawn = [Blend.drawn(0.3, 7) for _ in range(2000)]
    assert all(blend.partner.sort().values.tolist() == list(range(7)) for blend in drawn)
    shares = torch.tensor([blend.share for blend in drawn])
    assert abs(float(shares.mean()) - 0.5) < 0.03
    assert abs(float(shares.var()) - 0.25 / (2 * 0.3 + 1)) < 0.01  # of Beta(a, a): 1 / (4 (2 a + 1))
    torch.manual_seed(0)
    assert Blend.drawn(0.3, 7).share == drawn[0].share


@pytest.mark.parametrize("alpha", [1e-300, 1e-4, 0.01])
def test_a_small_parameter_hardly_blends(alpha: float):
    torch.manual_seed(0)
    shares = torch.tensor([Blend.drawn(alpha, 2).share for _ in range(200)])
    assert (torch.minimum(shares, 1 - shares) < 0.01).float().mean() > 0.9
