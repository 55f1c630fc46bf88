"""A BatchNorm that draws its statistics."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


class Stochastic(nn.Module):
    """In place of ``norm``, with parameters and buffers of the same names and whatever ``norm`` runs after it.

    In training every channel is normalised by the moving statistics with ``probability``, else by those of the batch,
    which the moving ones follow as before; in evaluation it is ``norm``.
    """

    running_mean: torch.Tensor
    running_var: torch.Tensor
    num_batches_tracked: torch.Tensor

    def __init__(self, norm: nn.Module, probability: float) -> None:
        super().__init__()
        assert isinstance(norm, _BatchNorm)
        self.weight = nn.Parameter(norm.weight.detach().clone())
        self.bias = nn.Parameter(norm.bias.detach().clone())
        for name, buffer in norm.named_buffers(recurse=False):
            self.register_buffer(name, buffer.detach().clone())
        # Some libraries put dropout and activation into their norms; children run in their order.
        self._after = [name for name, _ in norm.named_children()]
        for name, child in norm.named_children():
            self.add_module(name, child)
        self._probability = probability
        self._momentum = 0.1 if norm.momentum is None else norm.momentum
        self._eps = norm.eps

    def forward(self, given: torch.Tensor) -> torch.Tensor:
        """``given (B, C, ...)`` normalised by channel."""
        normal = self._normalised(given, by_batch=False)
        if self.training:
            self.num_batches_tracked += 1
            shape = (1, -1, *[1] * (given.ndim - 2))
            moving = (torch.rand(given.shape[1], device=given.device) < self._probability).view(shape)
            normal = torch.where(moving, normal, self._normalised(given, by_batch=True))
        for name in self._after:
            normal = self.get_submodule(name)(normal)
        return normal

    def _normalised(self, given: torch.Tensor, *, by_batch: bool) -> torch.Tensor:
        mean, variance = self.running_mean, self.running_var
        # What normalises by the moving statistics must not see them change before its backward pass.
        mean, variance = (mean, variance) if by_batch else (mean.clone(), variance.clone())
        return nn.functional.batch_norm(
            given, mean, variance, self.weight, self.bias, by_batch, self._momentum, self._eps
        )


def batch_norms(body: nn.Module) -> dict[str, _BatchNorm]:
    """By name, those with parameters and moving statistics."""
    norms = {name: module for name, module in body.named_modules() if isinstance(module, _BatchNorm)}
    return {name: norm for name, norm in norms.items() if norm.affine and norm.track_running_stats}
