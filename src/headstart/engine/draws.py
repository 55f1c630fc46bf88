"""Which items an epoch shows, and which are held out to tell when to stop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.core.errors import UserError
from headstart.engine.inputs import mixed
from headstart.heads.folds import grouped_folds

PARTS = 5
"""One part out of so many is held out."""


def balanced(targets: NDArray[np.int64], seed: int, epoch: int) -> NDArray[np.int64]:
    """Positions ``(n,)`` among n items such that every class is drawn equally often, give or take one.

    Those of a rare class come again, all of them before any comes a third time; of a common one some are left out,
    others in every epoch. A function of ``seed`` and ``epoch``.
    """
    random = np.random.default_rng(mixed(seed, epoch))
    classes = random.permutation(np.unique(targets))
    count, extra = divmod(len(targets), len(classes))
    drawn = []
    for place, each in enumerate(classes):
        own, wanted = np.flatnonzero(targets == each), count + (place < extra)
        rounds = [random.permutation(own) for _ in range(-(-wanted // len(own)))]
        drawn.append(np.concatenate(rounds)[:wanted] if rounds else own[:0])
    return np.concatenate(drawn)


def held_out(
    targets: NDArray[np.int64], groups: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions to train on and about a fifth to hold out, by class; equal ``groups (n,)`` are never parted.

    Raises:
        UserError: no fifth leaves every class to train on.
    """
    parts = grouped_folds(targets, groups, PARTS, seed)
    classes = len(np.unique(targets))
    for part in np.unique(parts):
        rest = np.flatnonzero(parts != part)
        if len(np.unique(targets[rest])) == classes:
            return rest, np.flatnonzero(parts == part)
    raise UserError(
        f"Patience holds items out, but of {len(targets)} no part can be spared: some class would have none left to "
        "train on. Set patience to 0."
    )
