"""Labelled items of the balanced accuracy, and of the plain one."""

from __future__ import annotations

import numpy as np

from headstart.engine.estimates import Sample
from headstart.tasks.classification import Classification


def items_of(targets, groups=None, *, plain=False):
    """As `Sample.of` makes them of a classification task; ``plain`` items all count the same."""
    targets = np.asarray(targets)
    counts = np.bincount(targets)
    ceiling = np.ones(len(targets)) if plain else len(targets) / (np.count_nonzero(counts) * counts[targets])
    return Sample(targets=targets, groups=np.arange(len(targets)) if groups is None else groups, ceiling=ceiling)


def balanced(targets, groups=None):
    """`Sample.of` of a classification task over all classes up to the last."""
    task = Classification(classes=[str(c) for c in range(int(max(targets)) + 1)])
    targets = np.asarray(targets)
    return Sample.of(task, targets, np.arange(len(targets)) if groups is None else np.asarray(groups))
