from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from headstart.core.alignment import CONSENSUS, OWN, OWN_CONSENSUS, SOURCE_ONLY
from headstart.core.validator import Judged
from headstart.engine.guard import REASONS, effective_classes, guarded

LABELS = np.arange(90) % 3
RANDOM = np.random.default_rng(0)
FEATURES = RANDOM.normal(size=(90, 4)), RANDOM.normal(size=(90, 4)) + 2.0
ALL = np.arange(90)


def predictions(share: float, labels: np.ndarray = LABELS) -> np.ndarray:
    """Logits that are right for a ``share`` of the items."""
    wrong = np.arange(len(labels)) >= share * len(labels)
    return 5.0 * np.eye(3)[np.where(wrong, (labels + 1) % 3, labels)]


def judged(*, held: float = 0.9, logits: np.ndarray | None = None) -> Judged:
    return Judged(
        source=FEATURES[0],
        labels=LABELS,
        target=FEATURES[1],
        logits=predictions(1.0) if logits is None else logits,
        held=predictions(held),
        back=predictions(held),
        weights=np.ones(90),
    )


def values(ami: float, bnm: float) -> Mapping[str, float]:
    return {"class_ami": ami, "bnm": bnm}


BEFORE = values(0.3, 0.6)


def asked_of(
    after: Judged,
    figures: Mapping[str, float],
    features: tuple[np.ndarray, np.ndarray] = FEATURES,
    asked: str | None = None,
):
    ways = {SOURCE_ONLY: judged(), "coral": after, CONSENSUS: after}
    known = {SOURCE_ONLY: BEFORE, "coral": figures, CONSENSUS: figures}
    return guarded(ways, known, features, independent=np.arange(len(features[0])), asked=asked)


def test_taken_where_nothing_speaks_against_it():
    found = asked_of(judged(held=0.8), values(0.4, 0.7))
    assert (found.taken, found.reason) == (CONSENSUS, "agreed")
    assert "follow the clusters of the target more closely" in found.sentence
    assert found.p == 0.005


@pytest.mark.parametrize(
    ("figures", "said"),
    [((0.2, 0.7), "by class_ami:"), ((0.4, 0.5), "by bnm:"), ((0.2, 0.5), "by class_ami and bnm:")],
)
def test_kept_where_it_is_no_clearer(figures: tuple[float, float], said: str):
    found = asked_of(judged(), values(*figures))
    assert (found.taken, found.reason) == (SOURCE_ONLY, "not clearer")
    assert said in found.sentence


def test_kept_where_the_domain_is_the_same():
    same = RANDOM.normal(size=(90, 4))
    found = asked_of(judged(), values(0.4, 0.7), (FEATURES[0], same))
    assert (found.taken, found.reason) == (SOURCE_ONLY, "same domain")
    assert found.p > 0.05
    assert "source and target cannot be told apart" in found.sentence


def test_classes_that_are_only_more_frequent_are_no_other_domain():
    """Features follow the class, and the second side has other shares of the classes."""
    middles = 6.0 * np.eye(3, 4)
    labels = RANDOM.choice(3, 90, p=[0.8, 0.1, 0.1])
    features = middles[LABELS] + RANDOM.normal(size=(90, 4)), middles[labels] + RANDOM.normal(size=(90, 4))
    before = judged(held=1.0, logits=predictions(1.0, labels))
    found = guarded(
        {SOURCE_ONLY: before, CONSENSUS: before},
        {SOURCE_ONLY: BEFORE, CONSENSUS: values(0.4, 0.7)},
        features,
        independent=ALL,
    )
    assert found.reason == "same domain"


def test_copies_are_no_other_domain():
    """Nine source items, each there ten times, are easily told from ninety others that are drawn alike."""
    few, others = RANDOM.normal(size=(9 + 9, 40)), RANDOM.normal(size=(90, 40))
    features = np.repeat(few, 5, axis=0), others
    ways = {SOURCE_ONLY: judged(), CONSENSUS: judged()}
    known = {SOURCE_ONLY: BEFORE, CONSENSUS: values(0.4, 0.7)}
    assert guarded(ways, known, features, independent=ALL).p < 0.05
    found = guarded(ways, known, features, independent=np.arange(18) * 5)
    assert (found.p > 0.05, found.reason) == (True, "same domain")


