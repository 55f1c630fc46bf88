"""What ways to learn from several domains share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headstart.core.errors import UserError

if TYPE_CHECKING:
    import torch

    from headstart.core.training import Seen, Start


def domains_of(start: Start) -> torch.Tensor:
    """``(n, G)`` with a one for the domain of each of the items to train on, which are of G domains.

    Raises:
        UserError: the data name no domains.
    """
    import numpy as np
    import torch

    if start.domains is None:
        raise UserError(
            "This strategy learns from several domains, and the data name none: say which with --domain (domain=)."
        )
    found, codes = np.unique(start.domains, return_inverse=True)
    return torch.nn.functional.one_hot(torch.from_numpy(codes), len(found)).float()


def shares_of(domains: torch.Tensor, seen: Seen) -> torch.Tensor:
    """How much of each domain the items of a batch are, ``(B, G)``: of one, unless they are blended."""
    return seen.of(domains).to(seen.features)


LOOKED_AT = 2000
"""Items whose spread is taken for that of all."""


def unit_of(start: Start) -> float:
    """The root of the mean variance of the columns of the features before training; 1 where they do not vary."""
    import math

    import numpy as np

    rows = np.unique(np.linspace(0, max(len(start.targets) - 1, 0), LOOKED_AT).astype(np.int64))
    features = np.asarray(start.features[rows], dtype=np.float64)
    return math.sqrt(float(features.var(axis=0).mean())) or 1.0
