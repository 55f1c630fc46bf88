from __future__ import annotations

from pathlib import Path

import pytest

from headstart.backbones import _watch
from tests.listening import Listener


def test_growth_is_reported_and_the_end_is_the_announced_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_watch, "INTERVAL", 0.005)
    (tmp_path / "before").write_bytes(b"x" * 500)
    progress = Listener()
    with _watch.watching(tmp_path, 1000, "Fetching", progress):
        (tmp_path / "deep").mkdir()
        (tmp_path / "deep" / "file").write_bytes(b"x" * 400)
        for _ in range(400):
            if progress.steps:
                break
            import time

            time.sleep(0.005)
    assert progress.total == 1000
    assert progress.steps[0] == 400
    assert sum(progress.steps) == 1000


def test_it_stops_watching_after_a_failure(tmp_path: Path) -> None:
    import threading

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="stop"), _watch.watching(tmp_path, 10, "Fetching", Listener()):
        raise RuntimeError("stop")
    assert threading.active_count() == before


def test_what_vanishes_while_being_looked_at_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import os
    import shutil

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(b"x" * 10)
    (tmp_path / "kept").write_bytes(b"x" * 7)
    look, removed = Path.lstat, []

    def lstat(path: Path) -> os.stat_result:
        if not removed:
            removed.append(path)
            monkeypatch.undo()
            shutil.rmtree(tmp_path / "a")
            shutil.rmtree(tmp_path / "b")
        return look(path)

    monkeypatch.setattr(Path, "lstat", lstat)
    assert _watch._size(tmp_path) == 7
    assert removed
