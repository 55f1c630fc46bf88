from __future__ import annotations

import numpy as np
import pytest

from headstart.validators.class_ami import ClassAmi
from tests.validators.cases import judged, sure

CLUSTERS = np.repeat([[0.0, 0.0], [9.0, 9.0]], 10, axis=0) + np.random.default_rng(0).normal(size=(20, 2))


def test_predictions_that_are_the_clusters():
    found = np.repeat([0, 1], 10)
    assert ClassAmi().value(judged(target=CLUSTERS, logits=sure(found))) == pytest.approx(1.0)
    assert ClassAmi().value(judged(target=CLUSTERS, logits=sure(1 - found))) == pytest.approx(1.0)


def test_predictions_that_have_nothing_to_do_with_them():
    assert abs(ClassAmi().value(judged(target=CLUSTERS, logits=sure(np.arange(20) % 2)))) < 0.1
    assert ClassAmi().value(judged(target=CLUSTERS, logits=sure(np.zeros(20, dtype=int)))) == pytest.approx(0.0)
