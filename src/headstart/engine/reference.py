"""What is kept of the domain that a model is for: so that new items can be compared with it when the data are gone."""

from __future__ import annotations

import numpy as np

from headstart.core.domain_reference import DomainReference
from headstart.distances.two_sample import FEWEST
from headstart.engine.domain_card import looks_of
from headstart.engine.draws import one_of_each
from headstart.engine.final import Scored, Settled
from headstart.engine.run import Run

MOST = 2000
"""Items: no more are looked at when a model is carried over (`headstart.engine.align`)."""
ROOM = 16 * 2**20
"""Bytes that their features may take beside a model."""


def kept(settled: Settled, scored: Scored | None, run: Run, *, carried: bool) -> DomainReference | None:
    """Items of the domain of the ``settled`` model: training items, where their features are like those of new ones.

    A body that was trained has fitted its training items, and one that was ``carried`` over is for another domain: then
    it is the test items on which this very model was ``scored``, None if it was not scored or was cross-validated.
    There is no reference either where too few items are independent.
    """
    if settled.model.frozen and not carried:
        return _training_items(settled, run)
    if scored is None or scored.on == "cross-validation":
        return None
    rows = one_of_each(scored.ties, run.options.seed)[: _most(scored.features.shape[1])]
    if len(rows) < FEWEST:
        return None
    return DomainReference(
        of="test items",
        features=np.asarray(scored.features[rows], dtype=np.float32),
        predicted=scored.probabilities[rows].argmax(axis=1),
        targets=None,
        looks=tuple(looks_of(scored.items.subset(rows))),
    )


def _training_items(settled: Settled, run: Run) -> DomainReference | None:
    data, trial = run.data, settled.chosen.trial
    logits = trial.logits[0]
    rows = one_of_each(data.ties, run.options.seed)
    rows = rows[~np.isnan(logits[rows, 0])][: _most(trial.contender.features.shape[1])]
    if len(rows) < FEWEST:
        return None
    return DomainReference(
        of="training items",
        features=np.asarray(trial.contender.features[rows], dtype=np.float32),
        predicted=logits[rows].argmax(axis=1),
        targets=data.targets[rows],
        looks=tuple(looks_of(data.items.subset(rows))),
    )


def _most(width: int) -> int:
    """Items of so many features that are kept."""
    return min(MOST, ROOM // (4 * width))
