from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.engine.examples import Settings
from headstart.engine.supervised import fit
from headstart.strategies import co_tuning
from headstart.strategies.co_tuning import CoTuning, related
from tests.engine import toys
from tests.strategies.steps import body, seen, start


def test_classes_are_related_by_the_mean_of_the_pretrained_predictions(monkeypatch: pytest.MonkeyPatch):
    logits, targets = np.log([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.1, 0.1, 0.8]]) + 3.0, np.array([2, 2, 0])
    monkeypatch.setattr(co_tuning, "AT_ONCE", 2)
    relation = related(LinearHead(weight=np.eye(3), bias=np.zeros(3)), logits, targets, 3)
    np.testing.assert_allclose(relation, [[0.1, 0.1, 0.8], [1 / 3] * 3, [0.6, 0.3, 0.1]])


def test_the_penalty_is_the_cross_entropy_to_the_related_classes():
    begun = start()
    penalty = CoTuning(strength=1.7).penalty(begun)
    features, labels = torch.randn(4, 8), torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.25, 0.75], [0.0, 1.0]])
    relation = torch.from_numpy(related(toys.classifier(), begun.features, begun.targets, 2))
    logits = torch.from_numpy(toys.classifier().logits(features.double().numpy()))
    expected = 1.7 * torch.nn.functional.cross_entropy(logits, labels.double() @ relation)
    assert penalty.loss(seen(features, labels=labels)).item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_classifier_learns_and_a_copy_of_it_at_that():
    known = toys.classifier()
    penalty = CoTuning().penalty(start(classifier=lambda: known))
    penalty.loss(seen(torch.randn(4, 8), labels=torch.eye(2)[[0, 1, 0, 1]])).backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in penalty.module.parameters())
    with torch.no_grad():
        penalty.module.weight.add_(1.0)
    assert np.array_equal(known.weight, toys.classifier().weight)


def test_it_holds_the_features_to_what_the_classifier_knows():
    def distance(strength: float) -> float:
        """Between the relation and what the pretrained classifier says of the trained features."""
        strategy, given = CoTuning(strength=strength, decay=1.0).lasting(8), body()
        strategy = replace(strategy, schedule=replace(strategy.schedule, rate_scale=2.0, augment="none"))
        head = LinearHead(weight=np.zeros((2, 8)), bias=np.zeros(2))
        examples = toys.examples(strategy, given)
        fitted = fit(strategy, given, head, examples, Settings(seed=0), progress=Silent())
        relation = related(toys.classifier(), examples.features, examples.targets, 2)[examples.targets]
        items = toys.labelled(40).items
        ready = given.preprocess.collate([given.preprocess.item(items.read(row)) for row in range(40)])
        features = fitted.backbone.encode(ready).detach().double().numpy()
        logs = torch.log_softmax(torch.from_numpy(toys.classifier().logits(features)), dim=1).numpy()
        return float(-(relation * logs).sum(axis=1).mean())

    assert distance(30.0) < distance(0.0)


def test_bodies_without_their_classifier_are_refused():
    task, without = toys.labelled().task, toys.info(classes=0)
    assert CoTuning().supports(toys.info(), task) is None
    reason = "toy:small comes without a layer for the classes of its pretraining."
    assert CoTuning().supports(without, task) == reason
    with pytest.raises(UserError, match=r"comes without a layer for the classes of its pretraining; choose 'lp_ft'"):
        CoTuning().prepare(toys.ToyBackbone(without, seed=0, size=16))
    with pytest.raises(UserError, match=r"was pretrained with is not in the local store\. Fetch the model again"):
        CoTuning().penalty(start(classifier=lambda: None))
