from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from headstart.engine.operations import operations
from headstart.engine.plan import Speed
from tests.engine import toys


def test_a_preset_counts_passes_of_any_backbone_alike_and_seconds_by_their_operations(tmp_path: Path):
    run = toys.run(tmp_path)
    backbone = toys.contender(run).backbone
    assert run.rate(backbone) == 1.0
    timed = Speed(seconds=1.0, operations=operations(backbone, run.data.items) // 4)
    assert replace(run, plan=replace(run.plan, speed=timed)).rate(backbone) == pytest.approx(4.0, rel=1e-3)
