import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.core.errors import UnreadableItem
from headstart.data._image import MAX_PIXELS, decode, decoded, header, opened, pixels_held, read_image


def encoded(image: Image.Image, form: str, **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "LA", "RGBA", "CMYK", "I;16", "I", "F", "PA", "YCbCr"])
def test_every_mode_becomes_rgb(mode: str):
    grey = Image.fromarray(np.full((4, 5), 200, dtype=np.uint8))
    image = grey.convert("P").convert("PA") if mode == "PA" else grey.convert(mode)
    read = read_image(image)
    assert (read.mode, read.size) == ("RGB", (5, 4))
    assert read.getpixel((0, 0)) == pytest.approx((255,) * 3 if mode == "1" else (200,) * 3, abs=2)


def test_paths_bytes_arrays_and_pictures_read_alike(tmp_path: Path, picture):
    raw = encoded(picture(1), "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(raw)
    pixels = np.asarray(picture(1))
    for source in (path, str(path), raw, picture(1), pixels):
        assert np.array_equal(np.asarray(read_image(source)), pixels)


def test_exif_orientation_is_applied():
    exif = Image.Exif()
    exif[0x0112] = 6
    raw = encoded(Image.new("RGB", (20, 10)), "JPEG", exif=exif)
    assert read_image(raw).size == (10, 20)


def test_sixteen_bits_of_grey_become_eight():
    image = Image.fromarray(np.array([[0, 32768, 65535]], dtype=np.uint16))
    for form in ("PNG", "TIFF"):
        decoded = decode(encoded(image, form), "scan.png")
        assert np.asarray(decoded.image)[0, :, 0].tolist() == [0, 128, 255]
        assert "deep_grey" in decoded.odd


def test_palette_with_transparency_is_laid_over_white():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    decoded = decode(encoded(image, "PNG", transparency=1), "a.png")
    assert [decoded.image.getpixel((x, 0)) for x in (0, 1)] == [(255, 0, 0), (255, 255, 255)]
    assert "transparent" in decoded.odd


@pytest.mark.parametrize("form", ["GIF", "TIFF", "PNG", "WEBP"])
def test_the_first_frame_of_an_animation_counts(form: str):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if form == "WEBP" else {}
    raw = encoded(frames[0], form, save_all=True, append_images=frames[1:], **options)
    decoded = decode(raw, "a")
    assert decoded.image.getpixel((0, 0)) == (255, 0, 0)
    assert decoded.image.tobytes() == frames[0].tobytes()
    assert decoded.odd == ("animation",)


def test_a_first_frame_that_is_gone_is_damage(monkeypatch: pytest.MonkeyPatch):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    image = opened(encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:]), "a.tif")
    seek = image.seek

    def refuse(frame: int) -> None:
        if frame == 0:
            raise OSError("gone")
        seek(frame)

    monkeypatch.setattr(image, "seek", refuse)
    with pytest.raises(UnreadableItem, match=r"a\.tif cannot be read: it is damaged \(gone\)"):
        decoded(image, "a.tif")


