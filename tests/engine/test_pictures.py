from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

import pytest
from PIL import Image

from headstart.data._image import Decoded, decode
from headstart.engine import pictures as pictures_module
from headstart.engine.pictures import BYTES_A_PIXEL, Pictures
from tests.engine.toys import picture


def jpeg(seed: int, size: tuple[int, int] = (640, 480)) -> bytes:
    buffer = BytesIO()
    picture(0, seed).resize(size).save(buffer, "JPEG")
    return buffer.getvalue()


class Reader:
    """Decodes what it is asked for and counts how often it was."""

    def __init__(self, pictures: Pictures, **contents: bytes) -> None:
        self.pictures, self.contents = pictures, contents
        self.decoded: list[tuple[str, int | None]] = []

    def __call__(self, name: str, least_side: int | None) -> Image.Image:
        def read() -> Decoded:
            self.decoded.append((name, least_side))
            return decode(self.contents[name], name, least_side)

        return self.pictures.get(name, least_side, read)


def test_what_is_decoded_at_one_scale_is_decoded_once():
    read = Reader(Pictures(), a=jpeg(1))
    assert read("a", 110) is read("a", 120)  # a quarter of 480 leaves 120
    assert read("a", 121).size == (320, 240)
    assert read("a", None).size == (640, 480)
    assert read.decoded == [("a", 110), ("a", 121), ("a", None)]


def test_the_pixels_do_not_depend_on_who_asked_first():
    alone = {side: Reader(Pictures(), a=jpeg(1))("a", side).tobytes() for side in (None, 200, 100, 50)}
    for order in ((None, 200, 100, 50), (50, 100, 200, None)):
        read = Reader(Pictures(), a=jpeg(1))
        assert {side: read("a", side).tobytes() for side in (*order, *order)} == alone
        assert len(read.decoded) == 4


def test_first_come_first_kept_until_the_limit():
    read = Reader(Pictures(limit=2 * 640 * 480 * BYTES_A_PIXEL), a=jpeg(1), b=jpeg(2), c=jpeg(3))
    for name in "abcabcc":
        assert read(name, None).tobytes() == decode(read.contents[name], name).image.tobytes()
    assert [name for name, _ in read.decoded] == ["a", "b", "c", "c", "c"]


def test_very_large_pictures_leave_the_room_to_others(monkeypatch):
    monkeypatch.setattr("headstart.engine.pictures.LARGEST", 640 * 480 * BYTES_A_PIXEL - 1)
    read = Reader(Pictures(), a=jpeg(1))
    for side in (None, None, 200, 200):
        read("a", side)
    assert read.decoded == [("a", None), ("a", None), ("a", 200)]


def test_threads_that_meet_share_one_picture():
    pictures, raw = Pictures(limit=640 * 480 * BYTES_A_PIXEL), jpeg(1)
    meet = Barrier(4)

    def slow() -> Decoded:
        meet.wait(timeout=30)
        return decode(raw, "a")

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: pictures.get("a", None, slow), range(4)))
    assert all(image is found[0] for image in found)


@pytest.mark.parametrize(
    ("form", "mode"), [("JPEG", "RGB"), ("WEBP", "RGB"), ("WEBP", "RGBA"), ("PNG", "P"), ("TIFF", "RGB")]
)
def test_pixels_are_all_that_is_kept(form: str, mode: str):
    buffer, exif = BytesIO(), Image.Exif()
    exif[0x010E] = "a long description" * 100
    picture(0, 1).convert(mode).save(buffer, form, exif=exif, icc_profile=b"x" * 1000)
    whole = decode(buffer.getvalue(), "a")
    image = Reader(Pictures(), a=buffer.getvalue())("a", None)
    assert type(image) is Image.Image
    assert image.info == {}
    assert not [name for name in ("_fp", "fp", "_decoder", "applist", "_exif") if getattr(image, name, None)]
    assert (image.mode, image.tobytes()) == ("RGB", whole.image.tobytes())


def test_nothing_is_copied_while_others_wait(monkeypatch):
    pictures = Pictures()
    bare = pictures_module._bare

    def copied(image: Image.Image) -> Image.Image:
        assert not pictures._lock.locked()
        return bare(image)

    monkeypatch.setattr(pictures_module, "_bare", copied)
    assert Reader(pictures, a=jpeg(1))("a", None).info == {}
