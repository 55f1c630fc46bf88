"""What every baseline keeps to, whoever wrote it."""

import json

import numpy as np
import pytest
from PIL import Image

from headstart.catalog import baselines
from headstart.core.errors import Unavailable, UserError
from headstart.core.sound import Clip

NAMES = baselines.names()
WORDS = (("bright", "sunny", "warm"), ("dark", "rainy", "cold"), ("windy", "stormy", "rough"))


def _images(count, generator):
    """Class 0 is dark on the left, class 1 on the right, class 2 nowhere."""
    items, targets = [], np.arange(count) % 3
    for target in targets:
        pixels = generator.integers(120, 255, size=(20, 30, 3), dtype=np.uint8)
        if target < 2:
            pixels[:, 15 * target : 15 * target + 15] //= 3
        items.append(Image.fromarray(pixels))
    return items, targets


def _texts(count, generator):
    targets = np.arange(count) % 3
    return [" ".join(generator.choice(WORDS[target], size=4)) + " today" for target in targets], targets


def _sounds(count, generator):
    """Tones, glides and noise, of different volume and length."""
    targets, clips = np.arange(count) % 3, []
    for target in targets:
        time = np.arange(round(8000 * generator.uniform(0.3, 0.8))) / 8000
        pitch = generator.uniform(300, 500)
        kinds = (
            np.sin(2 * np.pi * pitch * time),
            np.sin(2 * np.pi * (pitch + 1500 * time) * time),
            generator.normal(size=len(time)),
        )
        samples = kinds[target] * generator.uniform(0.05, 0.3)
        clips.append(Clip(samples=samples.astype(np.float32), rate=8000))
    return clips, targets


def _sample(name, count=24, seed=0):
    make = {"image": _images, "text": _texts, "audio": _sounds}[baselines.get(name).modality]
    return make(count, np.random.default_rng(seed))


@pytest.fixture(scope="module", params=NAMES)
def fitted(request):
    items, targets = _sample(request.param)
    model = baselines.get(request.param)()
    model.fit(model.describe(items), targets, 3)
    return request.param, model


def test_there_is_one_for_every_modality():
    assert {baselines.get(name).modality for name in NAMES} == {"image", "text", "audio"}


def test_learns_something(fitted):
    name, model = fitted
    items, targets = _sample(name, 12, seed=1)
    logits = model.logits(model.describe(items))
    assert logits.shape == (12, 3)
    assert logits.dtype == np.float64
    assert np.mean(logits.argmax(axis=1) == targets) > 0.7
    assert baselines.get(name).summary.endswith(".")


def test_saved_and_loaded_it_gives_the_same_logits(fitted, tmp_path):
    name, model = fitted
    items, _ = _sample(name, 12, seed=1)
    model.save(tmp_path / "new" / "folder")
    files = {path.suffix for path in (tmp_path / "new" / "folder").iterdir()}
    assert files == {".json", ".safetensors"}
    loaded = baselines.get(name).load(tmp_path / "new" / "folder")
    np.testing.assert_allclose(loaded.logits(loaded.describe(items)), model.logits(model.describe(items)), atol=1e-12)
    loaded.save(tmp_path / "again")
    for path in (tmp_path / "again").iterdir():
        assert path.read_bytes() == (tmp_path / "new" / "folder" / path.name).read_bytes()


def test_same_data_same_model_and_items_are_independent(fitted):
    name, model = fitted
    items, targets = _sample(name)
    again = baselines.get(name)()
    again.fit(again.describe(items), targets, 3)
    described = model.describe(items)
    assert len(described) == len(described[np.arange(24)]) == 24
    logits = model.logits(described)
    np.testing.assert_array_equal(again.logits(again.describe(items)), logits)
    for alone in (model.describe(items[3:4]), described[np.array([3])]):
        np.testing.assert_allclose(model.logits(alone), logits[3:4], atol=1e-12)
    assert model.logits(model.describe([])).shape == (0, 3)


def test_class_without_items_is_never_predicted(fitted):
    name, _ = fitted
    items, targets = _sample(name)
    model = baselines.get(name)()
    model.fit(model.describe(items), targets, 5)
    assert model.logits(model.describe(items)).shape == (24, 5)
    assert model.logits(model.describe(items)).argmax(axis=1).max() < 3


@pytest.mark.parametrize("name", NAMES)
def test_unfitted_it_says_so(name, tmp_path):
    model = baselines.get(name)()
    with pytest.raises(UserError, match="call fit or load first"):
        model.logits(model.describe(_sample(name, 3)[0]))
    with pytest.raises(UserError, match="call fit or load first"):
        model.save(tmp_path)


@pytest.mark.parametrize("damage", ["no_record", "no_numbers", "cut_record", "cut_numbers", "other_kind"])
def test_damaged_folders_are_refused(fitted, damage, tmp_path):
    name, model = fitted
    model.save(tmp_path)
    record, numbers = tmp_path / "baseline.json", tmp_path / "baseline.safetensors"
    if damage == "no_record":
        record.unlink()
    elif damage == "no_numbers":
        numbers.unlink()
    elif damage == "cut_record":
        record.write_bytes(record.read_bytes()[:-20])
    elif damage == "cut_numbers":
        numbers.write_bytes(numbers.read_bytes()[:-20])
    else:
        record.write_text(json.dumps({**json.loads(record.read_text()), "baseline": "tarot"}))
    with pytest.raises(Unavailable, match=r"cannot be read|is missing or damaged|not JSON|kind 'tarot'"):
        baselines.get(name).load(tmp_path)
