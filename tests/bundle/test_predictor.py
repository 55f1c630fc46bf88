from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.special import softmax

from headstart.baselines.histograms import Histograms
from headstart.baselines.tfidf import Tfidf
from headstart.bundle import predictor as module
from headstart.bundle.model import Card, write_baseline, write_transfer
from headstart.bundle.predictor import Predictor
from headstart.core.backbone import Exported, LinearHead
from headstart.core.errors import Unavailable, UserError
from headstart.data._image import read_image
from tests import sounds
from tests.backbones.members import CLASSES, head_for, make
from tests.backbones.tiny import TEXTS, clips, pictures
from tests.engine.toys import picture


def card(**changes: Any) -> Card:
    facts: dict[str, Any] = {"serves": "transfer", "modality": "image", "task": "classification", "classes": CLASSES}
    return Card(**{**facts, "temperature": 1.0, "trained_from": {}, "arithmetic": {}, **changes})


@pytest.fixture(scope="module")
def image_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("image")
    backbone = make("test_resnet")
    write_transfer(run / "model", backbone, head_for(backbone), card())
    return run


@pytest.mark.parametrize("member", ["test_resnet", "bert", "whisper"])
def test_predictions_are_head_and_softmax_of_the_features(member: str, tmp_path: Path, monkeypatch):
    """In batches of two, so that a batch boundary is crossed."""
    backbone = make(member)
    head, modality = head_for(backbone), backbone.info.modality
    items: list[Any] = {"image": pictures(), "text": TEXTS, "audio": clips()}[modality]
    write_transfer(tmp_path / "model", backbone, head, card(modality=modality))
    monkeypatch.setattr(module, "PICTURES", 2)
    found = Predictor.open(tmp_path).predict(items)
    for item, prediction in zip(items, found, strict=True):
        with torch.no_grad():
            features = backbone.encode(backbone.preprocess.collate([backbone.preprocess.item(item)])).double().numpy()
        expected = softmax(features @ head.weight.T + head.bias, axis=1)[0]
        assert list(prediction.probabilities) == list(CLASSES)
        np.testing.assert_allclose(list(prediction.probabilities.values()), expected, atol=1e-4)
        assert prediction.label == CLASSES[int(expected.argmax())]
        assert prediction.confidence == max(prediction.probabilities.values())
    assert [p.item for p in found] == (TEXTS if modality == "text" else ["item 1", "item 2", "item 3"])


def test_a_run_folder_and_its_model_folder_open_alike(image_run: Path):
    one, other = Predictor.open(image_run), Predictor.open(image_run / "model")
    assert one.predict(pictures()) == other.predict(pictures())
    assert one.classes == CLASSES


def test_files_arrays_bytes_and_generators_are_items(image_run: Path, tmp_path: Path):
    path, image = tmp_path / "new.png", pictures(1)[0]
    image.save(path)
    served = Predictor.open(image_run)
    alike = served.predict([path, str(path), image, np.asarray(image), path.read_bytes(), {"path": str(path)}])
    assert [p.item for p in alike] == [str(path), str(path), "item 3", "item 4", "item 5", str(path)]
    for prediction in alike:
        np.testing.assert_allclose(
            list(prediction.probabilities.values()), list(alike[0].probabilities.values()), atol=1e-6
        )
    assert [p.label for p in served.predict(image for _ in range(2))] == [alike[0].label] * 2
    assert len(served.predict(np.stack([np.asarray(image)] * 2))) == 2


@pytest.fixture(scope="module")
def sound_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = tmp_path_factory.mktemp("sound")
    backbone = make("whisper")
    write_transfer(run / "model", backbone, head_for(backbone), card(modality="audio"))
    return run


def test_files_samples_and_bytes_are_sounds(sound_run: Path, tmp_path: Path):
    clip = sounds.glide(True, 1)
    path = sounds.write(tmp_path / "new.wav", clip)
    read = Predictor.open(sound_run).predict(
        [path, path.read_bytes(), {"path": str(path)}, clip, (clip.samples, clip.rate)]
    )
    assert [p.item for p in read] == [str(path), "item 2", str(path), "item 4", "item 5"]
    for prediction in read:
        np.testing.assert_allclose(
            list(prediction.probabilities.values()), list(read[0].probabilities.values()), atol=1e-3
        )


