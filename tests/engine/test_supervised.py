from __future__ import annotations

import gc
import weakref

import pytest
import torch

from headstart.core.progress import Silent
from headstart.engine.examples import Settings
from headstart.engine.supervised import fit
from tests.engine import toys
from tests.engine.fits import Chosen, backbone, head, run, same


@pytest.mark.parametrize("batch_statistics", [False, True])
def test_frozen_parameters_and_buffers_are_bit_identical_and_the_rest_moves(batch_statistics: bool):
    before = backbone().module.state_dict()
    after = run(Chosen(frozen=1, batch_statistics=batch_statistics)).backbone.module.state_dict()
    frozen = [name for name in before if name.startswith("0.")]
    assert len(frozen) == 7
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not torch.equal(before["1.0.weight"], after["1.0.weight"])
    assert torch.equal(before["1.1.running_mean"], after["1.1.running_mean"]) is not batch_statistics


def test_the_arguments_are_left_as_they_were():
    given = backbone()
    before = {name: tensor.clone() for name, tensor in given.module.state_dict().items()}
    fit(Chosen(), given, head(), toys.examples(Chosen(), given), Settings(seed=0), progress=Silent())
    assert same(before, given.module.state_dict())
    assert not given.module.training


def test_nothing_holds_on_to_a_finished_fit():
    fitted = run(Chosen())
    body = weakref.ref(fitted.backbone.module)
    del fitted
    gc.collect()
    assert body() is None
