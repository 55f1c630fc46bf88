"""How much of a sound is heard at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LONGEST = 30
"""Seconds that are heard at most; models of speech are pretrained on half a minute."""
WHOLE = 0.95
"""Share of the clips that are heard whole: the cost of a pass grows with what is heard, for short clips, too."""


def seconds_heard(lasting: NDArray[np.floating]) -> int:
    """Whole seconds that hold `WHOLE` of the training clips, which last ``lasting (N,)`` seconds."""
    return int(np.clip(np.ceil(np.quantile(lasting, WHOLE)), 1, LONGEST))


def beginnings(lasting: NDArray[np.floating], seconds: int) -> str:
    """What to say if some clips last longer than what is heard of them; nothing otherwise."""
    longer = int((lasting > seconds).sum())
    if not longer:
        return ""
    return f"Clips are heard up to {seconds} s: {longer:,} of {len(lasting):,} last longer"
