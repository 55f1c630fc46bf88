from __future__ import annotations

import numpy as np
import pytest
import torch

from headstart.core.backbone import LinearHead
from headstart.core.two_stream import DomainBatch, Stream
from headstart.domains._reversal import told_apart
from headstart.domains.cdan import WIDEST, Cdan
from tests.domains.streams import HEAD, batch, exact, rows


def test_the_judge_sees_all_products_and_items_by_their_certainty():
    objective = exact(Cdan().objective(HEAD))
    given = batch(rows(6, 0), rows(5, 1))
    sides, weights = [], []
    for side in (given.source, given.target):
        chances = torch.softmax(side.logits, dim=1)
        sides.append(torch.stack([torch.outer(f, p).flatten() for f, p in zip(side.features, chances, strict=True)]))
        weights.append(1 + torch.exp((chances * chances.log()).sum(dim=1)))
    assert objective.module is not None
    expected = told_apart(objective.module, *sides, (weights[0], weights[1]))
    assert objective.loss(given).item() == pytest.approx(expected.item())


def test_predictions_have_no_gradient():
    objective, given = exact(Cdan().objective(HEAD)), batch(rows(6, 0).requires_grad_(), rows(5, 1))
    loose = Stream(features=given.source.features, logits=given.source.logits.detach().requires_grad_())
    loss = objective.loss(DomainBatch(source=loose, target=given.target, labels=given.labels, progress=0.5))
    first, second = torch.autograd.grad(loss, [loose.features, loose.logits], allow_unused=True)
    assert first.any()
    assert second is None


def test_too_many_products_are_projected_at_random():
    width = WIDEST // 2
    wide = LinearHead(weight=np.zeros((3, width)), bias=np.zeros(3))
    torch.manual_seed(1)
    first = Cdan().objective(wide)
    torch.manual_seed(1)
    second = Cdan().objective(wide)
    features = torch.randn(4, width)
    side = Stream(features=features, logits=torch.randn(4, 3))
    given = DomainBatch(source=side, target=side, labels=torch.zeros(4, dtype=torch.long), progress=0.5)
    assert first.module is not None
    assert next(first.module.parameters()).shape[1] == WIDEST
    assert first.loss(given).item() == second.loss(given).item()
