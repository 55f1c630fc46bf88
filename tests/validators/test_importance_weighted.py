from __future__ import annotations

import numpy as np
import pytest

from headstart.validators.importance_weighted import ImportanceWeighted
from tests.validators.cases import judged, sure


@pytest.mark.parametrize(("weights", "expected"), [([1, 1, 1, 1], 0.75), ([3, 0, 0, 1], 0.25), ([6, 0, 0, 2], 0.25)])
def test_by_hand(weights: list[float], expected: float):
    """The first item is wrong; weights count as shares of their sum."""
    case = judged(held=sure(np.array([1, 0, 1, 1])), weights=weights)
    assert ImportanceWeighted().value(case) == pytest.approx(expected)
