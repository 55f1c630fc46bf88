"""Nearest neighbours without the item itself: the simplest reading of a feature space."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.heads.weights import balanced_weights

_CHUNK = 256
_TEMPERATURE = 0.07


def neighbour_probabilities(
    features: NDArray[np.floating],
    targets: NDArray[np.int64],
    outputs: int,
    *,
    k: int = 5,
    groups: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Class shares ``(N, outputs)`` among each item's k most similar other items.

    Similarity is the cosine; a neighbour votes with ``exp(cosine / 0.07)`` (Wu et al. 2018, arXiv 1805.01978,
    section 3.4) times the balanced weight of its class, so that a common class does not win by being common.

    Args:
        features: ``(N, D)``; a row of zeros is similar to nothing.
        targets: class indices, ``(N,)``.
        outputs: number of classes.
        k: neighbours, clipped to the number of items outside the item's own group.
        groups: items with equal numbers, ``(N,)``, are never neighbours; None lets every other item be one. An item
            that has no one outside its group gets equal shares.

    Raises:
        ValueError: k is less than one.
    """
    if k < 1:
        raise ValueError(f"Nearest neighbours need k of at least 1, got {k}.")
    rows = np.asarray(features, dtype=np.float64)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    rows = rows / np.where(norms > 0.0, norms, 1.0)
    groups = np.arange(len(rows)) if groups is None else groups
    votes = np.eye(outputs)[targets] * balanced_weights(targets, outputs)
    shares = np.empty((len(rows), outputs))
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        similarity = _similarity(rows[part], rows)
        similarity[groups[part, None] == groups] = -np.inf
        nearest = _nearest(similarity, min(k, len(rows)))
        cosines = np.take_along_axis(similarity, nearest, axis=1)
        weights = np.where(np.isfinite(cosines), np.exp((cosines - 1.0) / _TEMPERATURE), 0.0)
        shares[part] = np.einsum("nk,nkc->nc", weights, votes[nearest])
    totals = shares.sum(axis=1, keepdims=True)
    return np.where(totals > 0.0, shares / np.where(totals > 0.0, totals, 1.0), 1.0 / outputs)


def _similarity(rows: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """``rows (n, D)`` times ``others (N, D)``: ``(n, N)``, on PyTorch's threads."""
    import torch

    return torch.mm(torch.from_numpy(rows), torch.from_numpy(others).T).numpy()


def _nearest(similarity: NDArray[np.float64], k: int) -> NDArray[np.int64]:
    """Columns ``(n, k)`` of the largest in each row of ``similarity (n, N)``, in no order.

    Of equally similar items the earlier are the neighbours, on every machine: a partition alone takes any of them.
    """
    import torch

    least = torch.from_numpy(similarity).topk(k, dim=1, sorted=False).values.amin(dim=1, keepdim=True).numpy()
    kept = similarity >= least
    for row in np.flatnonzero(kept.sum(axis=1) > k):
        equal = np.flatnonzero(similarity[row] == least[row])
        kept[row, equal[k - int((similarity[row] > least[row]).sum()) :]] = False
    return np.nonzero(kept)[1].reshape(-1, k)
