from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from headstart.backbones.local import Local, read_exported
from headstart.core.errors import Unavailable, UserError
from tests.backbones.members import CLASSES, ENCODERS, batch_of, head_for, make
from tests.backbones.tiny import encoder_files, pictures, write
from tests.listening import Listener

MEMBERS = ["test_efficientnet", "test_vit", *ENCODERS]


def exported(folder: Path, member: str, size: int | None = None) -> torch.Tensor:
    """Export the member, and the logits it gives."""
    backbone = make(member, size=size)
    head = head_for(backbone)
    backbone.export(folder, head, CLASSES)
    with torch.no_grad():
        return torch.from_numpy(head.logits(backbone.encode(batch_of(backbone)).double().numpy()))


@pytest.mark.parametrize("member", MEMBERS)
def test_an_exported_model_reads_back_whole(member: str, tmp_path: Path) -> None:
    logits = exported(tmp_path, member)
    model = read_exported(tmp_path)
    assert model.classes == CLASSES
    assert model.backbone.preprocess.key == make(member).preprocess.key
    assert len(model.backbone.blocks) == len(make(member).blocks)
    with torch.no_grad():
        features = model.backbone.encode(batch_of(model.backbone)).double().numpy()
    np.testing.assert_allclose(model.head.logits(features), logits.numpy(), atol=1e-5)


@pytest.mark.parametrize("member", MEMBERS)
def test_the_head_of_an_exported_model_is_what_it_was_last_trained_with(member: str, tmp_path: Path) -> None:
    exported(tmp_path, member)
    info = Local().find(str(tmp_path))
    assert info is not None
    assert info.classes == len(CLASSES)
    head = Local().classifier(info)
    assert head is not None
    assert np.array_equal(head.weight, read_exported(tmp_path).head.weight)


def test_an_exported_model_reads_pictures_as_it_was_trained(tmp_path: Path) -> None:
    backbone = make("test_resnet", size=64)
    for least_side in (128, None):
        backbone.preprocess = backbone.preprocess.asking_for(least_side)
        backbone.export(tmp_path, head_for(backbone), CLASSES)
        assert read_exported(tmp_path).backbone.preprocess.least_side == least_side
    path = tmp_path / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    del config["headstart"]["least_side"]  # a folder from before there was such a thing
    path.write_text(json.dumps(config), encoding="utf-8")
    assert read_exported(tmp_path).backbone.preprocess.least_side is None
    info = Local().find(str(tmp_path))
    assert info is not None
    assert Local().load(info).preprocess.least_side == 128  # to be trained anew


@pytest.mark.parametrize("member", MEMBERS)
def test_adapting_again_starts_from_the_same_body(member: str, tmp_path: Path) -> None:
    """Exporting what was read back changes nothing: the pooling layer is not taken for one of the body's."""
    first = exported(tmp_path / "one", member)
    source = Local()
    info = source.find(str(tmp_path / "one"))
    assert info is not None
    assert info.pretraining == "none"
    backbone = source.load(info)
    backbone.export(tmp_path / "two", head_for(backbone), CLASSES)
    again = read_exported(tmp_path / "two")
    with torch.no_grad():
        features = again.backbone.encode(batch_of(again.backbone)).double().numpy()
    np.testing.assert_allclose(again.head.logits(features), first.numpy(), atol=1e-5)


def test_the_size_a_model_was_adapted_at_is_kept(tmp_path: Path) -> None:
    exported(tmp_path, "test_vit", size=96)
    info = Local().find(str(tmp_path))
    assert info is not None
    assert info.input == {"size": 96}
    assert Local().load(info).preprocess.collate([torch.zeros(96, 96, 3)])["pixel_values"].shape == (1, 3, 96, 96)
    assert Local().load(info, size=64).info.input == {"size": 64}


def test_a_run_folder_stands_for_its_model(tmp_path: Path) -> None:
    exported(tmp_path / "run" / "model", "test_resnet")
    info = Local().find(str(tmp_path / "run"))
    assert info is not None
    assert info.name == f"local:{tmp_path / 'run'}"
    Local().load(info)


