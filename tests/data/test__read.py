import weakref
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from headstart.core.errors import UnreadableItem, UserError
from headstart.data._read import as_items, read_item


def test_items_of_a_data_set(tmp_path: Path, picture):
    picture(1).save(tmp_path / "a.png")
    raw = (tmp_path / "a.png").read_bytes()
    for item in ({"path": str(tmp_path / "a.png"), "bytes": None}, {"path": "elsewhere.png", "bytes": raw}):
        assert np.array_equal(np.asarray(read_item(item, "image")), np.asarray(picture(1)))
    assert read_item("a text", "text") == "a text"


def test_a_file_that_has_gone_is_named():
    with pytest.raises(UnreadableItem, match=r"gone\.png cannot be read: there is no such file"):
        read_item({"path": "gone.png", "bytes": None}, "image")


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
    names, decoded = as_items(given, "image")
    assert names == [str(path), str(path), "item 3", "item 4", "item 5", "item 6", str(path)]
    assert all(np.array_equal(np.asarray(image), np.asarray(picture(1))) for image in decoded)


def test_texts_for_prediction(tmp_path: Path):
    (tmp_path / "a.txt").write_text("from a file")
    assert as_items(["as it is", b"as bytes", tmp_path / "a.txt"], "text") == (
        ["as it is", "item 2", str(tmp_path / "a.txt")],
        ["as it is", "as bytes", "from a file"],
    )


def test_every_item_that_cannot_be_read_is_named(tmp_path: Path, picture):
    with pytest.raises(UserError) as caught:
        as_items([picture(1), "gone.png", b"", 3, {"a": 1}], "image")
    assert list(caught.value.problems) == [
        "'gone.png' cannot be read: there is no such file.",
        "'item 3' cannot be read: it is empty (0 bytes).",
        "'item 4' cannot be read: it is a int, expected a path, bytes, a PIL image or a NumPy array.",
        "'item 5' cannot be read: it is a dict, expected a path, bytes, a PIL image or a NumPy array.",
    ]
    with pytest.raises(UserError, match="'item 1' cannot be read: it holds no text"):
        as_items(["  "], "text")


def test_a_long_list_of_problems_is_cut():
    with pytest.raises(UserError) as caught:
        as_items([f"{number}.png" for number in range(50)], "image")
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1] == "30 more items cannot be read."


def test_each_item_is_made_ready_before_the_next_is_read(tmp_path: Path, picture):
    for number in range(3):
        picture(number).save(tmp_path / f"{number}.png")
    alive: list[weakref.ref[Image.Image]] = []

    def ready(decoded: Image.Image) -> tuple[int, int]:
        assert not any(earlier() for earlier in alive)
        alive.append(weakref.ref(decoded))
        return decoded.size

    _, items = as_items([tmp_path / f"{number}.png" for number in range(3)], "image", ready)
    assert items == [picture(0).size] * 3
    assert len(alive) == 3
