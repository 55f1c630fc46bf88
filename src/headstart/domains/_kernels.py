"""Gaussian kernels of many widths, and the discrepancy that they measure."""

from __future__ import annotations

import torch

WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Of the kernels, as multiples of the mean squared distance in the batch."""


def gaussian(rows: torch.Tensor) -> torch.Tensor:
    """The mean of Gaussian kernels of all `WIDTHS` between all of ``rows (N, D)``: ``(N, N)``.

    The widths follow the batch and have no gradient, or the network could change the ruler.
    """
    inner = rows @ rows.T
    squares = inner.diagonal()
    distances = (squares[:, None] + squares[None, :] - 2.0 * inner).clamp_min(0.0)
    count = len(rows)
    usual = (distances.detach().sum() / max(1, count * (count - 1))).clamp_min(1e-12)
    found = [torch.exp(-distances / (width * usual)) for width in WIDTHS]
    return torch.stack(found).mean(dim=0)


def discrepancy(kernel: torch.Tensor, source: int) -> torch.Tensor:
    """The squared maximum mean discrepancy between the first ``source`` rows of a ``kernel (N, N)`` and the others
    (Gretton et al. 2012, JMLR 13, equation 5): never below 0, and 0 where both sides are the same.
    """
    return kernel[:source, :source].mean() + kernel[source:, source:].mean() - 2.0 * kernel[:source, source:].mean()
