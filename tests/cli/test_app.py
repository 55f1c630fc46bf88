import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headstart import __version__, api
from headstart.core.errors import Unavailable, UserError

COMMANDS = ("check", "rank", "adapt", "align", "predict", "report", "models", "strategies", "methods", "demo")


def failing(error):
    def fail(*args, **options):
        raise error

    return fail


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_help_lists_every_command(headstart, words):
    ended = headstart(*words)
    assert ended.code == 0
    assert all(command in ended.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_takes_json(headstart, command):
    ended = headstart(command, "--help")
    assert ended.code == 0
    assert "--json" in ended.out


def test_the_version(headstart):
    assert headstart("--version").out == f"headstart {__version__}\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("adapt", "d", "--lable", "x"), "Error: No such option: --lable. Did you mean --label?\n"),
        (("adpt",), "Error: No such command 'adpt'. Did you mean 'adapt'?\n"),
        (("adapt", "d"), "Error: Missing option '--out'. See 'headstart adapt --help'.\n"),
        (("check",), "Error: Missing argument 'DATA'. See 'headstart check --help'.\n"),
    ],
)
def test_usage_errors_are_one_sentence_with_the_nearest_name(headstart, words, sentence):
    ended = headstart(*words)
    assert ended.code == 2
    assert ended.err == sentence
    assert ended.out == ""


@pytest.mark.parametrize("given", ["x", "-1", "1.5", "²"])
@pytest.mark.parametrize("words", [("check", "d"), ("adapt", "d", "--out", "r")])
def test_a_seed_must_be_a_whole_number(headstart, words, given):
    ended = headstart(*words, "--seed", given)
    assert ended.code == 2
    assert ended.err == f"Error: --seed is '{given}'; expected a whole number from 0 on.\n"


def test_a_choice_is_explained(headstart):
    ended = headstart("models", "--modality", "video")
    assert ended.code == 2
    assert "'video' is not one of 'image', 'text', 'audio'" in ended.err
    assert ended.err.count("\n") == 1


def test_usage_errors_reach_machines_too(headstart):
    ended = headstart("adapt", "d", "--json")
    assert ended.code == 2
    assert ended.document["error"]["kind"] == "user"
    assert ended.document["error"]["exit_code"] == 2
    assert ended.document["error"]["problems"] == ["Missing option '--out'. See 'headstart adapt --help'."]


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (UserError("No column 'x'."), 2, "Error: No column 'x'.\n"),
        (Unavailable("No network."), 1, "Error: No network.\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
        (OSError(errno.ENOSPC, "full"), 1, "Error: The disk is full; free some space"),
    ],
)
@pytest.mark.parametrize("extra", [(), ("--json",)])
def test_failures_inside_a_command_become_sentences(headstart, monkeypatch, error, code, sentence, extra):
    monkeypatch.setattr(api, "load", failing(error))
    ended = headstart("check", "d", *extra)
    assert ended.code == code
    assert ended.err.startswith(sentence)
    assert "Traceback" not in ended.err
    if extra:
        assert ended.document["error"]["exit_code"] == code
    else:
        assert ended.out == ""


def test_a_bug_shows_no_traceback(headstart, monkeypatch):
    monkeypatch.setattr(api, "load", failing(ZeroDivisionError("division by zero")))
    ended = headstart("check", "d")
    assert ended.code == 1
    assert ended.err.startswith("Error: Internal error in headstart (ZeroDivisionError: division by zero)")
    assert ended.err.count("\n") == 1


def run(*words: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "headstart", *words], stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_under_the_output_is_one_sentence():
    with Path("/dev/full").open("w") as full:
        ended = run("--help", stdout=full)
    assert ended.returncode == 1
    assert ended.stderr == "Error: The disk is full; free some space and run the same command again to go on.\n"


@pytest.mark.parametrize("words", [("--version",), ("strategies",)])
def test_a_closed_pipe_is_one_sentence(words):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        ended = run(*words, stdout=closed)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: The program that was reading this output closed it before the end")
    assert ended.stderr.count("\n") == 1


def test_the_module_is_the_command():
    ended = run("--version", stdout=subprocess.PIPE)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"headstart {__version__}\n", "")
