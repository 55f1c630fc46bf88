"""How well a classifier tells two sides apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.heads.probe import level_logits
from headstart.heads.ridge import ridge_path_to

PENALTY = 1.0
"""In multiples of the mean eigenvalue. Fixed: a penalty chosen on the sides as they are would be a second look at them,
which draws of the null would not have had."""


def separabilities(
    rows: NDArray[np.float64], sides: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Errors and margins ``(P,)`` on items held out, both sides counting the same, for all ``sides (N, P)`` of
    ``rows (N, D)``, and the predictions ``(N,)`` for the first of them: 1 is the first side, -1 the second.

    Ridge regression on the sides, each item exactly left out (`headstart.heads.ridge`). ``2 (1 - 2 error)`` is the
    proxy A-distance (Ben-David et al. 2007, NeurIPS 19, section 4); the margin is half the difference of the mean
    predictions of both sides.
    """
    signs = np.where(sides, 1.0, -1.0)
    scale = float(np.sum(rows**2)) / max(1, min(len(rows) - 1, rows.shape[1]))
    path = ridge_path_to(rows, signs, lambdas=[PENALTY * scale])
    held = level_logits(path.loo(0), signs, np.arange(len(rows)))
    first, second = (side / side.sum(axis=0) for side in (sides, ~sides))
    errors = 0.5 * (np.sum((held <= 0) * first, axis=0) + np.sum((held > 0) * second, axis=0))
    margins = 0.5 * (np.sum(held * first, axis=0) - np.sum(held * second, axis=0))
    return errors, margins, held[:, 0]
