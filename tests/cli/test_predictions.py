import os
from pathlib import Path

import pytest

from headstart.cli._predictions import csv_file, named, tally, write
from headstart.core.errors import UnreadableItem, UserError
from tests.cli.standins import prediction


def test_unread_items_keep_their_place(tmp_path):
    path = tmp_path / "found.csv"
    write(
        path, ("ham", "spam"), [prediction("b,c"), prediction("d")], [UnreadableItem("a", "it is damaged", position=0)]
    )
    assert path.read_text().splitlines()[1:] == [
        "a,,,it is damaged,,", '"b,c",spam,0.750000,,0.250000,0.750000', "d,spam,0.750000,,0.250000,0.750000",
    ]  # fmt: skip


def test_a_file_that_appeared_meanwhile_is_not_overwritten(tmp_path):
    path = csv_file(tmp_path / "found.csv")
    path.write_text("mine")
    with pytest.raises(UserError, match="exists already, and nothing is overwritten"):
        write(path, ("ham", "spam"), [], [])
    assert path.read_text() == "mine"
    assert [each.name for each in tmp_path.iterdir()] == ["found.csv"]


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path, monkeypatch):
    def full(self, other):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(UserError, match="cannot be written: No space left on device"):
        write(tmp_path / "found.csv", ("ham", "spam"), [prediction("a")], [])
    assert list(tmp_path.iterdir()) == []


def test_names_that_are_not_utf_8_are_escaped(tmp_path):
    write(tmp_path / "found.csv", ("ham", "spam"), [prediction(os.fsdecode(b"caf\xe9.png"))], [])
    assert "caf\\udce9.png,spam" in (tmp_path / "found.csv").read_text()


def test_a_name_that_is_too_long_is_told():
    with pytest.raises(UserError, match="--out cannot be looked for: File name too long"):
        csv_file("x" * 300 + ".csv")


def test_classes_do_not_take_the_place_of_other_columns(tmp_path):
    write(tmp_path / "found.csv", ("item", "problem"), [], [])
    assert (tmp_path / "found.csv").read_text() == "item,predicted,confidence,problem,p(item),p(problem)\n"


def test_names_go_by_position_among_all_items():
    bad = [UnreadableItem("item 2", "it is damaged", position=1), UnreadableItem("item 4", "it is damaged", position=3)]
    found, left = named([prediction("a"), prediction("c")], bad, {0: "row 1", 1: "row 2", 2: "row 3"})
    assert [each.item for each in found] == ["row 1", "row 3"]
    assert [(each.name, each.position) for each in left] == [("row 2", 1), ("item 4", 3)]
    assert str(left[0]) == "'row 2' cannot be read: it is damaged."


def test_many_classes_are_not_all_named():
    many = [prediction("x")] * 3
    assert tally(many) == "spam 3"
    others = [type(many[0])(item="x", label=str(n), confidence=1.0, probabilities={}) for n in range(9)]
    assert tally([*many, *others]) == "spam 3, 0 1, 1 1, 2 1, 3 1, 4 1, 5 1, 6 1, 2 of other classes"
