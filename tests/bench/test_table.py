from bench._contest import TITLES
from bench._outcomes import Record
from bench._summary import overall, summarise
from bench._table import page, seconds

SETS = {"one": "first things", "two": "second things"}


def written(outcomes):
    found = [summarise(outcomes, name, peers=("autogluon", "plain"), floor="frozen") for name in SETS]
    there = [each for each in found if each]
    record = Record(train=40, test=80, environments={"fastai": "torch 9"}, outcomes=tuple(outcomes))
    return page(record, there, overall(outcomes, there), names=TITLES, sets=SETS)


def rows(text):
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_every_set_has_a_table_with_a_row_for_everyone(outcomes):
    text = written(outcomes)
    assert "## one: first things" in text
    assert "40 items to learn from and 80 to score on" in text
    found = next(row for row in rows(text) if row[0] == "headstart quick" and len(row) == 10)
    assert found[1].startswith("0.810 (")
    assert found[2:7] == ["10", "20", "501", "0.08", "1.62"]
    assert found[8].startswith("+1.0 (")


def test_tables_are_rectangular_and_name_who_is_compared(outcomes):
    table = [row for row in rows(written(outcomes)) if len(row) == 10]
    assert table[0][7:] == ["minus AutoGluon-MM", "minus plain loop", "minus frozen loop by hand"]
    assert {len(row) for row in rows(written(outcomes))} == {3, 10}


def test_sets_stand_side_by_side(outcomes):
    table = [row for row in rows(written(outcomes)) if len(row) == 3]
    assert table[0] == ["contestant", "first things", "second things"]
    assert ["plain loop", "0.800 in 150 s", "0.500 in 150 s"] in table


def test_a_contestant_that_did_not_take_part_has_an_empty_place(outcomes):
    images = [each for each in outcomes if (each.set, each.contestant) != ("two", "frozen")]
    assert ["frozen loop by hand", "0.790 in 6.5 s", ""] in rows(written(images))


def test_machines_and_environments_are_listed_once(outcomes):
    text = written(outcomes)
    assert text.count("commit 0123456789") == 1
    assert "- fastai: torch 9" in text


def test_a_page_without_outcomes_has_no_tables():
    assert rows(written([])) == []


def test_seconds_have_tenths_only_where_they_matter():
    assert [seconds(9.94), seconds(12.4)] == ["9.9", "12"]
