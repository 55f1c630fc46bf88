import sys
from pathlib import Path

import pytest

from bench import _environments
from bench._environments import ENVIRONMENTS, interpreter, surroundings, versions


def test_headstart_runs_where_the_bench_runs_and_a_given_python_is_taken():
    assert interpreter("headstart", None) == Path(sys.executable)
    assert interpreter("fastai", Path("some/python")) == Path.cwd() / "some/python"


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Environments below ``tmp_path``; the list notes what would be created and installed."""
    notes = []
    monkeypatch.setattr(_environments, "__file__", str(tmp_path / "bench/_environments.py"))
    monkeypatch.setattr(
        _environments.venv,
        "create",
        lambda folder, **_: (folder.mkdir(parents=True, exist_ok=True), notes.append(folder)),
    )
    monkeypatch.setattr(_environments.subprocess, "run", lambda command, **_: notes.append(command[5:]))
    return notes


def test_an_environment_is_made_once(built, tmp_path):
    folder = tmp_path / "build/peers/autogluon"
    assert interpreter("autogluon", None) == folder / "bin/python"
    assert built == [folder, list(ENVIRONMENTS["autogluon"])]
    assert interpreter("autogluon", None) == folder / "bin/python"
    assert len(built) == 2


def test_an_environment_whose_installation_broke_off_is_made_again(built, tmp_path):
    folder = tmp_path / "build/peers/fastai"

    def broken(command, **_):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_environments.subprocess, "run", broken)
        with pytest.raises(KeyboardInterrupt):
            interpreter("fastai", None)
    assert built == [folder]
    assert interpreter("fastai", None) == folder / "bin/python"
    assert built == [folder, folder, list(ENVIRONMENTS["fastai"])]


def test_foreign_environments_get_no_path_to_our_packages(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "here")
    assert surroundings("headstart")["PYTHONPATH"] == "here"
    assert "PYTHONPATH" not in surroundings("fastai")
    assert surroundings("fastai")["HF_HUB_OFFLINE"] == "1"


def test_versions_are_those_of_the_other_python(monkeypatch):
    monkeypatch.setattr(_environments, "IMPORTS", {"headstart": "json"})
    found = dict(each.split(" ") for each in versions("headstart", Path(sys.executable)).split(", "))
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert "torch" in found


def test_an_environment_that_does_not_work_is_named(monkeypatch):
    monkeypatch.setattr(_environments, "IMPORTS", {"fastai": "no_such_module"})
    with pytest.raises(SystemExit, match=r"(?s)The environment for fastai, .*does not work: .*no_such_module"):
        versions("fastai", Path(sys.executable))
