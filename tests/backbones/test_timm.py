from __future__ import annotations

from collections.abc import Iterator

import pytest
import timm
import torch
from safetensors.torch import save

from headstart.backbones import _store
from headstart.backbones.timm import Timm
from headstart.core.errors import Unavailable
from headstart.core.progress import Silent
from tests.backbones.hub_stub import COMMIT, HubStub, point_to, serving
from tests.backbones.members import batch_of
from tests.listening import Listener

TAG = "test_resnet.r160_in1k"


def published(tag: str, seed: int = 0) -> bytes:
    """What the hub would hold for this tag: a whole model with its classifier."""
    torch.manual_seed(seed)
    return save(timm.create_model(tag.partition(".")[0]).state_dict(), {"format": "pt"})


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubStub]:
    with serving(HubStub(files={f"timm/{TAG}": {"model.safetensors": published(TAG)}})) as stub:
        point_to(stub.endpoint, monkeypatch)
        yield stub


def test_the_short_list_is_complete_and_known_to_timm() -> None:
    infos = Timm().infos()
    assert len({info.name for info in infos}) == len(infos) >= 8
    for info in infos:
        identifier = info.name.removeprefix("timm:")
        assert Timm().find(identifier) == info
        cfg = timm.get_pretrained_cfg(identifier)
        assert cfg is not None
        assert cfg.hf_hub_id == f"timm/{identifier}"
        assert info.input == {"size": cfg.input_size[-1]}
        assert 0.5 < info.prior < 1


@pytest.mark.parametrize("identifier", ["resnet18.a1_in1k", "vit_small_patch16_224.augreg_in21k_ft_in1k"])
def test_the_written_facts_are_what_counting_gives(identifier: str) -> None:
    from headstart.backbones import timm as source

    written = Timm().find(identifier)
    known = source._known_to_timm(identifier)
    assert written is not None
    assert known is not None
    counted = source._info(*known)
    assert (written.dim, written.parameters) == (counted.dim, counted.parameters)
    assert written.gflops == pytest.approx(counted.gflops, abs=1e-3)
    assert written.bytes == pytest.approx(counted.bytes, rel=0.01)


def test_a_name_without_a_tag_means_timms_default() -> None:
    info = Timm().find("resnet50")
    assert info is not None
    assert info.name == "timm:resnet50.a1_in1k"
    found = Timm().find("test_resnet")
    assert found is not None
    assert found.name == f"timm:{TAG}"
    assert (found.dim, found.input, found.family, found.licence) == (96, {"size": 160}, "resnet", "apache-2.0")
    assert found.parameters == 372_688
    assert found.gflops > 0


@pytest.mark.parametrize("identifier", ["nonsense", "resnet50.nonsense", "", "a/b"])
def test_what_timm_does_not_know_is_not_found(identifier: str) -> None:
    assert Timm().find(identifier) is None


def test_pull_then_load_gives_the_hubs_model_without_its_classifier(hub: HubStub) -> None:
    source = Timm()
    info = source.find(TAG)
    assert info is not None
    assert not source.in_store(info)
    source.pull(info, Silent())
    info = source.find(TAG)
    assert info is not None
    assert source.in_store(info)
    assert info.revision == COMMIT
    assert len(info.sha256) == 64
    assert info in source.infos()

    torch.manual_seed(0)
    reference = timm.create_model("test_resnet").eval()
    backbone = source.load(info)
    batch = batch_of(backbone)
    with torch.no_grad():
        expected = reference.forward_head(reference.forward_features(batch["pixel_values"]), pre_logits=True)  # type: ignore[operator]
        torch.testing.assert_close(backbone.encode(batch), expected)
        logits = reference(batch["pixel_values"])
    classifier = source.classifier(info)
    assert classifier is not None
    assert info.classes == len(classifier.bias) == 1000
    found = torch.from_numpy(classifier.logits(expected.double().numpy())).float()
    torch.testing.assert_close(found, logits, atol=1e-4, rtol=1e-4)


