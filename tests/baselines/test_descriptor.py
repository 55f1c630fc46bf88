"""The descriptor against its definition."""

import numpy as np
import pytest
from PIL import Image

from headstart.baselines._descriptor import BLOCKS, LENGTH
from headstart.baselines._descriptor import describe as _describe


def describe(image):
    """One image's descriptor, by part."""
    return dict(zip(BLOCKS, np.split(_describe([image])[0], np.cumsum(list(BLOCKS.values()))[:-1]), strict=True))


def _noise(size=(90, 70), seed=0):
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8))


def test_shape_and_range():
    rows = _describe([_noise(), Image.new("RGB", (1, 1)), _noise((3, 400))])
    assert rows.shape == (3, LENGTH)
    assert rows.dtype == np.float32
    assert np.all(np.isfinite(rows))
    assert rows.min() >= 0.0
    assert rows.max() <= 1.0
    assert _describe([]).shape == (0, LENGTH)


def test_histograms_are_shares_under_a_root():
    parts = describe(_noise())
    for name in ("colours", "greys", "texture"):
        assert np.sum(parts[name] ** 2) == pytest.approx(1.0, abs=1e-5)


def test_colours_tell_hues_apart_and_greys_do_not():
    red, green = (describe(Image.new("RGB", (40, 40), colour)) for colour in ((200, 0, 0), (0, 102, 0)))
    assert np.dot(red["colours"], green["colours"]) == 0.0
    np.testing.assert_array_equal(red["greys"], green["greys"])  # both have luminance 60


def test_thumbnail_is_the_coarse_layout():
    pixels = np.zeros((128, 128, 3), dtype=np.uint8)
    pixels[:64] = 255
    thumbnail = describe(Image.fromarray(pixels))["thumbnail"].reshape(16, 16)
    np.testing.assert_allclose(thumbnail[:8], 1.0)
    np.testing.assert_allclose(thumbnail[8:], 0.0)


@pytest.mark.parametrize(("across", "expected"), [(True, 0), (False, 4)])
def test_gradients_name_the_direction_of_an_edge(across, expected):
    """A ramp from left to right has gradients at 0 degrees, shared by the first and the last of nine bins; one from
    top to bottom has them at 90 degrees, the centre of the fifth bin."""
    ramp = np.broadcast_to(np.arange(128, dtype=np.uint8) * 2, (128, 128))
    cells = describe(Image.fromarray(ramp if across else ramp.T).convert("RGB"))["gradients"].reshape(16, 16, 9)
    inner = cells[1:-1, 1:-1].mean(axis=(0, 1))
    assert inner.argmax() == expected
    if across:
        assert inner[0] == pytest.approx(inner[8], rel=1e-3)
        np.testing.assert_allclose(inner[1:8], 0.0, atol=1e-6)
    else:
        np.testing.assert_allclose(np.delete(inner, 4), 0.0, atol=1e-6)


def test_gradients_hardly_feel_contrast_but_flat_images_stay_empty():
    pixels = np.asarray(_noise((128, 128)).convert("L"), dtype=np.float64)
    strong, weak = (
        describe(Image.fromarray((pixels * factor).astype(np.uint8)).convert("RGB"))["gradients"]
        for factor in (1.0, 0.5)
    )
    np.testing.assert_allclose(strong, weak, atol=0.02)
    almost = Image.fromarray((100 + pixels / 250).astype(np.uint8)).convert("RGB")
    assert describe(almost)["gradients"].max() < 0.2
    assert describe(Image.new("RGB", (50, 50), (90, 90, 90)))["gradients"].max() == 0.0


def test_texture_counts_strength_wherever_it_is():
    pixels = np.full((128, 128), 128, dtype=np.uint8)
    pixels[:64, :64] = np.asarray(_noise((64, 64)).convert("L"))
    moved = np.roll(pixels, 64, axis=1)
    one, other = (describe(Image.fromarray(each).convert("RGB"))["texture"] for each in (pixels, moved))
    np.testing.assert_allclose(one, other, atol=0.03)
