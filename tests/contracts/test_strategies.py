"""What every strategy promises, checked on every one that is discovered."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headstart.catalog import strategies
from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.core.strategy import FeatureStrategy
from headstart.core.training import InputStrategy
from headstart.engine import loop
from headstart.engine.alterations import Alterations
from headstart.engine.examples import Settings
from headstart.engine.supervised import fit
from tests.engine import toys

NAMES = strategies.names()
INPUTS = [name for name in NAMES if issubclass(strategies.get(name), InputStrategy)]
FEATURES = [name for name in NAMES if issubclass(strategies.get(name), FeatureStrategy)]


@pytest.fixture
def backbone() -> toys.ToyBackbone:
    return toys.ToyBackbone(toys.info(), seed=0, size=toys.SIZE)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_frozen_value_with_a_summary_and_an_answer(name: str):
    strategy = strategies.get(name)()
    assert dataclasses.is_dataclass(strategy)
    assert strategy == strategies.get(name)()
    # Pieces of work are kept under it: a resumed run must find them, and other settings must not.
    assert repr(strategy) == repr(strategies.get(name)())
    assert " at 0x" not in repr(strategy)
    assert strategy.summary.endswith(".")
    answer = strategy.supports(toys.info(), toys.labelled().task)
    assert answer is None or answer.endswith(".")
    assert isinstance(strategy, FeatureStrategy) != isinstance(strategy, InputStrategy)
    with pytest.raises(dataclasses.FrozenInstanceError):
        strategy.summary = "changed"  # type: ignore[misc]


@pytest.mark.parametrize("name", INPUTS)
def test_its_groups_are_parameters_above_the_frozen_blocks_each_once(name: str, backbone: toys.ToyBackbone):
    strategy = strategies.get(name)()
    before = {n: tensor.clone() for n, tensor in backbone.module.state_dict().items()}
    preparation = strategy.prepare(backbone)
    assert before.keys() == backbone.module.state_dict().keys(), "preparing changed the body"
    trained = [parameter for group in preparation.groups for parameter in group.parameters]
    above = backbone.blocks[preparation.frozen_blocks :]
    altered = copy.deepcopy(backbone)
    Alterations(altered.module, preparation, 0)
    names = {n for n, _ in altered.module.named_parameters() if any(block.owns(n) for block in above)}
    assert set(trained) <= names
    assert len(trained) == len(set(trained))
    assert min(group.since for group in preparation.groups) == 0.0
    rates = [group.rate for group in preparation.groups]
    assert rates == sorted(rates)
    assert strategy.lasting(7).schedule == dataclasses.replace(strategy.schedule, epochs=7)


@pytest.mark.parametrize("name", INPUTS)
def test_it_changes_what_it_says_it_changes_and_nothing_else(name: str, backbone: toys.ToyBackbone):
    strategy = strategies.get(name)().lasting(2)
    before = {n: tensor.clone() for n, tensor in backbone.module.state_dict().items()}
    preparation = strategy.prepare(backbone)
    fitted = fit(
        strategy, backbone, LinearHead(weight=np.zeros((2, 8)), bias=np.zeros(2)),
        toys.examples(strategy, backbone), Settings(seed=0), progress=Silent(),
    )  # fmt: skip
    after = fitted.backbone.module.state_dict()
    for block in backbone.blocks[: preparation.frozen_blocks]:
        assert all(torch.equal(before[n], after[n]) for n in before if block.owns(n)), "a frozen block moved"
    assert after.keys() == before.keys(), "the result is no ordinary body"
    assert {n: type(m) for n, m in fitted.backbone.module.named_modules()} == {
        n: type(m) for n, m in backbone.module.named_modules()
    }
    moving = {n for group in preparation.groups for n in group.parameters if n in before} | set(preparation.adapters)
    moving |= {n for n in before if any(n.startswith(f"{module}.") for module in preparation.replaced)}
    for group in preparation.groups:
        # An adapter's own parameters are gone: what it lay over has moved.
        stems = {n: n.partition(".parametrizations.")[0] for n in group.parameters if ".parametrizations." in n}
        stems |= {
            n: m for n in group.parameters if n not in before for m in preparation.replaced if n.startswith(f"{m}.")
        }
        names = [f"{stems[n]}.weight" if n in stems else n for n in group.parameters]
        assert any(not torch.equal(before[n], after[n]) for n in names), f"{group.name} did not move"
    parameters = {n for n, _ in backbone.module.named_parameters()}
    assert all(torch.equal(before[n], after[n]) for n in parameters - moving), "what is not trained moved"
    buffers = [n for n, _ in backbone.module.named_buffers() if "running" in n]
    moved = any(not torch.equal(before[n], after[n]) for n in buffers)
    assert moved == preparation.batch_statistics
    assert np.isfinite(fitted.head.weight).all()


@pytest.mark.parametrize("name", FEATURES)
def test_a_head_on_features_learns_survives_imbalance_and_equals_itself(name: str):
    strategy = strategies.get(name)()
    generator = np.random.default_rng(0)
    targets = np.repeat([0, 1], [60, 12])
    features = generator.normal(size=(72, 5)) + targets[:, None]
    weights = [72 / 120, 72 / 24]
    head = strategy.fit(features, targets, 2, weights)
    assert head.weight.shape == (2, 5)
    predicted = head.logits(features).argmax(axis=1)
    recall = [np.mean(predicted[targets == c] == c) for c in (0, 1)]
    assert min(recall) > 0.7
    again = strategy.fit(features, targets, 2, weights)
    assert np.array_equal(head.weight, again.weight)


@pytest.mark.parametrize("name", FEATURES)
def test_tied_rows_are_never_on_both_sides_of_an_inner_choice(name: str):
    """Noise repeated eight times over: only a choice that keeps the copies together sees that nothing can be learnt."""
    generator = np.random.default_rng(0)
    features, targets = generator.normal(size=(24, 60)), np.arange(24) % 2
    groups = np.arange(24).repeat(8)
    head = strategies.get(name)().fit(features[groups], targets[groups], 2, [1.0, 1.0], groups)
    logits = head.logits(features)
    assert np.abs(logits[:, 1] - logits[:, 0]).max() < 2.0


@pytest.mark.parametrize("name", INPUTS)
def test_killed_after_an_epoch_it_resumes_to_the_same_weights(
    name: str, backbone: toys.ToyBackbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    strategy, head = strategies.get(name)().lasting(3), LinearHead(weight=np.zeros((2, 8)), bias=np.zeros(2))
    backbone.module.to(memory_format=torch.channels_last)

    def fitted(**settings: Any) -> dict[str, torch.Tensor]:
        examples = toys.examples(strategy, backbone)
        found = fit(strategy, backbone, head, examples, Settings(seed=5, **settings), progress=Silent())
        return {**found.backbone.module.state_dict(), "head": torch.from_numpy(found.head.weight)}

    whole, path, save = fitted(), tmp_path / "c", loop.save_checkpoint

    def dying(*arguments: Any) -> None:
        save(*arguments)
        raise KeyboardInterrupt

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(loop, "save_checkpoint", dying)
            with pytest.raises(KeyboardInterrupt):
                fitted(checkpoint=path)
    resumed = fitted(checkpoint=path)
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[n], resumed[n]) for n in whole)
