import json
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
from bench._csv import write_texts
from bench._sets import SETS
from bench._weights import MODELS


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


NOTED = """
import json, sys
from collections import namedtuple
from pathlib import Path
said = namedtuple("Said", "label")
notes = []
def load(source, **given):
    notes.append(["load", Path(source).name, given])
    return "data"
def adapt(data, **given):
    notes.append(["adapt", data, given["pool"], given["budget"], given["out"].name])
def open(run):
    return sys.modules[__name__]
def predict(items):
    Path("notes.json").write_text(json.dumps(notes))
    return [said(Path(item).name.upper()) for item in items]
"""


@pytest.mark.parametrize(
    ("set", "source", "columns"), [("cells", "train", {}), ("tweets", "train.csv", {"input": "text", "label": "label"})]
)
def test_headstart_learns_from_the_training_part_alone_and_answers_in_the_same_process(
    monkeypatch, tmp_path, set, source, columns
):
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake/headstart.py").write_text(NOTED)
    for name in ("train", "test"):
        if set == "cells":
            (tmp_path / "data" / name / "A").mkdir(parents=True)
            (tmp_path / "data" / name / "A/a").touch()
            (tmp_path / "data" / name / "A/b").touch()
        else:
            (tmp_path / "data").mkdir(exist_ok=True)
            write_texts(tmp_path / f"data/{name}.csv", [("a", "A"), ("b", "B")])
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fake"))
    monkeypatch.setattr(_contest, "store_with_models", lambda scratch: scratch)
    monkeypatch.setattr(_contest, "truth", lambda folder: ["A", "C"])
    given = {"folder": tmp_path / "data", "weights": tmp_path, "python": Path(sys.executable), "scratch": tmp_path}
    measured_with = {"machine": "m", "commit": "c", "environment": "e"}
    found = _contest.contest("quick", set, 0, measured_with=measured_with, **given)
    assert json.loads((tmp_path / f"{set}-0-quick/notes.json").read_text()) == [
        ["load", source, columns],
        ["adapt", "data", [MODELS[SETS[set].modality]], "quick", "run"],
    ]
    assert found.balanced_accuracy == 0.5
    assert found.wall > 0
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
