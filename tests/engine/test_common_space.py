from __future__ import annotations

import numpy as np
import pytest

from headstart.core.backbone import LinearHead
from headstart.engine import common_space
from headstart.engine.common_space import CommonSpace
from tests.domains.pairs import Recorder, fit


def sides(width: int = 6) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    mixing = random.normal(size=(width, width))
    return random.normal(size=(80, width)) @ mixing, random.normal(size=(50, width)) @ mixing + 1.0


def test_a_head_reads_features_as_they_are():
    source, target = sides()
    space = CommonSpace.of(source, target)
    head = LinearHead(weight=np.random.default_rng(1).normal(size=(3, 6)), bias=np.arange(3.0))
    np.testing.assert_allclose(space.fold(head).logits(target), head.logits(space.apply(target)), atol=1e-9)


def test_all_directions_keep_distances_of_scaled_columns():
    source, target = sides()
    space = CommonSpace.of(source, target)
    gap = space.apply(source[:1]) - space.apply(target[:1])
    scaled = space.scaling.apply(source[:1]) - space.scaling.apply(target[:1])
    assert np.linalg.norm(gap) == pytest.approx(np.linalg.norm(scaled))


def test_few_directions_are_those_that_vary_most(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(common_space, "DIRECTIONS", 2)
    random = np.random.default_rng(0)
    line = random.normal(size=(200, 1)) @ np.ones((1, 4))  # what all columns share
    rows = line + 0.1 * random.normal(size=(200, 4))
    space = CommonSpace.of(rows[:100], rows[100:])
    assert space.directions.shape == (4, 2)
    np.testing.assert_allclose(np.abs(space.directions[:, 0]), 0.5, atol=0.02)


def test_both_sides_count_the_same_however_many_they_are():
    source, target = sides()
    once, often = CommonSpace.of(source, target), CommonSpace.of(np.tile(source, (5, 1)), target)
    np.testing.assert_allclose(often.scaling.mean, once.scaling.mean)
    np.testing.assert_allclose(often.scaling.scale, once.scaling.scale)


def test_fits_see_columns_and_not_directions():
    source, target = sides()
    space = CommonSpace.of(source, target)
    seen, shares = Recorder(), np.eye(2)[np.arange(80) % 2]
    head = space.fitting(seen)(space.apply(source), shares)
    np.testing.assert_allclose(seen.features, space.scaling.apply(source), atol=1e-9)
    plain = fit(space.scaling.apply(source), shares)
    np.testing.assert_allclose(head.logits(space.apply(target)), plain.logits(space.scaling.apply(target)), atol=1e-8)
