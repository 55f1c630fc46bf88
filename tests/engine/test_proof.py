from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from headstart.engine.controls import Control
from headstart.engine.final import Scored
from headstart.engine.proof import judge
from headstart.engine.trials import try_features
from headstart.strategies.linear_probe import LinearProbe
from tests.engine import toys


def scored(right: float, count: int = 400) -> tuple[Scored, np.ndarray]:
    """Predictions of which a share is right, and logits of a control that is right on 60%."""
    generator = np.random.default_rng(0)
    targets = np.arange(count) % 2

    def logits(share: float) -> np.ndarray:
        guess = np.where(generator.random(count) < share, targets, 1 - targets)
        return np.eye(2)[guess] * 4

    ours = logits(right)
    probabilities = np.exp(ours) / np.exp(ours).sum(1, keepdims=True)
    return (
        Scored(
            on="test", items=toys.items_of([toys.picture(0, 0)] * count), ids=[str(n) for n in range(count)],
            targets=targets, groups=np.arange(count), ties=np.arange(count), domains=None,
            features=np.zeros((count, 2), dtype=np.float32), probabilities=probabilities, scores={},
        ),
        logits(0.6),
    )  # fmt: skip


def outcome(right: float) -> tuple[str, str, str]:
    transfer, control = scored(right)
    found = judge(
        [
            Control(name="simple", detail="s", logits=control),
            Control(name="scratch", detail="n", skipped="no room"),
        ],
        None,  # type: ignore[arg-type]  (the trial is for cross-validated comparisons)
        transfer,
        toys.labelled(),
    )
    assert [row.skipped for row in found.rows] == [None, "no room"]
    assert found.rows[0].delta is not None
    assert found.best == "simple"
    return found.verdict.outcome, found.verdict.against, found.verdict.sentence


def test_the_luck_of_the_choice_comes_off_a_cross_validated_difference(tmp_path: Path):
    run = toys.run(tmp_path)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    control = Control(name="simple", detail="s", logits=np.zeros_like(trial.logits))
    transfer, _ = scored(0.9, count=40)
    lucky = replace(transfer, on="cross-validation", optimism=0.1)
    plain, corrected = (
        judge([control], trial, given, run.data).rows[0].delta for given in (replace(lucky, optimism=0.0), lucky)
    )
    assert corrected.value == pytest.approx(plain.value - 0.1)
    assert corrected.high < plain.high


def test_better_is_positive_worse_is_negative_and_equal_is_neither():
    assert outcome(0.9)[0] == "positive"
    assert outcome(0.4)[:2] == ("negative", "a simple non-deep model")
    assert outcome(0.6)[0] == "cannot_tell"
    assert "a simple non-deep model" in outcome(0.9)[2]


def test_a_control_that_is_right_everywhere_leaves_nothing_to_gain():
    transfer, _ = scored(0.9)
    perfect = np.eye(2)[transfer.targets] * 4
    for probabilities in (transfer.probabilities, np.eye(2)[transfer.targets]):
        found = judge(
            [Control(name="simple", detail="s", logits=perfect)],
            None,  # type: ignore[arg-type]
            replace(transfer, probabilities=probabilities),
            toys.labelled(),
        )
        assert found.verdict.outcome != "positive"
        said = "That control is right on every item scored: there is nothing left to gain here."
        assert found.verdict.sentence.endswith(said)
        assert found.verdict.needed is None


def test_a_control_of_one_fold_is_told_from_the_others(tmp_path: Path):
    run = toys.run(tmp_path)
    trial = try_features(toys.contender(run), "linear_probe", LinearProbe(), run)
    transfer, _ = scored(0.9, count=40)
    wrong = np.eye(2)[1 - run.data.targets]
    simple = np.where(np.arange(40)[:, None] % 3 > 0, wrong, np.eye(2)[run.data.targets])
    one_fold = np.where((run.data.folds[0] == 0)[:, None], wrong, np.nan)
    nothing = np.full_like(one_fold, np.nan)
    controls = [
        Control(name="simple", detail="s", logits=np.stack([simple, simple])),
        Control(name="scratch", detail="n", logits=np.stack([one_fold, nothing])),
    ]
    found = judge(controls, trial, replace(transfer, on="cross-validation"), run.data)
    assert [row.scored for row in found.rows] == [40, 10]
    assert found.verdict.apart == ("scratch",)
    assert found.best == "simple"
    assert "the same network trained from scratch" in found.verdict.sentence