def test_a_folder_saved_by_sentence_transformers_is_a_model(tmp_path: Path) -> None:
    files = {**encoder_files(), "sentence_bert_config.json": b'{"max_seq_length": 11}'}
    write(tmp_path, files)
    info = Local().find(str(tmp_path))
    assert info is not None
    assert (info.modality, info.dim, info.input, info.family) == ("text", 16, {"tokens": 11}, "bert")
    assert len(info.sha256) == 64
    assert info.gflops > 0
    assert Local().load(info).blocks
    with pytest.raises(UserError, match="was not exported by headstart, so its classes cannot be predicted with"):
        read_exported(tmp_path)
    with pytest.raises(UserError, match="reads texts; a size in pixels"):
        Local().load(info, size=64)


def test_a_folder_saved_by_timm_is_a_model(tmp_path: Path) -> None:
    import timm
    from timm.models import save_for_hf

    model = timm.create_model("test_resnet", num_classes=3)
    save_for_hf(model, str(tmp_path), safe_serialization=True)
    info = Local().find(str(tmp_path))
    assert info is not None
    assert (info.modality, info.dim, info.input, info.family) == ("image", 96, {"size": 160}, "resnet")
    backbone = Local().load(info)
    batch = batch_of(backbone)
    model.eval()
    with torch.no_grad():
        expected = model.forward_head(model.forward_features(batch["pixel_values"]), pre_logits=True)  # type: ignore
        torch.testing.assert_close(backbone.encode(batch), expected)


def test_random_weights_ignore_the_folders(tmp_path: Path) -> None:
    exported(tmp_path, "test_resnet")
    info = Local().find(str(tmp_path))
    assert info is not None
    loaded = Local().load(info, pretrained=False, seed=1).module.state_dict()
    fresh = make("test_resnet", seed=1).module.state_dict()
    assert all(torch.equal(loaded[name], fresh[name]) for name in fresh)


def test_no_folder_no_model(tmp_path: Path) -> None:
    assert Local().find(str(tmp_path)) is None
    assert Local().infos() == ()
    exported(tmp_path / "gone", "test_resnet")
    info = Local().find(str(tmp_path / "gone"))
    assert info is not None
    assert Local().in_store(info)
    (tmp_path / "gone" / "config.json").unlink()
    assert not Local().in_store(info)
    with pytest.raises(Unavailable, match=r"There is no model at .*gone: neither it nor model/ in it has"):
        Local().load(info)
    with pytest.raises(Unavailable, match="There is no model at"):
        Local().pull(info, Listener())


def test_pulling_a_folder_says_that_there_is_nothing_to_do(tmp_path: Path) -> None:
    exported(tmp_path, "test_resnet")
    info = Local().find(str(tmp_path))
    assert info is not None
    progress = Listener()
    Local().pull(info, progress)
    assert progress.said == [f"local:{tmp_path} is a folder on this machine; there is nothing to fetch."]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_a_damaged_configuration_is_named(content: bytes, tmp_path: Path) -> None:
    exported(tmp_path, "test_resnet")
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(Unavailable, match=r"config\.json cannot be read \(.*\), so .* is no model"):
        read_exported(tmp_path)


def test_a_configuration_that_is_no_object_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(Unavailable, match="holds no JSON object"):
        read_exported(tmp_path)


def test_weights_must_be_safetensors(tmp_path: Path) -> None:
    exported(tmp_path, "test_resnet")
    (tmp_path / "model.safetensors").rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(Unavailable, match=r"holds no model\.safetensors; headstart reads weights from"):
        read_exported(tmp_path)


@pytest.mark.parametrize("member", ["test_resnet", "bert"])
def test_truncated_weights_are_named(member: str, tmp_path: Path) -> None:
    exported(tmp_path, member)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(Unavailable, match=r"model\.safetensors is missing or damaged"):
        read_exported(tmp_path)


