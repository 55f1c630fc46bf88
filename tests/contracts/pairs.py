"""Every family under every way to train: what moved, what did not, and what came back."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import torch

from headstart.catalog import strategies
from headstart.core.backbone import Backbone, LinearHead
from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.core.sound import Clip
from headstart.core.training import InputStrategy
from headstart.engine.digests import BYTES, Digests
from headstart.engine.examples import Examples, Settings
from headstart.engine.inputs import Inputs
from headstart.engine.items import Items
from headstart.engine.ready import Ready
from headstart.engine.room import Room
from headstart.engine.supervised import fit
from headstart.engine.views import Views
from headstart.tasks.classification import Classification
from tests.backbones.members import ALL, JOINED, make, raw_items

INPUTS = tuple(name for name in strategies.names() if issubclass(strategies.get(name), InputStrategy))
COUNT = 5
"""Batches of two: three of them, the last of one item and one joined to it."""
SHARE = 5
"""One pair in so many is tried where time is short, so that every family and every strategy meets several others."""
SOME = tuple(
    (member, name) for i, member in enumerate((*ALL, *JOINED)) for j, name in enumerate(INPUTS) if (i + j) % SHARE == 0
)
EVERY = tuple((member, name) for member in (*ALL, *JOINED) for name in INPUTS)


def tried(member: str, name: str) -> str:
    """Train the tiny ``member`` as strategy ``name`` says and check what it changed; how it went, in a word or two.

    Raises:
        AssertionError: something moved that should not have, or nothing did.
    """
    backbone = make(member)
    strategy = _short(strategies.get(name)())
    info = dataclasses.replace(backbone.info, batch_norm=_has_batch_norm(backbone))
    refused = strategy.supports(info, Classification(classes=("a", "b")))
    if refused is not None:
        try:
            strategy.prepare(backbone)
        except UserError:
            return "refused"
        raise AssertionError(f"{name} refuses {member} beforehand ({refused}) and prepares it all the same")
    before = {key: tensor.clone() for key, tensor in backbone.module.state_dict().items()}
    preparation = strategy.prepare(backbone)
    head = LinearHead(weight=np.full((2, backbone.info.dim), 0.01), bias=np.zeros(2))
    fitted = fit(strategy, backbone, head, _examples(strategy, backbone), Settings(seed=0), progress=Silent())
    after = fitted.backbone.module.state_dict()
    assert after.keys() == before.keys(), "the result is no ordinary body"
    assert all(torch.isfinite(tensor).all() for tensor in after.values() if tensor.is_floating_point())
    moving = {key for group in preparation.groups for key in group.parameters if key in before}
    moving |= set(preparation.adapters)
    moving |= {key for key in before if any(key.startswith(f"{module}.") for module in preparation.replaced)}
    if preparation.batch_statistics:
        moving |= {key for key, _ in backbone.module.named_buffers() if key in before}
    still = [key for key in before if key not in moving and not torch.equal(before[key], after[key])]
    assert not still, f"moved without being asked to: {still[:3]}"
    assert any(not torch.equal(before[key], after[key]) for key in moving), "nothing moved"
    return "trained"


def _short(strategy: InputStrategy) -> InputStrategy:
    schedule = dataclasses.replace(strategy.schedule, epochs=2, batch_size=2, warmup_steps=1)
    return dataclasses.replace(strategy, schedule=schedule)  # type: ignore[type-var]


def _has_batch_norm(backbone: Backbone) -> bool:
    return any(isinstance(module, torch.nn.modules.batchnorm._BatchNorm) for module in backbone.module.modules())


def _length(raw: object) -> int:
    """As `Items.lengths` has it."""
    if isinstance(raw, Clip):
        return math.ceil(100 * raw.seconds)
    return len(raw) if isinstance(raw, str) else 1


def _examples(strategy: InputStrategy, backbone: Backbone) -> Examples:
    raw = raw_items(backbone, COUNT)
    items = Items(
        digests=Digests(np.arange(COUNT * BYTES, dtype=np.uint8).reshape(COUNT, BYTES)),
        lengths=np.array([_length(each) for each in raw], dtype=np.int64),
        read=lambda position, _=None: raw[position],
    )
    boundary = strategy.prepare(backbone).frozen_blocks
    inputs = Inputs(backbone, boundary, Ready(backbone, items), views=Views(count=2), dtype=torch.float32, room=Room())
    return Examples(
        inputs=inputs,
        rows=np.arange(COUNT),
        targets=np.arange(COUNT) % 2,
        task=Classification(classes=("a", "b")),
        class_weights=[1.0, 1.0],
        features=np.random.default_rng(0).normal(size=(COUNT, backbone.info.dim)),
        classifier=lambda: LinearHead(weight=np.full((3, backbone.info.dim), 0.01), bias=np.arange(3.0)),
        taught=np.random.default_rng(1).normal(size=(COUNT, 2)),
        domains=np.arange(COUNT) // 2,
    )
