import codecs
from pathlib import Path

import pytest

from headstart.core.errors import UnreadableItem
from headstart.data._text import decode_text, read_text


def test_strings_bytes_and_files_read_alike(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_text("naïve 😀", encoding="utf-8")
    assert read_text("naïve 😀") == read_text("naïve 😀".encode()) == read_text(path) == "naïve 😀"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood_and_removed(encoding: str):
    assert decode_text("é, ü".encode(encoding), "a.csv") == "é, ü"


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_other_encodings_are_refused_with_the_place_and_a_remedy(mark: bytes):
    raw = mark + b"id,text\n1,good\n2,caf\xe9\n"
    with pytest.raises(UnreadableItem) as caught:
        decode_text(raw, "folder/tweets.csv")
    offset = raw.index(b"\xe9")
    assert f"it is not UTF-8 (byte 0xe9 at offset {offset}, line 3)" in caught.value.reason
    assert "iconv -f CP1252 -t UTF-8 tweets.csv > converted.csv" in caught.value.reason


@pytest.mark.parametrize("source", ["", "  \n", b"\t"])
def test_nothing_to_read_is_refused(source: str | bytes):
    with pytest.raises(UnreadableItem, match="it holds no text"):
        read_text(source)


def test_an_empty_file_is_named(tmp_path: Path):
    (tmp_path / "a.txt").write_text("  ")
    with pytest.raises(UnreadableItem, match=r"a\.txt cannot be read: it holds no text"):
        read_text(tmp_path / "a.txt")


def test_other_things_are_refused():
    with pytest.raises(UnreadableItem, match="it is a float, expected text"):
        read_text(1.5)  # pyright: ignore[reportArgumentType]
