from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants

from headstart.backbones import _hub, _store
from headstart.backbones._families import FAMILIES
from headstart.backbones.local import Local
from headstart.backbones.transformers import Transformers
from headstart.core.errors import Unavailable, UserError
from headstart.core.progress import Silent
from tests.backbones.hub_stub import COMMIT, HubStub, point_to, serving
from tests.backbones.members import PUBLISHED, batch_of
from tests.backbones.tiny import TEXTS, encoder_files, write
from tests.listening import Listener

NAME = "transformers:tiny/bert"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStub]:
    with serving(HubStub(files={"tiny/bert": encoder_files()})) as stub:
        point_to(stub.endpoint, monkeypatch)
        yield stub


def test_the_short_list_is_complete_and_unique() -> None:
    infos = Transformers().infos()
    assert len({info.name for info in infos}) == len(infos) >= 6
    for info in infos:
        assert info.modality in ("text", "audio")
        assert info.dim > 0
        assert info.parameters > 0
        assert info.gflops > 0
        assert 0 < info.prior < 1 or (info.prior, info.prior_of) == (0, "unknown")
        assert info.bytes >= 4 * info.parameters
        assert Transformers().find(info.name.partition(":")[2]) == info


def test_short_names_lead_to_the_repository() -> None:
    found = Transformers().find("all-MiniLM-L6-v2")
    assert found is not None
    assert found.name == "transformers:sentence-transformers/all-MiniLM-L6-v2"


@pytest.mark.parametrize("identifier", ["nonsense", "", "a/b/c", "what is this"])
def test_what_names_no_repository_is_not_found(identifier: str) -> None:
    assert Transformers().find(identifier) is None


