from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headstart.engine.operations import operations
from headstart.engine.plan import Speed
from headstart.engine.run import units_of
from tests.engine import toys


def test_a_preset_counts_passes_of_any_backbone_alike_and_seconds_by_their_operations(tmp_path: Path):
    run = toys.run(tmp_path)
    backbone = toys.contender(run).backbone
    assert run.rate(backbone) == 1.0
    timed = Speed(seconds=1.0, operations=operations(backbone, run.data.items) // 4)
    assert replace(run, plan=replace(run.plan, speed=timed)).rate(backbone) == pytest.approx(4.0, rel=1e-3)


def test_few_domains_are_compared_by_their_items():
    ties = np.arange(60) // 2
    few, many = np.arange(60) // 10 % 3, np.minimum(np.arange(60), 50)
    assert units_of(few, ties) is ties
    assert units_of(many, ties) is many
    data = toys.labelled(12)
    assert data.units.tolist() == data.groups.tolist()
    repeated = replace(data, domains=np.arange(12) % 3).repeated(2)
    assert repeated.domains is not None
    assert repeated.domains.tolist() == [*np.arange(12) % 3] * 2
