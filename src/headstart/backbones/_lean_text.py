"""Layers of a BERT-like encoder as few large products in bfloat16, for passes on processors that only read features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from headstart.backbones._processor import rounds

SHORT = 128
"""Tokens up to which attention is two batched products and a softmax. PyTorch's fused attention costs 1.2 to 1.7 times
as much there; with 192 tokens it is the faster one (twelve heads of 32, two cores with AVX-512 BF16)."""


def able(layer: nn.Module) -> bool:
    """Whether `LeanLayer` can stand for it here."""
    return (
        next(layer.parameters()).device.type == "cpu"
        and rounds()
        and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        and hasattr(torch.ops.mkldnn, "_reorder_linear_weight")
    )


def wanted() -> bool:
    """Whether autocast asks for bfloat16 on the processor."""
    return torch.is_autocast_enabled("cpu") and torch.get_autocast_dtype("cpu") == torch.bfloat16


def additive(mask: torch.Tensor) -> torch.Tensor:
    """What is added to attention scores, ``(B, 1, 1, L)``: minus infinity where ``mask (B, L)`` has no token."""
    return torch.zeros(mask.shape).masked_fill_(mask == 0, -torch.inf)[:, None, None, :]


class LeanLayer(nn.Module):
    """What autocast makes of a post-norm layer in bfloat16, with less around the products.

    Products have rounded weights in the order that oneDNN reads; queries, keys and values come from one of them.
    Hidden states, normalisation, attention scores and softmax are in float32, as with autocast. MiniLM-L6 on 1,000
    tweets: 2.25 s against 2.60 s, and the mean cosine with features in float32 is .99998 with both.
    """

    def __init__(self, layer: Any) -> None:
        """``layer`` of transformers' BERT, RoBERTa or XLM-RoBERTa; left as it is."""
        super().__init__()
        attention, inner = layer.attention, layer.attention.self
        self._heads = inner.num_attention_heads
        self._projections = _Product(inner.query, inner.key, inner.value, scales=(inner.scaling, 1.0, 1.0))
        self._mixed = _Product(attention.output.dense)
        self._first_norm = attention.output.LayerNorm
        self._up, self._down = _Product(layer.intermediate.dense), _Product(layer.output.dense)
        self._activation = layer.intermediate.intermediate_act_fn
        self._second_norm = layer.output.LayerNorm

    def forward(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """``(B, L, D)`` in float32 from ``hidden (B, L, D)``; ``mask (B, 1, 1, L)`` as `additive` makes it."""
        with torch.autocast("cpu", enabled=False):
            hidden = hidden.float()
            # Widened first: a sum of two number formats takes half as long again.
            middle = self._first_norm(self._mixed(self._attended(hidden, mask)).float().add_(hidden))
            inner = self._activation(self._up(middle.to(torch.bfloat16)))
            return self._second_norm(self._down(inner).float().add_(middle))

    def _attended(self, hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        items, tokens, width = hidden.shape
        joint = self._projections(hidden.to(torch.bfloat16)).view(items, tokens, 3, self._heads, width // self._heads)
        query, key, value = joint.permute(2, 0, 3, 1, 4)
        if tokens <= SHORT:
            scores = torch.matmul(query, key.transpose(-1, -2)).float().add_(mask)
            context = torch.matmul(scores.softmax(dim=-1).to(torch.bfloat16), value)
        else:
            seen = mask.to(torch.bfloat16).expand(-1, 1, tokens, -1)
            context = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen, scale=1.0)
        return context.transpose(1, 2).reshape(items, tokens, width)


class _Product(nn.Module):
    """Linear layers that read the same input, side by side, in bfloat16."""

    def __init__(self, *layers: nn.Linear, scales: Sequence[float] = (1.0,)) -> None:
        """What the layers give is multiplied by ``scales``, one each."""
        super().__init__()
        each = list(zip(layers, scales, strict=True))
        weight = torch.cat([scale * layer.weight.detach() for layer, scale in each]).to(torch.bfloat16)
        bias = torch.cat([scale * layer.bias.detach() for layer, scale in each])
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight, None)
        self._bias = bias.to(torch.bfloat16)

    def forward(self, rows: torch.Tensor) -> Any:
        """``(..., outputs)`` from ``rows (..., inputs)`` in bfloat16."""
        return torch.ops.mkldnn._linear_pointwise(rows, self._weight, self._bias, "none", [], "")
