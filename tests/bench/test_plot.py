import math
from xml.etree import ElementTree

import pytest

from bench._contest import TITLES
from bench._plot import log_ticks, plot
from bench._summary import summarise

SVG = "{http://www.w3.org/2000/svg}"
SETS = {"one": "first things", "two": "second things"}


def drawn(outcomes):
    found = [summarise(outcomes, name, peers=("autogluon", "plain"), floor="frozen") for name in SETS]
    return ElementTree.fromstring(plot(found, names=TITLES, sets=SETS))


def test_a_panel_for_every_set_and_a_dot_for_everyone(outcomes):
    panels = drawn(outcomes).findall(f"{SVG}g")
    assert [panel.find(f"{SVG}text").text for panel in panels] == ["first things", "second things"]
    titles = [title.text for title in panels[0].iter(f"{SVG}title")]
    assert titles[0] == "headstart quick: 0.810 in 10.0 s"
    assert len(titles) == 5


def test_the_faster_is_left_of_the_slower_and_the_better_above(outcomes):
    marks = {
        group.find(f"{SVG}title").text.partition(":")[0]: group.find(f"{SVG}circle")
        for group in drawn(outcomes).find(f"{SVG}g").iter(f"{SVG}g")
        if group.get("class") == "mark"
    }
    assert float(marks["headstart quick"].get("cx")) < float(marks["plain loop"].get("cx"))
    assert float(marks["headstart standard"].get("cy")) < float(marks["AutoGluon-MM"].get("cy"))


def test_one_seed_has_no_interval_and_is_drawn(outcomes):
    root = drawn([each for each in outcomes if each.seed == 0])
    bars = [line for group in root.iter(f"{SVG}g") if group.get("class") == "mark" for line in group.iter(f"{SVG}line")]
    assert len(bars) == 10
    assert all(line.get("y1") == line.get("y2") for line in bars)


def test_ticks_are_round_and_inside():
    assert log_ticks(math.log10(8), math.log10(120)) == pytest.approx([10, 20, 50, 100])
