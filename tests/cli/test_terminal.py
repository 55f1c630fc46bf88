import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from headstart.cli._terminal import document, plain, working
from headstart.core.progress import Silent
from tests.cli.standins import interval


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_plain_turns_records_into_json_terms():
    value = {"a": interval(0.5), 1: (Path("x"), None, True), "nan": float("nan"), "inf": [float("-inf")]}
    found = json.loads(json.dumps(plain(value), allow_nan=False))
    assert found["a"]["value"] == 0.5
    assert found["1"] == ["x", None, True]
    assert found["nan"] is None
    assert found["inf"] == [None]


def test_plain_refuses_what_json_has_no_place_for():
    with pytest.raises(TypeError, match="ndarray has no place in a JSON document"):
        plain({"array": np.zeros(2)})


def test_a_document_ends_its_line_and_keeps_letters(capsys):
    document({"class": "Köln"})
    assert capsys.readouterr().out == '{\n  "class": "Köln"\n}\n'


def test_with_json_what_libraries_print_goes_to_standard_error(capsys):
    with working(as_json=True) as progress:
        print("a library talks")
        progress.say("so do we")
    assert isinstance(progress, Silent)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "a library talks\n"


def test_without_json_a_log_gets_lines(capsys):
    with working(as_json=False) as progress:
        progress.say("One file was left out.")
    assert capsys.readouterr().err == "One file was left out.\n"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_terminal_gets_bars_even_with_json(monkeypatch, as_json):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    with working(as_json=as_json) as progress, progress.stage("Features", total=1) as stage:
        stage.advance()
    assert "✓" in sys.stderr.getvalue()
