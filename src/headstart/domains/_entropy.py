"""Probabilities and their entropy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, log_softmax


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities ``(N, C)`` from ``logits (N, C)``."""
    return np.exp(log_softmax(logits, axis=1))


def information(logits: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """``mean H(p) - H(mean p)`` of ``logits (N, C)`` in nats, the negative mutual information between items and
    predicted classes, and its gradient ``(N, C)``.

    With ``L = log p``, ``m = mean p``: ``dH(p)/dz = -p (L + H(p))``, and ``d(-H(m))/dz = p (log m - sum p log m) / N``.
    """
    logs = log_softmax(logits, axis=1)
    p = np.exp(logs)
    entropies = -np.sum(p * logs, axis=1)
    mean = p.mean(axis=0)
    value = float(entropies.mean() - entr(mean).sum())
    lean = np.log(np.maximum(mean, np.finfo(float).tiny))
    slope = -p * (logs + entropies[:, None]) + p * (lean - (p @ lean)[:, None])
    return value, slope / len(logits)
