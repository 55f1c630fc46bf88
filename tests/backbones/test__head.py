from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.backbones._head import check_head, head_of
from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError


def test_a_head_that_fits_passes() -> None:
    check_head(LinearHead(weight=np.zeros((2, 3)), bias=np.zeros(2)), ["a", "b"], 3)


@pytest.mark.parametrize(("weight", "bias"), [((2, 4), 2), ((3, 3), 3), ((2, 3), 3)])
def test_a_head_that_does_not_fit_is_told_the_shapes(weight: tuple[int, int], bias: int) -> None:
    head = LinearHead(weight=np.zeros(weight), bias=np.zeros(bias))
    with pytest.raises(UserError, match=r"2 classes on 3 features need \(2, 3\) and \(2,\)\."):
        check_head(head, ["a", "b"], 3)


def test_a_stored_head_comes_back_in_its_own_scale() -> None:
    head = head_of(torch.tensor([[8.0, 4.0]]), torch.tensor([1.0]), 0.25)
    assert (head.weight.tolist(), head.bias.tolist()) == ([[2.0, 1.0]], [1.0])


def test_without_a_stored_head_there_is_one_for_no_class() -> None:
    assert head_of(None, torch.zeros(3)).weight.shape == (0, 0)