@pytest.mark.parametrize(
    ("image", "form", "name", "odd"),
    [
        (Image.new("RGB", (40, 40)), "PNG", "a.png", ()),
        (Image.new("RGB", (40, 40)), "PNG", "a.jpg", ("wrong_extension",)),
        (Image.new("RGB", (40, 40)), "JPEG", "A.JPEG", ()),
        (Image.new("RGB", (40, 40)), "PNG", "without", ()),
        (Image.new("CMYK", (40, 40)), "JPEG", "a.jpg", ("cmyk",)),
        (Image.new("RGB", (31, 40)), "PNG", "a.png", ("tiny_image",)),
        (Image.new("RGB", (400, 40)), "PNG", "a.png", ("extreme_aspect",)),
        (Image.new("RGBA", (40, 40), (1, 2, 3, 255)), "PNG", "a.png", ()),
    ],
)
def test_what_is_remarkable(image: Image.Image, form: str, name: str, odd: tuple[str, ...]):
    assert decode(encoded(image, form), name).odd == odd


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is empty (0 bytes)"),
        (b"hello", "it is not a picture; it is text (it begins with 'hello')"),
        (bytes(range(200, 256)), "it is not a picture; it is damaged, or in a format that is not supported"),
        (png_header(20_000, 20_000), "it has more than 178 million pixels"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is not a picture"),
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes, reason: str):
    with pytest.raises(UnreadableItem) as caught:
        decode(raw, "cell.jpg")
    assert caught.value.name == "cell.jpg"
    assert reason in caught.value.reason


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
def test_truncated_files_are_damaged(form: str, picture):
    raw = encoded(picture(3, size=(200, 200)), form)
    with pytest.raises(UnreadableItem, match=r"it is (damaged|not a picture)"):
        decode(raw[: len(raw) // 2], "a")


def test_opening_reads_the_size_and_no_pixel(picture):
    raw = encoded(picture(3, size=(200, 100)), "PNG")
    half = opened(raw[: len(raw) // 2], "a.png")
    assert half.size == (200, 100)
    with pytest.raises(UnreadableItem, match="it is damaged"):
        decoded(half, "a.png")
    assert decoded(opened(raw, "a.png"), "a.png").image.tobytes() == picture(3, size=(200, 100)).tobytes()


def test_the_limit_of_pixels_holds_without_pillows_own(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    with pytest.raises(UnreadableItem, match=r"more than 178 million pixels \(20000 x 20000\)"):
        decode(png_header(20_000, 20_000), "big.png")
    assert MAX_PIXELS == 178_956_970


def test_a_picture_without_pixels_is_refused():
    with pytest.raises(UnreadableItem, match=r"it has no pixels \(0 x 4\)"):
        read_image(Image.new("RGB", (0, 4)))


def test_other_things_are_refused():
    with pytest.raises(UnreadableItem, match="it is a int, expected a path, bytes, a PIL image or a NumPy array"):
        read_image(3)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "PPM", "TGA"])
def test_damage_of_any_kind_is_an_unreadable_item_and_nothing_else(form: str, picture):
    random = np.random.default_rng(0)
    whole = encoded(picture(1, size=(20, 16)), form)
    refused = 0
    for _ in range(60):
        raw = bytearray(whole)
        for place in random.integers(0, min(len(raw), 200), size=random.integers(1, 6)):
            raw[place] = random.integers(0, 256)
        try:
            assert decode(bytes(raw), "a").image.mode == "RGB"
        except UnreadableItem:
            refused += 1
    assert refused > 0


def large(mode: str, **options) -> bytes:
    """A smooth JPEG of 1000 x 600."""
    blobs = np.random.default_rng(0).integers(30, 226, size=(6, 10, 3), dtype=np.uint8)
    return encoded(
        Image.fromarray(blobs).resize((1000, 600), Image.Resampling.BICUBIC).convert(mode), "JPEG", **options
    )


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_large_jpeg_is_decoded_small(mode: str, progressive: bool, orientation: int):
    exif = Image.Exif()
    exif[0x0112] = orientation
    raw = large(mode, progressive=progressive, exif=exif)
    whole, small = decode(raw, "a.png"), decode(raw, "a.png", 150)
    upright = (600, 1000) if orientation == 6 else (1000, 600)
    assert (whole.image.size, whole.size, small.size) == (upright, upright, upright)
    assert small.image.size == (upright[0] // 4, upright[1] // 4)
    assert small.header == whole.header == header(opened(raw, "a.png"))
    assert whole.odd == small.odd == (("wrong_extension", "cmyk") if mode == "CMYK" else ("wrong_extension",))
    resized = np.asarray(whole.image.resize(small.image.size, Image.Resampling.BOX), dtype=float)
    assert np.abs(np.asarray(small.image, dtype=float) - resized).mean() < 1.5


def test_a_pair_of_pictures_in_one_file_is_decoded_small():
    first = Image.open(BytesIO(large("RGB")))
    raw = encoded(first, "MPO", save_all=True, append_images=[Image.new("RGB", (1000, 600))])
    assert opened(raw, "a.mpo").format == "MPO"
    assert decode(raw, "a.mpo", 150).image.size == (250, 150)
    assert decode(raw, "a.mpo", 150).odd == ()


def test_what_was_long_or_tiny_stays_so():
    assert decode(encoded(Image.new("RGB", (2700, 300)), "JPEG"), "a.jpg", 30).odd == ("extreme_aspect",)
    assert decode(encoded(Image.new("RGB", (320, 320)), "JPEG"), "a.jpg", 31).odd == ()


def test_only_jpeg_files_are_decoded_small(tmp_path: Path, picture):
    raw = large("RGB")
    (tmp_path / "a.jpg").write_bytes(raw)
    whole = read_image(raw)
    for source in (raw, tmp_path / "a.jpg", str(tmp_path / "a.jpg")):
        assert read_image(source, 150).size == (250, 150)
    for given in (whole, np.asarray(whole), encoded(whole, "PNG"), encoded(whole, "WEBP")):
        assert read_image(given, 150).size == (1000, 600)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.995])
def test_a_truncated_jpeg_is_damaged_at_any_scale(progressive: bool, share: float):
    raw = large("RGB", progressive=progressive)
    for least_side in (None, 300, 75):
        with pytest.raises(UnreadableItem, match="it is damaged"):
            decode(raw[: int(share * len(raw))], "a.jpg", least_side)


def test_the_limit_of_pixels_is_that_of_the_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("headstart.data._image.MAX_PIXELS", 500_000)
    with pytest.raises(UnreadableItem, match=r"million pixels \(1000 x 600\)"):
        decode(large("RGB"), "a.jpg", 75)


@pytest.mark.parametrize(("progressive", "held"), [(False, (600_000, 150_000, 9_375)), (True, (600_000,) * 3)])
def test_all_of_a_progressive_jpeg_is_in_memory_at_any_scale(progressive: bool, held: tuple[int, ...]):
    for least_side, expected in zip((None, 300, 75), held, strict=True):
        assert pixels_held(opened(large("RGB", progressive=progressive), "a.jpg"), least_side) == expected


def test_a_jpeg_that_was_only_opened_is_read_like_its_file(tmp_path: Path):
    path = tmp_path / "a.jpg"
    path.write_bytes(large("RGB"))
    small, whole = (read_image(path, side) for side in (150, None))
    for source in (path, BytesIO(path.read_bytes())):
        image = Image.open(source)
        assert read_image(image, 150).tobytes() == small.tobytes()
        assert (image.size, image.convert("RGB").tobytes()) == (whole.size, whole.tobytes())  # as it was given
        assert read_image(image, 150).size == whole.size  # it is loaded by now
    assert read_image(Image.open(path)).size == whole.size
    with Image.open(path) as image:
        image.load()
    assert read_image(image, 150).size == whole.size


def test_a_second_picture_in_a_jpeg_is_not_taken_for_the_first():
    first, second = Image.new("RGB", (800, 600), "red"), Image.new("RGB", (800, 600), "blue")
    image = Image.open(BytesIO(encoded(first, "MPO", save_all=True, append_images=[second])))
    assert read_image(image, 150).size == (200, 150)
    image.seek(1)
    read = read_image(image, 150)
    assert read.getpixel((0, 0)) == pytest.approx((0, 0, 254), abs=3)
