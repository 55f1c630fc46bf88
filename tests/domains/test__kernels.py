from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from headstart.domains._kernels import WIDTHS, discrepancy, gaussian
from tests.domains.streams import rows


def test_two_items_by_hand():
    """Squared distance 4, which is also the usual one."""
    found = gaussian(torch.tensor([[0.0, 0.0], [0.0, 2.0]], dtype=torch.float64))
    other = sum(math.exp(-1 / width) for width in WIDTHS) / len(WIDTHS)
    np.testing.assert_allclose(found, [[1.0, other], [other, 1.0]], atol=1e-12)


def test_the_unit_of_features_does_not_matter():
    torch.testing.assert_close(gaussian(rows(6, 0)), gaussian(100 * rows(6, 0)))


def test_items_that_are_all_alike():
    assert torch.equal(gaussian(torch.ones(3, 2)), torch.ones(3, 3))


def test_the_discrepancy_is_that_of_all_pairs():
    source, target = rows(5, 1), rows(4, 2, 1.0)
    kernel = gaussian(torch.cat([source, target]))
    expected = 0.0
    for i in range(9):
        for j in range(9):
            signs = (1 / 5 if i < 5 else -1 / 4) * (1 / 5 if j < 5 else -1 / 4)
            expected += signs * float(kernel[i, j])
    assert discrepancy(kernel, 5).item() == pytest.approx(expected)


def test_the_same_items_on_both_sides_are_no_discrepancy():
    same = rows(5, 1)
    assert discrepancy(gaussian(torch.cat([same, same])), 5).item() == pytest.approx(0.0, abs=1e-12)