@pytest.mark.parametrize(
    "item", [(np.zeros(8000), 8000), sounds.glide(True, 1), "new.wav"], ids=["pair", "clip", "path"]
)
def test_one_bare_sound_is_refused(item: Any, sound_run: Path):
    with pytest.raises(UserError, match=f"predict takes a list of items, got one {type(item).__name__}: put it in a"):
        Predictor.open(sound_run).predict(item)


def test_no_items_no_predictions(image_run: Path):
    assert Predictor.open(image_run).predict([]) == []


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        ("new.png", "str"),
        (b"x", "bytes"),
        (Path("new.png"), type(Path()).__name__),
        (Image.new("RGB", (40, 40)), "Image"),
        (np.zeros((40, 40, 3), dtype=np.uint8), "ndarray"),
        ({"path": "new.png"}, "dict"),
        (np.array("new.png"), "ndarray"),
    ],
)
def test_one_bare_item_is_refused(item: Any, kind: str, image_run: Path):
    with pytest.raises(UserError, match=f"predict takes a list of items, got one {kind}: put it in a list"):
        Predictor.open(image_run).predict(item)


def test_items_that_cannot_be_read_are_all_named(image_run: Path, tmp_path: Path):
    (tmp_path / "bad.png").write_bytes(b"not a picture")
    with pytest.raises(UserError) as caught:
        Predictor.open(image_run).predict([tmp_path / "bad.png", pictures(1)[0], tmp_path / "gone.png", 3])
    assert len(caught.value.problems) == 3
    assert f"'{tmp_path / 'bad.png'}' cannot be read: it is not a picture" in caught.value.problems[0]
    assert f"'{tmp_path / 'gone.png'}' cannot be read" in caught.value.problems[1]
    assert caught.value.problems[2].startswith("'item 4' cannot be read")


def test_items_that_can_be_read_are_predicted_where_somebody_is_told_of_the_others(image_run: Path, tmp_path: Path):
    (tmp_path / "bad.png").write_bytes(b"not a picture")
    predictor, told = Predictor.open(image_run), []
    found = predictor.predict([pictures(1)[0], tmp_path / "bad.png", pictures(1)[0]], unreadable=told.append)
    assert [each.item for each in found] == ["item 1", "item 3"]
    assert [each.name for each in told] == [str(tmp_path / "bad.png")]
    assert str(told[0]).startswith(f"'{tmp_path / 'bad.png'}' cannot be read: ")


def large_jpegs(folder: Path) -> list[Path]:
    paths = [folder / f"{number}.jpg" for number in range(3)]
    for number, path in enumerate(paths):
        picture(number % 2, number).resize((2600, 2200)).save(path)
    return paths


@pytest.mark.parametrize("least_side", [128, None])
def test_large_jpegs_are_read_as_in_training(tmp_path: Path, least_side: int | None):
    backbone = make("test_resnet", size=64)
    backbone.preprocess = backbone.preprocess.asking_for(least_side)
    head = head_for(backbone)
    write_transfer(tmp_path / "model", backbone, head, card())
    paths = large_jpegs(tmp_path)
    found = Predictor.open(tmp_path).predict(paths)
    ready = [backbone.preprocess.item(read_image(path, least_side)) for path in paths]
    with torch.no_grad():
        features = backbone.encode(backbone.preprocess.collate(ready)).double().numpy()
    expected = softmax(features @ head.weight.T + head.bias, axis=1)
    np.testing.assert_allclose([list(p.probabilities.values()) for p in found], expected, atol=1e-6)
    for others in ([Image.open(BytesIO(path.read_bytes())) for path in paths], [path.read_bytes() for path in paths]):
        again = Predictor.open(tmp_path).predict(others)
        assert [p.probabilities for p in again] == [p.probabilities for p in found]


