import io
import sys

import pytest

from headstart.cli._items import expand
from headstart.core.errors import UserError


@pytest.fixture
def pictures(tmp_path):
    for name in ("b.JPG", "a.png", "notes.md", "deep/c.tif"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def test_a_folder_stands_for_its_images_at_any_depth(pictures):
    assert expand([str(pictures)], "image") == [str(pictures / name) for name in ("a.png", "b.JPG", "deep/c.tif")]


def test_a_file_is_taken_whatever_its_name(pictures):
    assert expand([str(pictures / "notes.md")], "image") == [str(pictures / "notes.md")]


def test_a_pattern_stands_for_its_matches(pictures):
    assert expand([str(pictures / "**" / "*.tif")], "image") == [str(pictures / "deep" / "c.tif")]


def test_all_words_that_stand_for_nothing_are_named_at_once(pictures):
    (pictures / "empty").mkdir()
    words = [str(pictures / "a.pgn"), str(pictures / "*.gif"), str(pictures / "empty"), str(pictures / "no" / "x.png")]
    with pytest.raises(UserError) as caught:
        expand(words, "image")
    wrong_name, pattern, folder, nowhere = caught.value.problems
    assert wrong_name == f"There is no file '{words[0]}'. Did you mean 'a.png'?"
    assert pattern.startswith(f"No file matches the pattern '{words[1]}'")
    assert folder.startswith(f"The folder '{words[2]}' holds no images")
    assert nowhere.endswith(f"The folder '{pictures / 'no'}' does not exist either.")


def test_texts_stand_for_themselves():
    assert expand(["so nice", "*"], "text") == ["so nice", "*"]


def test_a_text_file_holds_one_text_a_line(tmp_path):
    (tmp_path / "a.txt").write_text("one\n\n two \n", encoding="utf-8")
    assert expand([str(tmp_path / "a.txt")], "text") == ["one", "two"]


def test_text_files_that_cannot_be_used_are_named(tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(UserError) as caught:
        expand([str(tmp_path / name) for name in ("latin.txt", "empty.txt", "gone.txt")], "text")
    latin, empty, gone = caught.value.problems
    assert "is not UTF-8 text (byte 3)" in latin
    assert empty.endswith("holds no text; expected one text a line.")
    assert gone.startswith("There is no file")


def test_a_dash_reads_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\n\ntwo\n"))
    assert expand(["zero", "-"], "text") == ["zero", "one", "two"]


def test_an_empty_standard_input_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    with pytest.raises(UserError, match="Standard input held no items"):
        expand(["-"], "text")
