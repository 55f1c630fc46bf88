from __future__ import annotations

import numpy as np
import pytest

from headstart.validators.entropy import Entropy
from tests.validators.cases import judged


def test_by_hand():
    assert Entropy().value(judged()) == pytest.approx(0.0, abs=1e-9)
    assert Entropy().value(judged(logits=np.zeros((6, 2)))) == pytest.approx(-np.log(2))
    logits = np.tile(np.log([0.9, 0.1]), (6, 1))
    assert Entropy().value(judged(logits=logits)) == pytest.approx(0.9 * np.log(0.9) + 0.1 * np.log(0.1))
