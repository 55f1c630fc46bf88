import hashlib
import os
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.core.errors import UnreadableItem
from headstart.core.progress import Silent
from headstart.data import _pixels, _scan, _scan_images
from headstart.data._arrow import image_items
from headstart.data._duplicates import tie_images
from headstart.data._image import read_image
from headstart.data._room import Room
from headstart.data._scan_images import scan_images
from tests.listening import Listener


def files(folder: Path, images: list[Image.Image]) -> list[str]:
    paths = []
    for number, image in enumerate(images):
        path = folder / f"{number}.png"
        image.save(path)
        os.utime(path, (time.time() - 60,) * 2)
        paths.append(str(path))
    return paths


def test_images(tmp_path: Path, picture, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_scan, "CHUNK", 2)
    paths = files(tmp_path, [picture(1), picture(1).resize((20, 30))])
    raw = Path(paths[0]).read_bytes()
    listener = Listener()
    rows = [(paths[0], None), (paths[1], None), (None, raw), (None, None), ("gone.png", None), (None, b"text")]
    found = scan_images(image_items(rows), listener)
    assert [finding.problem for finding in found] == [
        None,
        None,
        None,
        "there is no picture in this row",
        "there is no such file",
        "it is not a picture; it is text (it begins with 'text')",
    ]
    assert found[0].digest == found[2].digest == hashlib.sha256(raw).hexdigest()
    assert found[0].pixels == found[2].pixels != found[1].pixels
    assert [finding.size for finding in found[:2]] == [(96, 80), (20, 30)]
    assert found[1].odd == ("tiny_image",)
    assert (listener.total, listener.done) == (6, 6)


def test_a_second_scan_decodes_nothing_and_finds_the_same(tmp_path: Path, picture, monkeypatch: pytest.MonkeyPatch):
    paths = files(tmp_path, [picture(seed) for seed in range(5)])
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(Path(paths[0]).read_bytes()[:200])
    os.utime(damaged, (time.time() - 60,) * 2)
    items = image_items([(path, None) for path in (*paths, str(damaged))])
    first = scan_images(items, Silent())

    def refuse(*_: object):
        raise AssertionError("it was read again")

    with monkeypatch.context() as patch:
        patch.setattr(_scan_images, "_scan_image", refuse)
        assert scan_images(items, Silent()) == first
    assert first[-1].problem is not None
    picture(77).save(paths[0])
    assert scan_images(items, Silent())[0] != first[0]


def test_the_name_matters_to_what_is_remembered(tmp_path: Path, picture):
    (path,) = files(tmp_path, [picture(1)])
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(Path(path).read_bytes())
    os.utime(copy, (time.time() - 60,) * 2)
    for _ in range(2):
        found = scan_images(image_items([(path, None), (str(copy), None)]), Silent())
        assert [finding.odd for finding in found] == [(), ("wrong_extension",)]


def test_large_pictures_raise_no_warning(picture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)  # Pillow warns above this and raises above its double
    (path,) = files(tmp_path, [picture(1)])
    assert scan_images(image_items([(path, None)]), Silent())[0].problem is None


def test_no_more_pixels_are_decoded_at_once_than_agreed(tmp_path: Path, picture, monkeypatch: pytest.MonkeyPatch):
    paths = files(tmp_path, [picture(seed) for seed in range(6)])
    inside: list[str] = []
    together: list[int] = []
    look_at = _scan_images._look_at

    def watched(image: Image.Image, name: str, digest: str):
        inside.append(name)
        together.append(len(inside))
        time.sleep(0.002)
        found = look_at(image, name, digest)
        inside.remove(name)
        return found

    monkeypatch.setattr(_scan, "cores", lambda: 4)
    monkeypatch.setattr(_scan_images, "AT_ONCE", 96 * 80)
    monkeypatch.setattr(_scan_images, "_look_at", watched)
    found = scan_images(image_items([(path, None) for path in paths]), Silent())
    assert together == [1] * 6
    assert [finding.problem for finding in found] == [None] * 6


