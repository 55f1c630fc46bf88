"""How much of a sound is heard at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.core.sound import LONGEST_HEARD

WHOLE = 0.95
"""Share of the clips that are heard whole: the cost of a pass grows with what is heard, for short clips, too."""


def seconds_heard(lasting: NDArray[np.floating]) -> int:
    """Whole seconds that hold at least `WHOLE` of the training clips, which last ``lasting (N,)`` seconds."""
    return int(np.clip(np.ceil(np.quantile(lasting, WHOLE, method="higher")), 1, LONGEST_HEARD))


def beginnings(lasting: NDArray[np.floating], seconds: int) -> str:
    """What to say if some clips last longer than what is heard of them; nothing otherwise."""
    longer = int((lasting > seconds).sum())
    if not longer:
        return ""
    return f"Clips are heard up to {seconds} s: {longer:,} of {len(lasting):,} last longer"
