"""What adapting has left of the pretrained body: its features, and what it knew of the classes of its pretraining."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from headstart.core.backbone import LinearHead
from headstart.core.errors import Unavailable
from headstart.core.results import Interval, Retention
from headstart.engine.final import Scored, Settled
from headstart.engine.items import Items
from headstart.engine.run import Run
from headstart.engine.trials import Contender, encode_once
from headstart.engine.wilson import wilson

MOST = 2000
"""Items that are looked at: similarity takes the square of their number."""
FEWEST = 4
"""Items that a similarity can be estimated from."""


def retained(settled: Settled, scored: Scored | None, run: Run, test: Items) -> Retention | None:
    """Of the chosen model, on the test items or, without any, on those it learnt from; None where its body is as it was
    pretrained. ``scored`` has features of the test items by this very model; None where it was not scored on them.
    """
    model, contender = settled.model, settled.chosen.trial.contender
    if model.frozen:
        return None
    features = scored.features if scored is not None and scored.on == "test" else None
    items = run.data.items if features is None else test
    rows = np.arange(len(items))
    if len(rows) > MOST:
        rows = np.sort(np.random.default_rng(run.options.seed).choice(rows, MOST, replace=False))
    few = items.subset(rows)
    if features is not None:
        before, after = contender.encoder.encode(few, "features before adapting").features, features[rows]
    else:
        before, after = contender.features[rows], encode_once(model.backbone, few, contender)
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    classifier = _classifier(contender)
    agreement = None
    if classifier is not None:
        agreement = share(classifier.logits(first).argmax(axis=1) == classifier.logits(second).argmax(axis=1))
    return Retention(
        measured_on="training" if features is None else "test",
        items=len(rows),
        similarity=similarity(first, second) if len(rows) >= FEWEST else None,
        agreement=agreement,
        classes=0 if classifier is None else len(classifier.bias),
    )


def _classifier(contender: Contender) -> LinearHead | None:
    """What it was pretrained with; a damaged file is not worth a finished run."""
    try:
        return contender.classifier()
    except Unavailable:
        return None


def share(holds: NDArray[np.bool_]) -> Interval:
    """Of the items for which something ``holds (N,)``, with Wilson's interval."""
    value = float(holds.mean())
    low, high = wilson(value, len(holds))
    return Interval(value=value, low=low, high=high, method="Wilson")


def similarity(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """Linear CKA of features ``(N, D)`` and ``(N, E)`` of the same items (Kornblith et al. 2019, arXiv 1905.00414,
    section 4): 1 where they differ by rotation, shift and scale alone, about 0 where they have nothing in common.

    From the unbiased estimate of HSIC (Song et al. 2012, JMLR 13, equation 5), as Nguyen et al. 2021 (arXiv 2010.15327,
    equation 3) do: the plain one is near 1 for anything with more columns than rows. None where features do not vary.

    Raises:
        ValueError: fewer than four items.
    """
    count = len(first)
    if count < FEWEST:
        raise ValueError(f"CKA needs {FEWEST} items, got {count}.")
    # Shifted to their means, which changes nothing but keeps rounding small.
    grams = [centred @ centred.T for centred in (first - first.mean(axis=0), second - second.mean(axis=0))]
    for gram in grams:
        np.fill_diagonal(gram, 0.0)
    own = [_hsic(gram, gram) for gram in grams]
    if min(own) <= 0:
        return None
    return float(np.clip(_hsic(*grams) / np.sqrt(own[0] * own[1]), 0.0, 1.0))


def _hsic(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Of Gram matrices ``(N, N)`` whose diagonals are zero."""
    count = len(first)
    sums, others = first.sum(axis=0), second.sum(axis=0)
    inner = np.einsum("ij,ij->", first, second)
    whole = sums.sum() * others.sum() / ((count - 1) * (count - 2))
    return float((inner + whole - 2 * (sums @ others) / (count - 2)) / (count * (count - 3)))
