"""XLNet: relative positions, segments, and a classification model that reads the last token, which is ``<cls>``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch

from headstart.backbones._family import TextFamily, at_last, chain, numbers, own
from headstart.backbones._head import head_of
from headstart.core.backbone import Block, LinearHead

if TYPE_CHECKING:
    from headstart.backbones._family import State


class XlNet(TextFamily):
    """Features: the last layer at ``<cls>``, which stands last and sees all other tokens.

    The mean over tokens is no choice here: the classification model averages over padding, too. Texts are padded on the
    left by the tokenizer and on the right here; positions are relative, so that this makes no difference.
    """

    kind: ClassVar[str] = "xlnet"
    prefix: ClassVar[str] = "transformer."
    classifies: ClassVar[str] = "XLNetForSequenceClassification"
    pooling: ClassVar[str] = "last"
    side: ClassVar[str] = "left"

    def blocks(self, body: Any) -> tuple[Block, ...]:
        """See `Family.blocks`."""
        first, *others = chain("layer.", len(body.layer), ("word_embedding",), ())
        return (Block(name=first.name, modules=first.modules, parameters=("mask_emb",)), *others)

    def begin(self, body: Any, batch: Mapping[str, torch.Tensor]) -> State:
        """See `Family.begin`; ``segments (B, L)`` are the token types."""
        hidden = _dropped(body, body.word_embedding(batch["input_ids"]), body.layer[0])
        segments = batch.get("token_type_ids", torch.zeros_like(batch["input_ids"]))
        return {"hidden": hidden, "segments": segments, "attention_mask": batch["attention_mask"]}

    def run(self, body: Any, state: State, start: int, stop: int) -> State:
        """See `Family.run`. Inside, XLNet has tokens along the first axis and texts along the second."""
        hidden, segments = state["hidden"].transpose(0, 1), state["segments"].transpose(0, 1)
        length, texts = segments.shape
        unseen = _unseen(state["attention_mask"], hidden)
        other = segments[:, None] != segments[None, :]
        other = torch.stack([~other, other], dim=-1)
        places = body.relative_positional_encoding(length, length, bsz=texts, device=hidden.device)
        places = _dropped(body, places.to(hidden.dtype), body.layer[stop - 1])
        for layer in body.layer[start:stop]:
            hidden, *_ = layer(hidden, None, unseen, None, places, other.to(hidden.dtype))
        return {**state, "hidden": hidden.transpose(0, 1)}

    def pooled(self, body: Any, state: State) -> torch.Tensor:
        """See `Family.pooled`."""
        return _dropped(body, at_last(state["hidden"], state["attention_mask"]), body.layer[-1])

    def written(self, body: Any, head: LinearHead) -> dict[str, torch.Tensor]:
        """See `Family.written`."""
        tensors = own(body, self.prefix)
        return tensors | {"logits_proj.weight": numbers(head.weight), "logits_proj.bias": numbers(head.bias)}

    def changes(self, config: Any) -> dict[str, Any]:
        """See `Family.changes`."""
        del config
        return {"summary_type": "last", "summary_use_proj": False, "summary_activation": ""}

    def parted(self, tensors: Mapping[str, torch.Tensor], config: Any) -> tuple[dict[str, torch.Tensor], LinearHead]:
        """See `Family.parted`."""
        del config
        return self.bodily(tensors), head_of(tensors.get("logits_proj.weight"), tensors.get("logits_proj.bias"))


def _unseen(mask: torch.Tensor | None, hidden: torch.Tensor) -> torch.Tensor | None:
    """``(L, L, B, 1)``: 1 where the token of the first axis does not see that of the second."""
    if mask is None:
        return None
    # A token always sees itself, padding included; it would divide by zero otherwise.
    itself = torch.eye(len(hidden), device=hidden.device)[:, :, None, None]
    return ((1.0 - mask.transpose(0, 1).to(torch.float32))[None, :, :, None] - itself > 0).to(hidden.dtype)


def _dropped(body: Any, tensor: torch.Tensor, layer: Any) -> torch.Tensor:
    """The body's one dropout, which belongs to no layer, as far as ``layer`` is being trained."""
    return torch.nn.functional.dropout(tensor, body.dropout.p, layer.training)
