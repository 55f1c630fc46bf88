from __future__ import annotations

import pytest
import torch

from headstart.backbones import _processor

rounding = pytest.mark.skipif(not _processor.rounds(), reason="a processor that oneDNN has no bfloat16 for")


@rounding
def test_where_it_rounds_it_multiplies():
    weight = torch.ops.mkldnn._reorder_linear_weight(torch.eye(4, dtype=torch.bfloat16), None)
    rows = torch.ones(2, 4, dtype=torch.bfloat16)
    assert torch.equal(torch.ops.mkldnn._linear_pointwise(rows, weight, None, "none", [], ""), rows)


@pytest.mark.skipif(_processor.rounds(), reason="a processor that oneDNN has bfloat16 for")
def test_where_it_does_not_it_refuses():
    with pytest.raises(RuntimeError, match="bf16 path needs the cpu support"):
        torch.ops.mkldnn._reorder_linear_weight(torch.eye(4, dtype=torch.bfloat16), None)


def test_without_onednn_it_does_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not _processor.rounds()
