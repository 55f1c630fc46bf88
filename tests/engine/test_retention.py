from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.core.errors import Unavailable
from headstart.engine import retention
from headstart.engine.contest import Contest
from headstart.engine.final import Settled, choose_trial, refit
from headstart.engine.retention import retained, share, similarity
from headstart.engine.trials import try_features, try_inputs
from headstart.strategies.last_blocks import LastBlocks
from headstart.strategies.linear_probe import LinearProbe
from tests.engine import toys


def brute_force(first: np.ndarray, second: np.ndarray) -> float:
    """Unbiased HSIC as a mean over all quadruples of different items (Song et al. 2012, definition)."""
    one, other = first @ first.T, second @ second.T
    count, total, seen = len(first), 0.0, 0
    for i in range(count):
        for j in range(count):
            for q in range(count):
                for r in range(count):
                    if len({i, j, q, r}) == 4:
                        total += one[i, j] * (other[i, j] + other[q, r] - 2 * other[i, q])
                        seen += 1
    return total / seen


def test_the_estimate_is_the_mean_over_all_quadruples():
    random = np.random.default_rng(0)
    first, second = random.normal(size=(7, 3)) + 2.0, random.normal(size=(7, 5))
    second[:, :3] += first
    expected = brute_force(first, second) / np.sqrt(brute_force(first, first) * brute_force(second, second))
    assert similarity(first, second) == pytest.approx(expected)


def test_rotations_shifts_and_scales_change_nothing():
    random = np.random.default_rng(0)
    features = random.normal(size=(50, 6))
    rotation, _ = np.linalg.qr(random.normal(size=(6, 6)))
    assert similarity(features, 3.0 * features @ rotation + 100.0) == pytest.approx(1.0)


def test_what_has_nothing_in_common_is_near_zero_with_more_columns_than_rows():
    random = np.random.default_rng(0)
    found = [similarity(random.normal(size=(40, 200)), random.normal(size=(40, 300))) for _ in range(20)]
    assert np.mean(found) < 0.1


def test_constant_features_have_no_similarity_and_few_items_are_refused():
    assert similarity(np.ones((9, 3)), np.random.default_rng(0).normal(size=(9, 3))) is None
    with pytest.raises(ValueError, match=r"^CKA needs 4 items, got 3\.$"):
        similarity(np.ones((3, 2)), np.ones((3, 2)))


def test_a_share_comes_with_its_interval():
    found = share(np.array([True] * 9 + [False]))
    assert (found.value, found.method) == (0.9, "Wilson")
    assert 0.5 < found.low < 0.9 < found.high < 1.0


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headstart.engine.features.fast_dtype", lambda: torch.float32)


@pytest.mark.parametrize("classified", [True, False])
@pytest.mark.parametrize("tested", [True, False])
def test_a_trained_body_is_compared_with_the_pretrained_one(tmp_path: Path, classified: bool, tested: bool):
    run = toys.run(tmp_path)
    contender = toys.contender(run)
    if classified:
        contender = replace(contender, classifier=toys.classifier)
    strategy = LastBlocks(schedule=replace(LastBlocks().schedule, rate_scale=30.0))
    trial = try_inputs(contender, "last_blocks", strategy, run, fold_limit=4, cost=3.0)
    settled = settle(trial, run)
    test = toys.labelled(16).items if tested else toys.labelled(0).items
    found = retained(settled, scored(settled, run, test), run, test)
    assert found is not None
    assert (found.measured_on, found.items) == (("test", 16) if tested else ("training", 40))
    assert 0.0 < found.similarity < 1.0
    assert (found.agreement is not None, found.classes) == (classified, 3 if classified else 0)


def settle(trial, run) -> Settled:
    contest = Contest(trials=(trial,), skipped=())
    return Settled(contest=contest, chosen=choose_trial(contest, run.data), model=refit(trial, run))


def scored(settled: Settled, run, test):
    from headstart.engine.final import Scored

    items = test if len(test) else run.data.items
    features = settled.model.backbone.encode(
        settled.model.backbone.preprocess.collate(
            [settled.model.backbone.preprocess.item(items.read(row)) for row in range(len(items))]
        )
    )
    nothing = np.zeros(len(items), dtype=np.int64)
    return Scored(
        on="test" if len(test) else "cross-validation", items=items, ids=[""] * len(items), targets=nothing,
        groups=nothing, ties=nothing, domains=None, features=features.detach().numpy(),
        probabilities=np.zeros((len(items), 2)), scores={},
    )  # fmt: skip


def test_few_of_many_items_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(retention, "MOST", 10)
    run = toys.run(tmp_path)
    trial = try_inputs(toys.contender(run), "last_blocks", LastBlocks().lasting(1), run, fold_limit=2, cost=3.0)
    settled, none = settle(trial, run), toys.labelled(0).items
    found = retained(settled, scored(settled, run, none), run, none)
    assert found is not None
    assert found.items == 10


def test_a_frozen_body_has_lost_nothing(tmp_path: Path):
    run = toys.run(tmp_path)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    settled, none = settle(trial, run), toys.labelled(0).items
    assert retained(settled, scored(settled, run, none), run, none) is None


def test_a_damaged_classifier_does_not_cost_the_run(tmp_path: Path):
    def damaged() -> None:
        raise Unavailable("damaged")

    run = toys.run(tmp_path)
    contender = replace(toys.contender(run), classifier=damaged)
    trial = try_inputs(contender, "last_blocks", LastBlocks().lasting(1), run, fold_limit=2, cost=3.0)
    settled, none = settle(trial, run), toys.labelled(0).items
    found = retained(settled, scored(settled, run, none), run, none)
    assert found is not None
    assert found.agreement is None