def test_a_baseline_reads_large_jpegs_as_in_training(tmp_path: Path):
    images = [picture(n % 2, n) for n in range(10)]
    baseline = Histograms()
    baseline.fit(baseline.describe(images), np.arange(10) % 2, 2)
    write_baseline(tmp_path / "model", baseline, card(serves="histograms", classes=("left", "right")))
    paths = large_jpegs(tmp_path)
    found = Predictor.open(tmp_path).predict(paths)
    described = baseline.describe([read_image(path, baseline.least_side) for path in paths])
    expected = softmax(baseline.logits(described), axis=1)
    np.testing.assert_allclose([list(p.probabilities.values()) for p in found], expected, atol=1e-9)


def test_a_served_text_baseline(tmp_path: Path):
    baseline = Tfidf()
    baseline.fit(baseline.describe(TEXTS * 2), np.array([0, 1, 0] * 2), 2)
    classes = ("good", "bad")
    write_baseline(tmp_path / "model", baseline, card(serves="tfidf", modality="text", classes=classes))
    served = Predictor.open(tmp_path)
    found = served.predict(np.array(TEXTS))
    expected = softmax(baseline.logits(baseline.describe(TEXTS)), axis=1)
    np.testing.assert_allclose([list(p.probabilities.values()) for p in found], expected, atol=1e-12)
    assert [p.label for p in found] == ["good", "bad", "good"]
    with pytest.raises(UserError, match="'item 2' cannot be read"):
        served.predict(["good", "  "])
    with pytest.raises(UserError, match="got one str"):
        served.predict("good")


def test_a_served_image_baseline(tmp_path: Path):
    images = [picture(n % 2, n) for n in range(10)]
    baseline = Histograms()
    baseline.fit(baseline.describe(images), np.arange(10) % 2, 2)
    write_baseline(tmp_path, baseline, card(serves="histograms", classes=("left", "right")))
    found = Predictor.open(tmp_path).predict(images)
    assert [p.label for p in found] == ["left", "right"] * 5


def test_without_a_folder_or_a_model_nothing_opens(tmp_path: Path):
    with pytest.raises(
        UserError,
        match=r"There is no folder '.*gone'\. Give a run folder, as `headstart adapt` or `headstart align` writes",
    ):
        Predictor.open(tmp_path / "gone")
    with pytest.raises(UserError, match=r"holds no model\. If its run was interrupted, run the same"):
        Predictor.open(tmp_path)


def test_class_names_that_contradict_are_refused(tmp_path: Path):
    backbone = make("test_resnet")
    write_transfer(tmp_path, backbone, head_for(backbone), card())
    values = json.loads((tmp_path / "headstart.json").read_text(encoding="utf-8"))
    values["classes"] = values["classes"][::-1]
    (tmp_path / "headstart.json").write_text(json.dumps(values), encoding="utf-8")
    with pytest.raises(
        Unavailable, match=r"contradicts itself: config\.json names the classes \['None', .*, headstart\.json \['a/b',"
    ):
        Predictor.open(tmp_path)


def test_a_model_with_other_outputs_than_classes_is_refused():
    from headstart.tasks.classification import Classification

    backbone, task = make("test_resnet"), Classification(classes=CLASSES)
    headless = Exported(backbone=backbone, head=LinearHead(weight=np.zeros((0, 0)), bias=np.zeros(0)), classes=CLASSES)
    with pytest.raises(Unavailable, match=r"its model has 0 outputs, headstart\.json names 4 classes"):
        Predictor(card(), headless, task).predict(pictures())
    baseline = Histograms()
    baseline.fit(baseline.describe(pictures() * 2), np.array([0, 1, 0] * 2), 2)
    with pytest.raises(Unavailable, match=r"its model has 2 outputs, headstart\.json names 4 classes"):
        Predictor(card(serves="histograms"), baseline, task).predict(pictures())


@pytest.mark.parametrize(
    "one",
    [
        np.zeros(16000, dtype=np.float32),
        (np.zeros(16000, dtype=np.float32), 16000),
        (np.zeros(16000, dtype=np.float32), np.int64(16000)),
        "new.wav",
    ],
    ids=["samples", "samples and rate", "samples and a rate of numpy", "path"],
)
def test_one_sound_is_one_item(one: Any):
    assert module._single(one, "audio")
    assert not module._single([one, one], "audio")
    assert not module._single(np.array(["a.wav", "b.wav"]), "audio")
