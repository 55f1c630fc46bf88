import os

import pytest

from headstart.data._cores import cores


def test_the_affinity_counts_where_there_is_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {1, 4, 5}, raising=False)
    assert cores() == 3


def test_elsewhere_the_machine_counts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert cores() == 6
