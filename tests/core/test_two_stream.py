from __future__ import annotations

import dataclasses

import pytest
import torch

from headstart.core.two_stream import DomainBatch, Stream


def test_labels_of_the_target_have_no_place():
    side = Stream(features=torch.zeros(2, 1), logits=torch.zeros(2, 2))
    known = {"source": side, "target": side, "labels": torch.tensor([0, 1]), "progress": 0.0}
    with pytest.raises(TypeError, match="unexpected keyword argument 'target_labels'"):
        DomainBatch(**known, target_labels=torch.tensor([0, 1]))  # type: ignore[call-arg]
    assert {field.name for field in dataclasses.fields(Stream)} == {"features", "logits"}
    assert {field.name for field in dataclasses.fields(DomainBatch)} == {"source", "target", "labels", "progress"}
