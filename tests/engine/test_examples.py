from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from tests.engine import toys
from tests.engine.fits import Chosen, backbone


def test_a_look_at_the_items_is_one_batch_of_all_classes():
    given = toys.examples(Chosen(frozen=0), backbone())
    batch, targets = given.look(10)
    assert targets.bincount().tolist() == [5, 5]
    body, items = backbone(), toys.labelled(40).items
    (rows,) = np.nonzero(np.isin(given.targets, [0, 1]))
    ready = [body.preprocess.item(items.read(int(row))) for row in rows]
    found = [next(n for n, one in enumerate(ready) if torch.equal(one, shown)) for shown in batch["pixel_values"]]
    assert given.targets[found].tolist() == targets.tolist()
    everything, _ = given.look(1000)
    assert len(everything["pixel_values"]) == 40


def test_weights_of_classes_reach_the_loss():
    given = toys.examples(Chosen(), backbone())
    logits, targets = torch.zeros(2, 2), torch.tensor([0, 1])
    plain = given.losses(logits, targets).mean()
    assert plain.item() > given.losses(torch.tensor([[2.0, 0.0], [0.0, 2.0]]), targets).mean().item()
    assert given.losses(logits, targets, 0.4).mean().item() == plain.item()  # nothing is known, and nothing is smoothed


def test_no_more_is_looked_at_than_is_asked_for_whatever_the_number_of_classes():
    given = toys.examples(Chosen(frozen=0), backbone())
    many = replace(given, targets=np.arange(40) // 2)
    assert len(many.look(7)[1]) == 7
