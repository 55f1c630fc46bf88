from __future__ import annotations

import math

import numpy as np
import pytest

from headstart.heads.spread import spread


def test_the_spread_by_hand():
    assert spread(np.array([[0.0, 1.0], [2.0, 5.0]])) == pytest.approx(math.sqrt((1.0 + 4.0) / 2))
    assert spread(np.ones((3, 2))) == 1.0
    assert spread(np.zeros((0, 0))) == 1.0
