import csv
import io
import zipfile

import pytest

from bench import _newsgroups


@pytest.fixture(autouse=True)
def archive(tmp_path, monkeypatch):
    """30 messages in either part, five of them twice."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for part in ("train", "test"):
            lines = [f'sci.{n % 3}\t{part} message {n} with "one quote' for n in range(30)]
            table = "\n".join(["Category\tText", "d\tstring", "class\t", "", *lines, *lines[:5], ""])
            archive.writestr(_newsgroups.TABLES.format(part), table)

    def made(source, name, make, progress):
        with zipfile.ZipFile(content) as archive:
            make(archive, tmp_path / name)
        return tmp_path / name

    monkeypatch.setattr(_newsgroups, "made", made)


def test_messages_are_drawn_from_the_part_they_belong_to_and_never_twice(tmp_path):
    _newsgroups.prepare(tmp_path / "out", train=30, test=8, seed=0)
    for part, count in (("train", 30), ("test", 8)):
        with (tmp_path / f"out/{part}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len({row["text"] for row in rows}) == count
        for row in rows:
            first, _, number, *_ = row["text"].split()
            assert (first, row["label"]) == (part, f"sci.{int(number) % 3}")


def test_more_messages_than_there_are_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"There are no 31 messages in the test part of 20 Newsgroups, at most 30\."):
        _newsgroups.prepare(tmp_path / "out", train=3, test=31, seed=0)
