from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from headstart.core.backbone import LinearHead
from headstart.core.progress import Silent
from headstart.domains.adabn import AdaBn
from headstart.domains.tent import Tent
from headstart.engine.examples import Settings
from headstart.engine.inputs import Inputs
from headstart.engine.target_only import BATCH, Restating, fit_alone, restated
from tests.engine import toys
from tests.engine.fits import backbone, same, state
from tests.engine.test_loop import killed_after


def inputs(body: toys.ToyBackbone, count: int = 40, seed: int = 8) -> Inputs:
    return toys.inputs(body, 0, toys.labelled(count, seed=seed).items)


def test_statistics_are_those_of_the_items():
    """One batch: the first layer's mean is that of what comes out of the convolution before it."""
    body = backbone()
    before = {name: tensor.clone() for name, tensor in body.module.state_dict().items()}
    items = toys.labelled(40, seed=8).items
    found = restated(body, inputs(body), 40, progress=Silent(), name="s")
    assert BATCH >= 40
    pictures = torch.stack([body.preprocess.item(items.read(n)) for n in range(40)])
    with torch.no_grad():
        out = body.module[0][0](pictures)
    norm = found.module[0][1]
    torch.testing.assert_close(norm.running_mean, out.mean(dim=(0, 2, 3)))
    torch.testing.assert_close(norm.running_var, out.transpose(0, 1).flatten(1).var(dim=1))
    assert norm.momentum == body.module[0][1].momentum == 0.1
    assert not found.module.training
    assert same(before, body.module.state_dict())
    changed = {name for name, tensor in found.module.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed == {
        f"{block}.1.{name}" for block in (0, 1) for name in ("running_mean", "running_var", "num_batches_tracked")
    }


def test_every_item_counts_alike_in_the_statistics():
    """A batch of 64 and one of 2 would give two items half of the weight."""
    body = backbone()
    items = toys.labelled(66, seed=8).items
    found = restated(body, toys.inputs(body, 0, items), 66, progress=Silent(), name="s")
    with torch.no_grad():
        out = body.module[0][0](torch.stack([body.preprocess.item(items.read(n)) for n in range(66)]))
    assert BATCH == 64
    torch.testing.assert_close(found.module[0][1].running_mean, out.mean(dim=(0, 2, 3)))


def test_a_body_without_batch_norm_comes_back_as_it_is():
    body = backbone()
    body.module = nn.Sequential(nn.Conv2d(3, 8, 3))
    assert restated(body, inputs(body), 40, progress=Silent(), name="s") is body


def head() -> LinearHead:
    return LinearHead(weight=np.random.default_rng(0).normal(size=(2, 8)) * 1, bias=np.zeros(2))


def fitted(**changes: object):
    body = backbone()
    training = Tent(schedule=replace(Tent().schedule, epochs=4, rate_scale=20.0, batch_size=8)).training()
    settings = replace(Settings(seed=3), **changes)
    return fit_alone(training, body, head(), inputs(body), settings, Silent())


def test_predictions_become_certain_and_nothing_but_normalisation_changes():
    before, found = backbone().module.state_dict(), fitted()
    assert found.losses[-1] < found.losses[0]
    after = found.backbone.module.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"0.1.weight", "0.1.bias", "1.1.weight", "1.1.bias"}
    np.testing.assert_allclose(found.head.weight, head().weight, rtol=1e-6)


def test_killed_after_any_epoch_it_resumes_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    whole = fitted()
    for survived in (1, 3):
        path = tmp_path / f"{survived}.safetensors"
        with killed_after(survived, monkeypatch):
            fitted(checkpoint=path)
        assert same(state(whole), state(fitted(checkpoint=path)))


def darker(count: int = 30):
    from PIL import Image

    return toys.items_of(
        [Image.eval(toys.picture(number % 2, 7000 + number), lambda level: level // 3) for number in range(count)]
    )


def test_each_domain_has_its_own_statistics_and_the_head_goes_with_the_sources(tmp_path: Path):
    run = toys.run(tmp_path)
    contender, seen = toys.contender(run), darker()
    restating = Restating(name="adabn", method=AdaBn(), contender=contender, seen=seen, run=run)
    rows = np.arange(len(run.data.items))
    fit = restating.fit(rows, "all")
    found = fit.fitted
    expected = restated(
        contender.backbone, toys.inputs(contender.backbone, 0, seen), len(seen), progress=Silent(), name="s"
    )
    assert same(dict(found.backbone.module.state_dict()), dict(expected.module.state_dict()))
    body = restated(
        contender.backbone,
        toys.inputs(contender.backbone, 0, run.data.items),
        len(rows),
        progress=Silent(),
        name="s",
    )
    assert same(dict(fit.source_body.module.state_dict()), dict(body.module.state_dict()))
    with torch.no_grad():
        pictures = body.preprocess.collate([body.preprocess.item(run.data.items.read(int(n))) for n in rows])
        logits = found.head.logits(body.encode(pictures).double().numpy())
    assert np.mean(logits.argmax(axis=1) == run.data.targets) > 0.9
    assert found.losses == ()
    assert (restating.changed, restating.piece("all")) == ("normalisation", f"{contender.key} adabn AdaBn() all")


def test_tent_goes_on_from_there(tmp_path: Path):
    run = toys.run(tmp_path)
    contender, seen, rows = toys.contender(run), darker(), np.arange(len(run.data.items))
    plain, trained = (
        Restating(name="x", method=method, contender=contender, seen=seen, run=run).fit(rows, "all").fitted
        for method in (AdaBn(), Tent(schedule=replace(Tent().schedule, epochs=3, rate_scale=10.0)))
    )
    states = [one.backbone.module.state_dict() for one in (plain, trained)]
    assert torch.equal(states[0]["1.1.running_mean"], states[1]["1.1.running_mean"])
    assert not torch.equal(states[0]["1.1.weight"], states[1]["1.1.weight"])
    assert len(trained.losses) == 3
