"""Which items an epoch shows, which are held out to tell when to stop, and which are independent of one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.core.errors import UserError
from headstart.engine.inputs import mixed
from headstart.heads.folds import grouped_folds

PARTS = 5
"""One part out of so many is held out."""
STOP_EARLY = "Early stopping and averaging need some: set patience to 0, or choose another strategy."


def balanced(targets: NDArray[np.int64], seed: int, epoch: int) -> NDArray[np.int64]:
    """Positions ``(n,)`` among n items such that every class is drawn equally often, give or take one.

    Those of a rare class come again, all of them before any comes a third time, and in one epoch in the same view; of a
    common one some are left out, others in every epoch. A function of ``seed`` and ``epoch``.
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
    targets: NDArray[np.int64], groups: NDArray[np.int64], seed: int, *, advice: str = STOP_EARLY
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions to train on and about a fifth to hold out, by class; equal ``groups (n,)`` are never parted.

    One group of every class is trained on in any case.

    Raises:
        UserError: that leaves nothing to hold out; ``advice`` says what to do then.
    """
    order = np.random.default_rng(seed).permutation(len(targets))
    firsts = order[np.unique(targets[order], return_index=True)[1]]
    others = np.flatnonzero(~np.isin(groups, groups[firsts]))
    if not len(others):
        raise UserError(
            f"About a fifth of {len(targets)} training items was to be held out, and none can be spared: each class "
            f"has a single item, or items that are tied together. {advice}"
        )
    held = others
    if len(np.unique(groups[others])) > 1:
        held = others[grouped_folds(targets[others], groups[others], PARTS, seed) == 0]
    return np.setdiff1d(np.arange(len(targets)), held), held


def one_of_each(groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """One position among ``groups (n,)`` for each of them, in an order that is drawn at random: items that are tied
    (near-copies, those of one patient) are no evidence of their own.
    """
    order = np.random.default_rng(seed).permutation(len(groups))
    return order[np.sort(np.unique(groups[order], return_index=True)[1])]
