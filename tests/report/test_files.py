import pytest

from headstart.core.errors import Unavailable
from headstart.report._files import write_text


def test_writes_utf8_and_makes_the_folder(tmp_path):
    path = write_text(tmp_path / "a" / "b.txt", "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    assert [each.name for each in path.parent.iterdir()] == ["b.txt"]


def test_a_full_disk_leaves_the_earlier_file_and_no_rest(tmp_path, monkeypatch):
    path = write_text(tmp_path / "b.txt", "before")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("headstart.report._files.os.fsync", full)
    with pytest.raises(Unavailable, match=r"b\.txt' cannot be written \(No space left on device\); free some space"):
        write_text(path, "after")
    assert path.read_text() == "before"
    assert [each.name for each in tmp_path.iterdir()] == ["b.txt"]


def test_a_file_in_the_way_of_the_folder_is_said(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        write_text(tmp_path / "run" / "b.txt", "text")
