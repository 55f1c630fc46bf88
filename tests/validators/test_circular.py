from __future__ import annotations

import numpy as np
import pytest

from headstart.validators.circular import Circular
from tests.validators.cases import judged, sure


def test_what_comes_back_counts():
    assert Circular().value(judged(back=sure(np.array([0, 0, 1, 0])))) == pytest.approx(0.75)
    assert Circular().value(judged(held=sure(np.zeros(4, dtype=int)))) == 1.0
