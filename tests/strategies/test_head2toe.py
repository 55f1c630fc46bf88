from __future__ import annotations

import numpy as np
import pytest

from headstart.heads.probe import fit_probe
from headstart.heads.weights import balanced_weights
from headstart.strategies import head2toe
from headstart.strategies.head2toe import Head2Toe
from tests.engine import toys

COLUMNS = 200
TELLING = (3, 150)
"""Columns that tell the classes apart, among many that do not."""


def told(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    draws = np.random.default_rng(seed)
    targets = draws.permutation(np.arange(count) % 2)
    features = draws.normal(size=(count, COLUMNS))
    features[:, TELLING] += 2.5 * targets[:, None]
    return features, targets


def fitted(strategy: Head2Toe, features: np.ndarray, targets: np.ndarray, groups: np.ndarray | None = None):
    return strategy.fit(features, targets, 2, balanced_weights(targets, 2).tolist(), groups)


def test_what_tells_the_classes_apart_is_kept_and_the_rest_has_no_weight():
    features, targets = told(60, 0)
    head = fitted(Head2Toe(), features, targets)
    kept = np.flatnonzero(head.weight.any(axis=0))
    assert set(TELLING) <= set(kept)
    assert len(kept) <= 0.05 * COLUMNS
    shown, expected = told(2000, 1)
    whole = fit_probe(features, targets, 2, balanced_weights(targets, 2).tolist())
    right, before = (float((each.logits(shown).argmax(axis=1) == expected).mean()) for each in (head, whole))
    assert right > before + 0.05


@pytest.mark.parametrize(("keep", "count"), [(0.1, 20), (0.0101, 2), (0.001, 2)])
def test_a_share_that_is_named_is_the_share_that_is_kept(keep: float, count: int):
    head = fitted(Head2Toe(keep=keep), *told(60, 0))
    kept = np.flatnonzero(head.weight.any(axis=0))
    assert len(kept) == count
    assert set(TELLING) <= set(kept)


def test_all_of_it_is_the_probe_on_all_of_it():
    features, targets = told(60, 0)
    head = fitted(Head2Toe(keep=1.0), features, targets)
    whole = fit_probe(features, targets, 2, balanced_weights(targets, 2).tolist())
    np.testing.assert_allclose(head.weight, whole.weight, rtol=1e-9)
    np.testing.assert_allclose(head.bias, whole.bias, rtol=1e-9)


def test_what_matters_does_not_hang_on_units():
    features, targets = told(60, 0)
    units = np.exp(np.random.default_rng(2).uniform(-1, 1, size=COLUMNS))
    kept = [
        np.flatnonzero(fitted(Head2Toe(keep=0.05), each, targets).weight.any(axis=0))
        for each in (features, features * 7)
    ]
    assert np.array_equal(*kept)
    assert set(TELLING) <= set(
        np.flatnonzero(fitted(Head2Toe(keep=0.05), features * units, targets).weight.any(axis=0))
    )


def test_where_everything_matters_everything_is_kept():
    draws = np.random.default_rng(0)
    targets = np.arange(200) % 2
    features = draws.normal(size=(200, COLUMNS)) + 0.25 * targets[:, None]
    head = fitted(Head2Toe(), features, targets)
    assert np.count_nonzero(head.weight.any(axis=0)) >= COLUMNS // 2


def test_the_share_is_chosen_on_so_many_items_at_most(monkeypatch):
    features, targets = told(60, 0)
    seen: list[int] = []

    def watch(rows, labels, outputs, weights, groups=None):
        seen.append(len(rows))
        return fit_probe(rows, labels, outputs, weights, groups)

    monkeypatch.setattr("headstart.heads.probe.fit_probe", watch)
    monkeypatch.setattr(head2toe, "ENOUGH", 30)
    fitted(Head2Toe(), features, targets)
    assert set(seen[:-2]) == {24}
    assert seen[-2:] == [60, 60]
    assert len(seen) == 5 * len(head2toe.SHARES) + 2


def test_what_is_kept_for_items_held_out_is_chosen_on_the_others(monkeypatch):
    features, targets = told(40, 0)
    asked: list[tuple[set[int], set[int]]] = []
    original = head2toe._log_likelihoods

    def watch(features, targets, outputs, rest, held, groups):
        asked.append((set(rest.tolist()), set(held.tolist())))
        other = features.copy()
        other[held] = np.random.default_rng(0).normal(size=(len(held), COLUMNS))
        columns = [
            head2toe._telling(fit_probe(each[rest], targets[rest], 2, [1, 1]), each[rest]) for each in (features, other)
        ]
        assert np.array_equal(*columns)
        return original(features, targets, outputs, rest, held, groups)

    monkeypatch.setattr(head2toe, "_log_likelihoods", watch)
    groups = np.arange(40) // 4 * 2 + targets
    fitted(Head2Toe(), features, targets, groups)
    assert set.union(*(held for _, held in asked)) == set(range(40))
    for rest, held in asked:
        assert not rest & held
        assert not {groups[row] for row in rest} & {groups[row] for row in held}, "a group was torn"


@pytest.mark.parametrize("groups", [None, np.array([0, 0, 0, 1]), np.array([0, 1, 2, 3])])
@pytest.mark.parametrize("count", [2, 4])
def test_of_a_few_items_nothing_is_chosen(count: int, groups: np.ndarray | None):
    features, targets = told(count, 0)
    head = fitted(Head2Toe(), features, targets, None if groups is None else groups[:count])
    assert np.isfinite(head.weight).all()
    assert head.weight.any(axis=0).all()


def test_no_item_held_out_has_a_say_in_what_is_kept_for_it():
    """Columns of noise, more than items: what is promised of them is chance."""
    draws = np.random.default_rng(0)
    features, targets = draws.normal(size=(40, 400)), np.arange(40) % 2
    folds = np.stack([draws.permutation(np.arange(40) % 5) for _ in range(3)])
    logits = Head2Toe().cross_fit(features, targets, 2, folds, lambda seen: balanced_weights(seen, 2).tolist())
    right = (logits.argmax(axis=2) == targets).mean()
    assert 0.35 < right < 0.65


def test_joined_models_are_refused_before_any_download():
    task = toys.labelled().task
    said = "the blocks of joined models are not read one by one; name one model."
    assert Head2Toe().supports(toys.info(name="toy:a+toy:b"), task) == said
    assert Head2Toe().supports(toys.info(), task) is None
