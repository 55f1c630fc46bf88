"""What every method that changes the body by the target's items alone keeps to."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from headstart.catalog import domains
from headstart.core.domain import FeatureMethod
from headstart.core.target_only import TargetMethod
from headstart.core.two_stream import DeepMethod
from headstart.engine.target_only import Restating
from tests.engine import toys
from tests.engine.fits import same, state
from tests.engine.test_target_only import darker

NAMES = [name for name in domains.names() if issubclass(domains.get(name), TargetMethod)]


@pytest.fixture(params=NAMES)
def method(request: pytest.FixtureRequest) -> TargetMethod:
    made = domains.get(request.param)()
    assert isinstance(made, TargetMethod)
    return made


def test_all_are_created_by_name():
    assert {"adabn", "tent"} <= set(NAMES)


def test_one_is_tried_without_a_name():
    """It stands beside the ways on frozen features, for bodies that it supports."""
    assert [name for name in NAMES if domains.get(name).candidate] == ["adabn"]


def test_every_method_is_of_one_kind():
    for name in domains.names():
        kinds = [issubclass(domains.get(name), kind) for kind in (FeatureMethod, DeepMethod, TargetMethod)]
        assert sum(kinds) == 1


def test_it_is_a_frozen_value_that_names_its_paper(method: TargetMethod):
    assert dataclasses.is_dataclass(method)
    assert type(method)() == method
    assert repr(type(method)()) == repr(method)
    assert "20" in type(method).summary
    assert type(method).summary.endswith(".")
    answer = method.supports(toys.info())
    assert answer is None or answer.endswith(".")


def test_the_pretrained_body_stays_as_it_is_and_fits_repeat(method: TargetMethod, tmp_path: Path):
    run = toys.run(tmp_path)
    contender, rows = toys.contender(run), np.arange(len(run.data.items))
    before = {name: tensor.clone() for name, tensor in contender.backbone.module.state_dict().items()}
    restating = Restating(name="x", method=method, contender=contender, seen=darker(), run=run)
    first, second = (restating.fit(rows, "all").fitted for _ in range(2))
    assert same(state(first), state(second))
    assert same(before, dict(contender.backbone.module.state_dict()))
    assert not same(before, dict(first.backbone.module.state_dict()))
    assert not first.backbone.module.training
