import pytest

from headstart.cli._predictions import csv_file, tally, write
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
    with pytest.raises(UserError, match="cannot be written: File exists"):
        write(path, ("ham", "spam"), [], [])
    assert path.read_text() == "mine"


def test_many_classes_are_not_all_named():
    many = [prediction("x")] * 3
    assert tally(many) == "spam 3"
    others = [type(many[0])(item="x", label=str(n), confidence=1.0, probabilities={}) for n in range(9)]
    assert tally([*many, *others]) == "spam 3, 0 1, 1 1, 2 1, 3 1, 4 1, 5 1, 6 1, 2 of other classes"
