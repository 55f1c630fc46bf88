from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants

from headstart.backbones import _hub
from headstart.core.errors import Unavailable
from headstart.core.progress import Silent
from tests.backbones.hub_stub import COMMIT, HubStub, point_to, serving
from tests.backbones.tiny import info

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


def test_the_licence_is_what_the_card_states(hub: HubStub) -> None:
    assert _hub.look_up("timm:x", "a/b", "main").licence == ""
    hub.licences["a/b"] = "mit"
    found = _hub.look_up("timm:x", "a/b", "main")
    assert found.licence == "mit"
    known, unknown = info("timm:x", licence="Apache-2.0"), info("timm:x", licence="see the model card")
    assert _hub.licence(known, found) == "Apache-2.0"
    assert _hub.licence(unknown, found) == "mit"
    assert _hub.licence(unknown, dataclasses.replace(found, licence="")) == "see the model card"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits between its attempts, and keeps what has arrived in large pieces only."""
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)


@pytest.mark.usefixtures("impatient")
def test_a_fetch_goes_on_where_an_earlier_one_stopped(hub: HubStub, tmp_path: Path) -> None:
    found = _hub.look_up("timm:x", "a/b", "main")
    hub.cut_off, hub.cuts = True, 10**6
    with pytest.raises(Unavailable, match="timm:x could not be fetched"):
        _hub.take_weights(found, tmp_path, Silent())
    (part,) = tmp_path.rglob("*.part")
    arrived = part.stat().st_size
    assert 0 < arrived < 700
    hub.cut_off = False
    hub.ranges.clear()
    path = _hub.take_weights(found, tmp_path, Silent())
    assert path.read_bytes() == FILES["model.safetensors"]
    assert hub.ranges == [f"bytes={arrived}-"]
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.usefixtures("impatient")
def test_a_broken_connection_is_taken_up_again_at_once(hub: HubStub, tmp_path: Path) -> None:
    found = _hub.look_up("timm:x", "a/b", "main")
    hub.cut_off, hub.cuts = True, 2
    assert _hub.take_weights(found, tmp_path, Silent()).read_bytes() == FILES["model.safetensors"]
    assert hub.ranges == ["bytes=300-", "bytes=500-"]


def test_the_beginning_of_another_file_is_not_gone_on_with(hub: HubStub, tmp_path: Path) -> None:
    first = _hub.look_up("timm:x", "a/b", "main")
    (tmp_path / first.sha256).mkdir()
    (tmp_path / first.sha256 / "model.safetensors.part").write_bytes(b"weights" * 50)
    hub.files["a/b"]["model.safetensors"] = b"others!" * 100
    second = _hub.look_up("timm:x", "a/b", "main")
    assert _hub.take_weights(second, tmp_path, Silent()).read_bytes() == b"others!" * 100
    assert hub.ranges == []


def test_two_processes_that_fetch_the_same_do_not_blame_the_network(hub: HubStub, tmp_path: Path, monkeypatch) -> None:
    found = _hub.look_up("timm:x", "a/b", "main")

    def overtaken(*_: object) -> Path:
        raise FileNotFoundError("model.safetensors.part")

    monkeypatch.setattr(_hub, "resumed", overtaken)
    with pytest.raises(Unavailable, match=r"timm:x was fetched by another process meanwhile; run the command again\."):
        _hub.take_weights(found, tmp_path, Silent())


def test_a_damaged_download_is_not_kept(hub: HubStub, tmp_path: Path) -> None:
    hub.wrong_hash = True
    found = _hub.look_up("timm:x", "a/b", "main")
    with pytest.raises(Unavailable, match="The download is damaged or not the checked file"):
        _hub.take_weights(found, tmp_path, Silent())
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("impatient")
def test_a_hub_that_is_asked_too_often(hub: HubStub) -> None:
    hub.busy = True
    with pytest.raises(Unavailable, match=r"is asked too often from here\. Wait some minutes, or log in with: hf auth"):
        _hub.look_up("timm:x", "a/b", "main")


@pytest.mark.usefixtures("impatient")
def test_a_hub_that_does_not_answer_in_time(hub: HubStub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.slow = 0.5
    monkeypatch.setattr(constants, "HF_HUB_ETAG_TIMEOUT", 0.1)
    with pytest.raises(
        Unavailable, match=r"did not answer in time\. Try again later, or allow it more seconds with HF_HUB_E"
    ):
        _hub.look_up("timm:x", "a/b", "main")
