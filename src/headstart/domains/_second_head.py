"""Another head beside the one that is trained."""

from __future__ import annotations

import torch
from torch import nn

from headstart.core.backbone import LinearHead


def beside(head: LinearHead, unlike: float = 0.0) -> nn.Linear:
    """A layer that starts as ``head``, its weights moved at random by ``unlike`` times their own spread."""
    layer = nn.Linear(head.weight.shape[1], head.weight.shape[0])
    with torch.no_grad():
        weight = torch.from_numpy(head.weight).float()
        spread = weight.std() if weight.numel() > 1 else torch.tensor(0.0)
        layer.weight.copy_(weight + unlike * spread * torch.randn_like(weight))
        layer.bias.copy_(torch.from_numpy(head.bias))
    return layer
