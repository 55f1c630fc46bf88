from __future__ import annotations

import numpy as np
import pytest

from headstart.validators.bnm import Bnm
from tests.validators.cases import judged, sure


def test_by_hand():
    """Singular values sqrt 3 and sqrt 3 of at most sqrt 12; one of sqrt 6 where all are alike."""
    assert Bnm().value(judged()) == pytest.approx(1.0)
    assert Bnm().value(judged(logits=sure(np.zeros(6, dtype=int)))) == pytest.approx(np.sqrt(0.5))
    assert Bnm().value(judged(logits=np.zeros((6, 2)))) == pytest.approx(0.5)
