from __future__ import annotations

import csv
from argparse import Namespace
from pathlib import Path

import pytest
from PIL import Image

from bench import few_labels
from bench._csv import write_texts
from bench._draws import few
from bench._every_strategy import AUTO, Outcome, strategies
from bench._ledger import Ledger
from bench.few_labels import PLAIN


def read(path: Path) -> list[tuple[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(row["text"], row["label"]) for row in csv.DictReader(file)]


def test_so_many_of_every_class_and_the_fewer_are_among_the_more(tmp_path: Path):
    write_texts(tmp_path / "pool/train.csv", [(f"text {n}", "ab"[n % 2]) for n in range(40)])
    write_texts(tmp_path / "pool/test.csv", [("other", "a")])
    parts = [few(tmp_path / "pool", tmp_path / f"{count}", count, 3) for count in (5, 10)]
    five, ten = (read(part / "train.csv") for part in parts)
    assert [sum(label == each for _, label in ten) for each in "ab"] == [10, 10]
    assert len(five) == 10
    assert set(five) < set(ten)
    assert set(read(few(tmp_path / "pool", tmp_path / "again", 5, 4) / "train.csv")) != set(five)
    assert [read(part / "test.csv") for part in parts] == [[("other", "a")]] * 2


def test_pictures_are_copied(tmp_path: Path):
    for label in "ab":
        (tmp_path / "pool/train" / label).mkdir(parents=True)
        for number in range(6):
            Image.new("RGB", (4, 4)).save(tmp_path / "pool/train" / label / f"{number}.png")
    (tmp_path / "pool/test").mkdir()
    part = few(tmp_path / "pool", tmp_path / "few", 2, 0)
    assert len(list((part / "train").glob("*/*.png"))) == 4
    assert (part / "test").resolve() == tmp_path / "pool/test"
    with pytest.raises(SystemExit, match="A class has 6 items to choose from, and 7 are asked for"):
        few(tmp_path / "pool", tmp_path / "more", 7, 0)


def test_the_tables_pair_draws_and_say_what_the_choice_costs():
    scores = {AUTO: (0.70, 0.72), PLAIN: (0.5, 0.6), "lp_ft": (0.71, 0.71), "lora": (0.6, None)}
    found = [
        Outcome(set="cells", labels=5, draw=draw, strategy=name, balanced_accuracy=values[draw], chose="lp_ft")
        for name, values in scores.items()
        for draw in (0, 1)
    ]
    text = few_labels.page(found, ["cells"], [5])
    assert "| auto | 71.0 ± 12.7 |" in text
    assert "| lora | 60.0 |" in text
    assert "| lora | -11.0 |" in text  # the one draw that both have
    assert "| solar cells, 2 classes, 5 | +0.0 ± 12.7 (lp_ft) | +16.0 ± 50.8 | lp_ft 2 |" in text


def test_what_a_draw_has_met_is_not_measured_again(tmp_path: Path):
    names = (PLAIN, *strategies())
    known = {"set": "cells", "labels": 5, "draw": 1, "balanced_accuracy": 0.5}
    ledger = Ledger(Outcome, "few_labels", Namespace(out=tmp_path, resume=False, anew=False))
    ledger.add(Outcome(**known, strategy=each) for each in names[:-1])
    assert few_labels._missing(ledger, "cells", 5, 1, names) == [names[-1]]
    assert few_labels._missing(ledger, "cells", 5, 1, [AUTO]) == []
    for labels, draw in ((5, 2), (10, 1)):
        assert few_labels._missing(ledger, "cells", labels, draw, names) == list(names)
    assert {AUTO, PLAIN, "lp_ft"} < set(names)
    assert "scratch" not in names
