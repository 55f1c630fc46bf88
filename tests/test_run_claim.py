from __future__ import annotations

import errno
import json
import shutil
import subprocess
import sys
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from headstart import run_claim
from headstart.core.errors import Unavailable, UserError
from headstart.core.progress import Silent
from headstart.report.json import read_results, write_results
from headstart.run_claim import claim, foresee, held
from tests.listening import Listener
from tests.report.test__across import across
from tests.test_run_folder import ASKED, DATA, finished, interrupted

HERE, OTHER = {"data": DATA}, {"data": "0" * 8}


def test_a_missing_or_empty_folder_is_free(tmp_path: Path):
    for _ in range(2):
        with held(tmp_path / "deep" / "run", Silent()):
            claim(tmp_path / "deep" / "run", ASKED, HERE)
        assert not (tmp_path / "deep").exists()
    (tmp_path / "deep" / "run").mkdir(parents=True)
    (tmp_path / "deep" / "run" / ".DS_Store").touch()
    claim(tmp_path / "deep" / "run", ASKED, HERE)


def test_a_file_is_no_folder(tmp_path: Path):
    (tmp_path / "run").touch()
    with (
        pytest.raises(UserError, match=r"run' is no folder; --out needs a folder \(it is made if it does not exist\)"),
        held(tmp_path / "run", Silent()),
    ):
        pass
    with (
        pytest.raises(UserError, match=r"inner' cannot be made: '.*run' is no folder; --out needs a folder"),
        held(tmp_path / "run" / "inner", Silent()),
    ):
        pass


@pytest.mark.parametrize(
    ("error", "reason"),
    [(PermissionError(13, "Permission denied"), "permission denied"), (OSError(30, "Read-only file system"), "read")],
)
def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path, monkeypatch, error: OSError, reason: str):
    def refuse(**options: Any) -> None:
        raise error

    monkeypatch.setattr(run_claim.tempfile, "TemporaryFile", refuse)
    with (
        pytest.raises(UserError, match=rf"cannot be written to: {reason}.*\. Choose another --out\."),
        held(tmp_path / "run", Silent()),
    ):
        pass


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9 - 5_000_000, 5_000_000))
    with pytest.raises(Unavailable, match=r"has 5 MB left, a run needs up to 210 MB\. Free some space or choose"):
        foresee(tmp_path / "run", [])


@pytest.mark.parametrize(
    "names",
    [["notes.txt"], ["results.json"], ["model/", "checkpoints/"], ["checkpoints/epoch-1.pt"], ["checkpoints"]],
)
def test_files_that_are_not_a_run_are_left_alone(tmp_path: Path, names: list[str]):
    for name in names:
        path = tmp_path / name
        (path if name.endswith("/") else path.parent).mkdir(exist_ok=True)
        if not name.endswith("/"):
            path.touch()
    first = min(names).partition("/")[0]
    with pytest.raises(UserError, match=rf"holds files that are not a run \({first}.*\)\. Choose another --out"):
        claim(tmp_path, ASKED, HERE)


def test_an_interrupted_run_goes_on_but_only_as_itself(tmp_path: Path):
    run = interrupted(tmp_path / "run")
    claim(run, ASKED, HERE)
    claim(run, replace(ASKED, data="/moved", test="/elsewhere", target="/there", labelled="/few"), HERE)
    (run / "model").mkdir()
    claim(run, ASKED, HERE)
    other = replace(ASKED, seed=4, pool=(), roles={}, settings={"epochs": 3})
    for recipe, data, differing in (
        (replace(ASKED, seed=4), HERE, r"other options \(seed 3, not 4\)"),
        (ASKED, OTHER, "other data"),
        (ASKED, {**HERE, "target": "t"}, "another target"),
        (ASKED, {**HERE, "labelled": "l"}, "other labelled items of the target"),
        (other, OTHER, r"other data and other options \(roles label=kind, not none; pool timm:a, not none; .*\)"),
        (other, HERE, r".*; settings none, not epochs=3; seed 3, not 4\)"),
    ):
        with pytest.raises(UserError, match=rf"holds an unfinished run of {differing}\. Choose another --out, or del"):
            claim(run, recipe, data)


