from __future__ import annotations

import pytest
import torch

from headstart.domains.afn import Afn
from tests.domains.streams import HEAD, batch, rows


def test_norms_are_pulled_a_step_up_on_both_sides():
    source, target = rows(6, 0).requires_grad_(), rows(4, 1).requires_grad_()
    loss = Afn(weight=0.5, step=2.0).objective(HEAD).loss(batch(source, target))
    assert loss.item() == pytest.approx(0.5 * (4.0 + 4.0))
    slopes = torch.autograd.grad(loss, (source, target))
    for side, slope in zip((source, target), slopes, strict=True):
        # d/df of mean (|f| - r)^2 at r = |f| + 2 is -4 / n along f
        expected = -0.5 * 4.0 / len(side) * side / torch.linalg.vector_norm(side, dim=1, keepdim=True)
        torch.testing.assert_close(slope, expected.detach())
