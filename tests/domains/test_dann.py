from __future__ import annotations

import pytest
import torch

from headstart.domains._reversal import rising, told_apart
from headstart.domains.dann import Dann
from tests.domains.streams import HEAD, batch, exact, rows


def test_it_is_the_loss_of_its_judge():
    objective = exact(Dann().objective(HEAD))
    source, target = rows(6, 0), rows(5, 1)
    assert objective.module is not None
    expected = told_apart(objective.module, source, target)
    assert objective.loss(batch(source, target)).item() == pytest.approx(expected.item())


def test_the_judge_learns_and_the_body_unlearns():
    """The judge's gradient is that of its loss, the features' the reverse of it, as strong as the rise allows."""
    objective = exact(Dann(weight=0.5).objective(HEAD))
    source, target = rows(6, 0).requires_grad_(), rows(5, 1).requires_grad_()
    assert objective.module is not None
    parameters = [*objective.module.parameters()]
    plain = torch.autograd.grad(told_apart(objective.module, source, target), [source, target, *parameters])
    found = torch.autograd.grad(objective.loss(batch(source, target, progress=0.2)), [source, target, *parameters])
    for number, (one, other) in enumerate(zip(plain, found, strict=True)):
        torch.testing.assert_close(other, -0.5 * rising(0.2) * one if number < 2 else one)


def test_at_first_nothing_reaches_the_body():
    objective, source = exact(Dann().objective(HEAD)), rows(6, 0).requires_grad_()
    (slope,) = torch.autograd.grad(objective.loss(batch(source, rows(5, 1), progress=0.0)), source)
    assert not slope.any()
