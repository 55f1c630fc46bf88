from __future__ import annotations

import numpy as np
import pytest

from headstart.backbones._head import check_head
from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError


def test_a_head_that_fits_passes() -> None:
    check_head(LinearHead(weight=np.zeros((2, 3)), bias=np.zeros(2)), ["a", "b"], 3)


@pytest.mark.parametrize(("weight", "bias"), [((2, 4), 2), ((3, 3), 3), ((2, 3), 3)])
def test_a_head_that_does_not_fit_is_told_the_shapes(weight: tuple[int, int], bias: int) -> None:
    head = LinearHead(weight=np.zeros(weight), bias=np.zeros(bias))
    with pytest.raises(UserError, match=r"2 classes on 3 features need \(2, 3\) and \(2,\)\."):
        check_head(head, ["a", "b"], 3)
