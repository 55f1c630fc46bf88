from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from headstart.core.domain import Crossing, FeatureMethod, Fit, Pair, one_hot
from headstart.domains.coral import Coral
from headstart.engine.judging import LARGEST, held_out, judged, likeness, way_back
from headstart.validators.dev import Dev
from headstart.validators.importance_weighted import ImportanceWeighted
from tests.domains.pairs import fit, right, same, shifted


class Watched(FeatureMethod):
    """The source's head, and a note of every pair that was crossed."""

    def __init__(self) -> None:
        self.seen: list[Pair] = []

    def cross(self, pair: Pair, fit: Fit) -> Crossing:
        self.seen.append(pair)
        return Crossing(head=fit(pair.source, one_hot(pair.labels, pair.outputs), groups=pair.groups))


def test_items_are_predicted_by_crossings_that_have_not_seen_them_nor_their_ties():
    pair, _ = shifted(60, 45)
    pair = dataclasses.replace(pair, groups=np.arange(60) // 2)
    method = Watched()
    found = held_out(method, pair, fit)
    assert len(method.seen) == 5
    for part in method.seen:
        assert part.groups is not None
        left = ~np.isin(np.arange(60) // 2, part.groups)
        assert len(part.source) == 60 - left.sum()
        alone = fit(part.source, one_hot(part.labels, 3), groups=part.groups)
        np.testing.assert_allclose(found[left], alone.logits(pair.source[left]))
        np.testing.assert_array_equal(part.target, pair.target)


def test_held_items_are_judged_where_they_arrive():
    pair, _ = shifted()
    found = held_out(Coral(), pair, fit)
    assert np.mean(found.argmax(axis=1) == pair.labels) > 0.7


def test_the_way_back_starts_from_what_was_predicted():
    pair, hidden = shifted(60, 45)
    method = Watched()
    found = way_back(method, pair, fit, one_hot(hidden, 3))
    (back,) = method.seen
    np.testing.assert_array_equal(back.source, pair.target)
    np.testing.assert_array_equal(back.labels, hidden)
    np.testing.assert_array_equal(back.target, pair.source)
    assert found.shape == (60, 3)


def test_after_a_collapse_all_comes_back_as_one_class():
    pair, _ = shifted(60, 45)
    found = way_back(Watched(), pair, fit, one_hot(np.ones(45, dtype=np.int64), 3))
    np.testing.assert_array_equal(found.argmax(axis=1), 1)


def test_likeness_is_even_where_there_is_no_shift_and_cut_where_there_is_nothing_else():
    found = likeness(same())
    assert found.mean() == pytest.approx(1.0, abs=0.05)
    assert np.abs(np.log(found)).max() < 0.5
    pair = same(60)
    apart = dataclasses.replace(pair, target=np.concatenate([pair.source[:30] + 50.0, pair.source[30:]]))
    assert likeness(apart).max() / likeness(apart).min() <= LARGEST**2


def test_sides_of_other_sizes_are_weighed_before_anything_is_cut():
    """Every second source item is like the target, which is a tenth as large."""
    random = np.random.default_rng(0)
    source = random.normal(size=(400, 3)) + np.array([4.0, 0.0, 0.0]) * (np.arange(400) % 2)[:, None]
    target = random.normal(size=(40, 3)) + np.array([4.0, 0.0, 0.0])
    found = likeness(Pair(source=source, labels=np.arange(400) % 2, target=target, outputs=2))
    assert found[1::2].mean() == pytest.approx(2.0, abs=0.4)
    assert found[::2].mean() < 0.5


def test_how_far_the_weights_miss_their_mean_is_kept():
    """It is what `dev` corrects by: scaled to a mean of 1 there would be nothing to correct."""
    pair, _ = shifted(60, 45)
    case = judged(Coral(), pair, fit, Coral().cross(pair, fit).head.logits(pair.target), likeness(pair))
    assert case.weights.mean() != pytest.approx(1.0, abs=1e-6)
    assert Dev().value(case) != pytest.approx(ImportanceWeighted().value(case) - 1.0, abs=1e-9)


def test_copies_do_not_tell_their_own_side():
    """Sides of one distribution, each source item there three times: left out one by one, it would be judged by what
    chance has made of its copies.
    """
    random = np.random.default_rng(1)
    source, target = np.repeat(random.normal(size=(40, 30)), 3, axis=0), random.normal(size=(120, 30))
    pair = Pair(source=source, labels=np.arange(120) % 2, target=target, outputs=2)
    tied = dataclasses.replace(pair, groups=np.arange(120) // 3)
    assert np.log(likeness(tied)).std() < 0.2 * np.log(likeness(pair)).std()


def test_all_of_it_together():
    pair, hidden = shifted(60, 45)
    head = Coral().cross(pair, fit).head
    case = judged(Coral(), pair, fit, head.logits(pair.target), likeness(pair))
    assert case.held.shape == case.back.shape == (60, 3)
    assert right(head, pair.target, hidden) > 0.7
    assert case.weights.shape == (60,)
