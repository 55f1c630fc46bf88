from __future__ import annotations

from dataclasses import replace

from headstart.domains.adabn import AdaBn
from tests.engine import toys


def test_bodies_without_batch_norm_are_refused_and_unknown_ones_are_not():
    assert AdaBn().supports(toys.info()) is None
    assert AdaBn().supports(replace(toys.info(), batch_norm=None)) is None
    said = AdaBn().supports(replace(toys.info(), batch_norm=False))
    assert said == "toy:small has no BatchNorm, whose statistics this is about."


def test_nothing_is_trained():
    assert AdaBn().training() is None
