from __future__ import annotations

import torch

from headstart.backbones._family import at_last, chain


def test_the_outer_layers_take_what_lies_before_and_after() -> None:
    blocks = chain("layers.", 3, ("embeddings",), ("norm",))
    assert [block.modules for block in blocks] == [("embeddings", "layers.0"), ("layers.1",), ("layers.2", "norm")]
    assert chain("h.", 1, ("wte",), ("ln",))[0].modules == ("wte", "h.0", "ln")


def test_the_last_token_is_the_last_that_is_no_padding() -> None:
    hidden = torch.arange(12.0).view(2, 3, 2)
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    assert at_last(hidden, mask).tolist() == [[2.0, 3.0], [10.0, 11.0]]
