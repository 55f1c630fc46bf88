from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headstart.backbones import _hub
from headstart.core.errors import Unavailable
from headstart.core.progress import Silent
from tests.backbones.hub_stub import COMMIT, HubStub, point_to, serving

FILES = {"config.json": b"{}", "model.safetensors": b"weights" * 100}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStub]:
    with serving(HubStub(files={"a/b": dict(FILES)})) as stub:
        point_to(stub.endpoint, monkeypatch)
        yield stub


def test_looking_up_fetches_nothing(hub: HubStub) -> None:
    found = _hub.look_up("timm:x", "a/b", "main")
    assert (found.commit, found.bytes, found.cached) == (COMMIT, 700, False)
    assert [line.split()[0] for line in hub.requests] == ["HEAD"]


def test_files_arrive_below_the_scratch_folder_and_nowhere_else(hub: HubStub, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    found = _hub.look_up("timm:x", "a/b", "main")
    path = _hub.take_weights(found, scratch, Silent())
    assert path.read_bytes() == FILES["model.safetensors"]
    assert path.is_relative_to(scratch)
    taken = _hub.take_if_there(found, ["config.json", "vocab.txt"], scratch)
    assert list(taken) == ["config.json"]
    assert not (tmp_path / "hub").exists()  # the user's hub cache


def test_a_file_that_must_be_there_is_named(hub: HubStub, tmp_path: Path) -> None:
    found = _hub.look_up("timm:x", "a/b", "main")
    with pytest.raises(Unavailable, match=r"timm:x could not be fetched: a/b has no file vocab\.txt\."):
        _hub.take(found, "vocab.txt", tmp_path)


def test_an_optional_file_that_cannot_be_asked_for_is_an_error(
    hub: HubStub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = _hub.look_up("timm:x", "a/b", "main")
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)  # between its attempts
    point_to("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(Unavailable, match="cannot be reached"):
        _hub.take_if_there(found, ["config.json"], tmp_path)


def test_a_known_checksum_is_checked_too(hub: HubStub, tmp_path: Path) -> None:
    found = _hub.look_up("timm:x", "a/b", "main")
    with pytest.raises(Unavailable, match=r"has SHA-256 .*, expected 000000000000\.\.\."):
        _hub.take_weights(found, tmp_path, Silent(), expected="0" * 64)


def test_impossible_names_are_told(hub: HubStub) -> None:
    with pytest.raises(Unavailable, match=r"'a\.\.b/c' is no name of a hub model"):
        _hub.look_up("transformers:a..b/c", "a..b/c", "main")
    assert _hub.cached_file("a..b/c", "config.json", "main") is None


def test_revisions_are_written_behind_the_name() -> None:
    assert _hub.split_revision("a/b") == ("a/b", "main")
    assert _hub.split_revision("a/b@v2") == ("a/b", "v2")
    assert _hub.split_revision("a/b@") == ("a/b", "main")


def test_the_users_progress_bar_setting_survives() -> None:
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    for disable in (False, True):
        (disable_progress_bars if disable else enable_progress_bars)()
        with _hub._quiet():
            assert are_progress_bars_disabled()
        assert are_progress_bars_disabled() == disable
    enable_progress_bars()


ASK = "from headstart.backbones import _hub; print(_hub.look_up('timm:x', 'a/b', 'main').commit)"


def test_the_environment_names_the_mirror_and_the_offline_state(hub: HubStub) -> None:
    """In a process of its own: ``huggingface_hub`` reads the environment when it is imported."""
    environment = {**os.environ, "HF_ENDPOINT": hub.endpoint}
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == COMMIT, done.stderr
    environment["HF_HUB_OFFLINE"] = "1"
    done = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=False)
    assert "HF_HUB_OFFLINE is set and the hub's cache does not hold a/b" in done.stderr