@pytest.mark.parametrize("piece", [True, False])
@pytest.mark.parametrize("note", ["[]", "", "{}", '{"lr": 1}', '{"options": {}, "data": "x"}'])
def test_a_note_that_tells_nothing_is_of_another_run(tmp_path: Path, note: str, piece: bool):
    run = interrupted(tmp_path / "run")
    (run / "checkpoints" / "run.json").write_text(note)
    if not piece:
        (run / "checkpoints" / "piece.safetensors").unlink()
    if not piece and "options" in note:
        claim(run, ASKED, HERE)  # one of ours that had finished nothing
        return
    with pytest.raises(UserError, match="holds an unfinished run of other data or other options"):
        claim(run, ASKED, HERE)


def bare(folder: Path) -> Path:
    """A run that stopped where a model could not be fetched, say."""
    interrupted(folder)
    (folder / "checkpoints" / "piece.safetensors").unlink()
    return folder


def test_a_run_that_finished_nothing_keeps_no_folder_from_others(tmp_path: Path):
    claim(bare(tmp_path), replace(ASKED, seed=4), OTHER)


def test_nor_does_it_give_away_what_lies_beside_it(tmp_path: Path):
    """A finished run that was begun again, and files of somebody else."""
    run = bare(finished(tmp_path / "run"))
    claim(run, ASKED, HERE)
    with pytest.raises(UserError, match=r"already holds a run of other options \(seed 3, not 4\)"):
        claim(run, replace(ASKED, seed=4), HERE)
    other = bare(tmp_path / "other")
    (other / "checkpoints" / "epoch-1.pt").touch()
    with pytest.raises(UserError, match="holds an unfinished run of other options"):
        claim(other, replace(ASKED, seed=4), HERE)
    (other / "checkpoints" / "epoch-1.pt").unlink()
    (other / "notes.txt").touch()
    with pytest.raises(UserError, match=r"holds files that are not a run \(notes\.txt\)"):
        claim(other, replace(ASKED, seed=4), HERE)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.ENOLCK, "No locks available"), "No locks available"),
        (NotImplementedError("FileSystem does not appear to support flock"), "FileSystem does not appear"),
        (NotImplementedError(), "this system has none"),
    ],
)
def test_without_locks_a_run_does_without_and_says_so(tmp_path: Path, monkeypatch, error: Exception, reason: str):
    def refuse(lock: FileLock, timeout: float) -> None:
        raise error

    monkeypatch.setattr(FileLock, "acquire", refuse)
    told = Listener()
    with held(tmp_path / "run", told):
        assert (tmp_path / "run").is_dir()
    (sentence,) = told.said
    assert "run' is not locked against other processes: no lock can be kept in '" in sentence
    assert f"/locks' ({reason}" in sentence


@pytest.mark.parametrize("inside", ["run", "deep/run"])
def test_what_is_within_the_data_is_no_place_for_a_run(tmp_path: Path, inside: str):
    (tmp_path / "data" / "cats").mkdir(parents=True)
    with pytest.raises(UserError, match=r"run' lies within the data in '.*data', and may be taken for a part of them"):
        foresee(tmp_path / "data" / inside, [str(tmp_path / "elsewhere"), str(tmp_path / "data")])
    foresee(tmp_path / "run", [str(tmp_path / "data"), str(tmp_path / "data.csv"), ""])
    assert not (tmp_path / "run").exists()


def test_a_run_that_lies_there_already_and_a_hidden_place_are_let_through(tmp_path: Path):
    data = tmp_path / "data"
    (data / ".runs").mkdir(parents=True)
    foresee(data / ".runs" / "x", [str(data)])
    foresee(finished(data / "finished"), [str(data)])
    (data / "empty").mkdir()
    with pytest.raises(UserError, match="lies within the data"):
        foresee(data / "empty", [str(data)])


def test_who_comes_second_leaves_the_folder_of_the_first_alone(tmp_path: Path):
    with held(tmp_path / "run", Silent()):
        with pytest.raises(UserError, match="Another process is writing"), held(tmp_path / "run", Silent()):
            pass
        assert (tmp_path / "run").is_dir()
    assert not (tmp_path / "run").exists()


def test_a_folder_that_was_deleted_meanwhile_hides_no_error(tmp_path: Path):
    run = held(tmp_path / "run", Silent())
    run.__enter__()
    (tmp_path / "run").rmdir()
    assert run.__exit__(ValueError, ValueError("the real one"), None) is False, "it goes on as it is"


