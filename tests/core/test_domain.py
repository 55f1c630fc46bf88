from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from headstart.core.domain import Pair, one_hot


def test_labels_of_the_target_have_no_place():
    known = {"source": np.zeros((2, 1)), "labels": np.array([0, 1]), "target": np.zeros((2, 1)), "outputs": 2}
    with pytest.raises(TypeError, match="unexpected keyword argument 'target_labels'"):
        Pair(**known, target_labels=np.array([0, 1]))  # type: ignore[call-arg]
    assert {field.name for field in dataclasses.fields(Pair)} == {"source", "labels", "target", "outputs", "groups"}


def test_one_hot():
    np.testing.assert_array_equal(one_hot(np.array([1, 0]), 3), [[0, 1, 0], [1, 0, 0]])
