from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.core.backbone import LinearHead
from headstart.engine.blend import Blend
from headstart.engine.network import Network, held_logits
from tests.engine import toys
from tests.engine.fits import Chosen, backbone
from tests.engine.test_loop import held

HEAD = LinearHead(weight=np.random.default_rng(0).normal(size=(2, 8)), bias=np.array([0.5, -0.5]))


@pytest.mark.parametrize("boundary", [0, 1, 3])
def test_features_and_logits_above_a_boundary(boundary: int):
    body = backbone()
    batch = body.preprocess.collate([body.preprocess.item(toys.labelled(4).items.read(n)) for n in range(4)])
    network = Network(body, HEAD, boundary)
    with torch.no_grad():
        features, logits, *_ = network(body.lower(batch, boundary) if boundary else batch)
        expected = body.encode(batch)
    torch.testing.assert_close(features, expected)
    torch.testing.assert_close(logits.double(), torch.from_numpy(HEAD.logits(expected.numpy())), atol=1e-5, rtol=1e-5)
    assert np.allclose(network.linear_head().weight, HEAD.weight, atol=1e-7)


def test_the_head_computes_in_full_precision_whatever_the_body_does():
    body = backbone()
    batch = body.preprocess.collate([body.preprocess.item(toys.labelled(4).items.read(n)) for n in range(4)])
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        features, logits, *_ = Network(body, HEAD, 0)(batch)
    assert logits.dtype == torch.float32
    expected = torch.from_numpy(HEAD.logits(features.double().numpy()))
    torch.testing.assert_close(logits.double(), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("fixed", [True, False])
def test_items_of_one_shape_are_blended_and_of_others_their_features(fixed: bool):
    body, blend = backbone(), Blend(partner=torch.tensor([1, 0]), share=0.25)
    batch = body.preprocess.collate([body.preprocess.item(toys.labelled(4).items.read(n)) for n in range(2)])
    body.fixed_shapes = fixed
    with torch.no_grad():
        features, *_ = Network(body, HEAD, 0)(batch, blend)
        blended = {name: blend.of(tensor) for name, tensor in batch.items()}
        expected = body.encode(blended) if fixed else blend.of(body.encode(batch))
    torch.testing.assert_close(features, expected)


@pytest.mark.parametrize("frozen", [0, 1])
def test_items_held_out_come_in_their_own_order(frozen: int):
    given, body = held(Chosen(frozen=frozen)), backbone()
    network = Network(body, HEAD, frozen).eval()
    logits = held_logits(network, given, 4, torch.float32)
    items = toys.labelled(40).items
    batch = body.preprocess.collate([body.preprocess.item(items.read(n)) for n in given.held_rows])
    with torch.no_grad():
        expected = network(body.lower(batch, frozen) if frozen else batch)[1]
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


def test_what_is_done_between_blocks_is_done_in_training_alone():
    body = backbone()
    batch = body.preprocess.collate([body.preprocess.item(toys.labelled(4).items.read(n)) for n in range(4)])
    between = {
        1: lambda state: {name: 2.0 * each for name, each in state.items()},
        2: lambda state: {name: 3.0 * each for name, each in state.items()},
    }
    network = Network(body, HEAD, 0, watched=(2,), between=between)
    body.module.eval()
    with torch.no_grad():
        state = {name: 2.0 * each for name, each in body.lower(batch, 1).items()}
        state = body.between(state, 1, 2)
        expected = body.upper({name: 3.0 * each for name, each in state.items()}, 2)
        network.training = True
        passed = network(batch)
        torch.testing.assert_close(passed.features, expected)
        torch.testing.assert_close(passed.maps[0].values, body.dense(state, 2).values)
        network.training = False
        torch.testing.assert_close(network(batch).features, body.encode(batch))