def test_what_is_not_here_has_no_classifier_here(hub: HubStub) -> None:
    info = Timm().find(TAG)
    assert info is not None
    assert info.classes == 1000
    assert Timm().classifier(info) is None


def test_models_whose_origin_has_another_format_are_read_too(hub: HubStub) -> None:
    """This tag comes from a NumPy archive; its hub file is in timm's own format all the same."""
    tag = "vit_tiny_patch16_224.augreg_in21k_ft_in1k"
    hub.files[f"timm/{tag}"] = {"model.safetensors": published(tag)}
    info = Timm().find(tag)
    assert info is not None
    Timm().pull(info, Silent())
    assert Timm().load(info).info.dim == 192


def test_a_second_pull_fetches_nothing_and_a_damaged_model_is_fetched_again(hub: HubStub) -> None:
    source, progress = Timm(), Listener()
    info = source.find(TAG)
    assert info is not None
    source.pull(info, progress)
    asked = len(hub.requests)
    source.pull(info, progress)
    assert progress.said == [f"timm:{TAG} is already in the local store."]
    assert len(hub.requests) == asked
    path = _store.folder_of(info.name) / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(Unavailable, match=rf"damaged in the store: .* headstart models pull timm:{TAG}"):
        source.load(info)
    source.pull(info, progress)
    source.load(info)


def test_random_weights_need_no_store() -> None:
    info = Timm().find(TAG)
    assert info is not None
    with pytest.raises(Unavailable, match="is not in the local store"):
        Timm().load(info)
    first = Timm().load(info, pretrained=False, seed=1).module.state_dict()
    other = Timm().load(info, pretrained=False, seed=2, size=96)
    assert other.info.input == {"size": 96}
    assert any(not torch.equal(first[name], tensor) for name, tensor in other.module.state_dict().items())


def test_a_revision_can_be_pinned(hub: HubStub) -> None:
    info = Timm().find(f"{TAG}@{COMMIT}")
    assert info is not None
    assert (info.name, info.revision) == (f"timm:{TAG}@{COMMIT}", COMMIT)
    Timm().pull(info, Silent())
    assert Timm().in_store(info)
    assert Timm().load(info).info.name == f"timm:{TAG}@{COMMIT}"


def test_a_model_that_is_not_on_the_hub() -> None:
    info = Timm().find(TAG)
    assert info is not None
    with pytest.raises(Unavailable, match=rf"timm:{TAG} could not be fetched: http://127\.0\.0\.1:9 cannot be reached"):
        Timm().pull(info, Silent())


def test_weights_timm_keeps_elsewhere_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from headstart.backbones import timm as source

    info = Timm().find(TAG)
    assert info is not None
    monkeypatch.setattr(source, "_require", lambda info: {"hf_hub_id": None})
    with pytest.raises(Unavailable, match=rf"timm does not publish the weights of timm:{TAG} on the hub"):
        Timm().pull(info, Silent())


def test_a_timm_too_old_for_a_listed_model_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from headstart.backbones import timm as source

    monkeypatch.setattr(source, "_known_to_timm", lambda identifier: None)
    with pytest.raises(Unavailable, match=r"The installed timm does not know timm:.*\. Update it with: pip"):
        Timm().load(Timm().infos()[0])


def test_stored_weights_that_no_longer_fit_say_so() -> None:
    info = Timm().find(TAG)
    assert info is not None
    with _store.adding(info.name, room=10) as arrival:
        arrival.write_tensors({"other": torch.zeros(1)})
        cfg = {"input_size": (3, 64, 64), "mean": (0.5,) * 3, "std": (0.5,) * 3}
        arrival.describe(info, architecture="test_resnet", pretrained_cfg=cfg)
    with pytest.raises(Unavailable, match=rf"stored weights of timm:{TAG} do not fit the installed libraries' model"):
        Timm().load(info)
