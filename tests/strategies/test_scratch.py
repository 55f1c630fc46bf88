from __future__ import annotations

from headstart.strategies.scratch import Scratch
from tests.engine import toys


def test_a_control_with_random_body_one_rate_and_batch_statistics():
    preparation = Scratch().prepare(toys.ToyBackbone(toys.info(batch_norm=False), seed=0, size=16))
    assert not Scratch.candidate
    assert (preparation.body_from, preparation.batch_statistics) == ("random", True)
    assert {group.rate for group in preparation.groups} == {1.0}


def test_what_normalises_by_batches_learns_faster():
    for batch_norm, rate in ((True, 3.0), (False, 1.0), (None, 1.0)):
        body = toys.ToyBackbone(toys.info(batch_norm=batch_norm), seed=0, size=16)
        preparation = Scratch().prepare(body)
        assert {group.rate for group in preparation.groups} == {rate}
        assert preparation.head_rate == rate
