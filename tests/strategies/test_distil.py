from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from headstart.core.backbone import LinearHead
from headstart.core.errors import UserError
from headstart.core.progress import Silent
from headstart.engine.examples import Settings
from headstart.engine.supervised import fit
from headstart.strategies.distil import Distil
from tests.engine import toys
from tests.strategies.steps import body, seen, start


def test_the_loss_is_the_softened_cross_entropy_to_the_teacher():
    begun = start()
    penalty = Distil(strength=0.7, temperature=3.0).penalty(begun)
    logits, rows = torch.randn(4, 2), torch.tensor([5, 0, 11, 2])
    loss = penalty.loss(seen(torch.zeros(4, 8), logits=logits, rows=rows))
    chances = torch.softmax(torch.from_numpy(begun.taught)[rows] / 3.0, dim=1)
    expected = 0.7 * 9.0 * torch.nn.functional.cross_entropy(logits.double() / 3.0, chances)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)


def test_blended_items_have_blended_lessons():
    begun = start()
    penalty = Distil(temperature=1.0).penalty(begun)
    logits, rows, partner = torch.randn(2, 2), torch.tensor([3, 7]), torch.tensor([1, 0])
    blended = seen(torch.zeros(2, 8), logits=logits, rows=rows, partner=partner, share=0.25)
    plain = [penalty.loss(seen(torch.zeros(2, 8), logits=logits, rows=each)) for each in (rows, rows.flip(0))]
    expected = 0.25 * plain[0] + 0.75 * plain[1]
    assert penalty.loss(blended).item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_strong_lesson_is_learnt():
    def apart(strength: float) -> float:
        strategy, given = Distil(strength=strength, temperature=1.0, decay=1.0).lasting(30), body()
        strategy = replace(strategy, schedule=replace(strategy.schedule, rate_scale=1.0, augment="none"))
        examples = toys.examples(strategy, given)
        lesson = np.stack([examples.targets == 1, examples.targets == 0], axis=1) * 4.0  # the contrary of the labels
        examples = replace(examples, taught=lesson)
        head = LinearHead(weight=np.zeros((2, 8)), bias=np.zeros(2))
        fitted = fit(strategy, given, head, examples, Settings(seed=0), progress=Silent())
        items = toys.labelled(40).items
        ready = given.preprocess.collate([given.preprocess.item(items.read(row)) for row in range(40)])
        logits = fitted.head.logits(fitted.backbone.encode(ready).detach().numpy())
        return float((logits.argmax(axis=1) == examples.targets).mean())

    assert apart(0.0) > 0.8
    assert apart(20.0) < 0.2


def test_without_a_teacher_it_is_refused():
    with pytest.raises(UserError, match="toy:small has no larger model to learn from; choose 'lp_ft'"):
        Distil().penalty(start(taught=None))
