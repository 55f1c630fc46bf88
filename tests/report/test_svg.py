import math
from xml.etree import ElementTree

import pytest

from headstart.report._svg import Scale, add, coordinate, drawing, markup


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (-0.001, "0"), (1.005, "1"), (2.5, "2.5"), (-12.346, "-12.35")])
def test_coordinates_are_short(value, text):
    assert coordinate(value) == text


def test_texts_and_attributes_are_escaped():
    root = drawing('a "label" <b>', width=10)
    add(root, "text", "<script>&", kind="x", text_anchor="middle", y=1 / 3)
    text = str(markup(root))
    assert "<script>" not in text
    again = ElementTree.fromstring(text)
    assert again.get("aria-label") == 'a "label" <b>'
    assert again.get("role") == "img"
    assert again[0].text == "<script>&"
    assert again[0].attrib == {"class": "x", "text-anchor": "middle", "y": "0.33"}


def test_a_scale_is_linear_and_stays_inside():
    scale = Scale(low=-1, high=3, start=10, stop=90)
    assert [scale(value) for value in (-1, 0, 1, 3, 99, -99)] == [10, 30, 50, 90, 90, 10]
    assert scale.percent(1) == "50%"
    upright = Scale(low=0, high=1, start=100, stop=0)
    assert upright(0.25) == 75


@pytest.mark.parametrize("low", [-3.7, 0.0, 0.612, 1e-5])
@pytest.mark.parametrize("width", [1e-4, 0.03, 0.7, 12.0, 4e5])
@pytest.mark.parametrize("most", [2, 4, 7])
def test_ticks_are_few_round_and_inside(low, width, most):
    scale = Scale(low=low, high=low + width)
    ticks = scale.ticks(most)
    assert len(ticks) <= most + 1
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)
    if len(ticks) > 1:
        step = ticks[1] - ticks[0]
        leading = step / 10 ** math.floor(math.log10(step) + 1e-6)
        assert round(leading, 3) in (1, 2, 5)


def test_a_scale_around_values_has_air_and_copes_with_equal_ones():
    scale = Scale.around([0.6, 0.8], start=0, stop=100, least=0.05)
    assert scale.low < 0.6
    assert scale.high > 0.8
    single = Scale.around([0.5], start=0, stop=100, least=0.1)
    assert single(0.5) == pytest.approx(50)
    assert single.high - single.low == pytest.approx(0.1)
    assert Scale.around([0.0, 0.0])(0.0) == pytest.approx(50)
