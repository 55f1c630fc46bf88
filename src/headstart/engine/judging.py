"""Ways across judged without labels of the target."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from headstart.core.domain import FeatureMethod, Fit, Pair, one_hot
from headstart.core.validator import Judged
from headstart.heads.folds import grouped_folds
from headstart.heads.logistic import fit_logistic

FOLDS = 5
"""Of the source, each crossed without."""
LARGEST = 20.0
"""Weights are cut there: what a classifier is certain of is no measurement of how certain."""


def judged(
    method: FeatureMethod, pair: Pair, fit: Fit, logits: NDArray[np.float64], weights: NDArray[np.float64]
) -> Judged:
    """What ``method`` is judged by, which predicted ``logits (M, C)`` for the target of ``pair``; ``weights (N,)`` are
    the `likeness` of its source.
    """
    return Judged(
        source=pair.source,
        labels=pair.labels,
        target=pair.target,
        logits=logits,
        held=held_out(method, pair, fit),
        back=way_back(method, pair, fit, logits),
        weights=weights,
    )


def held_out(method: FeatureMethod, pair: Pair, fit: Fit) -> NDArray[np.float64]:
    """Logits ``(N, C)`` of every source item from a crossing that has not seen it, nor what it is tied to."""
    folds = grouped_folds(pair.labels, pair.groups, FOLDS, 0)
    found = np.zeros((len(pair.labels), pair.outputs))
    for fold in np.unique(folds):
        held, rest = folds == fold, folds != fold
        groups = None if pair.groups is None else pair.groups[rest]
        part = replace(pair, source=pair.source[rest], labels=pair.labels[rest], groups=groups)
        crossing = method.cross(part, fit)
        found[held] = crossing.head.logits(crossing.arrive(pair.source[held]))
    return found


def way_back(method: FeatureMethod, pair: Pair, fit: Fit, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logits ``(N, C)`` for the source of the crossing from the target, whose labels are what was predicted there."""
    predicted = logits.argmax(axis=1)
    if len(np.unique(predicted)) < 2:
        return np.tile(one_hot(predicted[:1], pair.outputs), (len(pair.source), 1))
    back = Pair(source=pair.target, labels=predicted, target=pair.source, outputs=pair.outputs)
    return method.cross(back, fit).head.logits(pair.source)


def likeness(pair: Pair) -> NDArray[np.float64]:
    """How much denser the target is where source items lie, ``(N,)``: odds of a logistic regression on the sides, from
    predictions left out, times N / M (Bickel, Brückner and Scheffer 2009, JMLR 10, section 3). About 1 in the mean, and
    not scaled to it: by how far they miss it `headstart.validators.dev` corrects what they weigh.
    """
    first, second = len(pair.source), len(pair.target)
    sides = np.repeat([0, 1], [first, second])
    ties = np.arange(first) if pair.groups is None else pair.groups
    groups = np.concatenate([ties, ties.max() + 1 + np.arange(second)])
    folds = grouped_folds(sides, groups, FOLDS, 0)
    found = fit_logistic(np.concatenate([pair.source, pair.target]), sides, 2, folds=folds).oof_logits
    assert found is not None  # no penalty was given
    log_odds = found[:first, 1] - found[:first, 0] + np.log(first / second)
    return np.exp(np.clip(log_odds, -np.log(LARGEST), np.log(LARGEST)))
