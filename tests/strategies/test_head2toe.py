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


def test_the_share_is_chosen_on_so_many_items_at_most_and_groups_are_not_torn(monkeypatch):
    features, targets = told(60, 0)
    seen: list[tuple[int, set[int]]] = []

    def watch(rows, labels, outputs, weights, groups=None):
        seen.append((len(rows), set(groups.tolist())))
        return fit_probe(rows, labels, outputs, weights, groups)

    monkeypatch.setattr("headstart.heads.probe.fit_probe", watch)
    monkeypatch.setattr(head2toe, "ENOUGH", 30)
    groups = np.arange(60) // 2 * 2 + targets  # of two items of a class at most
    fitted(Head2Toe(), features, targets, groups)
    assert {count for count, _ in seen[:-2]} <= set(range(20, 30))
    assert [count for count, _ in seen[-2:]] == [60, 60]


def test_no_item_held_out_has_a_say_in_what_is_kept_for_it():
    """Columns of noise, more than items: the share that is chosen must not promise what does not hold."""
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
