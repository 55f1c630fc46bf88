from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.engine.examples import Settings
from headstart.engine.network import Network
from headstart.engine.supervised import fit
from headstart.strategies.delta import Delta, growth, importance
from tests.engine import toys
from tests.strategies.steps import body, seen, start


def passed(penalty, trained, batch):
    return Network(trained, LinearHead(weight=np.zeros((2, 8)), bias=np.zeros(2)), 0, watched=penalty.watched).eval()(
        batch
    )


def test_boundaries_are_spread_evenly_and_end_above_all_blocks():
    for layers, expected in ((1, (3,)), (2, (2, 3)), (3, (1, 2, 3)), (9, (1, 2, 3))):
        assert Delta(layers=layers).penalty(start()).watched == expected


def test_before_training_there_is_nothing_but_the_heads_norm():
    begun = start()
    penalty = Delta(beta=0.5).penalty(begun)
    batch, _ = begun.look(4)
    found = passed(penalty, begun.trained, batch)
    step = seen(found.features, head=torch.full((2, 8), 2.0), batch=batch, maps=found.maps)
    assert penalty.loss(step).item() == pytest.approx(0.25 * 16 * 4)


def test_the_penalty_is_the_weighed_squared_distance_of_the_maps():
    begun = start()
    penalty = Delta(alpha=0.8, beta=0.0, layers=3).penalty(begun)
    with torch.no_grad():
        begun.trained.module[0][0].weight.mul_(1.5)
    batch, _ = begun.look(4)
    found = passed(penalty, begun.trained, batch)
    loss = penalty.loss(seen(found.features, batch=batch, maps=found.maps))
    expected = 0.0
    for boundary, worth in zip((1, 2, 3), importance(begun, begun.source, (1, 2, 3)), strict=True):
        now = begun.trained.module[:boundary](batch["pixel_values"]).detach().flatten(2)
        then = begun.source.module[:boundary](batch["pixel_values"]).detach().flatten(2)
        squares = (now - then).square().mean(dim=2) * len(worth)
        expected += 0.4 * float((squares * worth).sum(dim=1).mean())
    assert expected > 0
    assert loss.item() == pytest.approx(expected, rel=1e-4)
    loss.backward()
    assert begun.trained.module[0][0].weight.grad.abs().sum() > 0
    assert begun.source.module[0][0].weight.grad is None


@pytest.mark.parametrize("boundary", [1, 2, 3])
def test_a_channel_is_worth_what_the_loss_gains_when_a_little_of_it_is_taken_away(boundary: int):
    """Against brute force: every channel made a thousandth smaller in turn."""
    begun = start()
    batch, targets = begun.look(12)
    weight = torch.from_numpy(begun.head.weight)
    source = copy.deepcopy(begun.source)
    source.module.double()
    with torch.no_grad():
        hidden = source.lower({name: t.double() for name, t in batch.items()}, boundary)["hidden"]

    def loss(changed: torch.Tensor) -> float:
        with torch.no_grad():
            features = source.upper({"hidden": changed}, boundary)
            return torch.nn.functional.cross_entropy(features @ weight.T, targets).item()

    slopes = []
    for channel in range(hidden.shape[1]):
        changed = hidden.clone()
        changed[:, channel] *= 0.999
        slopes.append((loss(changed) - loss(hidden)) / 0.001)
    found = growth(begun, begun.source, batch, targets, boundary)
    assert np.abs(slopes).max() > 1e-3
    np.testing.assert_allclose(found.numpy(), slopes, atol=1e-5, rtol=0.02)
    (worth,) = importance(begun, begun.source, (boundary,))
    torch.testing.assert_close(worth, torch.softmax(found, dim=0))


def test_a_strong_penalty_keeps_the_features_where_they_were():
    def moved(alpha: float) -> float:
        strategy, given = Delta(alpha=alpha, decay=1.0).lasting(4), body()
        strategy = replace(strategy, schedule=replace(strategy.schedule, rate_scale=2.0, augment="none"))
        head = LinearHead(weight=np.ones((2, 8)) * [[1.0], [-1.0]], bias=np.zeros(2))
        examples = toys.examples(strategy, given)
        fitted = fit(strategy, given, head, examples, Settings(seed=0), progress=Silent())
        items = toys.labelled(40).items
        ready = given.preprocess.collate([given.preprocess.item(items.read(row)) for row in range(40)])
        return float(np.square(fitted.backbone.encode(ready).detach().numpy() - examples.features).sum())

    assert moved(1e4) < 0.5 * moved(0.0)
