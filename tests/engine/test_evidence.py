from __future__ import annotations

import numpy as np

from headstart.engine import evidence
from headstart.strategies.last_blocks import LastBlocks
from tests.engine.test_proof import scored


def test_confusion_counts_rows_by_truth():
    transfer, _ = scored(0.8)
    table = np.array(evidence.confusion(transfer, 2))
    assert table.sum() == 400
    assert np.array_equal(table.sum(axis=1), [200, 200])
    assert np.trace(table) == np.sum(transfer.probabilities.argmax(1) == transfer.targets)


def test_the_worst_mistakes_are_wrong_confident_and_few():
    transfer, _ = scored(0.5)
    found = evidence.worst_mistakes(transfer, ("a", "b"), lambda item: {"text": "seen", "thumbnail": None})
    assert len(found) == evidence.WORST
    assert all(mistake.truth != mistake.predicted and mistake.text == "seen" for mistake in found)
    assert [m.confidence for m in found] == sorted((m.confidence for m in found), reverse=True)


def test_options_of_a_strategy_are_flat_plain_values():
    options = evidence.strategy_options(LastBlocks())
    assert options["blocks"] == 1
    assert options["schedule.epochs"] == LastBlocks().schedule.epochs
    assert all(isinstance(value, (int, float, str, bool)) for value in options.values())


def test_large_maps_are_sampled(monkeypatch):
    transfer, _ = scored(0.8)
    monkeypatch.setattr(evidence, "MAPPED", 50)
    monkeypatch.setattr(evidence, "embed", lambda features, seed: (np.zeros((len(features), 2)), "none"))
    points = evidence.feature_map(transfer, 0)
    assert len(points) == 50
    assert {point.truth for point in points} == {0, 1}
