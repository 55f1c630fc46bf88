from __future__ import annotations

import pytest
import torch

from headstart.core.two_stream import DomainBatch, Stream
from headstart.domains._reversal import rising
from headstart.domains.self_training import SelfTraining
from tests.domains.streams import HEAD, rows


def given(logits: torch.Tensor, progress: float = 0.5) -> DomainBatch:
    side = Stream(features=rows(len(logits), 0), logits=logits)
    return DomainBatch(source=side, target=side, labels=torch.zeros(len(logits), dtype=torch.long), progress=progress)


def test_only_what_the_head_is_sure_of_counts():
    logits = torch.tensor([[3.0, 0.0, 0.0], [0.1, 0.0, 0.0]], dtype=torch.float64)
    chances = torch.softmax(logits, dim=1)
    assert chances[0, 0] > 0.9 > chances[1, 0]
    found = SelfTraining(weight=2.0).objective(HEAD).loss(given(logits))
    assert found.item() == pytest.approx(2 * rising(0.5) * -chances[0, 0].log().item() / 2)


def test_what_is_learnt_is_what_was_predicted():
    logits = torch.tensor([[0.0, 4.0, 0.0]], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(SelfTraining().objective(HEAD).loss(given(logits)), logits)
    assert slope[0, 1] < 0 < slope[0, 0]


def test_nothing_at_first_and_nothing_of_what_is_unsure():
    assert SelfTraining().objective(HEAD).loss(given(torch.tensor([[9.0, 0.0]]), progress=0.0)).item() == 0.0
    assert SelfTraining().objective(HEAD).loss(given(torch.zeros(2, 3))).item() == 0.0
