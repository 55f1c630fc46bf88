from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np

from headstart.engine import identity as module
from headstart.engine.identity import code, identity
from tests.engine import toys


def test_pieces_belong_to_one_run(tmp_path: Path):
    data = toys.dataset(tmp_path / "d")
    one, other = (identity(data, toys.options(tmp_path, seed=seed)) for seed in (0, 1))
    assert one != other
    assert one == identity(data, toys.options(tmp_path, data="elsewhere"))
    moved = replace(data, split=replace(data.split, train=data.split.test, test=data.split.train))
    assert one != identity(moved, toys.options(tmp_path))


def test_a_journal_of_other_rows_classes_or_ties_is_not_continued(tmp_path: Path):
    data, options = toys.dataset(tmp_path / "d"), toys.options(tmp_path / "home")
    same = identity(data, options)
    assert identity(toys.load(tmp_path / "d"), options) == same
    turned = replace(data, table=data.table.select(range(len(data))[::-1]))
    tied = replace(data, groups=data.groups // 2)
    relabelled = replace(data, table=data.table.map(lambda row: {"target": 1 - row["target"]}))
    apart = replace(data, split=replace(data.split, separate=True))
    domains = replace(data, domains=np.arange(len(data)) % 3, domain_names=("x", "y", "z"))
    for other in (turned, tied, relabelled, apart, domains):
        assert identity(other, options) != same


def test_commit_and_changes_of_a_checkout(tmp_path: Path, monkeypatch):
    inside = tmp_path / "src" / "headstart" / "engine"
    inside.mkdir(parents=True)
    source = inside / "identity.py"
    source.write_text("1")
    monkeypatch.setattr(module, "__file__", str(source))
    assert code() == ("", False)
    for command in (
        ["init", "-q"], ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-qm", "x"],
    ):  # fmt: skip
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    commit, dirty = code()
    assert len(commit) == 40
    assert not dirty
    source.write_text("2")
    assert code() == (commit, True)