@pytest.mark.parametrize("member", ["test_resnet", "bert"])
def test_weights_of_another_model_are_refused(member: str, tmp_path: Path) -> None:
    exported(tmp_path / "one", member)
    exported(tmp_path / "two", "test_vit")
    (tmp_path / "two" / "model.safetensors").replace(tmp_path / "one" / "model.safetensors")
    with pytest.raises(Unavailable, match=r"The weights in .* do not fit the model that .*config\.json describes"):
        read_exported(tmp_path / "one")


def test_a_timm_folder_without_preprocessing_is_refused(tmp_path: Path) -> None:
    exported(tmp_path, "test_resnet")
    config = json.loads((tmp_path / "config.json").read_text())
    del config["pretrained_cfg"]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(Unavailable, match=r"config\.json lacks 'pretrained_cfg', so the preprocessing of .* is"):
        read_exported(tmp_path)


@pytest.mark.parametrize("said", [True, False])
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_a_timm_model_of_other_channels_reads_rgb(tmp_path: Path, channels: int, said: bool) -> None:
    """timm saves such a model with and without the number of channels in its configuration."""
    import timm
    from timm.models import save_for_hf

    model = timm.create_model("test_resnet", num_classes=3, in_chans=channels).eval()
    save_for_hf(model, str(tmp_path), safe_serialization=True)
    config = json.loads((tmp_path / "config.json").read_text())
    if said:
        config["pretrained_cfg"] |= {
            "input_size": [channels, 64, 64],
            "mean": [0.5] * channels,
            "std": [0.2] * channels,
        }
        (tmp_path / "config.json").write_text(json.dumps(config))
    info = Local().find(str(tmp_path))
    assert info is not None
    backbone = Local().load(info)
    grey = torch.randn(2, 1, 64, 64)
    with torch.no_grad():
        expected = model.forward_head(model.forward_features(grey.expand(-1, channels, -1, -1)), pre_logits=True)  # type: ignore
        found = backbone.encode({"pixel_values": grey.expand(-1, 3, -1, -1)})
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
    assert batch_of(backbone)["pixel_values"].shape[1] == 3
    backbone.export(tmp_path / "again", head_for(backbone), CLASSES)
    with torch.no_grad():
        again = read_exported(tmp_path / "again").backbone.encode(batch_of(backbone))
        torch.testing.assert_close(again, backbone.encode(batch_of(backbone)))


def test_a_first_layer_that_reads_other_channels_by_design_is_left_alone(tmp_path: Path) -> None:
    """Some networks rearrange pixels into channels before it."""
    logits = exported(tmp_path, "test_resnet")
    config = json.loads((tmp_path / "config.json").read_text())
    config["pretrained_cfg"]["first_conv"] = "layer1.0.conv1"
    (tmp_path / "config.json").write_text(json.dumps(config))
    model = read_exported(tmp_path)
    with torch.no_grad():
        features = model.backbone.encode(batch_of(model.backbone)).double().numpy()
    np.testing.assert_allclose(model.head.logits(features), logits.numpy(), atol=1e-5)


def test_channels_that_no_named_layer_reads_are_refused(tmp_path: Path) -> None:
    exported(tmp_path, "test_resnet")
    config = json.loads((tmp_path / "config.json").read_text())
    config["pretrained_cfg"] |= {"input_size": [4, 64, 64], "first_conv": None}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        UserError, match=r"reads 4 channels, and its configuration names no single layer \('first_conv'\)"
    ):
        read_exported(tmp_path)


def test_another_kind_of_text_model_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {**encoder_files(), "config.json": json.dumps({"model_type": "mpnet"}).encode()})
    with pytest.raises(UserError, match="is a 'mpnet' model; headstart adapts models of the kinds"):
        Local().find(str(tmp_path))


def test_pictures_of_any_mode_are_read(tmp_path: Path) -> None:
    exported(tmp_path, "test_resnet")
    preprocess = read_exported(tmp_path).backbone.preprocess
    assert preprocess.item(pictures(1)[0].convert("L")).shape == (64, 64, 3)