def test_strips_do_not_change_the_digest_of_the_pixels(picture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (path,) = files(tmp_path, [picture(1)])
    expected = hashlib.sha256(b"(96, 80)" + picture(1).tobytes()).hexdigest()
    for strip in (500, 1 << 20):
        monkeypatch.setattr(_pixels, "STRIP", strip)
        assert _scan_images._scan_image(path, Path(path).read_bytes(), "", Room(1 << 20)).pixels == expected


def large_jpeg(picture, seed: int, **options) -> bytes:
    buffer = BytesIO()
    picture(seed, size=(1600, 1200)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def test_large_jpegs_are_looked_at_small_and_reported_whole(picture, monkeypatch: pytest.MonkeyPatch):
    sideways = Image.Exif()
    sideways[0x0112] = 6
    raw = [large_jpeg(picture, 1), large_jpeg(picture, 1, exif=sideways), large_jpeg(picture, 1, comment=b"a copy")]
    seen: list[tuple[int, int]] = []
    look = _scan_images.look
    monkeypatch.setattr(_scan_images, "look", lambda image: seen.append(image.size) or look(image))
    first, turned, copy = scan_images(image_items([(None, one) for one in raw]), Silent())
    assert sorted(seen) == [(300, 400), (400, 300), (400, 300)]
    assert (first.size, turned.size) == ((1600, 1200), (1200, 1600))
    assert first.digest != copy.digest
    assert first.pixels == copy.pixels == hashlib.sha256(b"(1600, 1200)" + read_image(raw[0]).tobytes()).hexdigest()
    assert (turned.pixels, turned.reduced != first.reduced) == ("", True)
    assert first.odd == ()


def test_a_copy_in_another_format_is_found_by_its_look(picture):
    raw = large_jpeg(picture, 1)
    buffer = BytesIO()
    Image.open(BytesIO(raw)).save(buffer, "PNG", compress_level=1)
    items = [raw, buffer.getvalue(), large_jpeg(picture, 2)]
    found = scan_images(image_items([(None, one) for one in items]), Silent())
    ties = tie_images(found)
    assert found[0].pixels != found[1].pixels
    assert ties.near[0] == ties.near[1] != ties.near[2]


def test_damage_in_a_large_jpeg_is_found(picture):
    raw = large_jpeg(picture, 1)
    for share in (0.5, 0.9, 0.99):
        (found,) = scan_images(image_items([(None, raw[: int(share * len(raw))])]), Silent())
        assert found.problem is not None
        assert "it is damaged" in found.problem


@pytest.mark.parametrize(("progressive", "taken"), [(False, 400 * 300), (True, 1600 * 1200)])
def test_room_is_taken_for_what_the_decoder_holds(picture, progressive: bool, taken: int):
    class Counting(Room):
        def of(self, pixels: int):
            asked.append(pixels)
            return super().of(pixels)

    asked: list[int] = []
    finding = _scan_images._scan_image("", large_jpeg(picture, 1, progressive=progressive), "", Counting(1 << 20))
    assert (asked, finding.problem) == ([taken], None)


def finely_ruled(strength: float, ground: int = 0, seed: int = 0) -> bytes:
    """A large JPEG with something in one high frequency of every block that no reduced picture shows."""
    wave = np.cos((2 * np.arange(8) + 1) * 6 * np.pi / 16)
    blobs = np.random.default_rng(seed).integers(90, 160, size=(75, 100)) if not ground else np.full((75, 100), ground)
    smooth = np.kron(blobs, np.ones((16, 16)))
    fine = smooth + strength * np.tile(np.outer(wave, wave), (150, 200))
    buffer = BytesIO()
    Image.fromarray(fine.round().clip(0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=75)
    return buffer.getvalue()


def test_what_differs_in_fine_detail_alone_is_no_exact_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    contents = [finely_ruled(0), finely_ruled(80), finely_ruled(0) + b"a copy", finely_ruled(0, seed=1)]
    paths = [tmp_path / f"{number}.jpg" for number in range(5)]
    for path, raw in zip(paths, [*contents, finely_ruled(80) + b"a later copy"], strict=True):
        path.write_bytes(raw)
        os.utime(path, (time.time() - 60,) * 2)
    items = image_items([(str(path), None) for path in paths])
    found = scan_images(items[:4], Silent())
    assert found[0].reduced == found[1].reduced == found[2].reduced != found[3].reduced
    assert found[0].pixels == found[2].pixels != found[1].pixels
    assert found[3].pixels == ""  # nothing looks like it
    assert tie_images(found).exact.tolist() == [0, 1, 0, 2]

    decoded_in_full: list[str | None] = []
    in_full = _scan_images._digest_in_full
    monkeypatch.setattr(
        _scan_images, "_digest_in_full", lambda *given: decoded_in_full.append(given[0]) or in_full(*given)
    )
    assert scan_images(items[:4], Silent()) == found
    assert decoded_in_full == []  # it is remembered
    assert tie_images(scan_images(items, Silent())).exact.tolist() == [0, 1, 0, 2, 1]
    assert decoded_in_full == [str(paths[4])]


def test_a_file_that_goes_during_the_scan_is_a_problem(picture, monkeypatch: pytest.MonkeyPatch):
    def gone(*_: object):
        raise UnreadableItem("a.jpg", "there is no such file")

    monkeypatch.setattr(_scan_images, "_digest_in_full", gone)
    items = image_items([(None, large_jpeg(picture, 1)), (None, large_jpeg(picture, 1, comment=b"a copy"))])
    for _ in range(2):  # the second time nothing of it is remembered
        assert [finding.problem for finding in scan_images(items, Silent())] == ["there is no such file"] * 2
    monkeypatch.undo()
    assert [finding.problem for finding in scan_images(items, Silent())] == [None] * 2


def test_nearly_blank_large_jpegs_are_told_apart_by_all_their_pixels():
    blank, ruled = finely_ruled(0, ground=120), finely_ruled(80, ground=120)
    buffer = BytesIO()
    Image.open(BytesIO(ruled)).save(buffer, "PNG", compress_level=1)
    found = scan_images(image_items([(None, raw) for raw in (blank, ruled, buffer.getvalue())]), Silent())
    assert found[0].reduced == found[1].reduced
    assert tie_images(found).exact.tolist() == [0, 1, 1]
