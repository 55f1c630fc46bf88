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
