import io
import sys

import pytest

from headstart.cli._items import expand
from headstart.core.errors import UserError
from headstart.data._formats import SOUNDS, SUFFIXES


@pytest.fixture
def pictures(tmp_path):
    for name in ("b.JPG", "a.png", "notes.md", "deep/c.tif"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    return tmp_path


def test_a_folder_stands_for_its_images_at_any_depth(pictures):
    assert expand([str(pictures)], "image").items == [str(pictures / name) for name in ("a.png", "b.JPG", "deep/c.tif")]


def test_a_file_is_taken_whatever_its_name(pictures):
    assert expand([str(pictures / "notes.md")], "image").items == [str(pictures / "notes.md")]


def test_what_training_reads_is_what_a_folder_stands_for(tmp_path):
    names = sorted(f"a{suffix}" for suffix in SUFFIXES)
    for name in (*names, ".hidden.png", "Thumbs.db", "deep/.git/b.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "photos" / "folder.png").mkdir()
    found = expand([str(tmp_path / "photos")], "image")
    assert found.items == [str(tmp_path / "photos" / name) for name in names]
    assert found.notes == [f"Left out of '{tmp_path / 'photos'}': 3 hidden or system files."]


def test_what_is_left_out_of_a_folder_is_named(pictures):
    (pictures / "deep" / "up").symlink_to(pictures)
    for name in ("a.pdf", "b.pdf", ".DS_Store", "deep/x"):
        (pictures / name).touch()
    assert expand([str(pictures)], "image").notes == [
        f"Left out of '{pictures}': 4 files without the ending of an image ('a.pdf', 'b.pdf', 'deep/x' and 1 more), "
        "1 hidden or system file, 1 link to a folder above or already read."
    ]
    assert expand([str(pictures / "a.png"), str(pictures / "*.pdf")], "image").notes == []


def test_a_folder_that_may_not_be_read_is_named(pictures, monkeypatch):
    def refuse(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("headstart.data._tree.os.scandir", refuse)
    with pytest.raises(UserError) as caught:
        expand([str(pictures), str(pictures / "no" / "x.png")], "image")
    assert [problem.split(" '")[0] for problem in caught.value.problems] == [
        "Permission to read the folder",
        "There is no file",
    ]


def test_a_pattern_stands_for_its_matches(pictures):
    assert expand([str(pictures / "**" / "*.tif")], "image").items == [str(pictures / "deep" / "c.tif")]


def test_all_words_that_stand_for_nothing_are_named_at_once(pictures):
    (pictures / "empty").mkdir()
    words = [str(pictures / "a.pgn"), str(pictures / "*.gif"), str(pictures / "empty"), str(pictures / "no" / "x.png")]
    with pytest.raises(UserError) as caught:
        expand(words, "image")
    wrong_name, pattern, folder, nowhere = caught.value.problems
    assert wrong_name == f"There is no file '{words[0]}'. Did you mean '{pictures / 'a.png'}'?"
    assert pattern.startswith(f"No file matches the pattern '{words[1]}'")
    assert folder.startswith(f"The folder '{words[2]}' holds no images")
    assert nowhere.endswith(f"The folder '{pictures / 'no'}' does not exist either.")


def test_a_folder_stands_for_its_sounds(tmp_path):
    names = sorted(f"a{suffix}" for suffix in SOUNDS)
    for name in (*names, "cover.jpg"):
        (tmp_path / name).touch()
    found = expand([str(tmp_path)], "audio")
    assert found.items == [str(tmp_path / name) for name in names]
    assert found.notes == [f"Left out of '{tmp_path}': 1 file without the ending of a sound ('cover.jpg')."]


def test_a_folder_without_sounds_is_refused(pictures):
    with pytest.raises(UserError, match=r"holds no sounds; expected files such as \.wav, \.flac or \.mp3\."):
        expand([str(pictures)], "audio")


def test_texts_stand_for_themselves():
    assert expand(["so nice", "*"], "text").items == ["so nice", "*"]


def test_another_file_or_an_empty_folder_is_no_text(tmp_path):
    (tmp_path / "texts.doc").write_text("text,label")
    with pytest.raises(UserError) as caught:
        expand([str(tmp_path / "texts.doc"), str(tmp_path), "a" * 5000], "text")
    assert list(caught.value.problems) == [
        f"'{tmp_path / 'texts.doc'}' is a file; expected texts, .txt files, folders of them, tables (.csv, .tsv, "
        ".jsonl, .parquet), or - for lines.",
        f"The folder '{tmp_path}' holds no texts; expected .txt files of one text each.",
    ]


def test_a_text_file_is_one_text_as_in_training(tmp_path):
    for name in ("a.txt", "deep/b.TXT", "deep/c.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("one\n\n two \n", encoding="utf-8")
    assert expand([str(tmp_path / "a.txt")], "text").items == [tmp_path / "a.txt"]
    assert expand([str(tmp_path / "*.txt"), "three"], "text").items == [tmp_path / "a.txt", "three"]
    folder = expand([str(tmp_path)], "text")
    assert folder.items == [tmp_path / "a.txt", tmp_path / "deep" / "b.TXT"]
    assert folder.notes == [f"Left out of '{tmp_path}': 1 file without the ending of a text ('deep/c.md')."]


def test_lines_of_a_text_file_are_texts_where_that_is_asked_for(tmp_path):
    (tmp_path / "a.txt").write_text("one\n\n two \n", encoding="utf-8")
    assert expand(["zero", str(tmp_path)], "text", lines=True).items == ["zero", "one", "two"]
    with pytest.raises(UserError, match=r"^--lines was given, and no \.txt file to read lines of; name one, or leave"):
        expand(["zero"], "text", lines=True)
    with pytest.raises(UserError, match=r"^--lines reads texts, and this model is for images; leave it out\.$"):
        expand([str(tmp_path)], "image", lines=True)


def test_text_files_whose_lines_cannot_be_used_are_named(tmp_path):
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(UserError) as caught:
        expand([str(tmp_path / name) for name in ("latin.txt", "empty.txt", "gone.txt")], "text", lines=True)
    gone, latin, empty = caught.value.problems
    assert "latin.txt cannot be read: it is not UTF-8 (byte 0xe9 at offset 3, line 1)" in latin
    assert empty.endswith("holds no items; expected one a line.")
    assert gone.startswith("There is no file")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_are_read_as_training_reads_texts_and_end_where_lines_end(encoding, tmp_path, monkeypatch):
    raw = "caf\u00e9\r\none\u2028text\x0c of three\u0085parts\r\n".encode(encoding)
    (tmp_path / "a.txt").write_bytes(raw)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="ascii"))
    expected = ["caf\u00e9", "one\u2028text\x0c of three\u0085parts"]
    assert expand([str(tmp_path / "a.txt"), "-"], "text", lines=True).items == expected * 2


def test_a_text_too_long_for_a_name_is_a_text_whatever_it_ends_in():
    text = "a" * 300 + ".txt"
    assert expand([text], "text").items == [text]
    with pytest.raises(UserError, match=r"^'a+…a+\.txt' cannot be looked for: File name too long\.$"):
        expand([text], "image")


def test_an_empty_text_is_no_folder():
    with pytest.raises(UserError, match=r"^A text is empty; expected texts"):
        expand([" "], "text")


def standard_input(monkeypatch, raw: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))


def test_a_dash_reads_standard_input(monkeypatch):
    standard_input(monkeypatch, b"one\n\ntwo\n")
    assert expand(["zero", "-"], "text").items == ["zero", "one", "two"]


def test_an_empty_standard_input_is_an_error(monkeypatch):
    standard_input(monkeypatch, b"")
    with pytest.raises(UserError, match="Standard input holds no items; expected one a line"):
        expand(["-"], "text")


def test_standard_input_that_is_no_text_is_an_error(monkeypatch):
    standard_input(monkeypatch, b"caf\xe9")
    with pytest.raises(UserError, match="Standard input cannot be read: it is not UTF-8"):
        expand(["-"], "text")


@pytest.mark.parametrize("word", ["items.tx", "notes.md", "deep/items.txt2"])
def test_a_text_that_looks_like_a_file_is_said_to_be_taken_for_a_text(word, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "items.txt").touch()
    found = expand([word], "text")
    assert found.items == [word]
    advice = " Did you mean 'items.txt'?" if word == "items.tx" else ""
    assert found.notes == [f"'{word}' was taken for a text, as there is no such file.{advice}"]


@pytest.mark.parametrize("word", ["fine", "It is 3.14", "e.g.", "see a.txt there", "3.14", "No."])
def test_other_texts_are_texts_without_a_word(word):
    assert expand([word], "text").notes == []


def table(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_a_table_stands_for_the_column_that_was_learnt_from(tmp_path):
    given = table(
        tmp_path / "new.csv", "subject,body", "a longer text than that,help me", "and one more of them,", ",so"
    )
    found = expand([given], "text", usual="body")
    assert found.items == ["help me", "", "so"]
    assert found.notes == []
    assert expand([given], "text", column="subject", usual="body").items[2] == ""
    with pytest.raises(UserError, match="input") as caught:
        expand([given], "text", column="", usual="body")
    assert "empty" in str(caught.value)
    assert found.names == {1: "row 2"}
    with pytest.raises(UserError) as caught:
        expand([given], "text", usual="message")
    (said,) = caught.value.problems
    assert f"'{given}' has no column 'message' to use as input." in said
    assert said.endswith("The model learnt from column 'message'; name another with --input.")
    assert expand([given], "text").items[0] == "a longer text than that"


def test_what_is_only_of_concern_in_training_is_not_said_of_a_table(tmp_path):
    rows = [f"this is text {number},{number % 11}" for number in range(22)]
    assert expand([table(tmp_path / "new.csv", "text,patient", *rows)], "text").notes == []


def test_a_table_of_pictures_and_rows_without_one(pictures):
    given = table(pictures / "new.csv", "file", "a.png", '""', "deep/c.tif")
    found = expand([given], "image").items
    assert [each["path"] for each in found] == [str(pictures / "a.png"), None, str(pictures / "deep/c.tif")]
    assert expand([given], "image").names == {0: "a.png", 1: "row 2", 2: "deep/c.tif"}


def test_a_pattern_may_stand_for_tables(tmp_path):
    for name in ("b", "a"):
        table(tmp_path / f"{name}.csv", "text", f"the text of {name}", f"another of {name}")
    assert expand([str(tmp_path / "*.csv")], "text").items == [
        "the text of a", "another of a", "the text of b", "another of b",
    ]  # fmt: skip
    assert expand(["what *.csv"], "text").items == ["what *.csv"]


def test_lines_are_not_those_of_tables(tmp_path):
    given = table(tmp_path / "new.csv", "text", "the first of them")
    with pytest.raises(UserError, match=r"--lines reads \.txt files, and tables have rows; predict them one after the"):
        expand([given], "text", lines=True)


def test_tables_that_cannot_be_read_are_named_together(tmp_path, pictures):
    first, second = table(tmp_path / "one.csv", "text", "a text of words"), table(tmp_path / "two.csv", "path", "a.png")
    with pytest.raises(UserError) as caught:
        expand([first, second], "image", column="path")
    assert f"'{first}' has no column 'path' to use as input." in caught.value.problems[0]
    with pytest.raises(
        UserError, match=r"Column 'path' of '.*two.csv' holds images, and this model is for texts; name"
    ):
        expand([second], "text")
    with pytest.raises(UserError, match="--input text names a column, and no table was given to read it from"):
        expand(["a text"], "text", column="text")