@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta"])
def test_pull_then_load_gives_the_hubs_encoder(hub: HubStub, kind: str) -> None:
    prefix = "bert." if kind == "bert" else "roberta."  # as in a checkpoint that also holds a head
    files = encoder_files(kind, prefix=prefix)
    hub.files["tiny/bert"] = files
    source = Transformers()
    unknown = source.find("tiny/bert")
    assert unknown is not None
    assert unknown.dim == 0
    assert not source.in_store(unknown)
    source.pull(unknown, Silent())
    info = source.find("tiny/bert")
    assert info is not None
    assert source.in_store(info)
    assert (info.dim, info.revision, info.input, info.family) == (16, COMMIT, {"tokens": 24}, kind)
    assert info in source.infos()

    backbone = source.load(info)
    batch = backbone.preprocess.collate([backbone.preprocess.item(text) for text in TEXTS])
    assert batch["input_ids"].shape[1] == 24
    from safetensors.torch import load
    from transformers import AutoConfig, AutoModel

    config = {key: value for key, value in json.loads(files["config.json"]).items() if key != "model_type"}
    reference = AutoModel.from_config(AutoConfig.for_model(kind, **config), add_pooling_layer=False).eval()
    weights = {name.removeprefix(prefix): tensor for name, tensor in load(files["model.safetensors"]).items()}
    reference.load_state_dict(weights, strict=False)
    with torch.no_grad():
        hidden = reference(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        expected = torch.nn.functional.layer_norm(mean, (16,))
        torch.testing.assert_close(backbone.encode(batch), expected, atol=5e-3, rtol=0)


@pytest.mark.parametrize("kind", PUBLISHED)
def test_every_family_comes_from_the_hub_and_from_a_folder_alike(hub: HubStub, kind: str, tmp_path: Path) -> None:
    files = encoder_files(kind)
    hub.files["tiny/bert"] = files
    hub.licences["tiny/bert"] = "mit"
    source = Transformers()
    unknown = source.find("tiny/bert")
    assert unknown is not None
    source.pull(unknown, Silent())
    info = source.find("tiny/bert")
    assert info is not None
    assert (info.dim, info.revision, info.family, info.licence) == (16, COMMIT, kind, "mit")
    assert info.modality == FAMILIES[kind].modality
    assert info.parameters == sum(parameter.numel() for parameter in source.load(info).module.parameters())
    local = Local().find(str(write(tmp_path / "folder", files)))
    assert local is not None
    assert (local.dim, local.parameters, local.family, local.input) == (16, info.parameters, kind, info.input)
    size = 2 if info.modality == "audio" else None
    one, other = source.load(info, size=size), Local().load(local, size=size)
    batch = batch_of(one)
    with torch.no_grad():
        assert torch.equal(one.encode(batch), other.encode(batch))


def test_a_second_pull_fetches_nothing(hub: HubStub) -> None:
    source, progress = Transformers(), Listener()
    info = source.find("tiny/bert")
    assert info is not None
    source.pull(info, Silent())
    asked = len(hub.requests)
    source.pull(info, progress)
    assert len(hub.requests) == asked
    assert progress.said == [f"{NAME} is already in the local store."]


def test_a_damaged_model_is_fetched_again(hub: HubStub, home: Path) -> None:
    source = Transformers()
    info = source.find("tiny/bert")
    assert info is not None
    source.pull(info, Silent())
    (_store.folder_of(NAME) / "model.safetensors").write_bytes(b"rubbish")
    with pytest.raises(Unavailable, match=r"damaged in the store: .*model\.safetensors .*headstart models pull transf"):
        source.load(source.find("tiny/bert") or info)
    source.pull(info, Silent())
    source.load(source.find("tiny/bert") or info)


def test_a_revision_can_be_pinned(hub: HubStub) -> None:
    source = Transformers()
    info = source.find(f"tiny/bert@{COMMIT}")
    assert info is not None
    assert info.revision == COMMIT
    source.pull(info, Silent())
    assert source.find("tiny/bert") != source.find(f"tiny/bert@{COMMIT}")
    missing = source.find("tiny/bert@v9")
    assert missing is not None
    with pytest.raises(Unavailable, match=r"no such revision\. Leave the @revision out"):
        source.pull(missing, Silent())


def _refused(message: str) -> None:
    source = Transformers()
    info = source.find("tiny/bert")
    assert info is not None
    with pytest.raises(Unavailable, match=message) as caught:
        source.pull(info, Silent())
    assert "\n" not in str(caught.value)
    assert not source.in_store(info)
    assert list(_store.folder_of(NAME).parent.glob("*")) == []


def test_no_such_repository(hub: HubStub) -> None:
    hub.files.clear()
    _refused(r"tiny/bert could not be fetched: http://127.* has no public model tiny/bert\. Check the name, or log in")


def test_a_private_repository(hub: HubStub) -> None:
    hub.private = frozenset({"tiny/bert"})
    _refused("has no public model tiny/bert")


def test_a_gated_repository(hub: HubStub) -> None:
    hub.gated = frozenset({"tiny/bert"})
    _refused("asks for its terms to be accepted")


def test_a_hub_in_trouble(hub: HubStub) -> None:
    hub.broken = True
    _refused(r"answered 503 for model\.safetensors of tiny/bert")


def test_a_wrong_checksum(hub: HubStub) -> None:
    hub.wrong_hash = True
    _refused(r"was not stored: model\.safetensors has SHA-256 \w{12}\.\.\., expected \w{12}")


def test_a_connection_that_breaks(hub: HubStub, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has arrived stays for the next attempt."""
    source = Transformers()
    found = source.find("tiny/bert")
    assert found is not None
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)  # between its five attempts
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100)
    take = _hub.take
    monkeypatch.setattr(_hub, "take", lambda repository, file, scratch: small(hub, take, repository, file, scratch))
    hub.cut_off = True
    with pytest.raises(Unavailable, match="could not be fetched"):
        source.pull(found, Silent())
    assert not source.in_store(found)
    hub.cut_off = False
    hub.ranges.clear()
    source.pull(found, Silent())
    assert len(hub.ranges) == 1
    assert source.in_store(found)


def small(hub: HubStub, take: Any, repository: _hub.Repository, file: str, scratch: Path) -> Path:
    """Small files arrive even over a bad connection."""
    hub.cut_off, was = False, hub.cut_off
    try:
        return take(repository, file, scratch)
    finally:
        hub.cut_off = was


def test_no_network() -> None:
    _refused(r"cannot be reached\. Check the network, or name a mirror in HF_ENDPOINT, then run: headstart models pull")


def test_offline_says_so(hub: HubStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    _refused("HF_HUB_OFFLINE is set and the hub's cache does not hold tiny/bert")
    assert hub.requests == []


def test_offline_takes_what_the_hubs_cache_holds(hub: HubStub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import hf_hub_download

    for file in encoder_files():
        hf_hub_download("tiny/bert", file)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    asked = len(hub.requests)
    source = Transformers()
    info = source.find("tiny/bert")
    assert info is not None
    assert info.dim == 16  # the cached configuration tells
    source.pull(info, Silent())
    assert len(hub.requests) == asked
    assert source.load(source.find("tiny/bert") or info).info.revision == COMMIT


def test_no_safetensors(hub: HubStub) -> None:
    del hub.files["tiny/bert"]["model.safetensors"]
    _refused(r"publishes no model\.safetensors, and headstart reads weights from safetensors only")


def test_no_tokenizer(hub: HubStub) -> None:
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        del hub.files["tiny/bert"][name]
    _refused("has no fast tokenizer")


def test_weights_of_something_else(hub: HubStub) -> None:
    from safetensors.torch import save

    hub.files["tiny/bert"]["model.safetensors"] = save({"other.weight": torch.zeros(2)})
    _refused("are not those of a bert model")


def test_another_kind_of_model_is_refused_before_its_weights(hub: HubStub) -> None:
    hub.files["tiny/bert"]["config.json"] = json.dumps({"model_type": "mpnet"}).encode()
    source = Transformers()
    info = source.find("tiny/bert")
    assert info is not None
    with pytest.raises(UserError, match=r"is a 'mpnet' model; headstart adapts models of the kinds bert, rob"):
        source.pull(info, Silent())
    assert not any("GET" in line and "model.safetensors" in line for line in hub.requests)


def test_load_without_pull_says_what_to_run() -> None:
    source = Transformers()
    with pytest.raises(Unavailable, match=r"is not in the local store .*Fetch it with: headstart models pull transf"):
        source.load(source.infos()[0])


def test_a_size_in_pixels_makes_no_sense(hub: HubStub) -> None:
    source = Transformers()
    info = source.find("tiny/bert")
    assert info is not None
    with pytest.raises(UserError, match=r"reads texts; a size in pixels \(64\)"):
        source.load(info, size=64)
