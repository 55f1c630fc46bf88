"""Mean pooling written as one more transformer layer, so that an ordinary classification model computes it.

``BertForSequenceClassification`` reads the first token h_0 of the last layer through a dense layer and tanh. Sentence
encoders are trained for the mean over tokens instead. With LN(v) = (v - mean v) / sqrt(var v + eps), one additional
layer of the same architecture turns the first into the second:

    attention        query = key = 0       ->  every score is 0, the softmax is uniform over the unmasked tokens
                     value = I             ->  the attention output is m = mean over tokens of h, at every position
    attention output dense = S I           ->  a = LN(S m + h_0) at the first position (residual connection included)
    feed-forward     all zero              ->  f = LN(a + 0), which only repeats the normalisation
    pooler           dense = E I, tanh     ->  tanh(E f) = E f (1 - (E f)^2 / 3 + ...)
    classifier       weight W / E, bias b  ->  logits = W f + b

The residual connection cannot be removed; S makes its share 1/S of the mean's. |f_i| < sqrt(D), and where f_i is as
large as 10 the cubic term of tanh changes it by (10 E)^2 / 3 = 1.2e-7 of itself, less than float32 resolves.
S and E are powers of two: multiplying by them is exact.

`pooled` computes f from h directly, with the layer's own arithmetic and without its cost; features, heads and
calibration all live on f, and the exported logits agree with them to float32 rounding.
"""

from __future__ import annotations

import torch

S = 2.0**10
E = 2.0**-14
"""Also in half precision the exported weights stay in range: S times a mean, and heads up to 4 divided by E."""


def pooled(hidden: torch.Tensor, mask: torch.Tensor, eps: float) -> torch.Tensor:
    """Features f ``(B, D)``, at least float32, from ``hidden (B, L, D)`` and ``mask (B, L)``; ``eps`` is LN's."""
    hidden = hidden.to(torch.promote_types(hidden.dtype, torch.float32))
    weights = mask.to(hidden.dtype).unsqueeze(-1)
    mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
    width = hidden.shape[-1:]
    first = torch.nn.functional.layer_norm(S * mean + hidden[:, 0], width, eps=eps)
    return torch.nn.functional.layer_norm(first, width, eps=eps)


def layer_weights(width: int, inner: int) -> dict[str, torch.Tensor]:
    """The additional layer's weights by their name inside a BERT layer; ``inner`` is the feed-forward width."""
    identity, none = torch.eye(width), torch.zeros(width, width)
    attention = {"self.query": none, "self.key": none, "self.value": identity, "output.dense": S * identity}
    weights = {f"attention.{name}.weight": matrix.clone() for name, matrix in attention.items()}
    weights |= {f"attention.{name}.bias": torch.zeros(width) for name in attention}
    for norm in ("attention.output.LayerNorm", "output.LayerNorm"):
        weights[f"{norm}.weight"] = torch.ones(width)
        weights[f"{norm}.bias"] = torch.zeros(width)
    weights["intermediate.dense.weight"] = torch.zeros(inner, width)
    weights["intermediate.dense.bias"] = torch.zeros(inner)
    weights["output.dense.weight"] = torch.zeros(width, inner)
    weights["output.dense.bias"] = torch.zeros(width)
    return weights


def pooler_weights(width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight and bias of the dense layer in front of tanh."""
    return E * torch.eye(width), torch.zeros(width)
