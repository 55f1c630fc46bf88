from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from headstart.data import _near_images
from headstart.data._looks import LOOK_BYTES, Looks, look
from headstart.data._near_images import near_pairs


def looks(images: list[Image.Image]) -> Looks:
    return Looks.from_bytes([look(image) for image in images], [image.size for image in images])


def again(image: Image.Image, form: str = "JPEG", quality: int = 60, scale: float = 1.0, light: float = 1.0):
    size = (round(image.width * scale), round(image.height * scale))
    buffer = BytesIO()
    changed = ImageEnhance.Brightness(image.resize(size, Image.Resampling.LANCZOS)).enhance(light)
    changed.save(buffer, form, quality=quality)
    return Image.open(buffer).convert("RGB")


def cell(seed: int, crack: bool = False) -> Image.Image:
    """A grey picture of one and the same object: bars and a frame, with its own noise and perhaps a crack."""
    random = np.random.default_rng(seed)
    levels = np.full((300, 300), 170.0)
    levels[70:76] = levels[220:226] = 70
    levels[:6] = levels[-6:] = levels[:, :6] = levels[:, -6:] = 90
    stains = Image.fromarray(random.normal(0, 8, (10, 10)).astype(np.float32)).resize((300, 300))
    levels += np.asarray(stains) + random.normal(0, 3, (300, 300))
    image = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    if crack:
        ImageDraw.Draw(image).line([(100, 80), (140, 200)], fill=60, width=5)
    return image.convert("RGB")


def drawing(colour: str, shape: str = "ellipse") -> Image.Image:
    image = Image.new("RGB", (64, 64), "white")
    getattr(ImageDraw.Draw(image), shape)([8, 8, 56, 56], fill=colour, outline="black")
    return image


def test_a_look_has_one_size(picture):
    assert {len(look(picture(1, size=size))) for size in ((5, 7), (64, 64), (900, 30))} == {LOOK_BYTES}


@pytest.mark.parametrize(
    "changes",
    [
        {"quality": 90},
        {"quality": 40},
        {"form": "WEBP"},
        {"scale": 0.5},
        {"scale": 0.37},
        {"scale": 2.0},
        {"light": 1.05},
        {"light": 0.85},
        {"scale": 0.6, "light": 0.95, "quality": 70},
    ],
)
def test_copies_are_found_and_nothing_else(picture, changes: dict):
    originals = [picture(seed, size=(240, 200)) for seed in range(12)]
    copies = [again(originals[k], **changes) for k in (2, 5, 9)]
    assert near_pairs(looks([*originals, *copies])).tolist() == [[2, 12], [5, 13], [9, 14]]


def test_pictures_of_the_same_object_are_not_copies():
    cells = [cell(seed) for seed in range(40)]
    correlations = np.corrcoef([np.asarray(image.convert("L").resize((32, 32))).ravel() for image in cells])
    assert np.median(correlations) > 0.85  # they do look alike
    assert near_pairs(looks(cells)).tolist() == []


def test_a_small_defect_makes_another_picture():
    assert near_pairs(looks([cell(1), cell(1, crack=True)])).tolist() == []


def test_the_same_outline_in_another_colour_is_another_picture():
    images = [drawing(colour) for colour in ("red", "blue", "green", "orange")]
    assert near_pairs(looks([*images, drawing("red", "rectangle")])).tolist() == []
    assert near_pairs(looks([*images, drawing("blue")])).tolist() == [[1, 4]]


def test_nearly_blank_pictures_are_not_tied():
    random = np.random.default_rng(0)
    blanks = [Image.fromarray(random.integers(250, 252, (40, 40, 3), dtype=np.uint8)) for _ in range(5)]
    assert near_pairs(looks(blanks)).tolist() == []


def test_a_stretched_copy_is_another_picture(picture):
    original = picture(1, size=(200, 200))
    assert near_pairs(looks([original, original.resize((200, 150))])).tolist() == []


def test_the_search_in_blocks_finds_what_comparing_all_pairs_finds(monkeypatch: pytest.MonkeyPatch):
    random = np.random.default_rng(3)
    planes = np.repeat(random.normal(size=(30, 32, 32)), 3, axis=0) + 0.05 * random.normal(size=(90, 32, 32))
    monkeypatch.setattr(_near_images, "BLOCK", 7)
    points, rows = _near_images._points(50 * planes.repeat(2, axis=1).repeat(2, axis=2))
    assert rows.tolist() == list(range(90))
    found = _near_images._candidates(points)
    coarse = planes.reshape(90, 16, 2, 16, 2).mean(axis=(2, 4)).reshape(90, -1)
    unit = (coarse - coarse.mean(axis=1, keepdims=True)) / (coarse.std(axis=1, keepdims=True) * 16)
    distances = np.linalg.norm(unit[:, None] - unit[None], axis=2)
    expected = np.argwhere(np.triu(distances < _near_images.RADIUS, k=1))
    assert len(expected) > 30
    assert set(map(tuple, expected.tolist())) <= set(map(tuple, found.tolist()))


def test_of_many_candidates_the_nearest_are_kept(monkeypatch: pytest.MonkeyPatch):
    points = (np.random.default_rng(0).normal(size=(60, 64)) * 0.002).astype(np.float32)
    monkeypatch.setattr(_near_images, "NEIGHBOURS", 5)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    expected = [
        [row, other]
        for row in range(60)
        for other in sorted(sorted(range(row + 1, 60), key=lambda later: distances[row, later])[:5])
    ]
    for block in (7, 1024):
        monkeypatch.setattr(_near_images, "BLOCK", block)
        assert _near_images._candidates(points).tolist() == expected


def test_copies_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch, picture):
    originals = [picture(seed, size=(240, 200)) for seed in range(10)]
    seen = looks([*originals, *(again(image) for image in originals), Image.new("RGB", (50, 50))])
    whole = near_pairs(seen).tolist()
    assert whole == [[number, number + 10] for number in range(10)]
    for block in (1, 4):
        monkeypatch.setattr(_near_images, "BLOCK", block)
        monkeypatch.setattr(_near_images, "CHUNK", block)
        assert near_pairs(seen).tolist() == whole


def test_many_copies_of_one_picture_stay_bounded(monkeypatch: pytest.MonkeyPatch, picture):
    monkeypatch.setattr(_near_images, "NEIGHBOURS", 4)
    pairs = near_pairs(looks([picture(0)] * 30))
    assert len(pairs) <= 4 * 30
    assert set(pairs.ravel().tolist()) == set(range(30))


def test_too_few_pictures_have_no_pairs(picture):
    assert near_pairs(looks([picture(0)])).shape == (0, 2)
