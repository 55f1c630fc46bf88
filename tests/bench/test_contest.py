import os
import sys
from pathlib import Path

import pytest

from bench import _contest
from bench._contest import (
    CONTESTANTS,
    OURS,
    SCRIPTS,
    Failed,
    Spent,
    _timed,
    balanced_accuracy,
    environment_of,
    takes_part,
)


def test_balanced_accuracy_counts_classes_alike():
    assert balanced_accuracy(["a", "a", "a", "b"], ["a", "a", "b", "b"]) == pytest.approx((2 / 3 + 1) / 2)
    assert balanced_accuracy(["a", "b"], ["c", "b"]) == 0.5


def test_too_few_answers_are_a_failure():
    with pytest.raises(Failed, match="1 answers to 2 items"):
        balanced_accuracy(["a", "b"], ["a"])


def test_every_peer_has_a_script_for_what_it_takes_part_in():
    for name in CONTESTANTS:
        for modality in ("image", "text"):
            there = (SCRIPTS / f"{name}_{modality}s.py").is_file()
            assert there == (name not in OURS and takes_part(name, modality))


def test_only_foreign_libraries_have_environments_of_their_own():
    assert {environment_of(name) for name in CONTESTANTS} == {"headstart", "fastai", "autogluon"}


@pytest.mark.parametrize(("set", "seen"), [("cells", ["train"]), ("tweets", ["train.csv"])])
def test_headstart_learns_from_the_training_part_alone_and_answering_is_timed(monkeypatch, tmp_path, set, seen):
    commands = []

    def timed(command, environment, work):
        commands.append([str(part) for part in command])
        if len(commands) == 2:
            (work / "answer.json").write_text('["a", "b"]')
        return Spent(wall=3.0, cpu=4.0, peak=100.0 * len(commands))

    monkeypatch.setattr(_contest, "_timed", timed)
    monkeypatch.setattr(_contest, "store_with_models", lambda scratch: scratch)
    monkeypatch.setattr(_contest, "truth", lambda folder: ["a", "b"])
    given = {"folder": tmp_path / "data", "weights": tmp_path, "python": Path("python"), "scratch": tmp_path}
    measured_with = {"machine": "m", "commit": "c", "environment": "e"}
    found = _contest.contest("quick", set, 0, measured_with=measured_with, **given)
    adapt, ask = commands
    assert [
        part[len(str(tmp_path / "data")) + 1 :] for part in adapt if part.startswith(str(tmp_path / "data"))
    ] == seen
    assert "--test" not in adapt
    assert ask[1].endswith("ask_headstart.py")
    assert (found.wall, found.cpu, found.peak, found.balanced_accuracy) == (6.0, 8.0, 200.0, 1.0)
    assert (found.machine, found.commit, found.environment) == ("m", "c", "e")


def test_a_process_is_measured_on_its_own(tmp_path):
    def measured(code: str) -> Spent:
        return _timed([sys.executable, "-c", code], os.environ, tmp_path)

    # What this process holds is counted at the start of another one: the one that is measured takes more than that.
    held = measured("pass").peak
    filled = measured(f"bytearray(b'x' * {int(held + 128) * 1024**2})")
    assert filled.peak > held + 128
    worked = measured("sum(range(2 * 10**7))")
    slept = measured("import time; time.sleep(0.5)")
    assert worked.cpu > 0.1
    assert slept.wall > 0.5
    assert slept.cpu < worked.cpu
    assert slept.peak < filled.peak - 64  # nothing of those before it is counted


def test_a_process_that_fails_says_what_it_printed(tmp_path):
    with pytest.raises(Failed, match="no such thing"):
        _timed([sys.executable, "-c", "raise SystemExit('no such thing')"], os.environ, tmp_path)
