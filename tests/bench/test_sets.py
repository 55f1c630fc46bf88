import runpy
from pathlib import Path

from PIL import Image

import bench
from bench import _sets
from bench._csv import write_texts

FILES = runpy.run_path(str(Path(bench.__path__[0]) / "_contestants/_files.py"))


def test_every_kind_of_item_has_two_sets():
    assert sorted(each.modality for each in _sets.SETS.values()) == ["image", "image", "text", "text"]


def test_texts_are_read_in_the_order_of_the_truth(tmp_path):
    rows = [("of a, 'quoted'\nline", "b"), ("second", "a"), ("third", "b")]
    write_texts(tmp_path / "test.csv", rows)
    assert FILES["texts"](tmp_path, "test") == ([text for text, _ in rows], ["b", "a", "b"])
    assert _sets.truth(tmp_path) == ["b", "a", "b"]


def test_pictures_are_read_in_the_order_of_the_truth(tmp_path):
    for name in ("b/1.png", "a/2.png", "b/0.png"):
        (tmp_path / "test" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (2, 2)).save(tmp_path / "test" / name)
    paths, labels = FILES["pictures"](tmp_path, "test")
    assert [path.name for path in paths] == ["2.png", "0.png", "1.png"]
    assert labels == _sets.truth(tmp_path) == ["a", "b", "b"]
