"""Whether a way across is taken, or the source's head kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from headstart.core.alignment import CONSENSUS, OWN_CONSENSUS, SOURCE_ONLY, Reason
from headstart.core.domain_card import LEVEL
from headstart.core.validator import Judged
from headstart.distances.two_sample import two_sample
from headstart.heads.balanced import balanced_accuracy

AGREEING = ("class_ami", "bnm")
"""Validators that must both rate a way above the source's head: whether predictions follow the target's own clusters,
and whether they are certain and varied. Of the eight, the first alone fell in every case in which predictions were
forced onto classes that were rare or absent, and the second tells nothing where the first is blind: clusters that are
something else than classes (`bench across`)."""
KEPT = 0.5
"""Share of what the source's head has above chance, on source items left out, that must be kept."""
COLLAPSED = 0.5
"""Share of the classes that the effective number of predicted ones must come to."""

REASONS: Mapping[Reason, str] = {
    "agreed": "Source and target are different domains (p = {p}), and predictions by consensus follow the clusters of "
    "the target more closely than those of the original model.",
    "own statistics": "They are different domains (p = {p}), and with the target's own BatchNorm statistics "
    "predictions follow its clusters more closely.",
    "asked for": "It was asked for by name. {opinion}",
    "same domain": "Within classes as the model predicts them, source and target cannot be told apart (p = {p}): there "
    "is nothing to adapt to.",
    "collapse": "The consensus of the methods predicts effectively only {effective:.1f} of {classes} classes in the "
    "target: predictions have collapsed, or the other classes are not there.",
    "source lost": "The consensus of the methods no longer fits the source: balanced accuracy on held-out items is "
    "{held:.0%}, and {before:.0%} with the original model.",
    "not clearer": "The consensus of the methods does not fit the target better than the original model, by {fallen}: "
    "adapting may do harm.",
}
"""What is said for each; names in braces are facts of the case."""


@dataclass(frozen=True, kw_only=True)
class Guarded:
    """What is ``taken`` and the ``reason`` for it, in a ``sentence`` too; ``p`` is that of one domain."""

    taken: str
    reason: Reason
    sentence: str
    p: float


def guarded(
    judged: Mapping[str, Judged],
    values: Mapping[str, Mapping[str, float]],
    features: tuple[NDArray[np.floating], NDArray[np.floating]],
    *,
    independent: NDArray[np.int64],
    asked: str | None = None,
    seed: int = 0,
) -> Guarded:
    """What to take of the ways ``judged``, which are known by ``values`` of every validator.

    ``features (N, D)`` and ``(M, D)`` are those of both sides, the same items that were judged. No two of the target's
    are tied, nor of the source's those that are ``independent (n,)``.

    It is what methods agree on where BatchNorm has statistics of each domain's own, then what they agree on without:
    the first that nothing speaks against.
    """
    p = _one_domain(judged[SOURCE_ONLY], features, independent, seed)
    way = asked or (CONSENSUS if CONSENSUS in judged else next(name for name in judged if name != SOURCE_ONLY))
    found, facts = _objection(judged, values, way, p)
    if asked is None:
        reason: Reason = found or "agreed"
        taken = SOURCE_ONLY if found else way
        if OWN_CONSENSUS in judged and _objection(judged, values, OWN_CONSENSUS, p)[0] is None:
            taken, reason = OWN_CONSENSUS, "own statistics"
        return Guarded(taken=taken, reason=reason, sentence=REASONS[reason].format(**facts), p=p)
    opinion = f"The guard would have kept the model as it was. {REASONS[found].format(**facts)}" if found else ""
    return Guarded(taken=asked, reason="asked for", sentence=REASONS["asked for"].format(opinion=opinion).strip(), p=p)


def _one_domain(
    source: Judged,
    features: tuple[NDArray[np.floating], NDArray[np.floating]],
    independent: NDArray[np.int64],
    seed: int,
) -> float:
    """p-value of both sides being of one domain with predicted classes held equal: where classes are only more or less
    frequent there is nothing to adapt to, and methods that even out classes do most harm. Of source items that are tied
    one is looked at: copies would tell any two sides apart.
    """
    first, second = features
    strata = source.held.argmax(axis=1)[independent], source.logits.argmax(axis=1)
    found = two_sample(first[independent], second, strata=strata, seed=seed)
    assert found.within is not None  # there are strata
    return found.within


def _objection(
    judged: Mapping[str, Judged], values: Mapping[str, Mapping[str, float]], way: str, p: float
) -> tuple[Reason | None, dict[str, object]]:
    """The first reason not to take ``way``, and what its sentence tells."""
    before, after = judged[SOURCE_ONLY], judged[way]
    classes = after.logits.shape[1]
    held = [balanced_accuracy(each.held, each.labels) for each in (before, after)]
    chance = 1.0 / len(np.unique(before.labels))
    effective = effective_classes(after.logits)
    fallen = [name for name in AGREEING if values[way][name] <= values[SOURCE_ONLY][name]]
    facts = {
        "p": f"{p:.3f}",
        "effective": effective,
        "classes": classes,
        "held": held[1],
        "before": held[0],
        "fallen": " and ".join(fallen),
    }
    if p > LEVEL:
        return "same domain", facts
    if effective < COLLAPSED * classes:
        return "collapse", facts
    if held[1] - chance < KEPT * (held[0] - chance):
        return "source lost", facts
    return ("not clearer" if fallen else None), facts


def effective_classes(logits: NDArray[np.float64]) -> float:
    """The number of classes that are predicted, ``exp(H)`` of their shares among the predictions ``(M, C)``."""
    shares = np.bincount(logits.argmax(axis=1), minlength=logits.shape[1]) / len(logits)
    present = shares[shares > 0]
    return float(np.exp(-np.sum(present * np.log(present))))
