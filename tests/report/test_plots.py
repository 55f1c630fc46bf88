from xml.etree import ElementTree

import pytest

from headstart.core.results import CurvePoint, Interval, LearningCurve, MapPoint
from headstart.report import plots
from headstart.report._svg import Scale
from tests.report import sample


def parsed(drawing):
    return ElementTree.fromstring(str(drawing))


def of_kind(root, tag, kind):
    return [each for each in root.iter(tag) if kind in each.get("class", "").split()]


def texts(root):
    return [each.text for each in root.iter("text")]


def test_a_row_places_dot_interval_and_standard_error():
    scale = Scale(low=-0.1, high=0.1, start=0, stop=100)
    mark = plots.Mark(interval=Interval(value=0.02, low=-0.04, high=0.08, method=""), kind="soft", error=0.03)
    root = parsed(plots.row("label", scale, [mark], band=(-0.01, 0.01)))
    (group,) = of_kind(root, "g", "soft")
    whisker, thick, dot = group
    assert (whisker.get("x1"), whisker.get("x2")) == ("30%", "90%")
    assert (thick.get("x1"), thick.get("x2")) == ("45%", "75%")
    assert dot.get("cx") == "60%"
    (band,) = of_kind(root, "rect", "band")
    assert (band.get("x"), band.get("width")) == ("45.00%", "10.00%")
    (zero,) = of_kind(root, "line", "zero")
    assert zero.get("x1") == "50%"
    assert root.get("aria-label") == "label"


def test_a_row_without_zero_in_its_range_draws_none():
    scale = Scale(low=0.5, high=0.9, start=0, stop=100)
    root = parsed(plots.row("label", scale, []))
    assert of_kind(root, "line", "zero") == []
    assert len(of_kind(root, "line", "grid")) == len(scale.ticks())


def test_rows_and_axis_share_their_ticks():
    scale = Scale(low=-0.047, high=0.031, start=5, stop=95)
    axis = parsed(plots.axis(scale, differences=True))
    row = parsed(plots.row("label", scale, []))
    assert [each.get("x") for each in axis.iter("text")] == [each.get("x1") for each in of_kind(row, "line", "grid")]
    assert texts(axis) == ["−4", "−2", "0", "+2"]
    assert texts(parsed(plots.axis(Scale(low=0.7, high=0.9)))) == ["70", "75", "80", "85", "90"]
    assert texts(parsed(plots.axis(Scale(low=0.7, high=0.712)))) == ["70", "70.5", "71"]


def test_one_scale_holds_every_interval():
    intervals = [sample.interval(0.7, 0.1), sample.interval(0.9, 0.05)]
    scale = plots.scale_of(intervals)
    assert scale.low < 0.6
    assert scale.high > 0.95
    assert plots.scale_of([sample.interval(0.2, 0.1)], zero=True).low < 0
    assert plots.scale_of([]).ticks()


@pytest.mark.parametrize("case", ["solar", "tweets"])
def test_the_verdict_shows_difference_interval_and_margin(case, request):
    record = request.getfixturevalue(case).verdict
    root = parsed(plots.verdict(record))
    (group,) = of_kind(root, "g", "hero")
    line, dot = group
    left, right, zero = (float(each.rstrip("%")) for each in (line.get("x1"), line.get("x2"), dot.get("cx")))
    assert left < zero < right
    (band,) = of_kind(root, "rect", "band")
    origin = float(of_kind(root, "line", "zero")[0].get("x1").rstrip("%"))
    middle = float(band.get("x").rstrip("%")) + float(band.get("width").rstrip("%")) / 2
    assert middle == pytest.approx(origin, abs=0.02)
    assert (right < origin) == (record.outcome == "negative")
    said = {"solar": "+12.4 points (8.7 to 16.1)", "tweets": "−4.6 points (−7.7 to −1.5)"}[case]
    assert said in texts(root)
    assert said.split(" (")[0] in root.get("aria-label")


def test_reliability_draws_each_bin_and_names_the_widest_gap(solar):
    root = parsed(plots.reliability(solar.reliability))
    assert len(of_kind(root, "g", "mark")) == 5
    assert "where the model is 84% sure, it is right 87% of the time" in root.get("aria-label")
    diagonal = of_kind(root, "line", "diagonal")[0]
    assert float(diagonal.get("y2")) < float(diagonal.get("y1"))
    first = of_kind(root, "g", "mark")[0]
    assert first.find("title").text == "160 items: confidence 58.0%, accuracy 56.0%"


def test_the_map_rings_every_mistake_in_the_colour_of_its_label(solar):
    root = parsed(plots.scatter(solar.map, ["c0", "c1"]))
    wrong = of_kind(root, "g", "wrong")
    assert [len(group) for group in wrong] == [57, 78]
    assert [group.get("class") for group in wrong] == ["cloud wrong c0", "cloud wrong c1"]
    assert sum(len(group) for group in of_kind(root, "g", "cloud")) == 800


def test_a_large_map_is_thinned_but_keeps_its_mistakes():
    cloud = [MapPoint(x=row, y=row % 7, truth=0, predicted=int(row % 100 == 0)) for row in range(5000)]
    root = parsed(plots.scatter(cloud, ["c0", "c1"], most=400))
    assert sum(len(group) for group in of_kind(root, "g", "wrong")) == 50
    assert sum(len(group) for group in of_kind(root, "g", "cloud")) <= 400


def test_items_that_all_lie_on_one_spot_can_be_drawn():
    cloud = [MapPoint(x=1.0, y=1.0, truth=0, predicted=0)] * 3
    assert "nan" not in str(plots.scatter(cloud, ["c0"]))


def test_the_curve_tells_measured_from_forecast(solar, tweets):
    root = parsed(plots.curve(solar.learning_curve, "Balanced accuracy"))
    assert len(of_kind(root, "g", "main")) == 5
    assert len(of_kind(root, "g", "soft")) == 2
    assert [each.get("class") for each in root.iter("polygon")] == ["ribbon forecast", "ribbon measured"]
    assert root.get("aria-label") == "Learning curve of Balanced accuracy from 50 to 1,600 training items."
    assert {"50", "1,600"} <= set(texts(root))
    flat = parsed(plots.curve(tweets.learning_curve, "x"))
    assert [each.get("class") for each in flat.iter("polygon")] == ["ribbon measured"]


def test_the_axis_of_a_curve_ends_at_all_and_nothing():
    points = (CurvePoint(n=40, value=0.02, low=0.0, high=0.3), CurvePoint(n=80, value=0.98, low=0.9, high=1.0))
    ticks = [
        text
        for text in texts(parsed(plots.curve(LearningCurve(points=points, forecast=(), note=""), "x")))
        if "%" in text
    ]
    assert (ticks[0], ticks[-1]) == ("0%", "100%")


def test_a_curve_of_one_point_can_be_drawn():
    record = LearningCurve(points=(CurvePoint(n=40, value=0.7, low=0.7, high=0.7),), forecast=(), note="")
    root = parsed(plots.curve(record, "x"))
    assert len(of_kind(root, "g", "main")) == 1
    assert list(root.iter("polygon")) == []
