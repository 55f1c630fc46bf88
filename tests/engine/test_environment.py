from __future__ import annotations

import subprocess
from pathlib import Path

import torch

from headstart.engine import environment


def test_it_names_versions_device_and_threads():
    found = environment.environment("bfloat16")
    assert set(environment.PACKAGES) < set(found["versions"])
    assert (found["dtype"], found["device"]) == ("bfloat16", "cpu")
    assert found["threads"] >= 1


def test_a_graphics_card_is_named(monkeypatch):
    monkeypatch.setattr("torch.cuda.get_device_name", lambda device: "Card 9000")
    assert environment._processor(torch.device("cuda")) == "Card 9000"


def test_commit_and_changes_of_a_checkout(tmp_path: Path, monkeypatch):
    inside = tmp_path / "src" / "headstart" / "engine"
    inside.mkdir(parents=True)
    source = inside / "environment.py"
    source.write_text("1")
    monkeypatch.setattr(environment, "__file__", str(source))
    assert environment._code() == ("", False)
    for command in (
        ["init", "-q"], ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=e@example.org", "commit", "-qm", "x"],
    ):  # fmt: skip
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    commit, dirty = environment._code()
    assert len(commit) == 40
    assert not dirty
    source.write_text("2")
    assert environment._code() == (commit, True)
