"""Coordinates in which a linear model of many features is small and well conditioned."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, issparse

from headstart.core.backbone import LinearHead
from headstart.heads.standardise import Standardiser

Rows = NDArray[np.float64] | csr_array
_LARGEST = 4000
"""Above this many items and features alike (sparse texts) a decomposition costs more than it saves."""

_NULL = 1e-10
"""Eigenvalues below this share of the largest are rounding errors of the Gram matrix (centring alone makes one zero)
or so small that any penalty in use shrinks their direction to nothing."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Standardise if asked to, then multiply by each of ``factors`` in turn: features to coordinates ``(N, r)``.

    With N <= D the coordinates are ``U sqrt(s)`` of the rows' singular value decomposition: they span what the rows
    span, which is where the weights of any L2-penalised linear model on these rows, or on some of them, lie
    (representer theorem). With N > D they are a rotation. Either way the Euclidean norm of the weights is kept, so that
    a model fitted here is the model fitted on the features.
    """

    standardiser: Standardiser | None
    factors: tuple[Rows, ...]
    spans_items: bool
    floor: float | None

    @classmethod
    def of(cls, features: Rows, *, floor: float | None) -> tuple[Frame, Rows]:
        """The frame of ``features (N, D)`` and their coordinates in it.

        ``floor`` is the standardiser's, None to leave the columns as they are.

        Raises:
            ValueError: sparse features were to be standardised.
        """
        standardiser = None
        if floor is not None:
            if issparse(features):
                raise ValueError("Sparse features cannot be standardised: subtracting the mean would fill them.")
            standardiser = Standardiser.of(np.asarray(features), floor)
            features = standardiser.apply(np.asarray(features))
        items, width = size(features)
        if min(items, width) > _LARGEST:
            return cls(standardiser=standardiser, factors=(), spans_items=False, floor=floor), features
        if items > width:
            vectors = _principal(features.T @ features)[1]
            frame = cls(standardiser=standardiser, factors=(vectors,), spans_items=False, floor=floor)
            return frame, features @ vectors
        spectrum, vectors = _principal(features @ features.T)
        real = spectrum > _NULL * max(float(spectrum[-1]), 0.0)
        singular = np.sqrt(spectrum[real])
        factors = (features.T, vectors[:, real] / singular)
        frame = cls(standardiser=standardiser, factors=factors, spans_items=True, floor=floor)
        return frame, vectors[:, real] * singular

    def refitted(self, features: Rows) -> tuple[Frame, Rows]:
        """The frame of some of the rows, ``features (M, D)``, and their coordinates.

        What was learnt from the other rows is learnt anew from these.
        """
        if self.floor is None:
            return self, self.apply(features)  # nothing was learnt but a subspace that holds every solution
        if self.spans_items:
            return Frame.of(features, floor=self.floor)
        frame = replace(self, standardiser=Standardiser.of(np.asarray(features), self.floor))
        return frame, frame.apply(features)

    def apply(self, features: Rows) -> Rows:
        """Coordinates ``(M, r)`` of ``features (M, D)``."""
        rows: Rows = features if self.standardiser is None else self.standardiser.apply(np.asarray(features))
        for factor in self.factors:
            rows = rows @ factor
        return rows

    def fold(self, head: LinearHead) -> LinearHead:
        """The head that gives on raw features what ``head`` gives on coordinates."""
        weight = head.weight
        for factor in reversed(self.factors):
            weight = weight @ factor.T
        plain = LinearHead(weight=np.asarray(weight), bias=head.bias)
        return plain if self.standardiser is None else self.standardiser.fold(plain)


def size(rows: Rows) -> tuple[int, int]:
    """Number of rows and columns."""
    shape = rows.shape
    assert shape is not None  # scipy's annotation allows for arrays still being built
    return int(shape[0]), int(shape[1])


def _principal(square: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    dense = square if isinstance(square, np.ndarray) else square.toarray()
    spectrum, vectors = np.linalg.eigh(dense)
    return spectrum, vectors
