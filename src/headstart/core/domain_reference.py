"""What a model keeps of the domain that it is for, as plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Kept = Literal["training items", "test items"]


@dataclass(frozen=True, kw_only=True)
class DomainReference:
    """N items of the domain, no two of them tied, in an order that was drawn at random: what new items are compared
    with.

    ``features (N, D)``, float32, are those of the body that serves; ``predicted (N,)`` is the class that models had for
    an item which had not learnt from it, ``targets (N,)`` its own: None where it is nobody's to learn from, because
    the items are those of a test split (``of``). ``looks`` are the properties of the first items
    (`headstart.distances.properties`).
    """

    of: Kept
    features: NDArray[np.float32]
    predicted: NDArray[np.int64]
    targets: NDArray[np.int64] | None
    looks: tuple[Mapping[str, float], ...]
