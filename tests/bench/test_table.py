from dataclasses import replace

from bench._contest import TITLES
from bench._outcomes import Record
from bench._summary import overall, summarise
from bench._table import page, seconds

SETS = {"one": "first things", "two": "second things"}


def written(outcomes):
    found = [summarise(outcomes, name, peers=("autogluon", "plain"), floor="frozen") for name in SETS]
    there = [each for each in found if each]
    record = Record(
        train=40, test=80, commit="0123456789", environments={"fastai": "torch 9"}, outcomes=tuple(outcomes)
    )
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


def test_what_was_measured_with_other_code_or_packages_is_marked(outcomes):
    assert " *" not in written(outcomes).replace(": **", "")
    assert "Measured earlier" not in written(outcomes)
    other = {("one", "quick", 0): {"commit": "old"}, ("one", "plain", 1): {"environment": "torch 8"}}
    text = written([replace(each, **other.get((each.set, each.contestant, each.seed), {})) for each in outcomes])
    tables = text.split("## one: ")[1].split("## two: ")
    marked = [row[0] for row in rows(tables[0]) if row[0].endswith("*")]
    assert marked == ["headstart quick *", "plain loop *"]
    assert "*" not in tables[1].split("## Measured earlier")[0]
    assert "## Measured earlier (*)" in text
    assert "- headstart quick on one, seed 0: commit old, now 0123456789\n" in text
    assert "- plain loop on one, seed 1: an environment of torch 8\n" in text


def test_a_page_without_outcomes_has_no_tables():
    assert rows(written([])) == []


def test_seconds_have_tenths_only_where_they_matter():
    assert [seconds(9.94), seconds(12.4)] == ["9.9", "12"]
