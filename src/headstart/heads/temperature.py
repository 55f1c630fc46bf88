"""One number that makes logits honest: temperature scaling."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from headstart.heads.shares import shares
from headstart.heads.weights import checked_weights

_DECADES = 4


def fit_temperature(
    logits: NDArray[np.float64], targets: NDArray[np.int64], weights: NDArray[np.floating] | None = None
) -> float:
    """Temperature T that minimises the log-loss of ``softmax(logits / T)`` on held-out items.

    Guo et al. 2017 (arXiv 1706.04599), section 4, with two departures. The loss is minimised in ``b = 1 / T``, where
    it is convex, by finding the root of its derivative. And a share ``1 / (N + 1)`` of every target is spread evenly
    over the classes, as if one more item had been seen of which nobody knows the class: T stays finite when every
    item is right, and the share fades as N grows.

    Args:
        logits: held-out (out-of-fold or leave-one-out) logits, ``(N, C)``.
        targets: class indices, ``(N,)``.
        weights: item weights, ``(N,)``; None for one each.

    Returns:
        T > 0. It is capped at ten thousand times the spread of the logits, which logits without any information
        reach, and is 1 when the logits do not differ within any item.
    """
    items = len(logits)
    weights = checked_weights(weights, items)
    centred = np.ascontiguousarray((logits - logits.mean(axis=1, keepdims=True)).T)
    spread = float(np.sqrt(np.mean(centred**2)))
    if spread == 0.0:
        return 1.0
    scaled = centred / spread
    # Centred logits sum to zero over the classes: what is spread evenly adds nothing.
    aimed = scaled[targets, np.arange(items)] * items / (items + 1)

    def slope(inverse: float) -> float:
        expected = np.sum(shares(inverse * scaled)[0] * scaled, axis=0)
        return float(weights @ (expected - aimed))

    # The slope rises with b. Brent's method is quick where the ends are near: a decade, the first from 1 that has both.
    below, far = slope(1.0) < 0.0, 1.0
    for power in range(1, _DECADES + 1):
        near, far = far, 10.0 ** (power if below else -power)
        if (slope(far) < 0.0) != below:
            return spread / float(brentq(slope, *sorted((near, far)), xtol=1e-12, rtol=1e-12))  # type: ignore[arg-type]
    return spread / far
