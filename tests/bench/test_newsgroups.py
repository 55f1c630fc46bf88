import csv

import pytest

from bench import _newsgroups


@pytest.fixture(autouse=True)
def thirty(monkeypatch):
    """30 messages in either part."""
    monkeypatch.setattr(
        _newsgroups, "texts", lambda collection, part: [(f"{part} message {n}", f"sci.{n % 3}") for n in range(30)]
    )


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
