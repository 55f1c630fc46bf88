import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.core.errors import UnreadableItem, UserError
from headstart.data import _read
from headstart.data._image import decoded
from headstart.data._read import read_header, read_items, read_picture
from headstart.data._reduce import Header
from headstart.data._room import Room


def test_items_of_a_data_set(tmp_path: Path, picture):
    picture(1).save(tmp_path / "a.png")
    raw = (tmp_path / "a.png").read_bytes()
    for item in ({"path": str(tmp_path / "a.png"), "bytes": None}, {"path": "elsewhere.png", "bytes": raw}):
        assert np.array_equal(np.asarray(read_picture(item, None).image), np.asarray(picture(1)))


def test_large_jpegs_are_read_as_small_as_is_asked_for(tmp_path: Path, picture):
    path = tmp_path / "a.jpg"
    picture(1, size=(800, 600)).save(path)
    for item in ({"path": str(path), "bytes": None}, {"path": None, "bytes": path.read_bytes()}):
        assert read_header(item) == Header((800, 600), jpeg=True)
        assert read_picture(item, 150).image.size == (200, 150)
        assert [image.size for _, image in read_items([item], "image", 150)] == [(200, 150)]
    sizes = [image.size for _, image in read_items([path, str(path), path.read_bytes(), picture(1)], "image", 300)]
    assert sizes == [(400, 300)] * 3 + [(96, 80)]


def test_large_pictures_are_decoded_one_at_a_time(tmp_path: Path, picture, monkeypatch: pytest.MonkeyPatch):
    picture(1, size=(800, 600)).save(tmp_path / "a.jpg")
    inside: list[str] = []
    together: dict[int | None, list[int]] = {None: [], 150: []}

    def watched(image: Image.Image, name: str, least_side: int | None):
        inside.append(name)
        together[least_side].append(len(inside))
        time.sleep(0.02)
        found = decoded(image, name, least_side)
        inside.remove(name)
        return found

    monkeypatch.setattr(_read, "_ROOM", Room(800 * 600 + 1))
    monkeypatch.setattr(_read, "decoded", watched)
    for least_side, seen in together.items():
        with ThreadPoolExecutor(4) as pool:
            found = pool.map(lambda _, s=least_side: read_picture({"path": tmp_path / "a.jpg"}, s), range(8))
            assert len(list(found)) == 8
        assert (max(seen) == 1) == (least_side is None)


def test_what_has_a_path_is_called_by_it():
    raw = b"no picture"
    for item, name in (({"path": "a.jpg", "bytes": raw}, "a.jpg"), ({"path": None, "bytes": raw}, "The given item")):
        with pytest.raises(UnreadableItem) as caught:
            read_picture(item, None)
        assert caught.value.name == name
    with pytest.raises(UnreadableItem, match="it has neither a path nor bytes"):
        read_picture({"path": None, "bytes": None}, None)


def test_a_file_that_has_gone_is_named():
    with pytest.raises(UnreadableItem, match=r"gone\.png cannot be read: there is no such file"):
        read_picture({"path": "gone.png", "bytes": None}, None)


def test_images_for_prediction(tmp_path: Path, picture):
    path = tmp_path / "a.png"
    picture(1).save(path)
    raw = path.read_bytes()
    given = [
        path,
        str(path),
        raw,
        picture(1),
        np.asarray(picture(1)),
        {"bytes": raw, "path": None},
        {"path": str(path)},
    ]
    names, decoded = zip(*read_items(given, "image"), strict=True)
    assert names == (str(path), str(path), "item 3", "item 4", "item 5", "item 6", str(path))
    assert all(np.array_equal(np.asarray(image), np.asarray(picture(1))) for image in decoded)


def test_texts_for_prediction(tmp_path: Path):
    (tmp_path / "a.txt").write_text("from a file")
    assert list(read_items(["as it is", b"as bytes", tmp_path / "a.txt"], "text")) == [
        ("as it is", "as it is"),
        ("item 2", "as bytes"),
        (str(tmp_path / "a.txt"), "from a file"),
    ]


def test_every_item_that_cannot_be_read_is_named(tmp_path: Path, picture):
    with pytest.raises(UserError) as caught:
        list(read_items([picture(1), "gone.png", b"", 3, {"a": 1}], "image"))
    assert list(caught.value.problems) == [
        "'gone.png' cannot be read: there is no such file.",
        "'item 3' cannot be read: it is empty (0 bytes).",
        "'item 4' cannot be read: it is a int, expected a path, bytes, a PIL image or a NumPy array.",
        "'item 5' cannot be read: it is a dict, expected a path, bytes, a PIL image or a NumPy array.",
    ]
    with pytest.raises(UserError, match="'item 1' cannot be read: it holds no text"):
        list(read_items(["  "], "text"))


def test_somebody_who_is_told_of_unreadable_items_gets_the_others(picture):
    told = []
    names = [name for name, _ in read_items(["gone.png", picture(1), b""], "image", unreadable=told.append)]
    assert names == ["item 2"]
    assert [str(each) for each in told] == [
        "'gone.png' cannot be read: there is no such file.",
        "'item 3' cannot be read: it is empty (0 bytes).",
    ]


def test_a_long_list_of_problems_is_cut():
    with pytest.raises(UserError) as caught:
        list(read_items([f"{number}.png" for number in range(50)], "image"))
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1] == "30 more items cannot be read."


def test_an_item_is_read_when_it_is_asked_for(tmp_path: Path, picture):
    for number in range(3):
        picture(number).save(tmp_path / f"{number}.png")
    alive: list[weakref.ref[Image.Image]] = []
    for _, image in read_items([tmp_path / f"{number}.png" for number in range(3)], "image"):
        assert not any(earlier() for earlier in alive[:-1])
        alive.append(weakref.ref(image))
    assert len(alive) == 3


def test_after_one_that_cannot_be_read_the_rest_are_only_looked_at(picture):
    items = read_items([picture(1), "gone.png", picture(1)], "image")
    assert next(items)[0] == "item 1"
    with pytest.raises(UserError, match=r"'gone\.png' cannot be read"):
        next(items)


def test_what_cannot_be_read_is_told_with_its_position():
    bad: list[UnreadableItem] = []
    assert [name for name, _ in read_items(["a b", " ", "c d", ""], "text", unreadable=bad.append)] == ["a b", "c d"]
    assert [each.position for each in bad] == [1, 3]
