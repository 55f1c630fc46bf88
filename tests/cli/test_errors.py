import errno

import pytest

from headstart.cli._errors import explain, report
from headstart.core.errors import Unavailable, UserError


@pytest.mark.parametrize(
    ("error", "kind", "code", "sentence"),
    [
        (Unavailable("The index cannot be reached."), "unavailable", 1, "The index cannot be reached."),
        (KeyboardInterrupt(), "interrupted", 130, "Stopped."),
        (OSError(errno.ENOSPC, "No space", "/disk/x"), "system", 1, "The disk is full at '/disk/x'; free some space"),
        (PermissionError(errno.EACCES, "Denied", "/x"), "system", 1, "Permission denied at '/x'; choose a folder"),
        (OSError(errno.EROFS, "Read-only", "/x"), "system", 1, "The file system is read-only at '/x'"),
        (BrokenPipeError(errno.EPIPE, "pipe"), "system", 1, "closed it before the end"),
        (MemoryError(), "system", 1, "no memory left"),
    ],
)
def test_expected_failures_are_one_sentence(error, kind, code, sentence):
    failure = explain(error, [])
    assert (failure.kind, failure.exit_code) == (kind, code)
    assert sentence in failure.problems[0]
    assert len(failure.problems) == 1


def test_a_users_mistakes_stay_apart():
    failure = explain(UserError("One.", "Two."), [])
    assert failure.problems == ("One.", "Two.")
    assert failure.exit_code == 2


def test_a_bug_is_named_and_its_traceback_is_in_a_log(tmp_path):
    try:
        raise KeyError("lost\nsecond line")
    except KeyError as error:
        failure = explain(error, ["adapt", "x"])
    (log,) = (tmp_path / "home" / "logs").iterdir()
    assert failure.kind == "bug"
    assert str(log) in failure.problems[0]
    assert "\n" not in failure.problems[0]
    content = log.read_text()
    assert "arguments: ['adapt', 'x']" in content
    assert "Traceback (most recent call last)" in content


def test_a_bug_without_a_place_for_the_log_is_still_named(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HEADSTART_HOME", str(tmp_path / "file"))
    failure = explain(RuntimeError(""), [])
    assert "RuntimeError: no message" in failure.problems[0]
    assert "could not be written (HEADSTART_HOME is" in failure.problems[0]


def test_an_unknown_os_error_is_a_bug():
    assert explain(OSError(errno.EBADF, "Bad file"), []).kind == "bug"


def test_reports_go_to_standard_error_one_line_per_problem(capsys):
    report(explain(UserError("One.", "Two."), []), as_json=False)
    captured = capsys.readouterr()
    assert captured.err == "Error: One.\nError: Two.\n"
    assert captured.out == ""


@pytest.mark.parametrize(
    ("command", "goes_on"), [("adapt", True), ("align", True), ("demo", True), ("predict", False), ("rank", False)]
)
def test_what_is_stopped_goes_on_only_where_work_is_kept(command: str, goes_on: bool):
    (said,) = explain(KeyboardInterrupt(), [command, "adapt"]).problems
    assert said.startswith("Stopped")
    assert ("to resume" in said) is goes_on
