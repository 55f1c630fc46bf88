import csv

import pytest

from bench import _reuters


@pytest.fixture(autouse=True)
def stories(monkeypatch):
    """20 stories on crude oil and on trade in either part, one of which both have, and ten of companies."""

    def texts(collection, part):
        assert collection == "reuters-r8"
        own = [(f"{part} {n}" + 50 * " so", ("crude", "trade")[n % 2]) for n in range(19)]
        return [*own, ("both", "trade"), *((f"{part} earned {n}", "earn") for n in range(10))]

    monkeypatch.setattr(_reuters, "texts", texts)


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def test_stories_of_the_topics_are_drawn_from_both_parts_and_none_twice(tmp_path):
    _reuters.prepare(tmp_path / "out", train=20, test=19, seed=0)
    train, test = (read(tmp_path / f"out/{part}.csv") for part in ("train", "test"))
    assert (len(train), len(test), len({*train, *test})) == (20, 19, 39)
    assert {label for _, label in (*train, *test)} == {"crude", "trade"}
    assert {len(text.split()) for text, _ in (*train, *test)} == {1, _reuters.WORDS}
    assert {text.split()[0] for text, _ in train} >= {"train", "test"}
    _reuters.prepare(tmp_path / "again", train=20, test=19, seed=1)
    assert read(tmp_path / "again/train.csv") != train


def test_more_stories_than_there_are_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"There are no 30 \+ 10 stories of Reuters, at most 39 together\."):
        _reuters.prepare(tmp_path / "out", train=30, test=10, seed=0)
