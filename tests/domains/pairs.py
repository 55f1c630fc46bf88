"""Pairs of domains that every method meets, and the fit they end in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.core.domain import Pair
from headstart.heads.soft import fit_soft

CLASSES, WIDTH = 3, 6


def items(count: int, seed: int, apart: float = 2.0) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Three classes around points of their own, ``apart`` standard deviations out: ``(count, 6)`` and ``(count,)``."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % CLASSES
    middle = apart * np.eye(CLASSES, WIDTH) - 0.5
    return middle[labels] + random.normal(size=(count, WIDTH)), labels


def moved(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same seen by another camera: offsets and scales of their own in every column."""
    return rows * np.linspace(0.6, 1.8, WIDTH) + np.linspace(-1.0, 2.0, WIDTH)


def shifted(count: int = 150, others: int = 120, seed: int = 0, apart: float = 2.0) -> tuple[Pair, NDArray[np.int64]]:
    """A source, a shifted target, and the labels of the target that no method sees."""
    source, labels = items(count, seed, apart)
    target, hidden = items(others, seed + 1, apart)
    return Pair(source=source, labels=labels, target=moved(target), outputs=CLASSES), hidden


def same(count: int = 150) -> Pair:
    """A target that is the source."""
    source, labels = items(count, 0)
    return Pair(source=source, labels=labels, target=source.copy(), outputs=CLASSES)


def fit(
    features: NDArray[np.float64],
    shares: NDArray[np.float64],
    *,
    weights: NDArray[np.float64] | None = None,
    groups: NDArray[np.int64] | None = None,
) -> LinearHead:
    return fit_soft(features, shares, weights=weights, groups=groups)


def right(head: LinearHead, rows: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Share of ``labels`` that the head names."""
    return float(np.mean(head.logits(rows).argmax(axis=1) == labels))


class Recorder:
    """A fit that keeps what it was given."""

    def __init__(self) -> None:
        self.features = np.empty((0, 0))
        self.shares = np.empty((0, 0))
        self.weights: NDArray[np.float64] | None = None

    def __call__(
        self,
        features: NDArray[np.float64],
        shares: NDArray[np.float64],
        *,
        weights: NDArray[np.float64] | None = None,
        groups: NDArray[np.int64] | None = None,
    ) -> LinearHead:
        self.features, self.shares, self.weights = features, shares, weights
        return fit_soft(features, shares, weights=weights, groups=groups)
