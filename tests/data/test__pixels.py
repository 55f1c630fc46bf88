import numpy as np
import pytest
from PIL import Image

from headstart.core.errors import UnreadableItem
from headstart.data import _pixels
from headstart.data._pixels import from_array, strips, to_levels, to_rgb, upright


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        (np.array([0, 128, 255], dtype=np.uint16), [0, 128, 255]),  # 8 bits in a 16-bit file
        (np.array([0, 2048, 4095], dtype=np.uint16), [0, 128, 255]),  # a 12-bit camera
        (np.array([0, 32768, 65535], dtype=np.uint16), [0, 128, 255]),
        (np.array([0, 257 * 100, 60000], dtype=np.int32), [0, 100, 233]),
        (np.array([0.0, 0.5, 1.0], dtype=np.float32), [0, 128, 255]),
        (np.array([0.0, 100.0, 255.0]), [0, 100, 255]),
        (np.array([-10.0, 0.0, 10.0]), [0, 128, 255]),
        (np.array([0, 100_000], dtype=np.int64), [0, 255]),
        (np.array([-5, -5]), [0, 0]),
        (np.array([np.nan, 0.2, 1.0, np.inf]), [51, 51, 255, 51]),
    ],
)
def test_levels_of_every_range(values: np.ndarray, levels: list[int]):
    assert to_levels(values).tolist() == pytest.approx(levels, abs=1)


def test_no_finite_value_is_an_error():
    with pytest.raises(ValueError, match="none of its pixels is a finite number"):
        to_levels(np.full((2, 2), np.nan))
    with pytest.raises(UnreadableItem, match="none of its pixels is a finite number"):
        from_array(np.full((2, 2), np.nan))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_undone(orientation: int):
    truth = Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3) * 40)
    stored_as = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,  # shown after turning 90 degrees clockwise
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = truth.transpose(stored_as[orientation]) if orientation > 1 else truth
    stored.getexif()[0x0112] = orientation
    assert np.array_equal(np.asarray(upright(stored)), np.asarray(truth))


def test_transparency_is_laid_over_white():
    half = Image.new("RGBA", (1, 1), (0, 0, 0, 0))
    rgb, transparent = to_rgb(half)
    assert rgb.getpixel((0, 0)) == (255, 255, 255)
    assert transparent
    rgb, transparent = to_rgb(Image.new("RGBA", (1, 1), (10, 20, 30, 255)))
    assert rgb.getpixel((0, 0)) == (10, 20, 30)
    assert not transparent
    rgb, transparent = to_rgb(Image.new("LA", (1, 1), (0, 128)))
    assert rgb.getpixel((0, 0)) == (127, 127, 127)
    assert transparent


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((2, 3), 7, dtype=np.uint8), (7, 7, 7)),
        (np.full((2, 3, 1), 7, dtype=np.uint8), (7, 7, 7)),
        (np.full((2, 3, 3), 7, dtype=np.uint8), (7, 7, 7)),
        (np.full((2, 3, 4), [10, 20, 30, 0], dtype=np.uint8), (255, 255, 255)),
        (np.ones((2, 3), dtype=bool), (255, 255, 255)),
        (np.ones((2, 3, 3), dtype=np.float32), (255, 255, 255)),
    ],
)
def test_arrays_of_every_shape(array: np.ndarray, expected: tuple[int, int, int]):
    image = from_array(array)
    assert (image.mode, image.size, image.getpixel((0, 0))) == ("RGB", (3, 2), expected)


@pytest.mark.parametrize("shape", [(3, 4, 5), (3, 32, 32), (5,), (0, 4), (1, 2, 3, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]):
    with pytest.raises(UnreadableItem) as caught:
        from_array(np.zeros(shape))
    assert f"its shape is {shape}, expected (H, W) or (H, W, 1, 3 or 4)" in str(caught.value)


def test_arrays_of_other_things_are_refused():
    with pytest.raises(UnreadableItem, match="it holds <U1, expected integers, booleans or floats"):
        from_array(np.full((2, 2), "a"))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA", "P", "RGB", "L"])
def test_strips_give_what_the_whole_gives(mode: str, monkeypatch: pytest.MonkeyPatch):
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (23, 17, 4), dtype=np.uint8)
    pixels[:9, :, 3] = 255  # strips without any transparency, and others
    image = Image.fromarray(pixels)
    if mode in ("LA", "PA"):
        image = image.convert(mode[0]).convert(mode)
        image.putalpha(Image.fromarray(pixels[:, :, 3]))
    elif mode != "RGBA":
        image = image.convert("RGB").convert(mode)
        one = image.getpixel((3, 12))
        image.info["transparency"] = bytes(range(0, 256, 2)) if mode == "P" else one
    layered = image.convert("RGBA")
    expected = Image.alpha_composite(Image.new("RGBA", layered.size, (255, 255, 255, 255)), layered).convert("RGB")
    for strip in (17, 60, 10_000):
        monkeypatch.setattr(_pixels, "STRIP", strip)
        rgb, transparent = to_rgb(image)
        assert (rgb.mode, transparent) == ("RGB", True)
        assert np.array_equal(np.asarray(rgb), np.asarray(expected))


def test_strips_cover_the_picture(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_pixels, "STRIP", 60)
    image = Image.fromarray(np.arange(391).reshape(23, 17).astype(np.uint8))
    found = list(strips(image))
    assert [top for top, _ in found] == list(range(0, 23, 3))
    assert b"".join(part.tobytes() for _, part in found) == image.tobytes()


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.float32, np.float64])
def test_levels_do_not_depend_on_the_strips(dtype: type, monkeypatch: pytest.MonkeyPatch):
    values = (np.random.default_rng(0).normal(size=(30, 20)) * 3000 + 9000).astype(dtype)
    if np.issubdtype(dtype, np.floating):
        values[2, 3], values[29, 19] = np.nan, np.inf
    whole = to_levels(values)
    monkeypatch.setattr(_pixels, "STRIP", 7)
    assert np.array_equal(to_levels(values), whole)
    assert np.array_equal(to_levels(values[::2, ::3]), to_levels(np.ascontiguousarray(values[::2, ::3])))
