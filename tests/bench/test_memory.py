"""The bench of memory goes the way of a run, from stored features to the learning curve."""

from __future__ import annotations

from pathlib import Path

from bench.memory import measured


def test_every_stage_of_a_run_is_measured(tmp_path: Path) -> None:
    found = measured(300, 8, 2, tmp_path)

    assert found["rows"] == 300
    assert found["score"] > 0.5
    assert found["peak"] == max(stage["peak"] for stage in found["stages"].values())
    assert list(found["stages"]) == [
        "store", "take from the store", "folds", "probe, 5 folds", "neighbours and scores", "interval",
        "choice and refit", "score, all metrics", "figures", "learning curve",
    ]  # fmt: skip
