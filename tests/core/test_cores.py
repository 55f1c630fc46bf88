import os
from pathlib import Path

import pytest

from headstart.core import cores as module
from headstart.core.cores import cores


@pytest.fixture(autouse=True)
def quota(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Stands for the file of the control group; it is not there."""
    monkeypatch.setattr(module, "QUOTA", tmp_path / "cpu.max")
    return tmp_path / "cpu.max"


def test_the_affinity_counts_where_there_is_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 4, 5}, raising=False)
    assert cores() == 3


def test_elsewhere_the_machine_counts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert cores() == 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("20000 100000\n", 1),
        ("0 100000\n", 1),
        ("9900000 100000\n", 4),
        ("max 100000\n", 4),
        ("", 4),
        ("100000\n", 4),
        ("100000 0\n", 4),
    ],
)
def test_a_quota_counts_where_it_pays_for_fewer(monkeypatch: pytest.MonkeyPatch, quota: Path, text: str, expected: int):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert cores() == 4
    quota.write_text(text)
    assert cores() == expected
