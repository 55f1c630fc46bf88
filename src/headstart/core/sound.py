"""A piece of sound as everything in headstart hands it on: one channel, at the rate it was recorded in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


LONGEST_HEARD = 30
"""Seconds of a sound that are heard at most: models of speech are pretrained on half a minute."""


@dataclass(frozen=True, kw_only=True)
class Clip:
    """``samples (n,)`` in float32, full scale at -1 and 1, ``rate`` of them a second."""

    samples: NDArray[np.float32]
    rate: int

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.samples) / self.rate

    def at(self, rate: int) -> Clip:
        """The same sound at another rate: polyphase filtering (`scipy.signal.resample_poly`, Kaiser window of 5), which
        removes what the lower of both rates cannot hold.
        """
        if rate == self.rate:
            return self
        from math import gcd

        import numpy as np
        from scipy.signal import resample_poly

        common = gcd(rate, self.rate)
        made = resample_poly(self.samples.astype(np.float64), rate // common, self.rate // common)
        return Clip(samples=made.astype(np.float32), rate=rate)
