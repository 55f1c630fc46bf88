"""The bench of memory goes the way of a run, from stored features to the learning curve."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.memory import _median, grown, measured


def test_every_stage_of_a_run_is_measured(tmp_path: Path) -> None:
    found = measured(300, 8, 2, tmp_path)

    assert found["rows"] == 300
    assert found["score"] > 0.5
    assert found["peak"] == max(stage["peak"] for stage in found["stages"].values())
    assert list(found["stages"]) == [
        "store", "take from the store", "folds", "probe, 5 folds", "neighbours and scores", "interval",
        "choice and refit", "score, all metrics", "figures", "learning curve",
    ]  # fmt: skip


@pytest.mark.parametrize(("fixed", "power"), [(0.0, 1.0), (6.0, 1.0), (6.0, 0.6), (2.0, 1.4)])
def test_what_is_fixed_is_told_from_what_grows(fixed: float, power: float) -> None:
    sizes = np.array([10_000, 30_000, 100_000, 300_000, 1_000_000])
    found = grown(sizes, fixed + 80.0 * (sizes / 1e6) ** power)
    assert found == pytest.approx((fixed, power), abs=0.02)


def test_rounds_are_summed_up_by_their_medians() -> None:
    rounds = [{"rows": 5, "stages": {"a": {"seconds": s, "peak": 10 * s}}} for s in (3.0, 1.0, 2.0)]
    assert _median(rounds) == {"rows": 5, "stages": {"a": {"seconds": 2.0, "peak": 20.0}}}
