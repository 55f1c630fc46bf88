"""What every method that trains the body towards another domain keeps to, whoever wrote it."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest
import torch

from headstart.catalog import domains
from headstart.core.backbone import LinearHead
from headstart.core.two_stream import DeepMethod, DomainBatch, Stream
from tests.domains.streams import HEAD, batch, exact, rows
from tests.engine.fits import Chosen, backbone, same, state
from tests.engine.test_two_stream import Watching, run

NAMES = [name for name in domains.names() if issubclass(domains.get(name), DeepMethod)]


@pytest.fixture(params=NAMES)
def method(request: pytest.FixtureRequest) -> DeepMethod:
    made = domains.get(request.param)()
    assert isinstance(made, DeepMethod)
    return made


def test_all_are_created_by_name():
    expected = {"afn", "cdan", "dan", "dann", "deep_coral", "deep_jdot", "jan", "mcc", "mcd", "mdd", "self_training"}
    assert expected <= set(NAMES)


def test_it_is_a_frozen_value_that_names_its_paper(method: DeepMethod):
    assert dataclasses.is_dataclass(method)
    assert type(method)() == method
    assert repr(type(method)()) == repr(method)
    assert "20" in type(method).summary
    assert type(method).summary.endswith(".")
    assert not type(method).candidate


def test_a_number_with_a_gradient_from_what_it_is_given_and_no_more(method: DeepMethod):
    torch.manual_seed(0)
    objective = exact(method.objective(HEAD))
    source, target = rows(6, 0).requires_grad_(), rows(5, 1, 1.0).requires_grad_()
    given = batch(source, target)
    before = copy.deepcopy([tensor.detach() for tensor in (source, target, given.labels)])
    loss = objective.loss(given)
    assert loss.shape == ()
    assert torch.isfinite(loss)
    (slope,) = torch.autograd.grad(loss, target, allow_unused=True)
    assert slope is not None
    assert torch.isfinite(slope).all()
    for tensor, kept in zip((source, target, given.labels), before, strict=True):
        assert torch.equal(tensor.detach(), kept)


def test_seeds_decide(method: DeepMethod):
    losses = []
    for _ in range(2):
        torch.manual_seed(4)
        losses.append(exact(method.objective(HEAD)).loss(batch(rows(6, 0), rows(5, 1))).item())
    assert losses[0] == losses[1]


@pytest.mark.parametrize(("source", "target"), [(1, 1), (1, 8), (8, 2), (2, 9)])
def test_batches_of_any_size(method: DeepMethod, source: int, target: int):
    given = batch(rows(source, 0).requires_grad_(), rows(target, 1).requires_grad_(), progress=0.0)
    loss = exact(method.objective(HEAD)).loss(given)
    assert torch.isfinite(loss)
    assert all(torch.isfinite(each.grad).all() for each in backward(loss, given))


def backward(loss: torch.Tensor, given: DomainBatch) -> list[torch.Tensor]:
    sides = [given.source.features, given.target.features]
    if loss.requires_grad:
        loss.backward()
    return [each for each in sides if each.grad is not None]


def test_items_that_are_all_alike(method: DeepMethod):
    given = batch(torch.ones(4, 4).double().requires_grad_(), torch.ones(4, 4).double().requires_grad_())
    loss = exact(method.objective(HEAD)).loss(given)
    assert torch.isfinite(loss)
    assert all(torch.isfinite(each.grad).all() for each in backward(loss, given))


def test_predictions_that_are_certain(method: DeepMethod):
    """Logits in the thousands: no logarithm of nothing."""
    features = rows(4, 0).requires_grad_()
    side = Stream(features=features, logits=1e4 * features[:, :3])
    given = DomainBatch(source=side, target=side, labels=torch.tensor([0, 1, 2, 0]), progress=0.9)
    loss = exact(method.objective(HEAD)).loss(given)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(features.grad).all()


def test_a_fit_repeats_and_differs_from_that_on_the_source_alone(method: DeepMethod):
    """From a head that is sure of what it says, or some would have nothing to go by."""
    strategy = Chosen(frozen=1).lasting(4)
    sure = LinearHead(weight=np.random.default_rng(0).normal(size=(2, 8)), bias=np.array([3.0, 0.0]))
    first = run(method, strategy, start=sure)
    assert same(state(first), state(run(method, strategy, start=sure)))
    assert state(first).keys() == {*backbone().module.state_dict(), "weight", "bias"}
    assert not same(state(first), state(run(Watching(), strategy, start=sure)))