def test_what_can_be_no_run_folder_is_refused_before_data_are_read(tmp_path: Path, monkeypatch):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file' is no folder; --out needs a folder"):
        foresee(tmp_path / "file", [])
    with pytest.raises(UserError, match=r"run' cannot be made: '.*file' is no folder; --out needs a folder"):
        foresee(tmp_path / "file" / "run", [])
    with pytest.raises(UserError, match=r"holds files that are not a run \(file\)\. Choose another"):
        foresee(tmp_path, [])
    for run in (finished(tmp_path / "finished"), interrupted(tmp_path / "interrupted"), bare(tmp_path / "bare")):
        foresee(run, [])
    monkeypatch.setattr(run_claim.os, "access", lambda path, mode: False)
    with pytest.raises(UserError, match=r"run' cannot be written to: permission denied\. Choose another --out"):
        foresee(tmp_path / "run", [])


def test_one_process_at_a_time_writes_to_a_folder(tmp_path: Path):
    run = tmp_path / "run"
    script = (
        "import sys, pathlib\nfrom headstart.core.progress import Silent\nfrom headstart.run_claim import held\n"
        "with held(pathlib.Path(sys.argv[1]), Silent()):\n    print('held', flush=True)\n    sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(run)]
    refused = pytest.raises(UserError, match=r"Another process is writing to '.*run' right now\. Wait until it is done")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with refused, held(run, Silent()):
            pass
        other.kill()
    with held(run, Silent()):
        pass
    assert list(run.iterdir()) == []


@pytest.mark.parametrize("left", [None, "run.json.17.part"])
def test_a_run_killed_in_its_first_moment_goes_on(tmp_path: Path, left: str | None):
    (tmp_path / "checkpoints").mkdir()
    if left:
        (tmp_path / "checkpoints" / left).touch()
    claim(tmp_path, ASKED, HERE)


def test_a_finished_run_may_be_run_again_but_not_replaced_by_another(tmp_path: Path):
    run = finished(tmp_path / "run")
    claim(run, ASKED, HERE)
    claim(run, replace(ASKED, data="/moved", target="/there", labelled="/few"), HERE)
    options = r"other options \(budget standard, not quick\)"
    for recipe, data, differing in ((replace(ASKED, budget="quick"), HERE, options), (ASKED, OTHER, "other data")):
        with pytest.raises(UserError, match=rf"already holds a run of {differing}\. Choose another --out, or delete"):
            claim(run, recipe, data)
    (run / "recipe.toml").write_text("seed = ")
    with pytest.raises(UserError, match="already holds a run of other data or other options"):
        claim(run, ASKED, HERE)


def test_a_finished_run_is_not_replaced_by_one_with_another_target(tmp_path: Path):
    run, there = finished(tmp_path / "run"), {**HERE, "target": "0" * 64, "labelled": "few"}
    write_results(replace(read_results(run), across=across()), run)
    claim(run, ASKED, there)  # without its note nobody can tell the labelled items
    with pytest.raises(UserError, match=r"already holds a run of another target\. Choose another --out, or delete it"):
        claim(run, ASKED, {**there, "target": "1" * 64})
    (run / "run.json").write_text(json.dumps(there))
    claim(run, ASKED, there)
    for differing, other in (
        ("another target", {**there, "target": "1" * 64}),
        ("other labelled items of the target", {**there, "labelled": "others"}),
        ("other labelled items of the target", {**there, "labelled": ""}),
    ):
        with pytest.raises(UserError, match=rf"already holds a run of {differing}\. Choose another"):
            claim(run, ASKED, other)


def test_folders_that_were_made_for_nothing_are_taken_away_again(tmp_path: Path):
    with pytest.raises(UserError, match="no use"), held(tmp_path / "a" / "b" / "run", Silent()):
        raise UserError("no use")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "a").mkdir()
    with held(tmp_path / "a" / "b" / "run", Silent()):
        (tmp_path / "a" / "b" / "run" / "report.html").touch()
    assert (tmp_path / "a" / "b" / "run" / "report.html").exists()
    with held(tmp_path / "a" / "c" / "run", Silent()):
        (tmp_path / "a" / "c" / "other").touch()
    assert [path.name for path in (tmp_path / "a" / "c").iterdir()] == ["other"]
