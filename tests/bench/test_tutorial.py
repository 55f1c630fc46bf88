import json
import subprocess

import pytest

from bench import _tutorial
from bench._contest import Failed
from bench._csv import write_texts


@pytest.fixture
def folder(tmp_path, monkeypatch):
    write_texts(tmp_path / "train.csv", [("good", "a"), ("bad", "b")])
    write_texts(tmp_path / "test.csv", [("fine", "a"), ("nice", "a"), ("awful", "b")])
    monkeypatch.setattr(_tutorial, "fetched", lambda modality: tmp_path / "weights")
    return tmp_path


def answering(monkeypatch, labels, code=0):
    def run(command, **_):
        command[-1].write_text(json.dumps(labels), encoding="utf-8")
        assert command[1].name == "plain_texts.py"
        return subprocess.CompletedProcess(command, code, "", "It broke.")

    monkeypatch.setattr(_tutorial.subprocess, "run", run)


def test_what_the_script_answers_is_scored_by_class(folder, monkeypatch):
    answering(monkeypatch, ["a", "b", "b"])
    assert _tutorial.fine_tuned(folder, "text") == 0.75


def test_a_script_that_fails_says_how(folder, monkeypatch):
    answering(monkeypatch, [], code=1)
    with pytest.raises(Failed, match=r"It broke\."):
        _tutorial.fine_tuned(folder, "text")