def test_kept_after_a_collapse():
    found = asked_of(judged(logits=5.0 * np.eye(3)[np.zeros(90, dtype=int)]), values(0.4, 0.7))
    assert (found.taken, found.reason) == (SOURCE_ONLY, "collapse")
    assert "effectively only 1.0 of 3 classes" in found.sentence


def test_kept_where_the_source_is_forgotten():
    found = asked_of(judged(held=0.4), values(0.4, 0.7))
    assert (found.taken, found.reason) == (SOURCE_ONLY, "source lost")
    assert "balanced accuracy on held-out items is 40%, and 90% with the original model" in found.sentence


def test_what_is_asked_for_by_name_is_taken_and_the_objection_told():
    fine = asked_of(judged(), values(0.4, 0.7), asked="coral")
    assert (fine.taken, fine.reason, fine.sentence) == ("coral", "asked for", "It was asked for by name.")
    poor = asked_of(judged(), values(0.1, 0.7), asked="coral")
    assert poor.taken == "coral"
    assert "The guard would have kept the model as it was." in poor.sentence
    assert "by class_ami" in poor.sentence


def test_one_method_alone_stands_for_the_consensus():
    ways = {SOURCE_ONLY: judged(), "coral": judged()}
    found = guarded(ways, {SOURCE_ONLY: BEFORE, "coral": values(0.4, 0.7)}, FEATURES, independent=ALL)
    assert found.taken == "coral"


@pytest.mark.parametrize(("predicted", "expected"), [([0, 0, 0], 1.0), ([0, 1, 2], 3.0), ([0, 0, 1], 1.88988)])
def test_effective_classes_by_hand(predicted: list[int], expected: float):
    assert effective_classes(np.eye(3)[predicted]) == pytest.approx(expected, abs=1e-4)


def test_every_reason_has_its_sentence():
    """That of the labelled items comes with them (`headstart.engine.few`)."""
    from typing import get_args

    from headstart.core.alignment import Reason

    assert set(REASONS) | {"labelled"} == set(get_args(Reason))


def beside(agreed: tuple[float, float], both: tuple[float, float], **ways: Judged):
    """With what methods agree on where each domain has statistics of its own: figures of the consensus, and of that."""
    after = judged(held=0.8)
    known = {SOURCE_ONLY: judged(), CONSENSUS: after, OWN: after, OWN_CONSENSUS: after, **ways}
    figures = {SOURCE_ONLY: BEFORE, CONSENSUS: values(*agreed), OWN: values(0.9, 0.9), OWN_CONSENSUS: values(*both)}
    return guarded(known, figures, FEATURES, independent=ALL)


def test_own_statistics_come_first():
    found = beside((0.4, 0.7), (0.35, 0.65))
    assert (found.taken, found.reason) == (OWN_CONSENSUS, "own statistics")
    assert "with the target's own BatchNorm statistics" in found.sentence


def test_own_statistics_that_something_speaks_against_are_not_taken():
    assert beside((0.4, 0.7), (0.2, 0.9)).taken == CONSENSUS
    assert beside((0.2, 0.7), (0.2, 0.9)).taken == SOURCE_ONLY
    assert beside((0.4, 0.7), (0.6, 0.9), **{OWN_CONSENSUS: judged(held=0.4)}).taken == CONSENSUS
    fallen = judged(logits=np.tile([5.0, 0.0, 0.0], (90, 1)))
    assert beside((0.4, 0.7), (0.6, 0.9), **{OWN_CONSENSUS: fallen}).taken == CONSENSUS


def test_own_statistics_are_taken_where_all_else_is_refused():
    assert beside((0.2, 0.7), (0.5, 0.8)).taken == OWN_CONSENSUS
