"""What every method on frozen features keeps to, whoever wrote it."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest

from headstart.catalog import domains
from headstart.core.domain import FeatureMethod, Pair, one_hot
from tests.domains.pairs import fit, items, right, same, shifted

NAMES = [name for name in domains.names() if issubclass(domains.get(name), FeatureMethod)]


@pytest.fixture(params=NAMES)
def method(request: pytest.FixtureRequest) -> FeatureMethod:
    made = domains.get(request.param)()
    assert isinstance(made, FeatureMethod)
    return made


def test_all_are_created_by_name():
    expected = {"bbse", "coral", "entropic_ot", "jdot", "kliep", "kmm", "linear_ot", "shot_im", "subspace"}
    assert expected <= set(NAMES)


def test_it_is_a_frozen_value_that_names_its_paper(method: FeatureMethod):
    assert dataclasses.is_dataclass(method)
    assert type(method)() == method
    assert "20" in type(method).summary
    assert type(method).summary.endswith(".")


def test_pure_and_repeatable(method: FeatureMethod):
    pair, _ = shifted(60, 45)
    before = copy.deepcopy(pair)
    first, second = method.cross(pair, fit).head, method.cross(pair, fit).head
    assert first.weight.shape == (3, 6)
    assert np.isfinite(first.weight).all()
    assert np.isfinite(first.bias).all()
    np.testing.assert_array_equal(first.weight, second.weight)
    for field in ("source", "labels", "target"):
        np.testing.assert_array_equal(getattr(pair, field), getattr(before, field))


def test_across_a_shift(method: FeatureMethod):
    """Methods that move features or the head find their way; weights cannot, where the source has nothing alike."""
    gains = []
    for seed in range(3):
        pair, hidden = shifted(seed=10 * seed)
        plain = fit(pair.source, one_hot(pair.labels, 3))
        gains.append(right(method.cross(pair, fit).head, pair.target, hidden) - right(plain, pair.target, hidden))
    weighs = type(method).__name__ in ("Kmm", "Kliep", "Bbse")
    assert np.mean(gains) > (-0.1 if weighs else 0.02)


def test_where_there_is_no_shift_little_changes(method: FeatureMethod):
    pair = same()
    plain = fit(pair.source, one_hot(pair.labels, 3))
    assert right(method.cross(pair, fit).head, pair.source, pair.labels) > right(plain, pair.source, pair.labels) - 0.03


def test_what_the_classes_are_called_does_not_matter(method: FeatureMethod):
    pair, _ = shifted(60, 45)
    turned = dataclasses.replace(pair, labels=(pair.labels + 1) % 3)
    first, second = method.cross(pair, fit).head, method.cross(turned, fit).head
    np.testing.assert_allclose(first.logits(pair.target), np.roll(second.logits(pair.target), -1, axis=1), atol=1e-3)


@pytest.mark.parametrize(("source", "target"), [(12, 200), (200, 12), (12, 12)])
def test_few_items_of_many_dimensions(method: FeatureMethod, source: int, target: int):
    random = np.random.default_rng(0)
    pair = Pair(
        source=random.normal(size=(source, 40)),
        labels=np.arange(source) % 2,
        target=random.normal(size=(target, 40)) + 0.5,
        outputs=2,
        groups=np.arange(source),
    )
    head = method.cross(pair, fit).head
    assert np.isfinite(head.logits(pair.target)).all()


def test_constant_columns_and_copies(method: FeatureMethod):
    pair, _ = shifted(60, 45)
    wide = dataclasses.replace(
        pair,
        source=np.column_stack([pair.source, np.full(60, 3.0)]),
        target=np.column_stack([pair.target, np.full(45, 3.0)])[[0] * 10 + list(range(45))],
    )
    assert np.isfinite(method.cross(wide, fit).head.logits(wide.target)).all()


def test_where_items_of_the_source_arrive(method: FeatureMethod):
    """Those of the pair itself, and others like them: no item of its own is needed, and none is changed."""
    pair, _ = shifted(150, 120)
    crossing = method.cross(pair, fit)
    others, labels = items(90, 5)
    before = others.copy()
    arrived = crossing.arrive(others)
    assert arrived.shape == others.shape
    np.testing.assert_array_equal(others, before)
    assert right(crossing.head, arrived, labels) > 0.6
