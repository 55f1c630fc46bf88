from __future__ import annotations

import pytest

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.engine.examples import Settings
from headstart.engine.supervised import fit
from headstart.strategies.gradual import Gradual
from tests.engine import toys


def test_blocks_join_evenly_from_the_last_to_the_first():
    groups = Gradual(unfrozen=0.5).prepare(toys.ToyBackbone(toys.info(), seed=0, size=16)).groups
    assert [group.since for group in groups] == [0.5, 0.25, 0.0]
    assert [group.rate for group in groups] == pytest.approx([0.64, 0.8, 1.0])


def test_a_block_that_has_not_joined_stands_still_to_the_bit(tmp_path, monkeypatch):
    import numpy as np
    import torch

    from headstart.engine import loop

    strategy, backbone = Gradual(unfrozen=0.5).lasting(4), toys.ToyBackbone(toys.info(), seed=0, size=16)
    seen: list[dict[str, torch.Tensor]] = []
    save = loop.save_checkpoint

    def noting(path, model, *rest):
        seen.append({n.removeprefix("body."): t.clone() for n, t in model.state_dict().items() if "body." in n})
        save(path, model, *rest)

    monkeypatch.setattr(loop, "save_checkpoint", noting)
    head = LinearHead(weight=np.zeros((2, 8)), bias=np.zeros(2))
    settings = Settings(seed=0, checkpoint=tmp_path / "c")
    fit(strategy, backbone, head, toys.examples(strategy, backbone), settings, progress=Silent())
    before = backbone.module.state_dict()
    moved = [{name[0] for name in before if not torch.equal(before[name], state[name])} for state in seen]
    assert moved == [{"2"}, {"1", "2"}, {"0", "1", "2"}]
